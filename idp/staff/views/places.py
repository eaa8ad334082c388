"""Where the pages of the staff lie, and where one may be led after a sign-in."""

from __future__ import annotations

import re

HOME, SIGN_IN, VERIFY = "/staff", "/staff/sign-in", "/staff/verify"
SIGN_OUT, REAUTHENTICATE = "/staff/sign-out", "/staff/reauthenticate"
PEOPLE, APPROVALS = "/staff/people", "/staff/approvals"
ENROL, ENROL_APP = "/staff/enrol", "/staff/enrol/app"
_PAGE = re.compile(r"/staff(/[A-Za-z0-9][A-Za-z0-9-]{0,60}){0,4}")


def staff_page(asked: str) -> str:
    """Give a page of the console as asked, `/staff` for anything else.

    Only a plain path is followed: no other host, no query (open redirects: CVE-2024-7260).
    """
    return asked if len(asked) <= 200 and _PAGE.fullmatch(asked) else HOME
