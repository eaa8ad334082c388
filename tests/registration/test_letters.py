"""Letters: what stands on them, where, and that their QR codes lead to a registration."""

from __future__ import annotations

import json
import stat
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

import pypdfium2
import pytest
import zxingcpp

from idp.invitations import letter_layout as at
from idp.invitations.letter_pdf import FontMissing, LetterBook, find_font
from idp.invitations.letter_text import letter_for
from idp.invitations.model import Code, draw_code
from idp.members.model import Address, Dated, Employment, Member, Name
from idp.policy.folder import read_folder
from tests.registration.conftest import Invited
from tests.registration.registrant import Registrant
from tests.support.demo import Demo

POLICY = read_folder(Path(__file__).parents[2] / "policies").policy
DAY = date(2026, 11, 24)
NAME = "髙﨑葛\U000e0100"
ISSUER = "https://id.mihon.example"


def letter(family: str = NAME, given: str = "神\ufa19") -> tuple[Code, Member]:
    street = "例示台2-3-4 架空マンション105\n二階"
    member = Member(
        member_number="00001234",
        birth_on=date(1950, 4, 1),
        employment=Employment.RETIRED,
        workplace="",
        names=(Dated(Name(family, given, "", ""), DAY),),
        addresses=(Dated(Address("100-0001", "東京都", "架空市", street), DAY),),
    )
    return draw_code(), member


def test_the_address_stands_in_the_window_and_nothing_else_does(tmp_path: Path) -> None:
    code, member = letter()
    book = LetterBook(find_font())
    assert book.add(letter_for(member, code, DAY, DAY, ISSUER, POLICY.organisation))
    path = tmp_path / "one.pdf"
    path.write_bytes(book.finish())
    document = pypdfium2.PdfDocument(path)
    page = document[0]
    words = page.get_textpage()
    assert words.get_text_range().splitlines()[:5] == [
        "〒100-0001",
        "東京都架空市",
        "例示台2-3-4 架空マンション105",
        "二階",
        f"{NAME}　神\ufa19　様",
    ]
    assert code.shown in words.get_text_range()
    assert member.member_number not in words.get_text_range()
    millimetre = 72 / 25.4
    for number in range(words.count_chars()):
        left, bottom, right, top = (edge / millimetre for edge in words.get_charbox(number))
        above, below = 297 - top, 297 - bottom
        inside = left >= at.ADDRESS.x - 0.5 and right <= at.ADDRESS.right + 0.5
        inside &= above >= at.ADDRESS.y - 0.5 and below <= at.ADDRESS.bottom + 0.8
        seen = left < at.KEPT_CLEAR.right and above < at.KEPT_CLEAR.bottom
        assert inside or not seen, words.get_text_range(number, 1)
    words.close()
    page.close()
    document.close()


def test_what_the_font_lacks_is_reported() -> None:
    code, member = letter(family="\U0003fffd見本")
    book = LetterBook(find_font())
    assert not book.add(letter_for(member, code, DAY, DAY, ISSUER, POLICY.organisation))


def test_a_missing_font_names_the_package(tmp_path: Path) -> None:
    with pytest.raises(FontMissing, match="fonts-noto-cjk"):
        find_font(tmp_path / "no.ttc")


def test_the_qr_code_of_every_letter_leads_to_a_working_registration(
    demo: Demo, invited: Invited, tmp_path: Path
) -> None:
    people = {n: invited[n] for n in (7035, 7036)}
    for person in people.values():
        assert demo.idp("invite", person.number, "--letter").returncode == 0
    out = tmp_path / "letters.pdf"
    done = demo.idp("member", "letters", "--out", str(out), "--format", "json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["letters"] >= 4, "the demo's own two wait as well"
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    links = _links(out)
    assert len(links) == report["letters"]
    opened = 0
    for link in links:
        code = link.rpartition("=")[2]
        for person in people.values():
            registrant = Registrant(demo)
            parts = urlsplit(link)
            page = registrant.open(f"{parts.path}?{parts.query}")
            assert link.startswith(demo.issuer + "/register")
            assert f'value="{code}"' in page.text
            typed = {"invitation_code": code, "member_number": person.number}
            begun = registrant.send(page, **typed, birth_date=person.birth_date)
            opened += 'name="email"' in begun.text
    assert opened == len(people)
    again = demo.idp("member", "letters", "--out", str(tmp_path / "again.pdf"))
    assert again.returncode == 1, "a letter that is on paper is not printed again"
    assert not (tmp_path / "again.pdf").exists()
    assert demo.idp("member", "letters", "--out", str(out)).returncode == 1, "never overwritten"


def _links(path: Path) -> list[str]:
    document = pypdfium2.PdfDocument(path)
    found = []
    for page in document:
        image = page.render(scale=2).to_pil()
        found += [code.text for code in zxingcpp.read_barcodes(image)]
        page.close()
    document.close()
    return found
