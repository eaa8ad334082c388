"""The mail server of the settings: its URL, TLS, signing in, what `idp doctor config` says of it.

And the worker's side of it: a server that hangs delays no logout token.
"""

from __future__ import annotations

import ssl
import threading
from pathlib import Path

import pytest

from demo.certificates import make_certificates
from idp.errors import SettingsError
from idp.lifecycle.logout_messages import KIND as LOGOUT
from idp.mails.smtp import MailServer
from idp.outbox.service import promise
from idp.worker import work
from tests.flows.deployment import new_deployment
from tests.mails.conftest import posting
from tests.support.demo import free_ports, wait_until
from tests.support.parties import write_policies
from tests.support.smtp_server import Manners, smtp_server

WRONG = {
    "mail.mihon.example": "must begin with",
    "http://mail.mihon.example": "must begin with",
    "smtp://": "must look like",
    "smtp://mail.mihon.example:99999": "a port",
    "smtp://mail.mihon.example:x": "a port",
    "smtp://mail.mihon.example/path": "must look like",
    "smtps://user@mail.mihon.example": "without the other",
    "smtp://user:secret@mail.mihon.example": "in clear",
}


@pytest.mark.parametrize(("url", "words"), WRONG.items())
def test_a_url_that_cannot_be_right_is_refused_in_words(url: str, words: str) -> None:
    with pytest.raises(SettingsError, match=words) as refused:
        MailServer.from_url(url)
    assert "secret" not in str(refused.value)


def test_names_and_passwords_are_read_and_never_shown() -> None:
    server = MailServer.from_url("smtps://no-reply%40mihon.example:p%2Fss@mail.mihon.example")
    assert (server.port, server.user, server.password) == (465, "no-reply@mihon.example", "p/ss")
    assert "p/ss" not in repr(server)
    assert MailServer.from_url("smtp+starttls://mail.mihon.example").port == 587
    assert MailServer.from_url("smtp://[::1]:2525").host == "::1"


def tls_files(folder: Path) -> tuple[Path, ssl.SSLContext]:
    ca, certificate, key = make_certificates(folder, ("127.0.0.1", "localhost"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return ca, context


def test_mails_travel_under_starttls_after_signing_in(folder: Path, tmp_path: Path) -> None:
    ca, context = tls_files(tmp_path / "tls")
    manners = Manners(password="AHVzZXIAc2VjcmV0")  # \0user\0secret
    with smtp_server(manners, tls=context) as server:
        url = f"smtp+starttls://user:secret@127.0.0.1:{server.port}"
        with posting(folder, url, outgoing_ca=str(ca)) as post:
            post.promise("taro@mihon.example")
            assert post.deliver() == 1


@pytest.mark.parametrize(
    "fault", ["no starttls", "unknown certificate", "wrong password"], ids=lambda fault: fault
)
def test_nothing_is_sent_over_a_connection_that_is_not_right(
    folder: Path, tmp_path: Path, fault: str
) -> None:
    ca, context = tls_files(tmp_path / "tls")
    manners = Manners(password="AHVzZXIAc2VjcmV0")
    with smtp_server(manners, tls=None if fault == "no starttls" else context) as server:
        password = "other" if fault == "wrong password" else "secret"
        url = f"smtp+starttls://user:{password}@127.0.0.1:{server.port}"
        more = {} if fault == "unknown certificate" else {"outgoing_ca": str(ca)}
        with posting(folder, url, **more) as post:
            post.promise("taro@mihon.example")
            assert post.deliver() == 0
            assert [row[1:4] for row in post.rows()] == [(0, 0, 0)]
            assert "secret" not in str(post.rows())
        assert server.taken == server.swallowed == []


def test_doctor_says_what_is_wrong_with_the_server(tmp_path: Path) -> None:
    policies = write_policies(tmp_path / "policies")
    deployment = new_deployment(tmp_path / "own", policies)
    with posting(tmp_path / "own", None, policies=str(policies)):
        pass  # the first start makes everything
    said = deployment.idp("doctor", "config").stdout
    assert "NOTE: IDP_SMTP_URL is not set: mails wait in the outbox" in said
    deployment.settings["smtp_url"] = f"smtp://127.0.0.1:{free_ports(1)}"
    told = deployment.idp("doctor", "config")
    assert (told.returncode, "does not serve us: ConnectionRefused" in told.stdout) == (1, True)
    deployment.settings["smtp_url"] = "ftp://x"
    assert "FAULT: IDP_SMTP_URL must begin with" in deployment.idp("doctor", "config").stdout
    with smtp_server() as server:
        deployment.settings["smtp_url"] = f"smtp://127.0.0.1:{server.port}"
        said = deployment.idp("doctor", "config").stdout
        assert "mail server" not in said
        assert "IDP_SMTP_URL is not set" not in said


def test_commands_mark_list_and_clear_mailboxes(tmp_path: Path) -> None:
    deployment = new_deployment(tmp_path / "own", write_policies(tmp_path / "policies"))
    no = Manners(rcpt=lambda _to, _seen: "550 5.1.1 no such user")
    settings = {name: value for name, value in deployment.settings.items() if name == "issuer"}
    with smtp_server(no) as server:
        url = f"smtp://127.0.0.1:{server.port}"
        folder = tmp_path / "own"
        with posting(folder, url, **settings, policies=deployment.settings["policies"]) as post:
            post.promise("Gone@mihon.example")
            post.deliver()
    assert "gone@mihon.example" in deployment.must("mail", "undeliverable", "list")
    deployment.must("mail", "undeliverable", "clear", "GONE@mihon.example")
    again = deployment.idp("mail", "undeliverable", "clear", "gone@mihon.example")
    assert again.returncode == 1
    nothing = deployment.idp("mail", "bounce", typed="Subject: hello\n\nhello")
    assert nothing.returncode == 1
    assert "no delivery report" in nothing.stderr


def test_a_server_that_hangs_delays_no_logout_token(folder: Path) -> None:
    with (
        smtp_server(Manners(pause=30)) as server,
        posting(folder, f"smtp://127.0.0.1:{server.port}") as post,
    ):
        for number in range(20):
            post.promise(f"member{number}@mihon.example")
        stop = threading.Event()
        worker = threading.Thread(target=work, args=(post.background, stop))
        worker.start()
        try:
            wait_until(lambda: server.sessions >= 4, 30)
            f = post.foundation
            with f.database.begin() as tx:
                told = {"client_id": "gone", "sid": "s", "sub": "u"}
                promise(tx, LOGOUT, told, f.clock.now())

            def delivered() -> bool:
                with f.database.read() as tx:
                    found = tx.text(
                        "SELECT delivered_at FROM outbox_message WHERE kind = :kind",
                        {"kind": LOGOUT},
                    ).fetchone()
                return found[0] is not None

            wait_until(delivered, 15)
            assert [row[2] for row in post.rows()] == [0] * 20
        finally:
            stop.set()
            server.manners.release.set()
            worker.join(30)
