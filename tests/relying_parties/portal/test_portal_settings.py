"""Settings and files: what is refused at the start, in one sentence."""

import json
from pathlib import Path

import pytest
from joserfc.jwk import ECKey

from relying_parties.portal.clock import SystemClock
from relying_parties.portal.errors import SettingsError
from relying_parties.portal.organisation import load_organisation
from relying_parties.portal.settings import Settings, load_client_key, parse_resolve

KEY = ECKey.generate_key("P-256", {"kid": "k"})


def made(public: str, issuer: str, client_id: str = "portal") -> Settings:
    return Settings(public, issuer, client_id, KEY, Path("unused"))


@pytest.mark.parametrize(
    ("public", "issuer"),
    [
        ("http://portal.mihon.example", "https://id.mihon.example"),
        ("https://portal.mihon.example/path", "https://id.mihon.example"),
        ("https://portal.mihon.example", "http://id.mihon.example"),
        ("https://portal.mihon.example", "https://id.mihon.example?x=1"),
        ("ftp://127.0.0.1", "https://id.mihon.example"),
        ("https://u@portal.mihon.example", "https://id.mihon.example"),
        ("https://portal.mihon.example:x", "https://id.mihon.example"),
        ("https://[", "https://id.mihon.example"),
        ("", ""),
    ],
)
def test_urls_that_cannot_be_used(public: str, issuer: str) -> None:
    with pytest.raises(SettingsError):
        made(public, issuer)


def test_usable_urls() -> None:
    settings = made("https://portal.mihon.example", "https://id.mihon.example/tenant")
    assert settings.issuer_origin == "https://id.mihon.example"
    assert settings.cookie("x") == "__Host-x"
    assert made("http://[::1]:8001", "http://localhost:8000").cookie("x") == "x"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "{}",
        '{"kty": "oct", "k": "AAAA"}',
        json.dumps(KEY.as_dict(private=False)),
        json.dumps(ECKey.generate_key("P-384").as_dict(private=True)),
    ],
)
def test_client_keys_that_cannot_be_used(tmp_path: Path, text: str) -> None:
    path = tmp_path / "key.json"
    path.write_text(text)
    with pytest.raises(SettingsError) as refused:
        load_client_key(path)
    assert "key.json" in refused.value.detail
    assert str(KEY.as_dict(private=True)["d"]) not in refused.value.detail


def test_resolve() -> None:
    assert parse_resolve(["ID.mihon.example=127.0.0.1"]) == {"id.mihon.example": "127.0.0.1"}
    for wrong in ("x", "x=", "x=localhost", "x=1.2.3"):
        with pytest.raises(SettingsError):
            parse_resolve([wrong])


def test_organisation_file(tmp_path: Path) -> None:
    path = tmp_path / "organisation.toml"
    path.write_text('name_ja = "みほん"\ntelephone = "0120-000-000"\nother = 1\n', "utf-8")
    organisation = load_organisation(path)
    assert (organisation.name, organisation.called("en")) == ("みほん", "みほん")
    for wrong in (
        "name_ja = 1",
        'name_ja = "x"',
        "=",
        'name_ja = "x"\ntelephone = "y"\njoin_form_url = "javascript:alert(1)"',
        'name_ja = "x"\ntelephone = "y"\nleave_form_url = "//evil.example"',
    ):
        path.write_text(wrong)
        with pytest.raises(SettingsError):
            load_organisation(path)
    path.write_bytes("name_ja = 'みほん'".encode("cp932"))
    with pytest.raises(SettingsError):
        load_organisation(path)


def test_the_clock_file_is_read_at_each_use(tmp_path: Path) -> None:
    path = tmp_path / "offset"
    clock = SystemClock(path)
    before = clock.now()
    path.write_text("864000\n")
    assert (clock.now() - before).days == 10
    for nonsense in ("", "x", "nan", "1e300", "\ud800".encode("utf-8", "surrogatepass")):
        path.write_bytes(nonsense if isinstance(nonsense, bytes) else nonsense.encode())
        assert (clock.now() - before).days == 0
