"""What `idp doctor config` says of master keys that are not the current one."""

from __future__ import annotations

from pathlib import Path

from idp.key_rotation.usage import Usage


def older_key(used: Usage, file: Path) -> list[str]:
    """Say what still needs an older master key, or that its line may go."""
    named = f"the master key {used.master_id}"
    notes = []
    if used.wrapped:
        notes.append(f"{named} is still needed by {used.wrapped} secrets: run `idp keys rewrap`")
    if used.registration_codes:
        notes.append(
            f"{named} is still needed by {used.registration_codes} registration codes, the last"
            f" until {used.codes_until}: wait, or send them again with `idp invite resend`"
        )
    return notes or [
        f"nothing needs {named} any more: a day after all nodes were restarted with the new one"
        f" take its line out of {file} and restart the nodes"
    ]


def missing_key(used: Usage, file: Path) -> list[str]:
    """Say what is lost while a master key is not in the file."""
    faults = []
    if used.wrapped:
        faults.append(
            f"{used.wrapped} secrets lie under a master key that is not in {file}: put its line"
            " back"
        )
    if used.registration_codes:
        faults.append(
            f"{used.registration_codes} registration codes were made under a master key that is"
            f" not in {file} and open nothing: put its line back, or send them again with"
            " `idp invite resend`"
        )
    return faults
