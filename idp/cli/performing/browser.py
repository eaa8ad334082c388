"""A scripted browser: signs a person in through the pages, for `--non-interactive`.

Fills in the forms by their ids and field names, as a person does; no page is skipped.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

from idp.cli.performing.listener import first_values
from idp.cli.performing.report import Refused, Report
from idp.cli.performing.wire import Reply, Wire

MOST_PAGES = 20


@dataclass
class Form:
    """One form of a page: where it goes, and the hidden fields it brings."""

    id: str
    action: str
    fields: dict[str, str] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[Form] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note forms and what is in them."""
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.found.append(Form(given.get("id", ""), given.get("action", "")))
        elif tag in ("input", "button") and self.found and given.get("name"):
            self.found[-1].names.add(given["name"])
            if given.get("type") == "hidden":
                self.found[-1].fields[given["name"]] = given.get("value", "")


def forms_of(page: str) -> list[Form]:
    """Read the forms of a page."""
    parser = _Forms()
    parser.feed(page)
    return parser.found


@dataclass
class ScriptedBrowser:
    """One person's browser with the cookies of the provider."""

    wire: Wire
    report: Report
    username: str
    password: str
    allow: bool = True

    def walk(self, url: str, home: str) -> dict[str, str]:
        """Open an address and do what the pages ask until the browser is sent to `home`.

        Answers the parameters it brings there; raises `Refused` for a page that leads nowhere.
        """
        answer, signed_in = self.wire.get(url), False
        for _ in range(MOST_PAGES):
            target = answer.headers.get("Location")
            if target is not None and answer.status in (301, 302, 303):
                url = urljoin(url, target)
                if _is(url, home):
                    return first_values(urlsplit(url).query)
                answer = self.wire.get(url)
                continue
            form = self._form(answer, signed_in)
            if form.id != "sign-out" and _is(urljoin(url, form.action), home):
                return form.fields
            signed_in = signed_in or form.id == "sign-in"
            url = urljoin(url, form.action)
            answer = self.wire.post(url, form.fields | self._filled(form))
        raise Refused("the pages of the provider do not come to an end")

    def leave(self, url: str, home: str | None) -> dict[str, str] | None:
        """Open the end-session endpoint; answers what comes home, None when nobody is sent there.

        Raises `Refused` for an error page.
        """
        if home is not None:
            return self.walk(url, home)
        answer = self.wire.get(url)
        for _ in range(MOST_PAGES):
            target = answer.headers.get("Location")
            if target is None or answer.status not in (301, 302, 303):
                break
            url = urljoin(url, target)
            answer = self.wire.get(url)
        if answer.status >= 400:
            raise Refused(f"the end-session endpoint shows an error (status {answer.status})")
        return None

    def _form(self, answer: Reply, signed_in: bool) -> Form:
        forms = [form for form in forms_of(answer.text) if form.names]
        if signed_in and any(form.id == "sign-in" for form in forms):
            raise Refused("the provider did not accept the address and the password")
        if answer.status >= 400 or not forms:
            raise Refused(f"the provider shows a page (status {answer.status}) and sends nobody on")
        return forms[0]

    def _filled(self, form: Form) -> dict[str, str]:
        if {"username", "password"} <= form.names:
            self.report.add("sign-in page", "Filled in the sign-in form for the person.")
            return {"username": self.username, "password": self.password}
        if "consent" in form.names:
            answer = "allow" if self.allow else "deny"
            self.report.add("consent page", f"The person is asked what may be shared: {answer}.")
            return {"consent": answer}
        if form.id == "sign-out":
            self.report.add("sign-out page", "The person is asked whether to sign out: yes.")
            return {}
        raise Refused(f"a page asks for something that a script cannot answer ({form.id})")


def _is(url: str, home: str) -> bool:
    """Tell whether an address is the redirect URI, whatever was added to its query."""
    return url == home or url.startswith((home + "?", home + "&"))
