"""A saved review, as an auditor makes one through the pages."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from idp.clock import TOKYO
from tests.audit_search.auditor import StaffBrowser
from tests.support.demo import Demo, wait_until

_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')


def save(auditor: StaffBrowser, title: str) -> str:
    now = now_of(auditor.demo)
    # From before the demo began, however far its clock was moved since.
    began = datetime.now(TOKYO) - timedelta(days=1)
    span = {"from": began.isoformat(), "to": now.isoformat()}
    page = auditor.get("/staff/audit", name="system.started", **span)
    form = form_of(page.text, "save-review")
    assert form["name"] == "system.started"
    made = auditor.post("/staff/audit/reviews", title=title, rhythm="once", **form)
    assert re.search(r"/staff/audit/reviews/[0-9a-f-]{36}$", made.url), made.text
    return made.url


def now_of(demo: Demo) -> datetime:
    return datetime.now(TOKYO) + timedelta(seconds=float(demo.clock.read_text()))


def form_of(page: str, name: str) -> dict[str, str]:
    return dict(_HIDDEN.findall(page.split(f'id="{name}"')[1].split("</form>", maxsplit=1)[0]))


def first_period(auditor: StaffBrowser, review: str) -> str:
    """Give the address of the period, once its basis is sealed."""
    url = f"{review}/once"
    assert url.removeprefix(auditor.demo.issuer) in auditor.get(review).text
    wait_until(lambda: 'id="sign"' in auditor.get(url).text, 20)
    return url
