"""`python -m keys`: look at a ring in a folder, and make the first one.

Private material is never shown; listing needs no master key. Rotation of a running provider is the
provider's own command. Exit codes: 0 done, 1 refused or nothing found, 2 usage, 3 unavailable.
"""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

import click

from keys.errors import DamagedHome, HomeUnavailable, KeysError
from keys.files import create_file, make_private_folder
from keys.folder import FolderHome
from keys.master import MasterKeys
from keys.record import KeyRecord, record_to_dict
from keys.rules import RotationRules
from keys.vault import Vault

_COLUMNS = ("kid", "alg", "state", "announced_at", "activated_at", "retiring_at", "retired_at")

_home_option = click.option(
    "--home", required=True, type=click.Path(path_type=Path), help="Folder that holds ring.json."
)
_format_option = click.option(
    "--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True
)


@click.group()
def main() -> None:
    """Signing keys in a folder.

    Example: python -m keys list --home ./data/keys
    """


@main.command("list")
@_home_option
@_format_option
def list_keys(home: Path, form: str) -> None:
    """Show the keys of a ring, without private parts.

    Example: python -m keys list --home ./data/keys --format json
    """
    with _exit_codes():
        records = FolderHome(home).load().records
    if not records:
        _fail(1, f"{home}: there are no keys; `python -m keys init` makes them")
    _show(records, form)


@main.command()
@_home_option
@click.option(
    "--master",
    required=True,
    type=click.Path(path_type=Path),
    help="Master key file; created when missing. Keep it apart from the folder and its backups.",
)
@click.option(
    "--alg",
    "algs",
    multiple=True,
    type=click.Choice(["ES256", "RS256", "PS256", "Ed25519"]),
    default=("ES256", "RS256"),
    show_default=True,
)
@_format_option
def init(home: Path, master: Path, algs: tuple[str, ...], form: str) -> None:
    """Make the first keys of a folder, and the master key if there is none.

    Example: python -m keys init --home ./data/keys --master ./master.key
    """
    with _exit_codes():
        store = FolderHome(home)
        if store.load().records:
            _fail(1, f"{home}: there are keys already; nothing was changed")
        if not master.exists():
            _create_master(master)
        vault = Vault(store, MasterKeys.load(master))
        rotation = vault.rotate(datetime.now(UTC), RotationRules(tuple(dict.fromkeys(algs))))
    _show(rotation.after, form)


def _create_master(path: Path) -> None:
    make_private_folder(path.parent)
    try:
        create_file(path, MasterKeys.generate_text().encode("ascii"))
    except FileExistsError:
        return  # another process made it in the meantime; it is read next
    click.echo(f"{path}: new master key; keep a copy apart from the backups", err=True)


def _show(records: Iterable[KeyRecord], form: str) -> None:
    rows = [_public(record) for record in records]
    if form == "json":
        click.echo(json.dumps(rows, indent=1))
        return
    texts = [[_cell(row[name]) for name in _COLUMNS] for row in rows]
    widths = [max(map(len, column)) for column in zip(_COLUMNS, *texts, strict=True)]
    for line in ([*_COLUMNS], *texts):
        padded = (text.ljust(width) for text, width in zip(line, widths, strict=True))
        click.echo("  ".join(padded).rstrip())


def _public(record: KeyRecord) -> dict[str, Any]:
    row = record_to_dict(record)
    row["has_private"] = row.pop("wrapped_private") is not None
    return row


def _cell(value: str | None) -> str:
    # A file may have been tampered with: no control characters reach the terminal.
    text = "-" if value is None else value[:64]
    return "".join(char if char.isprintable() else "?" for char in text)


@contextmanager
def _exit_codes() -> Iterator[None]:
    try:
        yield
    except (HomeUnavailable, DamagedHome) as error:
        _fail(3, str(error))
    except KeysError as error:
        _fail(1, str(error))


def _fail(code: int, message: str) -> NoReturn:
    click.echo(f"keys: {message}", err=True)
    raise SystemExit(code)


if __name__ == "__main__":
    main(prog_name="python -m keys")
