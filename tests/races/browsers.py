"""Many browsers at the sign-in page, as shots of a crowd."""

from __future__ import annotations

from dataclasses import dataclass

from tests.races.crowd import Answer, Crowd, Shot
from tests.support.demo import Demo
from tests.support.relying_party import hidden_fields

DEVICE, SESSION = "kumiai_idp_device", "kumiai_idp"


@dataclass(frozen=True)
class Page:
    """A browser that has the sign-in page open."""

    device: str
    csrf: str

    def attempt(self, email: str, password: str, after: int = 0) -> Shot:
        """Fill the form in."""
        form = {"csrf_token": self.csrf, "username": email, "password": password}
        return Shot("POST", "/sign-in", form, {"Cookie": f"{DEVICE}={self.device}"}, after)


def open_pages(demo: Demo, count: int, device: str | None = None) -> list[Page]:
    """Open the page in `count` browsers: new ones, or one that has a device cookie."""
    headers = {"Cookie": f"{DEVICE}={device}"} if device else {}
    answers = Crowd(demo.issuer).fire([Shot("GET", "/sign-in", {}, headers)] * count)
    return [_page(answer) for answer in answers]


def _page(answer: Answer) -> Page:
    assert answer.status == 200, answer.body[:300]
    device = answer.cookie(DEVICE)
    assert device
    return Page(device, hidden_fields(answer.body.decode())["csrf_token"])
