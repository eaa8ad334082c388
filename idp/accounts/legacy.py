"""Accounts of an older portal: a file with a hash for each, imported without a weak hash at rest.

The file is read whole first, and nothing is imported when any line is bad. Then each hash is
wrapped in Argon2id, which takes most of the time, and accounts are stored in chunks: an import that
is stopped goes on where it was when it is started again with the same file.
"""

from __future__ import annotations

import csv
import hashlib
import io
import secrets
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from audit.event import Actor, new_id
from audit.names import EventName
from idp.accounts import passwords, store
from idp.accounts.legacy_schemes import ARGON2ID, LegacyHash, recognise, work_of, wrap
from idp.accounts.model import Account
from idp.clock import Clock, to_micros
from idp.errors import IdpError
from idp.inforce.service import PolicyInForce
from idp.journal.service import Journal
from idp.members import store as members
from idp.members.errors import BadValue
from idp.members.japan.mail import MailAddress, parse_mail_address
from idp.members.japan.text import decode
from idp.members.number import parse_member_number
from idp.members.register_records import BadLine
from idp.policy.model import Argon2
from idp.storage.sql import Database, Tx

COLUMNS = ("member_number", "address", "hash")
CHUNK = 200
MOST_MEMORY_KIB, MOST_TIME = 262_144, 10
Progress = Callable[[int], None]


class WorkNotInPolicy(IdpError):
    """Accounts with these hashes could be told from others by the time a sign-in takes."""

    code = "legacy_work"
    status = 409


@dataclass(frozen=True, slots=True)
class LegacyRow:
    """One account of the file."""

    line: int
    member_number: str
    address: MailAddress
    found: LegacyHash


@dataclass
class LegacyReport:
    """What an import did, or would do."""

    applied: bool = False
    imported: int = 0
    there: int = 0
    """Members who have an account already; it stays as it is."""
    schemes: Counter[str] = field(default_factory=Counter)
    work: str = ""
    """The most frequent work, as `legacy_work` of the policy wants it."""
    bad: list[BadLine] = field(default_factory=list)


@dataclass(frozen=True)
class LegacyAccounts:
    """Imports the accounts of an older portal."""

    database: Database
    clock: Clock
    policy: PolicyInForce
    journal: Journal
    threads: int = 1
    """Hashes made at once; Argon2 lets other threads run meanwhile."""

    def import_file(
        self, data: bytes, actor: Actor, *, apply: bool, progress: Progress = lambda _: None
    ) -> LegacyReport:
        """Import a file; nothing when any line is bad, or without `apply`.

        Raises `WorkNotInPolicy`, and `StoreUnavailable`: what was stored before stays, and the same
        file again goes on from there.
        """
        report = LegacyReport()
        rows = self._rows(data, report)
        waiting = self._new(rows, report)
        report.schemes.update(row.found.scheme for row in waiting)
        works = Counter(work_of(r.found) for r in waiting if r.found.scheme != ARGON2ID)
        report.work = works.most_common(1)[0][0] if works else ""
        if report.bad or not apply:
            return report
        rules = self.policy.policy.passwords.argon2
        if report.work and rules.legacy_work != report.work:
            raise WorkNotInPolicy(
                f'put legacy_work = "{report.work}" under [argon2] of passwords.toml and activate'
                " the policy first: else accounts of the older portal could be told by the time a"
                " sign-in takes"
            )
        batch = new_id(self.clock.now())
        for made in _chunks(self._hashed(waiting, rules), CHUNK):
            self._store(made, batch, actor, report)
            progress(report.imported)
        self._record(data, batch, actor, report)
        report.applied = True
        return report

    def _rows(self, data: bytes, report: LegacyReport) -> list[LegacyRow]:
        rows: list[LegacyRow] = []
        carriers = self.policy.policy.mail.carrier_domains
        seen: dict[str, int] = {}
        for item in read_legacy_file(data, carriers):
            if isinstance(item, BadLine):
                report.bad.append(item)
                continue
            for column, key in (
                ("member_number", item.member_number),
                ("address", item.address.normal_form),
            ):
                earlier = seen.setdefault(f"{column}:{key}", item.line)
                if earlier != item.line:
                    reason = f"stands on line {earlier} already"
                    report.bad.append(BadLine(item.line, column, reason))
                    break
            else:
                rows.append(item)
        return rows

    def _new(self, rows: list[LegacyRow], report: LegacyReport) -> list[LegacyRow]:
        waiting = []
        with self.database.read() as tx:
            for row in rows:
                if members.find(tx, row.member_number) is None:
                    reason = "no member has this number"
                    report.bad.append(BadLine(row.line, "member_number", reason))
                elif store.find_by_number(tx, row.member_number) is not None:
                    report.there += 1
                elif store.find_by_address(tx, row.address.normal_form) is not None:
                    reason = "another account signs in with this address"
                    report.bad.append(BadLine(row.line, "address", reason))
                else:
                    waiting.append(row)
        report.bad.sort(key=lambda bad: bad.number)
        return waiting

    def _hashed(self, rows: list[LegacyRow], rules: Argon2) -> Iterator[tuple[LegacyRow, str]]:
        def hashed(row: LegacyRow) -> tuple[LegacyRow, str]:
            if row.found.scheme == ARGON2ID:
                return row, row.found.digest
            return row, wrap(row.found, lambda digest: passwords.hash_password(digest, rules))

        waiting = iter(rows)
        with ThreadPoolExecutor(self.threads) as pool:
            while chunk := list(islice(waiting, CHUNK)):
                yield from pool.map(hashed, chunk)

    def _store(
        self, made: list[tuple[LegacyRow, str]], batch: str, actor: Actor, report: LegacyReport
    ) -> None:
        now = self.clock.now()
        with self.database.begin() as tx:
            for row, password_hash in made:
                if self._add(tx, row, password_hash, now, batch, actor):
                    report.imported += 1
                else:  # somebody registered meanwhile
                    report.there += 1

    def _add(
        self, tx: Tx, row: LegacyRow, password_hash: str, now: datetime, batch: str, actor: Actor
    ) -> bool:
        subject = secrets.token_urlsafe(18)
        account = Account(subject, row.member_number, row.address.typed, password_hash, now)
        if not store.add_if_free(tx, account, row.address.normal_form, to_micros(now)):
            return False
        store.mark_legacy(tx, subject, row.found.scheme)
        data = {"batch": batch, "scheme": row.found.scheme}
        self.journal.record(
            tx, EventName.ACCOUNT_CREATED, now, actor=actor, subject=subject, data=data
        )
        return True

    def _record(self, data: bytes, batch: str, actor: Actor, report: LegacyReport) -> None:
        told = {
            "batch": batch,
            "sha256": hashlib.sha256(data).hexdigest(),
            "imported": report.imported,
            "there": report.there,
        }
        with self.database.begin() as tx:
            now = self.clock.now()
            self.journal.record(tx, EventName.LEGACY_IMPORTED, now, actor=actor, data=told)


def read_legacy_file(data: bytes, carrier_domains: Iterable[str]) -> Iterator[LegacyRow | BadLine]:
    """Read a CSV file with the columns member_number, address, hash, and perhaps scheme."""
    try:
        reader = csv.reader(io.StringIO(decode(data), newline=""), strict=True)
        names = tuple(name.strip() for name in next(reader, []))
        if names not in (COLUMNS, (*COLUMNS, "scheme")):
            yield BadLine(1, None, "the columns must be member_number,address,hash[,scheme]")
            return
        for cells in reader:
            if cells:
                yield _row(reader.line_num, names, cells, tuple(carrier_domains))
    except BadValue as error:
        yield BadLine(1, None, error.detail)
    except csv.Error:
        yield BadLine(reader.line_num, None, "the line is not CSV")


def _row(
    line: int, names: tuple[str, ...], cells: list[str], carriers: tuple[str, ...]
) -> LegacyRow | BadLine:
    if len(cells) != len(names):
        return BadLine(line, None, f"{len(cells)} values instead of {len(names)}")
    told = {name: cell.strip() for name, cell in zip(names, cells, strict=True)}
    column = "member_number"
    try:
        number = parse_member_number(told[column])
        column = "address"
        address = parse_mail_address(told[column], carriers)
    except BadValue as error:
        return BadLine(line, column, error.detail, error.code)
    try:
        found = _recognised(told["hash"], told.get("scheme", ""))
    except ValueError as error:
        return BadLine(line, "hash", str(error))
    if found is None:
        return BadLine(line, "hash", "not a hash of a scheme that can be imported")
    return LegacyRow(line, number, address, found)


def _recognised(text: str, named: str) -> LegacyHash | None:
    if text.startswith("$argon2id$") and named in ("", ARGON2ID):
        if not passwords.is_affordable(text, MOST_TIME, MOST_MEMORY_KIB):
            raise ValueError("argon2id: cannot be read, or costs more than is taken")
        return LegacyHash(ARGON2ID, "", text)
    return recognise(text, named)


def _chunks(
    made: Iterator[tuple[LegacyRow, str]], size: int
) -> Iterator[list[tuple[LegacyRow, str]]]:
    while chunk := list(islice(made, size)):
        yield chunk
