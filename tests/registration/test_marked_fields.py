"""What did not fit is said at the top and marked at its field, for those who see and who hear."""

from __future__ import annotations

import re

from idp.invitations.model import draw_code
from tests.registration.conftest import Invited
from tests.registration.registrant import GOOD, Registrant, invitation_in, mail_to
from tests.support.demo import Demo
from tests.support.relying_party import Browser, hidden_fields

LOOK_AGAIN = "もう一度お確かめのうえ、入力してください。"


def marked(page: str) -> dict[str, str]:
    """Give the fields that are marked as wrong, each with the words that describe it."""
    found = {}
    for field in re.findall(r"<input[^>]*aria-invalid=\"true\"[^>]*>", page):
        name = re.search(r'id="([^"]+)"', field)
        tied = re.search(r'aria-describedby="([^"]+)"', field)
        assert name, field
        assert tied, field
        texts = [re.search(rf'id="{one}">([^<]+)<', page) for one in tied[1].split()]
        found[name[1]] = " ".join(text[1] for text in texts if text)
    return found


def test_the_first_step_marks_all_three_of_which_one_is_wrong(demo: Demo) -> None:
    page = Registrant(demo).begin(draw_code().shown, "00007002")
    assert page.status_code == 401
    found = marked(page.text)
    assert list(found) == ["invitation_code", "member_number", "birth_date"]
    assert all(text.endswith(LOOK_AGAIN) for text in found.values()), found
    assert page.text.count('role="alert"') == 1


def test_a_wrong_code_of_a_registration_is_marked_at_its_field(
    demo: Demo, invited: Invited
) -> None:
    person = invited[7038]
    registrant = Registrant(demo)
    page = registrant.begin(invitation_in(mail_to(demo, person.email)), person.number)
    page = registrant.send(page, email="marked@mihon.example")
    assert marked(page.text) == {}
    page = registrant.send(page, code="000000")
    assert page.status_code == 401
    assert list(marked(page.text)) == ["code"]
    assert marked(page.text)["code"].endswith(LOOK_AGAIN)
    assert page.text.count('role="alert"') == 1


def test_a_wrong_code_for_a_new_password_is_marked_at_its_field(demo: Demo) -> None:
    browser = Browser(demo.issuer)
    asked = hidden_fields(browser.get("/recover").text) | {"email": "nobody@mihon.example"}
    page = browser.post("/recover", asked)
    form = page.text.split('<form id="reset-password"')[1].split("</form>")[0]
    typed = {"code": "00000000", "new_password": GOOD, "new_password_again": GOOD}
    page = browser.post("/recover/password", hidden_fields(form) | typed)
    assert page.status_code == 401
    assert list(marked(page.text)) == ["code"]
    assert marked(page.text)["code"].endswith(LOOK_AGAIN)
