"""Bad input to the commands: one sentence that says what to do, an exit code, nothing applied."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from demo.register import register_csv
from idp.clock import Clock
from tests.flows.deployment import Deployment, new_deployment, serving
from tests.support.demo import Demo
from tests.support.parties import write_policies

GAIJI = "\ue000"


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """A deployment that ran once, so that everything it needs is there."""
    folder = Path(tmp_path_factory.mktemp("commands"))
    made = new_deployment(folder / "own", write_policies(folder / "policies"))
    with serving(made) as issuer:
        yield made
        assert requests.get(issuer + "/healthz", timeout=30).status_code == 200
        assert "Traceback" not in made.log()


def refused(done: subprocess.CompletedProcess[str], *words: str, code: int = 1) -> str:
    """Check one sentence on standard error, the exit code, and that no traceback is shown."""
    assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
    assert "Traceback" not in done.stdout + done.stderr
    (sentence,) = [line for line in done.stderr.splitlines() if line.strip()]
    for word in words:
        assert word in sentence, sentence
    return sentence


def register_lines() -> list[str]:
    return register_csv(Clock().today()).decode("utf-8-sig").split("\r\n")


def imported(
    deployment: Deployment, folder: Path, content: bytes | str, *options: str
) -> dict[str, Any]:
    file = folder / "register.csv"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    done = deployment.idp("member", "import", str(file), "--format", "json", *options)
    assert "Traceback" not in done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    assert done.returncode == (1 if report["bad"] else 0)
    return report


def with_cell(old: str, new: str) -> str:
    """Give the register with one text on its third line replaced."""
    lines = register_lines()
    assert old in lines[2]
    lines[2] = lines[2].replace(old, new, 1)
    return "\r\n".join(lines)


BAD_LINES: dict[str, tuple[Callable[[], str | bytes], int, str]] = {
    "a date that never was": (
        lambda: with_cell("平成元年3月3日", "平成元年2月30日"),
        3,
        "生年月日",
    ),
    "a member number too short": (lambda: with_cell("00000102", "102"), 3, "組合員番号"),
    "gaiji": (lambda: with_cell("花子", f"花{GAIJI}"), 3, "名"),
    "gaiji of Shift_JIS": (
        lambda: (
            "\r\n".join(register_lines())
            .encode("cp932")
            .replace("花子".encode("cp932"), b"\xf0\x40")
        ),
        3,
        "名",
    ),
    "a NUL": (lambda: with_cell("花子", "花\0子"), 3, ""),
    "too few values": (lambda: with_cell(",現職,", ","), 3, ""),
    "an open quote": (lambda: with_cell("例示,", '"例示,'), 3, ""),
    "a number that stands twice": (lambda: with_cell("00000102", "00000101"), 3, "組合員番号"),
    "an unknown employment": (lambda: with_cell("現職", "休職？"), 3, "勤務状況"),
    "a mail address that is none": (
        lambda: with_cell("hanako@mihon.example", "hanako@@mihon"),
        3,
        "メールアドレス",
    ),
    "a very long value": (lambda: with_cell("花子", "花" * 5000), 3, "名"),
    "bytes of no encoding": (lambda: b"\xff\xfe\x00" * 50, 1, ""),
    "an empty file": (lambda: b"", 1, ""),
    "only a header": (lambda: "foo,bar\r\n1,2\r\n", 1, ""),
}


@pytest.mark.parametrize("kind", BAD_LINES)
def test_a_bad_line_is_named_with_its_reason_and_nothing_is_applied(
    deployment: Deployment, tmp_path: Path, kind: str
) -> None:
    make, line, column = BAD_LINES[kind]
    report = imported(deployment, tmp_path, make(), "--apply")
    assert report["applied"] is False
    assert (report["created"], report["updated"]) == (0, 0)
    first = report["bad"][0]
    assert first["line"] == line, first
    assert len(first["reason"]) > 5
    if column:
        assert first["column"] == column


def test_after_all_those_bad_files_the_register_is_empty_and_takes_a_good_one(
    deployment: Deployment, tmp_path: Path
) -> None:
    refused(deployment.idp("member", "show", "00000101"))
    good = register_csv(Clock().today())
    dry = imported(deployment, tmp_path, good)
    assert (dry["applied"], dry["bad"]) == (False, [])
    refused(deployment.idp("member", "show", "00000101"))
    assert imported(deployment, tmp_path, good, "--apply")["applied"] is True
    again = imported(deployment, tmp_path, good, "--apply")
    assert (again["created"], again["updated"]) == (0, 0)
    bad = imported(deployment, tmp_path, with_cell("花子", f"花{GAIJI}"), "--apply")
    assert bad["applied"] is False
    shown = deployment.must("member", "show", "00000102", "--format", "json")
    assert json.loads(shown)["standing"] == "member"


def test_a_bad_line_is_readable_for_people_too(deployment: Deployment, tmp_path: Path) -> None:
    file = tmp_path / "register.csv"
    file.write_text(with_cell("平成元年3月3日", "平成元年2月30日"), "utf-8")
    done = deployment.idp("member", "import", str(file), "--apply")
    assert done.returncode == 1
    assert "line 3, 生年月日: " in done.stdout
    assert "nothing was changed" in done.stdout


def test_a_file_that_is_not_there_is_said(deployment: Deployment, tmp_path: Path) -> None:
    refused(deployment.idp("member", "import", str(tmp_path / "none.csv")), "none.csv")
    refused(deployment.idp("member", "import", str(tmp_path)), str(tmp_path))


def changed(deployment: Deployment, **settings: str) -> Deployment:
    return Deployment(deployment.folder, deployment.settings | settings)


def test_a_wrong_or_missing_master_key_opens_nothing(
    deployment: Deployment, tmp_path: Path
) -> None:
    deployment.must("keys", "master", "--out", str(tmp_path / "other.keys"))
    (tmp_path / "broken.keys").write_text("not a key\n")
    (tmp_path / "broken.keys").chmod(0o600)
    (tmp_path / "empty.keys").write_text("")
    (tmp_path / "empty.keys").chmod(0o600)
    for name in ("other", "broken", "empty", "missing"):
        wrong = changed(deployment, master_key_file=str(tmp_path / f"{name}.keys"))
        for command in (("audit", "key"), ("serve", "--port", "1", "--no-worker")):
            refused(wrong.idp(*command))
    assert "kumiai" in deployment.must("audit", "key")


def policy(folder: Path, change: Callable[[Path], object]) -> Path:
    write_policies(folder)
    change(folder)
    return folder


def edit(name: str, old: str, new: str) -> Callable[[Path], object]:
    def change(folder: Path) -> None:
        file = folder / name
        text = file.read_text("utf-8")
        assert old in text
        file.write_text(text.replace(old, new, 1), "utf-8")

    return change


BAD_POLICIES: dict[str, tuple[Callable[[Path], object], tuple[str, ...]]] = {
    "an unknown key": (
        edit("tokens.toml", "code_lifetime", "code_livetime"),
        ("tokens.toml", "code_l"),
    ),
    "an unknown limit": (
        edit("limits.toml", "[client_secret]", "[client_sekret]"),
        ("limits.toml", "client_sekret"),
    ),
    "a missing key": (edit("sessions.toml", 'idle = "1h"', ""), ("sessions.toml", "idle")),
    "a wrong type": (
        edit("passwords.toml", "queue = 24", 'queue = "24"'),
        ("passwords.toml", "queue"),
    ),
    "a duration that is none": (
        edit("tokens.toml", '"60s"', '"1 minute"'),
        ("tokens.toml", "code_lifetime"),
    ),
    "a count of nothing": (edit("limits.toml", "count = 5", "count = 0"), ("limits.toml", "count")),
    "not TOML": (edit("keys.toml", "=", "=="), ("keys.toml",)),
    "a missing file": (lambda folder: (folder / "audit.toml").unlink(), ("audit.toml", "missing")),
    "a foreign file": (lambda folder: (folder / "extra.toml").write_text(""), ("extra.toml",)),
    "not UTF-8": (
        lambda folder: (folder / "organisation.toml").write_bytes("名 = 1".encode("cp932")),
        ("organisation.toml",),
    ),
    "no folder": (shutil.rmtree, ("no such policy folder",)),
    "a client with a wild redirect": (
        lambda folder: (folder / "clients.toml").write_text(
            '[x]\nclient_name = "x"\nredirect_uris = ["https://*.mihon.example/cb"]\n'
            'token_endpoint_auth_method = "none"\nscope = "openid"\nfirst_party = false\n'
        ),
        ("redirect_uris",),
    ),
}


@pytest.mark.parametrize("kind", BAD_POLICIES)
def test_a_bad_policy_is_refused_with_file_and_key(
    deployment: Deployment, tmp_path: Path, kind: str
) -> None:
    change, words = BAD_POLICIES[kind]
    folder = policy(tmp_path / "policies", change)
    refused(deployment.idp("policy", "activate", str(folder)), *words)


def test_nothing_starts_on_a_bad_policy(deployment: Deployment, tmp_path: Path) -> None:
    folder = policy(tmp_path / "policies", BAD_POLICIES["an unknown key"][0])
    wrong = changed(deployment, policies=str(folder))
    refused(wrong.idp("serve", "--port", "1", "--no-worker"), "tokens.toml")


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({"issuer": "http://id.mihon.example"}, "https"),
        ({"issuer": "http://192.0.2.1"}, "https"),
        ({"issuer": "http://localhost.evil.example"}, "https"),
        ({"issuer": "https://id.mihon.example/"}, "slash"),
        ({"issuer": "https://id.mihon.example?x"}, "query"),
        ({"issuer": "https://user@id.mihon.example"}, "IDP_ISSUER"),
        ({"issuer": "javascript:alert(1)"}, "IDP_ISSUER"),
        ({"issuer": ""}, "IDP_ISSUER"),
        ({"isuer": "https://id.mihon.example"}, "IDP_ISUER"),
        ({"trusted_proxies": "10.0.0.0/99"}, "IDP_TRUSTED_PROXIES"),
        ({"clock_file": "/dev/null"}, "IDP_CLOCK_FILE"),
    ],
    ids=str,
)
def test_nothing_starts_on_wrong_settings(
    deployment: Deployment, settings: dict[str, str], word: str
) -> None:
    refused(changed(deployment, **settings).idp("serve", "--port", "1", "--no-worker"), word)


def test_an_unreachable_store_is_another_exit_code(deployment: Deployment, tmp_path: Path) -> None:
    for url in (
        "postgresql+psycopg://idp:a-password@127.0.0.1:1/idp",
        f"sqlite:///{tmp_path}/none/idp.db",
    ):
        done = changed(deployment, database_url=url).idp("member", "show", "00000101")
        sentence = refused(done, code=3)
        assert "a-password" not in sentence
    redis = changed(deployment, redis_url="redis://:a-password@127.0.0.1:1/0")
    assert "a-password" not in refused(redis.idp("serve", "--port", "1", "--no-worker"), code=3)


BAD_CLIENTS = {
    "not JSON": "{",
    "a list": "[]",
    "deep": "[" * 100_000,
    "no redirect": '{"client_id": "x"}',
    "http beyond loopback": '{"client_id": "x", "redirect_uris": ["http://x.mihon.example/cb"]}',
    "a fragment": '{"client_id": "x", "redirect_uris": ["https://x.mihon.example/cb#f"]}',
    "user information": '{"client_id": "x", "redirect_uris": ["http://localhost:80@evil.example/"]}',
    "a script": '{"client_id": "x", "redirect_uris": ["javascript:alert(1)"]}',
    "a short secret": '{"client_id": "x", "client_secret": "short", '
    '"redirect_uris": ["https://x.mihon.example/cb"]}',
    "an id with blanks": '{"client_id": "a b", "redirect_uris": ["https://x.mihon.example/cb"]}',
    "an unknown method": '{"client_id": "x", "redirect_uris": ["https://x.mihon.example/cb"], '
    '"token_endpoint_auth_method": "client_secret_jwt"}',
    "a surrogate": '{"client_id": "x", "client_name": "\\ud800", '
    '"redirect_uris": ["https://x.mihon.example/cb"]}',
}


@pytest.mark.parametrize("kind", BAD_CLIENTS)
def test_bad_client_metadata_is_refused(deployment: Deployment, tmp_path: Path, kind: str) -> None:
    file = tmp_path / "client.json"
    file.write_text(BAD_CLIENTS[kind], "utf-8")
    refused(deployment.idp("client", "add", "--file", str(file)))


def test_a_demo_folder_is_not_served_as_the_real_thing(demo: Demo) -> None:
    done = demo.idp("serve", "--port", "1", "--no-worker")
    refused(done, "demo")


@pytest.mark.parametrize(
    "arguments",
    [
        ("nonsense",),
        ("member", "import"),
        ("serve", "--port", "no"),
        ("audit", "search", "--name", "x"),
    ],
)
def test_wrong_usage_is_exit_code_two(deployment: Deployment, arguments: tuple[str, ...]) -> None:
    done = deployment.idp(*arguments)
    assert done.returncode == 2
    assert "Usage" in done.stderr
    assert "Traceback" not in done.stderr
