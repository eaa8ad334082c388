"""The demo's register: everyone has the standing noted, whatever the day."""

from collections import Counter
from datetime import date
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

import demo
from demo.people import MEMBERS
from demo.register import register_csv
from idp.members.register_file import parse_register
from idp.members.standing import dates_standing


@given(st.dates(date(2022, 1, 1), date(2060, 12, 31)))
def test_standing_is_as_noted_on_any_day(today: date) -> None:
    parsed = parse_register(register_csv(today))
    assert not parsed.bad
    for row, member in zip(parsed.rows, MEMBERS, strict=True):
        noted = "member" if member.standing == "stopped" else member.standing
        assert (row.member_number, dates_standing(row.dates, today)) == (member.number, noted)
        assert row.employment == member.employment
        assert row.email == member.email


def test_every_standing_is_there_and_five_full_members_can_be_written_to() -> None:
    count = Counter(member.standing for member in MEMBERS)
    assert set(count) == {"applicant", "member", "leaving", "former", "stopped"}
    full = [member for member in MEMBERS if member.standing == "member" and member.email]
    assert len(full) >= 5
    assert {member.employment for member in full} == {"working", "retired"}
    assert all(member.email is None for member in MEMBERS if member.standing == "applicant")
    assert len({member.number for member in MEMBERS}) == len(MEMBERS)
    assert len({member.email for member in MEMBERS if member.email}) == sum(
        member.email is not None for member in MEMBERS
    )


def test_the_sample_file_is_what_the_generator_writes() -> None:
    sample = Path(demo.__file__).with_name("members.csv").read_bytes()
    assert sample == register_csv(date(2026, 11, 1))
