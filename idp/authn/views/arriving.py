"""What all pages of a sign-in share: the browser of an attempt, and where a success leads."""

from __future__ import annotations

from typing import Any

from flask import Request, redirect
from werkzeug.wrappers import Response

from idp.authn.model import Failed, NoAccess, SignedIn, Visit
from idp.authn.recent import HOME, own_page
from idp.blocks.words import told
from idp.journal.model import Origin
from idp.web.browser import Browser
from idp.web.organisation import Language
from idp.web.pages import Pages
from idp.web.request_id import request_id_of

CONTINUE = "/authorize/continue"


def visit_of(request: Request, browser: Browser, pages: Pages) -> Visit:
    """Give the browser of this request, as the services see it."""
    caller = browser.caller(request)
    return Visit(
        session_cookie=browser.session_cookie(request),
        device_cookie=browser.device_cookie(request),
        buckets=caller.buckets,
        origin=Origin(caller.address, browser.agent(request), request_id_of(request.environ)),
        language=pages.language(),
    )


def target_of(handle: str, page: str) -> str:
    """Write where a sign-in leads: an authorization request, or a page of one's own."""
    return handle or (own_page(page) if page else "")


def handle_of(target: str) -> str:
    """Give the handle of the authorization request a sign-in belongs to, or nothing."""
    return "" if target.startswith("/") else target


def url_of(target: str) -> str:
    """Address what comes after the sign-in."""
    handle = handle_of(target)
    return f"{CONTINUE}?request={handle}" if handle else own_page(target or HOME)


def error_of(failed: Failed | None, language: Language) -> dict[str, Any] | None:
    """Give what a page shows of a failure; the blocks are empty for strangers."""
    if failed is None:
        return None
    return {"reference": failed.reference, "blocks": told(failed.blocks, language)}


def signed_in(browser: Browser, result: SignedIn) -> Response:
    """Give the browser its session, and lead it on."""
    # 303, never 307: the credentials must not be sent on (RFC 9700 4.12).
    response = redirect(url_of(result.target), 303)
    browser.set_session(response, result.session_cookie)
    if result.device_cookie:
        browser.remember_device(response, result.device_cookie)
    return response


def no_access(pages: Pages, result: NoAccess) -> Response:
    """Tell somebody who proved who they are why they cannot go on."""
    return pages.render(
        "sign_in_ended.html",
        403,
        here="/sign-in",
        reason=result.why.value,
        reference=result.reference,
    )
