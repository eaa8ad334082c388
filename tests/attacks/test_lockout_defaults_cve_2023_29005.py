"""Nobody has to turn the limits on, and nobody can leave one out.

CVE-2023-29005 (no limit on sign-ins unless somebody configured one), CVE-2025-63807 (codes without
a limit). The other tests named after a lockout run under the counts that are shipped.
"""

from __future__ import annotations

import re

import pytest

from idp.policy.folder import BadPolicy, proposal, read_folder
from idp.policy.model import LimitName
from tests.support.parties import SOURCE

SECRETS = {
    "password_from_unknown_device": (5, 10),
    "password_from_known_device": (10, 10),
    "client_secret": (20, 10),
    "mailed_code": (5, 60),
    "reset_codes_of_account": (20, 60),
    "invitation": (5, 60),
    "totp": (5, 10),
    "recovery_code": (5, 60),
    "passkey": (10, 10),
    "reauthentication": (5, 10),
    "staff_password_from_unknown_device": (5, 10),
    "staff_password_from_known_device": (5, 10),
    "staff_totp": (5, 10),
    "staff_enrolment": (5, 60),
    "scim_token": (20, 10),
}
"""At most so many tries, in at least so many minutes."""


@pytest.mark.parametrize("name", SECRETS)
def test_every_secret_is_limited_as_shipped(name: str) -> None:
    limit = proposal(read_folder(SOURCE).texts).policy.limits[LimitName(name)]
    most, minutes = SECRETS[name]
    assert 0 < limit.count <= most
    assert limit.period.seconds >= minutes * 60
    assert limit.on_outage == "deny", "an outage of the counter opens nothing"


@pytest.mark.parametrize("name", SECRETS)
def test_a_policy_without_a_limit_is_none(name: str) -> None:
    texts = dict(read_folder(SOURCE).texts)
    texts["limits"], done = re.subn(rf"(?ms)^\[{name}\]$.*?(?=^\[|\Z)", "", texts["limits"])
    assert done == 1
    with pytest.raises(BadPolicy, match=name):
        proposal(texts)
