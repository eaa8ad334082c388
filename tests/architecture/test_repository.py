"""What may never stand in a tracked file: secrets, real people's names, where it was written."""

from __future__ import annotations

import re

import pytest

from tests.architecture.generated import stale
from tests.architecture.tree import ROOT, files, texts

SECRET_NAMES = re.compile(
    r"(\.(pem|key|keys|p12|pfx|jks|kdbx|db|sqlite3?|env)|-key\.json|id_(rsa|ecdsa|ed25519))$"
)
SECRET_TEXTS = {
    "a private key": re.compile("-----BEGIN [A-Z ]*" + "PRIVATE KEY-----\n[A-Za-z0-9+/=]{16}"),
    "a private JWK": re.compile(r'"d"\s*:\s*"[A-Za-z0-9_-]{40,}"'),
    "a master key": re.compile(r"^mk-[0-9a-f]{8} [A-Za-z0-9_-]{43}$", re.MULTILINE),
    "a token of a hosting service": re.compile("gh[pousr]_" + "[A-Za-z0-9]{36}"),
    "an access key of a cloud": re.compile("AKIA" + "[0-9A-Z]{16}"),
}

# Written in pieces, so that this file does not hold what it looks for.
DENIED = {
    "a real co-operative": "群馬" + "県学校",
    "its name in Latin letters": "gunma" + "-gakk",
    "its telephone number": "39-" + "5318",
    "its fax number": "03-" + "5318",
    "a path of one machine": "/wo" + "rk/",
    "another path of one machine": "/tmp/wo" + "rk",
    "a folder outside the project": "shared/" + "design",
    "another folder outside the project": "shared/" + "mission",
}


def test_no_secret_looking_file_is_part_of_the_project() -> None:
    names = [path.relative_to(ROOT).as_posix() for path in files()]
    assert [name for name in names if SECRET_NAMES.search(name)] == []


@pytest.mark.parametrize("what", SECRET_TEXTS)
def test_no_secret_stands_in_a_file(what: str) -> None:
    pattern = SECRET_TEXTS[what]
    assert [str(path) for path, text in texts() if pattern.search(text)] == []


@pytest.mark.parametrize("what", DENIED)
def test_no_denied_word_stands_in_a_file(what: str) -> None:
    word = DENIED[what].lower()
    assert [str(path) for path, text in texts() if word in text.lower()] == []


def test_the_patterns_find_what_they_look_for() -> None:
    samples = {
        "a private key": "-----BEGIN " + "PRIVATE KEY-----\nMIGHAgEAMBMGByqG",
        "a private JWK": '{"kty":"EC","' + 'd":"' + "A" * 43 + '"}',
        "a master key": "# a comment\nmk-" + "0123abcd " + "B" * 43,
        "a token of a hosting service": "ghp" + "_" + "c" * 36,
        "an access key of a cloud": "AK" + "IA" + "D" * 16,
    }
    assert [what for what, text in samples.items() if not SECRET_TEXTS[what].search(text)] == []
    assert SECRET_NAMES.search("var/portal" + "-key.json")


def test_generated_files_are_current() -> None:
    assert [str(path) for path in stale()] == []
