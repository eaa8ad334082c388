"""What arrived in somebody's mailbox, as the demo's mail catcher shows it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import requests

from tests.support.demo import Demo, wait_until

Mail = dict[str, Any]


def mails_to(demo: Demo, address: str) -> list[Mail]:
    """List the mails to an address, newest first."""
    answer = requests.get(f"{demo.facts['mail']}/messages", timeout=30)
    return [mail for mail in answer.json() if mail["to"] == address]


def arrived(
    demo: Demo, address: str, wanted: Callable[[Mail], object], seconds: float = 20
) -> Mail:
    """Wait for the newest mail to an address that is the one wanted."""

    def found() -> Mail | None:
        return next((mail for mail in mails_to(demo, address) if wanted(mail)), None)

    try:
        return dict(wait_until(found, seconds))
    except AssertionError:
        subjects = [mail["subject"] for mail in mails_to(demo, address)]
        raise AssertionError(f"no such mail to {address}; there are {subjects}") from None


def link_in(mail: Mail, demo: Demo, path: str) -> str:
    """Give the one link of a mail; it leads to the provider and nowhere else."""
    links = set(mail["links"])
    assert len(links) == 1, links
    link = str(links.pop())
    assert link.startswith(f"{demo.issuer}{path}"), link
    return link


def looked_at_by_a_scanner(link: str) -> None:
    """Fetch a link as mail filters do, some times over and without a browser's cookies."""
    for method in ("HEAD", "GET", "GET"):
        assert requests.request(method, link, timeout=30).status_code < 500
