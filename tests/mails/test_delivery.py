"""Mails reach real SMTP servers: stopped, slow, greylisting, hanging up after DATA, refusing.

After recovery every mail has arrived at least once; a repeat carries the same Message-ID and code.
"""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from idp.mails import store
from idp.mails.model import MailKind
from idp.mails.promise import KIND
from tests.mails.conftest import CODE, Post, posting
from tests.support.smtp_server import Manners, SmtpServer, Taken, smtp_server

PEOPLE = [f"member{number}@mihon.example" for number in range(12)]


def promised(post: Post) -> set[str]:
    """Give the Message-IDs that must arrive."""
    return {f"<{row[0]}@id.mihon.example>" for row in post.rows()}


def ids(taken: list[Taken]) -> list[str]:
    return [one.message["Message-ID"] for one in taken]


def code_in(one: Taken) -> str:
    lines = [line.strip() for line in one.text.splitlines()]
    return next(line for line in lines if line and line.replace(" ", "").isdigit())


def test_a_mail_arrives_whole(folder: Path) -> None:
    with smtp_server() as server, posting(folder, f"smtp://127.0.0.1:{server.port}") as post:
        post.promise("Taro@mihon.example")
        assert post.deliver() == 1
        (one,) = server.taken
        assert (one.to, one.sender) == ("Taro@mihon.example", "<no-reply@id.mihon.example>")
        assert ids([one]) == list(promised(post))
        assert one.message["Auto-Submitted"] == "auto-generated"
        assert one.message["Date"].endswith("+0900")
        assert code_in(one) == "1234 5678"
        assert b"\r\nContent-Transfer-Encoding: quoted-printable" in one.data
        assert (post.events("mail.sent"), post.events("mail.failed")) == (1, 0)


def test_a_stopped_server_costs_no_mail_no_try_and_no_flood_of_events(folder: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    with posting(folder, f"smtp://127.0.0.1:{port}") as post:
        for person in PEOPLE:
            post.promise(person)
        for _ in range(60):  # a day of it
            assert post.deliver() == 0
            post.later(minutes=24)
        assert [row[1:4] for row in post.rows()] == [(0, 0, 0)] * len(PEOPLE)
        assert post.events("mail.failed") == 0
        with smtp_server(port=port) as server:
            assert post.deliver() == len(PEOPLE)
            assert sorted(one.to for one in server.taken) == sorted(PEOPLE)
            assert set(ids(server.taken)) == promised(post)


def test_greylisting_delays_one_mail_and_not_the_others(folder: Path) -> None:
    grey = Manners(
        rcpt=lambda to, seen: "450 4.7.1 later" if to == PEOPLE[0] and seen < 2 else "250 ok"
    )
    with smtp_server(grey) as server, posting(folder, f"smtp://127.0.0.1:{server.port}") as post:
        for person in PEOPLE:
            post.promise(person)
        assert post.deliver() == len(PEOPLE) - 1
        assert post.deliver() == 0, "not tried again before its time"
        post.later(seconds=6)
        assert post.deliver() == 0
        post.later(seconds=31)
        assert post.deliver() == 1
        assert sorted(one.to for one in server.taken) == sorted(PEOPLE)
        assert post.events("mail.failed") == 1, "the first failure is told, once"
        assert post.events("mail.bounced") == 0


def test_a_server_that_hangs_up_after_data_gets_the_same_mail_again(folder: Path) -> None:
    rude = Manners(data=lambda _to, seen: None if seen < 2 else "250 taken")
    with smtp_server(rude) as server, posting(folder, f"smtp://127.0.0.1:{server.port}") as post:
        post.promise(PEOPLE[0])
        for _ in range(4):
            post.deliver()
            post.later(minutes=5)
        everything = server.swallowed + server.taken
        assert (len(server.swallowed), len(server.taken)) == (2, 1)
        assert set(ids(everything)) == promised(post)
        assert {code_in(one) for one in everything} == {"1234 5678"}
        assert len({one.message["Date"] for one in everything}) == 1


def test_one_mail_the_server_chokes_on_holds_up_no_other(folder: Path) -> None:
    rude = Manners(data=lambda to, _seen: None if to == PEOPLE[0] else "250 taken")
    with smtp_server(rude) as server, posting(folder, f"smtp://127.0.0.1:{server.port}") as post:
        for person in PEOPLE:
            post.promise(person)
        assert post.deliver() == len(PEOPLE) - 1


@pytest.mark.parametrize("answer", ["550 5.1.1 no such user", "550 no such user", "552 5.2.2 full"])
def test_a_mailbox_that_does_not_exist_is_given_up_and_marked(folder: Path, answer: str) -> None:
    no = Manners(rcpt=lambda _to, _seen: answer)
    with smtp_server(no) as server, posting(folder, f"smtp://127.0.0.1:{server.port}") as post:
        post.promise("Gone@mihon.example")
        assert post.deliver() == 0
        assert [row[3] for row in post.rows()] == [1]
        with post.foundation.database.read() as tx:
            ((address, _, reason),) = store.list_all(tx)
        assert (address, answer in reason) == ("gone@mihon.example", True)
        assert (post.events("mail.bounced"), post.events("mail.failed")) == (1, 1)


@pytest.mark.parametrize(
    "manners",
    [
        Manners(rcpt=lambda _to, _seen: "550 5.7.1 relaying denied"),
        Manners(mail=lambda _sender, _seen: "550 5.7.1 not from here"),
        Manners(greeting="554 no service"),
        Manners(data=lambda _to, _seen: "451 4.3.0 try later"),
    ],
    ids=["relay", "sender", "greeting", "data"],
)
def test_a_badly_set_up_server_marks_nobodys_mailbox(folder: Path, manners: Manners) -> None:
    with smtp_server(manners) as server, posting(folder, f"smtp://127.0.0.1:{server.port}") as post:
        post.promise(PEOPLE[0])
        post.deliver()
        assert [row[2:4] for row in post.rows()] == [(0, 0)]
        with post.foundation.database.read() as tx:
            assert store.list_all(tx) == []
        server.manners = Manners()
        post.later(seconds=6)
        assert post.deliver() == 1


def test_a_mail_to_nobody_never_reaches_the_server(folder: Path) -> None:
    with smtp_server() as server, posting(folder, f"smtp://127.0.0.1:{server.port}") as post:
        post.promise(None)
        assert post.deliver() == 1
        assert server.sessions == 0
        assert post.events("mail.sent") == 0


def test_an_undeliverable_mailbox_gets_codes_and_no_notices(folder: Path) -> None:
    with smtp_server() as server, posting(folder, f"smtp://127.0.0.1:{server.port}") as post:
        with post.foundation.database.begin() as tx:
            store.mark(tx, PEOPLE[0], 1, "5.1.1")
        post.promise(PEOPLE[0])
        post.promise(PEOPLE[0], MailKind.ENDING, ends="2026-07-31", days="7")
        post.deliver()
        assert [one.message["Subject"].split("】")[1] for one in server.taken] == [
            "パスワード再設定のご案内"
        ]


def test_without_a_server_mails_wait_in_the_outbox(folder: Path) -> None:
    with posting(folder, None) as post:
        post.promise(PEOPLE[0])
        assert KIND not in post.background.outbox.carriers
        assert [row[1:4] for row in post.rows()] == [(0, 0, 0)]
    with smtp_server() as server, posting(folder, f"smtp://127.0.0.1:{server.port}") as post:
        assert post.deliver() == 1
        assert server.taken[0].to == PEOPLE[0]


def test_a_worker_killed_between_sending_and_settling_sends_the_same_again(folder: Path) -> None:
    class Killed(BaseException):
        """The process ends here."""

    def die(*_: object) -> None:
        raise Killed

    with smtp_server() as server:
        with posting(folder, f"smtp://127.0.0.1:{server.port}") as post:
            post.promise(PEOPLE[0])
            outbox = post.background.outbox
            object.__setattr__(outbox, "_settle_delivered", die)
            with pytest.raises(Killed):
                post.deliver()
        with posting(folder, f"smtp://127.0.0.1:{server.port}") as post:
            post.later(seconds=6)
            assert post.deliver() == 1
            assert len(server.taken) == 2
            assert set(ids(server.taken)) == promised(post)
            assert len({code_in(one) for one in server.taken}) == 1


def test_a_slow_server_takes_several_at_a_time(folder: Path) -> None:
    slow = Manners(pause=0.05)
    with smtp_server(slow) as server, posting(folder, f"smtp://127.0.0.1:{server.port}") as post:
        for person in PEOPLE:
            post.promise(person)
        assert post.deliver() == len(PEOPLE)
        assert sorted(one.to for one in server.taken) == sorted(PEOPLE)


def test_a_carriers_odd_address_is_quoted_in_the_envelope(folder: Path) -> None:
    with smtp_server() as server, posting(folder, f"smtp://127.0.0.1:{server.port}") as post:
        post.promise("taro.@docomo.ne.jp")
        post.promise("ta..ro@ezweb.ne.jp")
        assert post.deliver() == 2
        assert sorted(one.to for one in server.taken) == [
            '"ta..ro"@ezweb.ne.jp',
            '"taro."@docomo.ne.jp',
        ]


def test_mails_under_a_lost_master_key_wait_for_it(folder: Path) -> None:
    with smtp_server() as server, posting(folder, f"smtp://127.0.0.1:{server.port}") as post:
        with post.foundation.database.begin() as tx:
            tx.text(
                "INSERT INTO outbox_message (id, kind, payload, created_at, due_at, attempts)"
                " VALUES ('0190-0000', 'mail', '{\"sealed\": \"broken\"}', 1, 1, 0)"
            )
        post.promise(PEOPLE[0])
        assert post.deliver() == 1
        assert [row[2:4] for row in post.rows()] == [(0, 0), (1, 0)]


def arrived(server: SmtpServer) -> list[str]:
    return [one.to for one in server.taken]


def test_no_code_waits_behind_a_mass_of_notices(folder: Path) -> None:
    with smtp_server() as server, posting(folder, f"smtp://127.0.0.1:{server.port}") as post:
        for person in PEOPLE:
            post.promise(person, MailKind.ENDING, ends="2026-07-31", days="7")
        post.promise("now@mihon.example", MailKind.SIGN_IN_CODE, code=CODE[:6], minutes="10")
        assert post.background.outbox.deliver_due(KIND) == 1
        assert arrived(server) == ["now@mihon.example"]
