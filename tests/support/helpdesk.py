"""A call at the help desk: an operator's browser, and a caller who knows the truth or does not."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass

import requests

from demo.people import MEMBERS, DemoMember
from idp.helpdesk.words import QUESTIONS
from idp.policy.helpdesk import QuestionKind
from tests.support.factors import fields_of, send
from tests.support.relying_party import Browser

CASES = "/staff/cases"
MATCH, NO_MATCH = "<dd>一致</dd>", "<dd>不一致</dd>"
WRONG = "9999"


def member_of(number: str) -> DemoMember:
    """Give what the demo's register knows of a member."""
    return next(one for one in MEMBERS if one.number == number)


def truth(number: str, kind: QuestionKind) -> str:
    """Give the answer the member would give, as people say it."""
    one = member_of(number)
    said = {
        QuestionKind.BIRTH_DATE: one.birth_date,
        QuestionKind.POSTAL_CODE: "０００ー００００",
        QuestionKind.TOWN: "東京都架空市",
        QuestionKind.HOUSE_NUMBER: one.street.split()[0],
        QuestionKind.PHONE_LAST: re.sub(r"\D", "", one.phone)[-4:],
        QuestionKind.KANA_NAME: one.kana,
        QuestionKind.JOIN_YEAR: re.split("[-/.年]", one.capital_paid_on)[0],
        QuestionKind.WORKPLACE: one.workplace,
        QuestionKind.MEMBER_NUMBER: one.number.lstrip("0"),
    }
    return said[kind]


def asked_in(page: str) -> QuestionKind | None:
    """Tell which question a page asks."""
    found = re.search(r'<h2 id="question">([^<]+)</h2>', page)
    if found is None:
        return None
    return next(kind for kind, said in QUESTIONS.items() if said == html.unescape(found[1]))


@dataclass
class Call:
    """One call that an operator has taken: the page of its case."""

    browser: Browser
    number: str
    path: str = ""

    def found(self, wanted: str) -> requests.Response:
        """Search."""
        page = self.browser.get(CASES).text
        return send(self.browser, page, "search", wanted=wanted)

    def open(self, wanted: str, need: str = "address_forgotten") -> requests.Response:
        """Search, and open a case on the first who is found."""
        page = self.found(wanted).text
        answer = send(
            self.browser, page, "open-case", place="0", need=need, reason="お電話のご用件（試験）"
        )
        self.path = answer.headers.get("Location", "")
        return answer

    @property
    def page(self) -> str:
        """Give the page of the case as it is now."""
        return self.browser.get(self.path).text

    def post(self, act: str, **typed: str) -> requests.Response:
        """Send an act of the case, whether or not its page shows it."""
        token = fields_of(self.page, "sign-out")["csrf_token"]
        return self.browser.post(f"{self.path}/{act}", {"csrf_token": token} | typed)

    def answer(self, said: str | None = None) -> requests.Response:
        """Answer the question that stands open; the truth, unless something else is said."""
        page = self.page
        kind = asked_in(page)
        assert kind is not None, page
        text = truth(self.number, kind) if said is None else said
        return send(self.browser, page, "answer", answer=text)

    def prove(self) -> str:
        """Answer everything truly until nothing more is asked; gives the page."""
        while asked_in(self.page) is not None:
            answer = self.answer()
            assert answer.status_code == 303, answer.text
        return self.page
