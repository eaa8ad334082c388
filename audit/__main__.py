"""`python -m audit`: verify a pack, or show one event of it. Needs no database and no network.

Exit status of `verify`: 0 when all holds, 1 otherwise; 2 only for a wrong command line.
"""

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO

from audit import checkpoint as checkpoints
from audit import instant
from audit.evidence import EvidenceReport, is_evidence, verify_evidence
from audit.folder import Altered
from audit.manifest import Manifest
from audit.note import NoteError, VerifierKey, parse_key
from audit.show import find_event
from audit.verify import Report, verify_pack

_MAX_AUDITOR_FILE = 16 * 1024 * 1024


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    arguments = _parser().parse_args(argv)
    try:
        return int(arguments.run(arguments))
    except BrokenPipeError:
        # The reader of our output is gone; what it did not read must not count as verified.
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115 - lives until exit
    except KeyboardInterrupt:
        _say("interrupted: nothing was decided", sys.stderr)
    except OSError as error:
        _say(f"cannot read or write: {error.strerror or type(error).__name__}", sys.stderr)
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m audit", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    verify = commands.add_parser("verify", help="verify an exported pack")
    verify.add_argument("pack", type=_path, metavar="PACK", help="the folder of the pack")
    verify.add_argument(
        "--key", type=_path, metavar="FILE", help="the audit keys you trust, one a line"
    )
    verify.add_argument(
        "--checkpoint", type=_path, metavar="FILE", help="one or more checkpoints you kept"
    )
    verify.set_defaults(run=_verify)
    show = commands.add_parser("show", help="show one event of a pack (verifies nothing)")
    show.add_argument("pack", type=_path, metavar="PACK", help="the folder of the pack")
    show.add_argument("--seq", type=int, required=True, metavar="N", help="number of the record")
    show.set_defaults(run=_show)
    return parser


def _path(text: str) -> Path:
    if "\0" in text:  # the operating system would raise ValueError much later
        raise argparse.ArgumentTypeError("a path without NUL, please")
    return Path(text)


def _verify(arguments: argparse.Namespace) -> int:
    try:
        keys = [] if arguments.key is None else _read_keys(arguments.key)
        kept = [] if arguments.checkpoint is None else _read_kept(arguments.checkpoint)
    except (NoteError, OSError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        _say(f"FAILED: the file given with --key or --checkpoint: {reason}")
        return 1
    if is_evidence(arguments.pack):
        found = verify_evidence(arguments.pack, keys=keys, kept=kept)
        _print_evidence(found, keys=bool(keys), kept=len(kept))
        return 0 if found.ok else 1
    report = verify_pack(arguments.pack, keys=keys, kept=kept, progress=_progress())
    _print(report, keys=bool(keys), kept=len(kept))
    return 0 if report.ok else 1


def _read_keys(path: Path) -> list[VerifierKey]:
    keys = [parse_key(line) for line in _lines(path) if line]
    if not keys:
        raise NoteError("there is no key in it")
    return keys


def _read_kept(path: Path) -> list[str]:
    lines = _lines(path)
    while lines and not lines[-1]:
        lines.pop()
    step = checkpoints.LINES
    if not lines or len(lines) % step:
        raise NoteError(f"a checkpoint has {step} lines, this file has {len(lines)}")
    starts = range(0, len(lines), step)
    return ["".join(f"{line}\n" for line in lines[at : at + step]) for at in starts]


def _lines(path: Path) -> list[str]:
    """Read a file the auditor kept; mail programs may have changed its line ends, no more."""
    with path.open("rb") as file:
        raw = file.read(_MAX_AUDITOR_FILE + 1)
    if len(raw) > _MAX_AUDITOR_FILE:
        raise NoteError("it is too large")
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        raise NoteError("it is not UTF-8") from None
    return [line.removesuffix("\r") for line in text.split("\n")]


def _print(report: Report, *, keys: bool, kept: int) -> None:
    if not keys:
        _say(f"SIGNER NOT AUTHENTICATED, key {report.fingerprint or 'unknown'}")
    if report.problem is not None:
        _say(f"FAILED: {report.problem}")
        _say(f"asked to check: {_scope(keys=keys, kept=kept)}")
        return
    _say(f"OK: {report.size} records of {report.origin}")
    _say(
        f"{report.bodies} events read, {report.purged} purged as recorded, the others by hash only"
    )
    _say(f"checked: {_scope(keys=keys, kept=kept)}")
    if keys:
        _say(f"signer: {report.fingerprint}")
    for warning in report.warnings:
        _say(f"WARNING: {warning}")


def _print_evidence(report: EvidenceReport, *, keys: bool, kept: int) -> None:
    if not keys:
        _say(f"SIGNER NOT AUTHENTICATED, key {report.fingerprint or 'unknown'}")
    scope = f"every byte of the folder (yes), signer {'(yes)' if keys else '(NO: give --key)'}"
    if report.problem is not None or report.evidence is None:
        _say(f"FAILED: {report.problem}")
        _say(f"asked to check: {scope}")
        return
    evidence, closing = report.evidence, report.closing
    state = "finished" if evidence.finished else "NOT FINISHED when it was made"
    _say(f"OK: evidence of {evidence.origin}, {len(evidence.files)} documents")
    _say(f"period: {evidence.period}, {_time(evidence.begin)} to {_time(evidence.end)}, {state}")
    if closing is not None:
        _say(f"closed by the checkpoint of {closing.size} records, {_time(closing.at)}")
    _say(f"checked: {scope}")
    if keys:
        _say(f"signer: {report.fingerprint}")
    if kept > report.kept_equal:
        _say(
            f"WARNING: {kept - report.kept_equal} kept checkpoints could not be held against it:"
            " evidence holds figures, no records; for that, verify a pack of the log"
        )


def _contents(report: Report, manifest: Manifest) -> str:
    start, end = manifest.period_from, manifest.period_to
    period = "all" if start is None and end is None else f"{_time(start)} to {_time(end)}"
    return (
        f"period: {period}; made at: {_time(manifest.made_at)}\n"
        f"events: {report.bodies} read (records {manifest.from_seq} up to {manifest.to_seq}), "
        f"{report.purged} purged as recorded, all others by their hash only"
    )


def _time(at: datetime | None) -> str:
    return "open" if at is None else instant.to_text(at)


def _scope(*, keys: bool, kept: int) -> str:
    signer = "signer (yes)" if keys else "signer (NO: give --key)"
    place = f"kept checkpoints ({kept})" if kept else "kept checkpoint (NO: give --checkpoint)"
    return f"the pack against itself (yes), {signer}, {place}"


def _show(arguments: argparse.Namespace) -> int:
    try:
        record = find_event(arguments.pack, arguments.seq)
    except Altered as found:
        _say(f"nothing to show: {found}", sys.stderr)
        return 1
    # Escaped, so that nothing in a record can steer the terminal.
    _say(json.dumps(record, indent=2, ensure_ascii=True))
    _say("shown, not verified: run verify", sys.stderr)
    return 0


def _progress() -> Callable[[int, int], None] | None:
    if not sys.stderr.isatty():
        return None
    state: dict[str, Any] = {"shown": -1}

    def show(done: int, total: int) -> None:
        percent = 100 * done // total if total else 100
        if percent != state["shown"]:
            state["shown"] = percent
            bar = "#" * (percent * 40 // 100)
            end = "\r\033[K" if done >= total else ""
            sys.stderr.write(f"\r[{bar:<40}] {percent:3d} %  {done} of {total}{end}")
            sys.stderr.flush()

    return show


def _say(text: str, to: TextIO | None = None) -> None:
    safe = text.encode("ascii", "backslashreplace").decode()
    print(safe, file=to or sys.stdout, flush=True)


if __name__ == "__main__":
    sys.exit(main())
