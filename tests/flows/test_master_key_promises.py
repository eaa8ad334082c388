"""What a member was promised outlives a renewed master key, once its older line is taken out.

An authenticator app, a mail that waits, a letter not yet printed, a code on paper: each goes on, or
`idp doctor config` says that it still needs the older key.
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from pathlib import Path

import pypdfium2
import requests

from demo.register import TITLES
from tests.flows.deployment import Deployment, new_deployment, serving
from tests.recovery.steps import ask, set_with
from tests.registration.registrant import CODE, GOOD, Person
from tests.support.demo import wait_until
from tests.support.factors import App, send, set_up_app
from tests.support.parties import write_policies
from tests.support.relying_party import Browser, hidden_fields
from tests.support.smtp_server import Manners, SmtpServer, smtp_server

PASSWORD = "a password for the renewal"
SECURED = Person("00007101", email="secured@mihon.example")
MAILED = Person("00007102", email="mailed@mihon.example")
ON_PAPER = Person("00007103")
UNPRINTED = Person("00007104")
NEW_ADDRESS = "on-paper@mihon.example"
DIGITS = re.compile(r"(?m)^\s*(\d{3} \d{3})\s*$")
LINK = re.compile(r"https?://\S+(/recover/\S+)")


@dataclass
class Promised:
    """What members hold before the renewal."""

    app: App
    on_paper: str


def test_nothing_that_was_promised_is_lost(tmp_path: Path) -> None:
    deployment = deployed(tmp_path)
    file = deployment.folder / "master.keys"
    with serving(deployment) as issuer:
        promised = promise(deployment, issuer)
    deployment.must("keys", "master", "--out", str(file), "--renew")
    before = notes(deployment)
    assert "run `idp keys rewrap`" in before
    assert "still needed by 3 registration codes, the last until" in before

    greylisting = Manners(rcpt=lambda to, _: "450 later" if to == SECURED.email else "250 ok")
    with smtp_server(greylisting) as post, serving(mailing(deployment, post)) as issuer:
        said = deployment.must("keys", "rewrap")
        assert "is still needed by 2 registration codes, the last until" in said
        assert "run `idp keys rewrap`" not in notes(deployment)
        register(issuer, post, promised.on_paper)
        assert "still needed by 1 registration codes" in notes(deployment)
        deployment.must("invite", "resend", MAILED.number)
        assert "needed by" not in notes(deployment)
        assert "nothing needs the master key" in notes(deployment)
        assert [one for one in post.taken if one.to == SECURED.email] == []

    lines = [line for line in file.read_text().splitlines() if line and not line.startswith("#")]
    file.write_text(lines[0] + "\n")
    with smtp_server() as post, serving(mailing(deployment, post)) as issuer:
        assert notes(deployment) == ""
        signs_in_with_the_app(issuer, promised.app)
        code = printed(deployment, "unprinted.pdf")
        assert 'name="email"' in begun(Browser(issuer), code, UNPRINTED).text
        link = mailed(post, SECURED.email, LINK)
        browser = Browser(issuer)
        page = browser.follow(browser.get(link))
        assert set_with(browser, page).headers["Location"] == "/recover/done"
        assert "Traceback" not in deployment.log()


def deployed(folder: Path) -> Deployment:
    policies = write_policies(folder / "policies")
    rules = policies / "mail.toml"
    text = rules.read_text("utf-8")
    often, done = re.subn(r"(?m)^retries = .*$", f"retries = {['2s'] * 60}", text)
    assert done == 1
    rules.write_text(often.replace("'", '"'), "utf-8")
    return new_deployment(folder / "own", policies)


def mailing(deployment: Deployment, post: SmtpServer) -> Deployment:
    deployment.settings["smtp_url"] = f"smtp://127.0.0.1:{post.port}"
    return deployment


def promise(deployment: Deployment, issuer: str) -> Promised:
    """Set an app up, print a letter, leave another one and two mails waiting."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(TITLES.split())
    people = (SECURED, MAILED, ON_PAPER, UNPRINTED)
    writer.writerows(person.row("2004-04-30") for person in people)
    export = deployment.folder / "export.csv"
    export.write_bytes(text.getvalue().encode("utf-8-sig"))
    deployment.must("member", "import", str(export), "--apply")
    deployment.must("account", "add", SECURED.number, SECURED.email, typed=PASSWORD + "\n")
    browser = Browser(issuer)
    assert browser.sign_in(SECURED.email, PASSWORD).status_code == 303
    app = set_up_app(browser)
    assert ask(Browser(issuer), SECURED.email).status_code == 200
    deployment.must("invite", MAILED.number)
    deployment.must("invite", ON_PAPER.number)
    on_paper = printed(deployment, "printed.pdf")
    deployment.must("invite", UNPRINTED.number)
    return Promised(app, on_paper)


def notes(deployment: Deployment) -> str:
    """Give what `idp doctor config` notes of master keys."""
    said = deployment.must("doctor", "config").splitlines()
    return "\n".join(line for line in said if "NOTE" in line and "the master key" in line)


def printed(deployment: Deployment, name: str) -> str:
    """Print the one letter that waits, and read its code."""
    out = deployment.folder / name
    assert "1 letters" in deployment.must("member", "letters", "--out", str(out))
    document = pypdfium2.PdfDocument(out)
    page = document[0]
    words = page.get_textpage()
    found = CODE.search(words.get_text_range())
    words.close()
    page.close()
    document.close()
    assert found
    return found[0]


def step(browser: Browser, page: requests.Response, **typed: str) -> requests.Response:
    """Fill in one page of the registration and follow to the next."""
    assert page.status_code == 200, page.text
    return browser.follow(browser.post("/register", hidden_fields(page.text) | typed))


def begun(browser: Browser, code: str, person: Person) -> requests.Response:
    typed = {"member_number": person.number, "birth_date": person.birth_date}
    return step(browser, browser.get("/register"), invitation_code=code, **typed)


def register(issuer: str, post: SmtpServer, code: str) -> None:
    """Register with a code on paper, through all pages."""
    browser = Browser(issuer)
    page = step(browser, begun(browser, code, ON_PAPER), email=NEW_ADDRESS)
    page = step(browser, page, code=mailed(post, NEW_ADDRESS, DIGITS))
    assert 'name="new_password"' in page.text, page.text
    done = step(browser, page, new_password=GOOD, new_password_again=GOOD)
    assert done.status_code == 200, done.text


def mailed(post: SmtpServer, to: str, what: re.Pattern[str]) -> str:
    """Wait for a mail in which something stands, and read it."""

    def read() -> re.Match[str] | None:
        texts = [one.text for one in list(post.taken) if one.to == to]
        return next((found for text in texts if (found := what.search(text))), None)

    return str(wait_until(read, 20)[1])


def signs_in_with_the_app(issuer: str, app: App) -> None:
    browser = Browser(issuer)
    answer = browser.sign_in(SECURED.email, PASSWORD)
    assert answer.headers["Location"].startswith("/sign-in/verify?")
    page = browser.get(answer.headers["Location"]).text
    done = send(browser, page, "verification-code", code=app.code())
    assert (done.status_code, done.headers.get("Location")) == (303, "/account"), done.text
