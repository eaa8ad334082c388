"""Every promise of the protocol has a test that names it, or is not offered and not listed."""

from __future__ import annotations

import re
from typing import Any

import pytest

from idp.oidc.door import FrontDoor
from tests.architecture.test_discovery import WELL_KNOWN, call
from tests.protocol_table import LAST, missing, named_in_tests, numbers, rows

UNLISTED = {
    48: "request_object_signing_alg_values_supported",
    49: "request_object_encryption_alg_values_supported",
    50: "require_signed_request_object",
    77: "pairwise",
    94: "mtls_endpoint_aliases|tls_client_certificate_bound_access_tokens|tls_client_auth",
    96: "resource_indicators_supported|protected_resources",
    100: "device_authorization_endpoint|grant-type:device_code",
    101: "device_authorization_endpoint|grant-type:device_code",
}
"""What discovery would say if a row that is not offered were: a pattern over its text."""


def test_the_page_has_every_row_once_and_in_order() -> None:
    assert [row.number for row in rows()] == list(range(1, LAST + 1))


def test_every_row_is_tested_or_stated_as_not_offered() -> None:
    assert [f"{row.number} {row.promise}" for row in missing()] == []


def test_no_test_names_a_row_that_is_none() -> None:
    assert sorted(set(named_in_tests()) - set(range(1, LAST + 1))) == []


def test_every_row_that_is_not_wholly_offered_says_what_discovery_leaves_out() -> None:
    assert {row.number for row in rows() if row.state != "tested"} == set(UNLISTED)


@pytest.mark.parametrize("number", UNLISTED)
def test_what_is_not_offered_is_not_listed(application: FrontDoor, number: int) -> None:
    _, content = call(application, "GET", WELL_KNOWN)
    assert not re.search(UNLISTED[number], str(content))
    offered: dict[str, Any] = content
    assert offered["request_parameter_supported"] is False
    assert offered["request_uri_parameter_supported"] is False
    assert offered["subject_types_supported"] == ["public"]


def test_docstrings_are_read_as_they_are_written() -> None:
    assert numbers("Row 45: a request is used once.") == {45}
    assert numbers("Rows 48-50, 77 and 94: not offered. Row 3: repeated.") == {
        48,
        49,
        50,
        77,
        94,
        3,
    }
    assert numbers("Row upon row: nothing.") == set()
