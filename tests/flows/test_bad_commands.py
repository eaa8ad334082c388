"""Bad input to the commands: one sentence that says what to do, an exit code, nothing applied."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.flows.deployment import Deployment, refused
from tests.support.demo import Demo
from tests.support.parties import write_policies


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
        edit("passwords.toml", "queue = 56", 'queue = "56"'),
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
    url = "postgresql+psycopg://idp:a-password@127.0.0.1:1/idp"
    done = changed(deployment, database_url=url).idp("member", "show", "00000101")
    assert "a-password" not in refused(done, code=3)
    nowhere = changed(deployment, database_url=f"sqlite:///{tmp_path}/none/idp.db")
    refused(nowhere.idp("member", "show", "00000101"), "does not exist; make it")
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
    """Rows 10, 11: RFC 6749 3.1.2; RFC 9700 4.1."""
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
