"""The register: who is a member on which day. Accounts and sign-in live in `idp.accounts`."""
