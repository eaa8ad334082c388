"""What every page shares: language, texts, headers, cookies, form tokens, error pages.

Header and cookie rules: RFC 6265bis, CSP Level 3. Pages work without any script, so none is
allowed at all.
"""

import hmac
import secrets
from dataclasses import dataclass
from hashlib import sha256
from typing import Final
from urllib.parse import unquote_to_bytes, urlencode

from flask import Response, g, make_response, render_template, request
from markupsafe import Markup

from .clock import tokyo_time
from .errors import BadRequest, ForgedForm
from .settings import Settings, is_loopback
from .texts import LANGUAGES, Texts, month_name, write_date, write_short_date, write_time

SESSION_COOKIE: Final = "kumiai_portal"
BROWSER_COOKIE: Final = "kumiai_portal_browser"
LANGUAGE_COOKIE: Final = "kumiai_portal_language"
YEAR: Final = 365 * 24 * 3600
_NOT_AGAIN: Final = ("/callback", "/sign-in")


@dataclass(frozen=True)
class Pages:
    """Renders pages and keeps the rules all of them follow."""

    settings: Settings
    texts: Texts
    style_version: str

    def render(self, template: str, status: int = 200, **values: object) -> Response:
        """Return a page in the reader's language."""
        language = self.language()
        organisation = self.settings.organisation

        def text(key: str, **extra: object) -> str:
            named = {"organisation": organisation.called(language), "phone": organisation.phone}
            return self.texts.get(key, language, **named, **extra)

        page = render_template(
            template,
            t=text,
            language=language,
            organisation=organisation,
            settings=self.settings,
            style_version=self.style_version,
            request_id=request_id(),
            write_date=lambda day: write_date(day, language),
            write_short_date=lambda day: write_short_date(day, language),
            write_time=lambda at: write_time(tokyo_time(at), language),
            month_name=month_name,
            language_link=language_link("ja" if language == "en" else "en"),
            yen=lambda amount: text("site.yen", amount=f"{amount:,}"),
            lines=lambda value: Markup("<br>").join(str(value).split("\n")),
            **values,
        )
        return make_response(page, status)

    def problem(self, kind: str, status: int, *, again: str | None = None) -> Response:
        """Return an error page with a fixed text; `again` is a link to try once more."""
        return self.render("problem.html", status, kind=kind, again=again)

    def language(self) -> str:
        """Return the language asked for: by link, by cookie, by the browser, else Japanese."""
        for asked in (request.args.get("lang"), request.cookies.get(self._name(LANGUAGE_COOKIE))):
            if asked in LANGUAGES:
                return asked
        return request.accept_languages.best_match(LANGUAGES, "ja") or "ja"

    def finish(self, response: Response) -> Response:
        """Add the headers every answer carries, and the language cookie when it was chosen."""
        headers = response.headers
        headers["X-Request-ID"] = request_id()
        headers["X-Content-Type-Options"] = "nosniff"
        headers["X-Frame-Options"] = "DENY"  # for IE 11, which knows no frame-ancestors
        headers["Referrer-Policy"] = "no-referrer"
        # Browsers apply form-action to the redirects after a form, so sign-out needs the issuer.
        headers["Content-Security-Policy"] = (
            "default-src 'none'; style-src 'self'; img-src 'self' data:; "
            f"form-action 'self' {self.settings.issuer_origin}; base-uri 'none'; "
            "frame-ancestors 'none'"
        )
        headers.setdefault("Cache-Control", "no-store")
        host = self.settings.public_url.split("//", 1)[1].rsplit(":", 1)[0].strip("[]")
        if self.settings.https and not is_loopback(host):
            headers["Strict-Transport-Security"] = f"max-age={YEAR}"
        if request.method == "GET" and (asked := request.args.get("lang")) in LANGUAGES:
            self._set(response, LANGUAGE_COOKIE, str(asked), YEAR)
        return response

    def session_token(self) -> str | None:
        """Return the session cookie."""
        return request.cookies.get(self._name(SESSION_COOKIE))

    def set_session(self, response: Response, token: str) -> None:
        """Give the browser its session until it is closed."""
        self._set(response, SESSION_COOKIE, token, None)

    def clear_session(self, response: Response) -> None:
        """Take the session cookie back."""
        self._set(response, SESSION_COOKIE, "", 0)

    def browser(self) -> str | None:
        """Return the random name of this browser, which sign-ins in progress are bound to."""
        value = request.cookies.get(self._name(BROWSER_COOKIE))
        return value if value and len(value) <= 100 else None

    def set_browser(self, response: Response, value: str) -> None:
        """Name this browser until it is closed."""
        self._set(response, BROWSER_COOKIE, value, None)

    def check_form(self, token: str) -> None:
        """Refuse a form that was not given to this session. Raises ForgedForm."""
        # Referrer-Policy no-referrer makes browsers send "null"; IE 11 sends neither header.
        origin = request.headers.get("Origin", "null")
        if origin not in ("null", self.settings.public_url):
            raise ForgedForm(f"origin {origin!r}")
        if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
            raise ForgedForm("sent from another site")
        if not hmac.compare_digest(
            form_field("csrf_token").encode("utf-8", "replace"), form_token(token).encode()
        ):
            raise ForgedForm("wrong form token")

    def _set(self, response: Response, name: str, value: str, max_age: int | None) -> None:
        response.set_cookie(
            self._name(name),
            value,
            max_age=max_age,
            path="/",
            secure=self.settings.https,
            httponly=True,
            samesite="Lax",
        )

    def _name(self, name: str) -> str:
        return self.settings.cookie(name)


def language_link(language: str) -> str:
    """Return a link to this page in a language; never one that repeats a code or an act."""
    rule = request.url_rule
    plain = rule is not None and "GET" in (rule.methods or ()) and rule.rule not in _NOT_AGAIN
    kept = {
        name: request.args[name] for name in ("year", "reason", "state") if name in request.args
    }
    path = request.path if plain else "/"
    return f"{path}?{urlencode({**(kept if plain else {}), 'lang': language})}"


def form_token(token: str) -> str:
    """Return the form token of a session: bound to its cookie, kept nowhere."""
    return hmac.new(token.encode(), b"portal form", sha256).hexdigest()


def form_field(name: str) -> str:
    """Return a field of the form, empty when missing.

    Raises BadRequest when it is repeated, or when the form is not UTF-8 (Shift_JIS, surrogates).
    """
    try:
        # Werkzeug would put %-escapes in place of bytes it cannot read.
        unquote_to_bytes(request.get_data(cache=True)).decode()
    except UnicodeDecodeError as error:
        raise BadRequest("the form is not UTF-8") from error
    values = request.form.getlist(name)
    if len(values) > 1:
        raise BadRequest(f"{name} is repeated")
    return values[0] if values else ""


def query_field(name: str) -> str:
    """Return a query parameter, empty when missing. Raises BadRequest when repeated."""
    values = request.args.getlist(name)
    if len(values) > 1:
        raise BadRequest(f"{name} is repeated")
    return values[0] if values else ""


def request_id() -> str:
    """Return the random id of this request, for the log and for error pages."""
    if "request_id" not in g:
        g.request_id = secrets.token_hex(6)
    return str(g.request_id)
