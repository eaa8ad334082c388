"""The register's export file (CSV): bytes in, rows or bad lines out, nothing applied.

Encodings, dates and names: `japan/`. Columns: `register_columns.py`. What a row would change:
`changes.py`. Any bad line means that nothing may be applied; no content makes this module raise.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from idp.members.errors import BadText
from idp.members.japan.mail import parse_mail_address
from idp.members.japan.phones import parse_phone
from idp.members.japan.postal import parse_postal_code
from idp.members.japan.text import bad_character
from idp.members.model import Address, Employment, MembershipDates, Name
from idp.members.number import parse_member_number
from idp.members.register_cells import (
    Cells,
    has_blank,
    read_employment,
    read_kana,
    read_name,
    read_region,
    remembered_date,
)
from idp.members.register_columns import ADDRESS, Header, read_header
from idp.members.register_records import BadLine, Record, read_records

MAX_CELL: Final = 500

__all__ = [
    "BadLine",
    "ParsedRegister",
    "RegisterRow",
    "parse_register",
    "read_register",
    "read_row",
]


@dataclass(frozen=True, slots=True)
class RegisterRow:
    """One member as the file tells it; `columns` are the English names the file carries."""

    line: int
    member_number: str
    name: Name
    birth_on: date
    employment: Employment
    workplace: str
    address: Address | None
    phone: str | None
    email: str | None
    dates: MembershipDates
    columns: frozenset[str]
    external_id: str | None = None
    """Told by SCIM only, whose rows name `external_id` among their columns."""


@dataclass(frozen=True, slots=True)
class ParsedRegister:
    """A whole file; when `bad` is not empty, `rows` may be shown and never applied."""

    rows: list[RegisterRow] = field(default_factory=list)
    bad: list[BadLine] = field(default_factory=list)


def parse_register(data: bytes, carrier_domains: Collection[str] = ()) -> ParsedRegister:
    """Read a whole file."""
    parsed = ParsedRegister()
    for item in read_register(data, carrier_domains):
        if isinstance(item, BadLine):
            parsed.bad.append(item)
        else:
            parsed.rows.append(item)
    return parsed


def read_register(
    data: bytes, carrier_domains: Collection[str] = ()
) -> Iterator[RegisterRow | BadLine]:
    """Read a file row by row, in its order; a row may yield several bad lines.

    `carrier_domains` (policy) are the mail domains whose addresses may have stray dots.
    """
    try:
        yield from _read(data, carrier_domains)
    except BadText as error:
        yield BadLine(1, None, error.detail, error.code)


def _read(data: bytes, carrier_domains: Collection[str]) -> Iterator[RegisterRow | BadLine]:
    records = read_records(data)
    first = next(records, BadLine(1, None, "the file is empty"))
    header = first if isinstance(first, BadLine) else read_header(first.line, first.cells)
    if not isinstance(header, Header):
        yield from [header] if isinstance(header, BadLine) else header
        return
    line_of: dict[str, int] = {}
    for record in records:
        if isinstance(record, BadLine):
            yield record
            continue
        found = read_row(record, header, carrier_domains)
        if not isinstance(found, RegisterRow):
            yield from found
            continue
        earlier = line_of.setdefault(found.member_number, found.line)
        if earlier != found.line:
            title = header.title_of("member_number")
            yield BadLine(found.line, title, f"the member number already stands on line {earlier}")
            continue
        yield found


def read_row(
    record: Record, header: Header, carrier_domains: Collection[str]
) -> RegisterRow | list[BadLine]:
    """Read the cells of one member, whichever door they came by; or tell all that is wrong."""
    columns = header.columns
    wanted, found = len(header.names), len(record.cells)
    if found != wanted:
        amount = "few" if found < wanted else "many"
        return [BadLine(record.line, None, f"too {amount} values: {found} instead of {wanted}")]
    bad = _unkeepable(record, header)
    if bad:
        return bad
    cells = Cells(record.line, header, record.cells)
    number = cells.needed("member_number", parse_member_number)
    name = _name(cells)
    birth_on = cells.needed("birth_date", remembered_date)
    employment = cells.needed("employment", read_employment)
    address = _address(cells) if columns >= ADDRESS else None
    phone = cells.read("phone_number", parse_phone)
    email = cells.read("email", lambda text: parse_mail_address(text, carrier_domains))
    dates = _dates(cells, birth_on)
    if cells.bad or number is None or birth_on is None or employment is None:
        return cells.bad
    return RegisterRow(
        line=record.line,
        member_number=number,
        name=name,
        birth_on=birth_on,
        employment=employment,
        workplace=cells.text("workplace"),
        address=address,
        phone=phone,
        email=email.typed if email else None,
        dates=dates,
        columns=columns,
    )


def _unkeepable(record: Record, header: Header) -> list[BadLine]:
    """Name the cells that are too long or hold characters that may not be kept."""
    bad = []
    for name, title, cell in zip(header.names, header.titles, record.cells, strict=True):
        reason = None
        if len(cell) > MAX_CELL:
            reason = f"the value is longer than {MAX_CELL} characters"
        elif record.suspect:
            reason = bad_character(cell, newline_allowed=name == "street_address")
        if reason:
            bad.append(BadLine(record.line, title, reason, BadText.code))
    return bad


def _name(cells: Cells) -> Name:
    family = cells.needed("family_name", read_name) or ""
    given = cells.read("given_name", read_name) or ""
    if family and not cells.text("given_name") and has_blank(family):
        cells.refuse("family_name", "family and given name stand in one column")
    if bool(cells.text("given_name")) != bool(cells.text("given_kana")):
        cells.refuse("given_kana", "the given name and its reading must both stand, or neither")
    return Name(
        family,
        given,
        cells.needed("family_kana", read_kana) or "",
        cells.read("given_kana", read_kana) or "",
        cells.read("name_in_use", read_name),
    )


def _address(cells: Cells) -> Address | None:
    if not any(cells.text(name) for name in ADDRESS):
        return None
    return Address(
        cells.read("postal_code", parse_postal_code) or "",
        cells.read("region", read_region) or "",
        cells.text("locality"),
        cells.text("street_address"),
    )


def _dates(cells: Cells, birth_on: date | None) -> MembershipDates:
    dates = MembershipDates(
        cells.read("capital_paid_on", remembered_date),
        cells.read("withdrawal_accepted_on", remembered_date),
        cells.read("refund_planned_on", remembered_date),
        cells.read("capital_refunded_on", remembered_date),
    )
    paid_on = dates.capital_paid_on
    if paid_on is not None:
        if birth_on is not None and birth_on >= paid_on:
            cells.refuse("birth_date", f"born on or after the payment of the capital ({paid_on})")
        for name in ("refund_planned_on", "capital_refunded_on"):
            refund_on: date | None = getattr(dates, name)
            if refund_on is not None and refund_on < paid_on:
                cells.refuse(name, f"before the payment of the capital ({paid_on})")
    return dates
