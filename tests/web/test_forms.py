from io import BytesIO

import pytest
from flask import Request
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import EnvironBuilder

from idp.web.forms import MAX_BODY, BadForm, fold_code, read_form, read_pairs

FIELDS = {"username": 20, "password": 10}
URLENCODED = "application/x-www-form-urlencoded"


def sent(body: bytes, content_type: str | None = URLENCODED, **headers: str) -> Request:
    given_headers = {name.replace("_", "-"): value for name, value in headers.items()}
    builder = EnvironBuilder(
        method="POST",
        input_stream=BytesIO(body),
        content_type=content_type,
        content_length=len(body),
        headers=list(given_headers.items()),
    )
    return Request(builder.get_environ())


def code_of(request: Request) -> tuple[str, int]:
    with pytest.raises(BadForm) as caught:
        read_form(request, FIELDS)
    return caught.value.code, caught.value.status


def test_fields_are_read() -> None:
    body = b"username=%E8%A6%8B%E6%9C%AC+%2B&other=1&other=2&=&password=a%26b%3D"
    assert read_form(sent(body), FIELDS) == {"username": "見本 +", "password": "a&b="}
    assert read_form(sent(b""), FIELDS) == {"username": "", "password": ""}
    assert read_form(sent(b"", None), FIELDS) == {"username": "", "password": ""}
    charset = sent(b"password=x", URLENCODED + "; charset=UTF-8")
    assert read_form(charset, FIELDS)["password"] == "x"
    twice = sent(b"password=x")
    assert read_form(twice, FIELDS) == read_form(twice, FIELDS)


def test_all_fields_are_read_in_their_order() -> None:
    pairs = [("b", "1"), ("a", "見"), ("b", ""), ("b", "1")]
    assert read_pairs(sent(b"b=1&a=%E8%A6%8B&&b&b=1")) == pairs
    for broken in (b"a=1&b=%FF", b"a=%00", b"a=%zz", b"&".join([b"a=1"] * 201)):
        with pytest.raises(BadForm):
            read_pairs(sent(broken))


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"username=a&username=b", "repeated_field"),
        (b"username=&username=", "repeated_field"),
        (b"username=a&user%6Eame=b", "repeated_field"),
        (b"username=%00", "bad_encoding"),
        (b"username=a\x00b", "bad_encoding"),
        (b"username=%ED%A0%80", "bad_encoding"),  # a lone surrogate
        (b"username=%83%70%83%58", "bad_encoding"),  # Shift_JIS
        (b"username=%C0%AF", "bad_encoding"),  # overlong
        (b"username=\xff", "bad_encoding"),
        (b"username=100%", "bad_encoding"),
        (b"username=%zz", "bad_encoding"),
        (b"%FF=x&username=a", "bad_encoding"),
        (b"password=12345678901", "field_too_long"),
    ],
)
def test_bad_bodies(body: bytes, code: str) -> None:
    assert code_of(sent(body)) == (code, 400)


def test_length_counts_characters() -> None:
    assert read_form(sent(b"password=" + b"%F0%A0%AE%9F" * 10), FIELDS)["password"] == "𠮟" * 10


def test_large_bodies() -> None:
    assert code_of(sent(b"x=" + b"a" * MAX_BODY)) == ("body_too_large", 413)
    assert code_of(sent(b"a&" * 300)) == ("body_too_large", 413)
    fits = b"password=x&y=" + b"a" * (MAX_BODY - 13)
    assert read_form(sent(fits), FIELDS)["password"] == "x"


def test_a_large_body_of_unknown_length() -> None:
    request = sent(b"x=" + b"a" * (MAX_BODY + 1))
    del request.environ["CONTENT_LENGTH"]
    request.environ["wsgi.input_terminated"] = True
    assert code_of(Request(request.environ)) == ("body_too_large", 413)


def test_a_body_of_unknown_length_that_fits() -> None:
    request = sent(b"password=x&y=" + b"a" * (MAX_BODY - 13))
    del request.environ["CONTENT_LENGTH"]
    request.environ["wsgi.input_terminated"] = True
    assert read_form(Request(request.environ), FIELDS)["password"] == "x"


def test_a_body_cut_short() -> None:
    request = sent(b"username=a&passw")
    request.environ["CONTENT_LENGTH"] = "30"
    request.environ["wsgi.input_terminated"] = True
    assert code_of(Request(request.environ)) == ("bad_request", 400)


@pytest.mark.parametrize(
    "kind", ["multipart/form-data; boundary=x", "application/json", "text/plain", None, "é"]
)
def test_other_media_types(kind: str | None) -> None:
    assert code_of(sent(b"username=a", kind)) == ("unsupported_media_type", 415)


def test_other_charsets_and_encodings() -> None:
    other = sent(b"username=a", URLENCODED + "; charset=shift_jis")
    assert code_of(other) == ("unsupported_media_type", 415)
    squeezed = sent(b"username=a", Content_Encoding="gzip")
    assert code_of(squeezed) == ("unsupported_media_type", 415)


@given(st.binary(max_size=400))
def test_any_body_is_read_or_refused(body: bytes) -> None:
    try:
        values = read_form(sent(body), FIELDS)
    except BadForm:
        return
    assert set(values) == set(FIELDS)
    "".join(values.values()).encode("utf-8")


@pytest.mark.parametrize(
    ("typed", "folded"),
    [
        ("１２３４５６", "123456"),
        ("123 456", "123456"),
        ("　１２３－４５６　", "123456"),
        ("12‐34–56—78−90ー12ｰ34", "12345678901234"),
        ("ＡＢｃ-d", "ABcd"),
        ("①", "①"),
        ("", ""),
    ],
)
def test_codes_are_folded(typed: str, folded: str) -> None:
    assert fold_code(typed) == folded
