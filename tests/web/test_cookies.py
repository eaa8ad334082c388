from datetime import timedelta

import pytest
from flask import Request, Response
from werkzeug.test import EnvironBuilder

from idp.web.cookies import DEVICE, LANGUAGE, SESSION, CookieJar, new_cookie_value

JAR = CookieJar.for_issuer("http://127.0.0.1:8000")
SAFE = CookieJar.for_issuer("https://id.mihon.example")
VALUE, OTHER = "a" * 43, "b" * 43


def sent(cookie: str) -> Request:
    return Request(EnvironBuilder(headers=[("Cookie", cookie)]).get_environ())


def test_a_cookie_is_read_back() -> None:
    value = new_cookie_value()
    assert JAR.read(sent(f"x=1; kumiai_idp={value}; y=2"), SESSION) == value
    assert SAFE.read(sent(f"__Host-kumiai_idp={value}"), SESSION) == value
    assert JAR.read(sent("kumiai_lang=en"), LANGUAGE) == "en"


@pytest.mark.parametrize(
    "cookie",
    [
        "",
        "kumiai_idp=",
        "kumiai_idp=short",
        f"kumiai_idp={VALUE}x",
        "kumiai_idp=" + "あ" * 43,
        "kumiai_idp=" + "=" * 43,
        f"kumiai_idp={VALUE[:-1]}\x00",
        f"kumiai_idp={VALUE}; kumiai_idp={OTHER}",  # two believable ones: one was planted
        f"kumiai_idp_device={VALUE}",
        "kumiai_idp=" + "a" * 10_000,
    ],
)
def test_other_shapes_are_not_believed(cookie: str) -> None:
    assert JAR.read(sent(cookie), SESSION) is None


def test_shadows_of_another_shape_do_no_harm() -> None:
    cookie = f"kumiai_idp=evil; kumiai_idp={VALUE}; kumiai_idp={VALUE}; kumiai_idp"
    assert JAR.read(sent(cookie), SESSION) == VALUE


@pytest.mark.parametrize("cookie", [f"=__Host-kumiai_idp={VALUE}", f"kumiai_idp={VALUE}"])
def test_https_believes_only_the_host_prefix(cookie: str) -> None:
    assert SAFE.read(sent(cookie), SESSION) is None  # CVE-2023-23934: the nameless cookie


def test_attributes() -> None:
    """Rows 114, 116: Core 16.17; Core 16."""
    response = Response()
    JAR.set(response, SESSION, VALUE, None)
    SAFE.set(response, DEVICE, VALUE, timedelta(days=400))
    SAFE.clear(response, SESSION)
    plain, safe, cleared = response.headers.getlist("Set-Cookie")
    assert plain == f"kumiai_idp={VALUE}; HttpOnly; Path=/; SameSite=Lax"
    name, *attributes = safe.split("; ")
    assert name == f"__Host-kumiai_idp_device={VALUE}"
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax", "Max-Age=34560000"} < set(attributes)
    assert "Domain" not in safe
    assert cleared.startswith("__Host-kumiai_idp=; Expires=Thu, 01 Jan 1970 00:00:00 GMT;")
    assert "Max-Age=0" in cleared
    assert "Secure" in cleared


@pytest.mark.parametrize("value", ["", "x", VALUE + ";", "あ" * 43])
def test_a_value_of_the_wrong_shape_is_never_sent(value: str) -> None:
    with pytest.raises(ValueError, match="shape"):
        JAR.set(Response(), SESSION, value, None)
