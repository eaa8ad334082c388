"""Bounces mark the mailbox of a mail we sent, and of nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from idp.mails import store
from idp.mails.bounces import Bounces, NotABounce, read_bounce
from tests.mails.conftest import Post, posting
from tests.support.smtp_server import smtp_server

REPORT = """\
From: MAILER-DAEMON@relay.mihon.example
To: no-reply@id.mihon.example
Subject: Undelivered Mail
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

Sorry.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; relay.mihon.example

Final-Recipient: rfc822; {recipient}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 no such user
--b
Content-Type: {kind}

{original}
--b--
"""


def report(original: str, **more: str) -> bytes:
    values = {
        "recipient": "taro@mihon.example",
        "action": "failed",
        "status": "5.1.1",
        "kind": "message/rfc822",
        "original": original,
    }
    return REPORT.format(**values | more).replace("\n", "\r\n").encode()


def bounces(post: Post) -> Bounces:
    f = post.foundation
    return Bounces(f.database, f.clock, f.policy, f.journal, f.mails)


def marked(post: Post) -> list[str]:
    with post.foundation.database.read() as tx:
        return [address for address, _, _ in store.list_all(tx)]


@pytest.mark.parametrize("whole", [True, False], ids=["whole mail", "headers alone"])
def test_a_bounce_of_our_mail_marks_the_mailbox_it_was_sealed_for(
    folder: Path, whole: bool
) -> None:
    with smtp_server() as server, posting(folder, f"smtp://127.0.0.1:{server.port}") as post:
        post.promise("Taro@mihon.example")
        post.deliver()
        sent = server.taken[0].data.decode("ascii").replace("\r\n", "\n")
        kind = "message/rfc822" if whole else "text/rfc822-headers"
        original = sent if whole else sent.split("\n\n")[0] + "\n"
        # A forwarding mailbox names another final recipient: ours is meant all the same.
        found = bounces(post).take(report(original, kind=kind, recipient="other@mihon.example"))
        assert (found.status, found.is_of_mailbox) == ("5.1.1", True)
        assert marked(post) == ["taro@mihon.example"]
        assert post.events("mail.bounced") == 1


def test_a_forged_bounce_marks_nobody(folder: Path) -> None:
    with posting(folder, None) as post:
        post.promise("taro@mihon.example")
        own = post.rows()[0][0]
        for original in (
            "Message-ID: <00000000-0000-7000-8000-000000000000@id.mihon.example>\n\nx",
            f"Message-ID: <{own}@elsewhere.example>\n\nx",
            "Subject: none\n\nx",
        ):
            with pytest.raises(NotABounce):
                bounces(post).take(report(original))
        assert marked(post) == []


def test_a_blank_mail_cannot_bounce(folder: Path) -> None:
    with posting(folder, None) as post:
        post.promise(None)
        own = post.rows()[0][0]
        with pytest.raises(NotABounce):
            bounces(post).take(report(f"Message-ID: <{own}@id.mihon.example>\n\nx"))


def test_a_refusal_by_policy_blames_no_mailbox(folder: Path) -> None:
    with posting(folder, None) as post:
        post.promise("taro@mihon.example")
        original = f"Message-ID: <{post.rows()[0][0]}@id.mihon.example>\n\nx"
        assert not bounces(post).take(report(original, status="5.7.1")).is_of_mailbox
        assert marked(post) == []


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0\xff" * 100,
        b"Subject: hello\r\n\r\nI am on holiday.",
        report("Message-ID: <x@y>\n\nx", action="delayed", status="4.4.1"),
        report("Message-ID: <x@y>\n\nx", status="nonsense"),
        b"Content-Type: multipart/report\r\n\r\n",
        b"a" * 1_000_001,
    ],
)
def test_what_is_no_final_report_is_refused(data: bytes) -> None:
    with pytest.raises(NotABounce):
        read_bounce(data)
