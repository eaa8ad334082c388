"""The links in mails lead to the configured address, whatever the request called us.

CVE-2023-49097 and CVE-2025-64101 (`Forwarded` and `X-Forwarded-Host` built the link of the mail),
their sibling by `X-Forwarded-Proto` (zitadel#9975), CVE-2025-43930 (`Host` built it),
CVE-2025-32962 (`Host` built a redirect).
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlencode, urlsplit

from tests.attacks.people import Person
from tests.attacks.visitor import visitor
from tests.recovery.steps import form_of
from tests.selfservice.house import post_form
from tests.support.demo import Demo
from tests.support.in_process import InProcess
from tests.support.mailbox import mails_to, wait_for_outbox
from tests.support.raw_http import exchange
from tests.support.relying_party import Browser

EVIL = "evil.example"
SPOOFED = {
    "host": ["Host: evil.example"],
    "host and port": ["Host: {host}:80@evil.example"],
    "host as user": ["Host: evil.example@{host}"],
    "two hosts": ["Host: {host}", "Host: evil.example"],
    "two hosts, ours last": ["Host: evil.example", "Host: {host}"],
    "forwarded host": ["Host: {host}", "X-Forwarded-Host: evil.example"],
    "forwarded": ["Host: {host}", 'Forwarded: for=1.2.3.4;host="evil.example";proto=http'],
    "proto": ["Host: {host}", "X-Forwarded-Proto: javascript://evil.example/"],
    "proto https": ["Host: {host}", "X-Forwarded-Proto: https", "X-Forwarded-Port: 666"],
    "scheme": ["Host: {host}", "X-Forwarded-Scheme: https", "X-Url-Scheme: https"],
    "prefix": [
        "Host: {host}",
        "X-Forwarded-Prefix: //evil.example",
        "X-Script-Name: //evil.example",
    ],
    "others": ["Host: {host}", "X-Host: evil.example", "X-Original-Host: evil.example"],
    "origin": ["Host: evil.example", "Referer: https://evil.example/"],
}
TARGETS = {
    "absolute": "http://evil.example/recover",
    "absolute, user": "http://x@evil.example/recover",
}


def asked(demo: Demo, email: str, target: str, lines: list[str]) -> tuple[int, str]:
    """Ask for a new password over a plain socket; answers the status and all that came back."""
    browser = Browser(demo.issuer)
    form = form_of(browser.get("/recover"), "reset-request") | {"email": email}
    body = urlencode(form)
    host = urlsplit(demo.issuer).netloc
    head = [
        f"POST {target} HTTP/1.1",
        *(line.replace("{host}", host) for line in lines),
        f"Cookie: kumiai_idp_device={browser.cookie('kumiai_idp_device')}",
        "Content-Type: application/x-www-form-urlencoded",
        f"Content-Length: {len(body)}",
        "Connection: close",
    ]
    answer = exchange(demo.issuer, "\r\n".join([*head, "", body]).encode())
    return answer.status, str(answer.headers) + answer.body.decode()


def test_every_link_of_a_mail_is_of_our_address(attacked: Demo, unused: Iterator[Person]) -> None:
    waiting: dict[str, Person] = {}
    ways = [("/recover", lines) for lines in SPOOFED.values()]
    ways += [(target, ["Host: {host}"]) for target in TARGETS.values()]
    for (target, lines), name in zip(ways, [*SPOOFED, *TARGETS], strict=True):
        waiting[name] = next(unused)
        status, came = asked(attacked, waiting[name].email, target, lines)
        assert status in (200, 400, 403, 404, 421), name
        assert EVIL not in came, name
        if status != 200:
            del waiting[name]
    assert {"forwarded host", "forwarded", "proto", "prefix"} <= set(waiting), "these are ordinary"
    wait_for_outbox(attacked)
    for name, person in waiting.items():
        (mail,) = mails_to(attacked, person.email)
        (link,) = mail["links"]
        assert link.startswith(attacked.issuer + "/recover/"), name
        assert EVIL not in mail["text"] + (mail["html"] or ""), name


def test_so_are_those_of_a_changed_address(
    attacked: Demo, inside: InProcess, person: Person
) -> None:
    spoofed = (
        ("X-Forwarded-Host", EVIL),
        ("Forwarded", f"host={EVIL};proto=http"),
        ("X-Forwarded-Proto", "http://evil.example/"),
    )
    browser = visitor(inside, "198.51.100.71", *spoofed)
    browser.sign_in(person.email, person.password)
    wanted = f"new.{person.email}"
    shown = post_form(browser, "/account/address", "new-address", {"email": wanted})
    assert EVIL not in shown.text + str(shown.headers)
    wait_for_outbox(attacked)
    mails = mails_to(attacked, person.email) + mails_to(attacked, wanted)
    links = [link for mail in mails for link in mail["links"]]
    assert len(links) >= 2
    assert all(link.startswith(attacked.issuer + "/") for link in links), links


def test_no_page_redirects_by_the_name_it_was_called_by(attacked: Demo) -> None:
    host = urlsplit(attacked.issuer).netloc
    for path in ("/", "/account", "/sign-in", "/account/security", "/recover/x.y", "/nothing"):
        for lines in SPOOFED.values():
            head = [f"GET {path} HTTP/1.1", *(line.replace("{host}", host) for line in lines)]
            answer = exchange(
                attacked.issuer, "\r\n".join([*head, "Connection: close", "", ""]).encode()
            )
            assert EVIL not in answer.location + answer.body.decode(), (path, lines)
            assert answer.location in ("", "/sign-in") or answer.location.startswith("/"), path
