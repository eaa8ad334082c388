import pytest
from werkzeug.datastructures import Headers

from idp.web.headers import apply, content_security_policy, demands_https, form_action_source

from .stories import make_app


@pytest.mark.parametrize(
    ("redirect_uri", "source"),
    [
        ("https://portal.mihon.example/callback?x=1", "https://portal.mihon.example"),
        ("HTTPS://Portal.Mihon.example:8443/cb", "https://portal.mihon.example:8443"),
        ("http://127.0.0.1:8001/callback", "http://127.0.0.1:8001"),
        ("http://[::1]:8001/callback", "http:"),
        ("https://みほん.example/cb", "https:"),
        ("https://a;script-src *.example/", "https:"),
        ("example.mihon.card:/callback", "example.mihon.card:"),
    ],
)
def test_form_action_source(redirect_uri: str, source: str) -> None:
    assert form_action_source(redirect_uri) == source
    assert f"form-action 'self' {source};" in content_security_policy((source,))


@pytest.mark.parametrize("bad", ["", "/relative", "//host/path", "https://x:port/"])
def test_a_redirect_uri_without_an_origin_is_refused(bad: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 (urllib words its own)
        form_action_source(bad)


@pytest.mark.parametrize("bad", ["https://a b", "x; script-src *", "'unsafe-inline'", "*", ""])
def test_nothing_can_be_injected_into_the_policy(bad: str) -> None:
    with pytest.raises(ValueError, match="form-action"):
        content_security_policy((bad,))


@pytest.mark.parametrize(
    ("issuer", "expected"),
    [
        ("https://id.mihon.example", True),
        ("https://127.0.0.1:8000", False),
        ("https://[::1]:8000", False),
        ("https://localhost:8000", False),
        ("http://127.0.0.1:8000", False),
    ],
)
def test_hsts(issuer: str, expected: bool) -> None:
    """Row 114: Core 16.17."""
    assert demands_https(issuer) is expected
    sent = make_app(issuer).test_client().get("/story/sign-in").headers
    assert ("Strict-Transport-Security" in sent) is expected


@pytest.mark.parametrize("path", ["/story/sign-in", "/nowhere", "/raise/bug", "/static"])
def test_every_answer_carries_the_headers(path: str) -> None:
    sent = make_app().test_client().get(path).headers
    assert sent["Content-Security-Policy"] == (
        "default-src 'none'; style-src 'self'; img-src 'self' data:; script-src 'self'; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    )
    assert sent["X-Frame-Options"] == "DENY"
    assert sent["X-Content-Type-Options"] == "nosniff"
    assert sent["Referrer-Policy"] == "no-referrer"
    assert sent["Cache-Control"] == "no-store"
    assert sent["Vary"] == "Cookie"
    assert sent["Cross-Origin-Opener-Policy"] == "same-origin"


def test_what_a_view_set_stays() -> None:
    headers = Headers({"Vary": "Origin", "Content-Security-Policy": "mine"})
    apply(headers, hsts=False)
    assert headers["Vary"] == "Origin, Cookie"
    assert headers["Content-Security-Policy"] == "mine"
