"""The verifier: is this pack what the log's signer exported, whole and unchanged?

Owns the walk over a pack: every leaf hashed into the tree, every root held against its checkpoint,
every signature, every body present or covered by a purge, every byte covered by the manifest.
Three things can be checked (design: audit, proof): the pack against itself; its signer, with keys
the auditor holds; its place in history, with checkpoints the auditor kept. No database, no network.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from audit.folder import Altered, Folder, open_folder
from audit.forks import explanation
from audit.manifest import Manifest
from audit.note import VerifierKey, fingerprint
from audit.signed import Signed, check_manifest
from audit.walk import Walk

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Report:
    """What was found. `problem` is the first bad record and why; None when all holds."""

    problem: str | None
    warnings: tuple[str, ...] = ()
    authenticated: bool = False
    kept_checked: int = 0
    fingerprint: str | None = None
    origin: str | None = None
    size: int = 0
    bodies: int = 0
    purged: int = 0
    manifest: Manifest | None = None

    @property
    def ok(self) -> bool:
        """Say whether nothing speaks against the pack."""
        return self.problem is None


def verify_pack(
    path: Path,
    *,
    keys: Sequence[VerifierKey] = (),
    kept: Sequence[str] = (),
    progress: Progress | None = None,
) -> Report:
    """Verify a pack folder; never raises for what a pack contains.

    `keys`: the audit keys the auditor trusts; none checks internal consistency only.
    `kept`: texts of checkpoints the auditor kept from earlier.
    """
    claimed = None
    try:
        with open_folder(path) as folder:
            claimed = fingerprint(folder.manifest.keys[0].public_key)
            return _verify(folder, keys, kept, progress)
    except Altered as found:
        return Report(_explained(path, keys, kept, str(found)), fingerprint=claimed)
    except OSError as error:
        return Report(f"cannot read the pack: {error.strerror or type(error).__name__}")


def _explained(path: Path, keys: Sequence[VerifierKey], kept: Sequence[str], found: str) -> str:
    """Add what the log says of a kept checkpoint it lacks, if it holds but for that."""
    if not kept or not verify_pack(path, keys=keys).ok:
        return found
    said = explanation(path, kept)
    return f"{found}; {said}" if said else found


def _verify(
    folder: Folder,
    keys: Sequence[VerifierKey],
    kept: Sequence[str],
    progress: Progress | None,
) -> Report:
    manifest = folder.manifest
    signed = Signed(manifest.origin, tuple(keys) or manifest.keys, authenticated=bool(keys))
    check_manifest(folder, signed)
    walk = Walk(folder, signed, signed.kept(kept, manifest.size), progress)
    walk.run()
    folder.check_files()
    return Report(
        None,
        tuple(walk.warnings.lines()),
        bool(keys),
        len(kept),
        fingerprint(signed.signer(folder.signature).public_key),
        manifest.origin,
        manifest.size,
        walk.bodies,
        walk.purged,
        manifest,
    )
