"""Signing keys: a ring with planned rotation, a vault that encrypts them, a signer.

Usable alone (standard library, `cryptography`, `joserfc`; `click` for `python -m keys`): it knows
neither the provider nor the audit log. Where keys are stored is behind `keys.vault.Home`.
Private keys never lie in this folder, which is code.
"""
