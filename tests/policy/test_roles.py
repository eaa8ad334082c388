"""`roles.toml`: what may not be said in it is refused before it is in force."""

from __future__ import annotations

import pytest

from idp.policy.folder import BadPolicy, proposal, read_folder
from idp.policy.staff import Permission
from idp.staff.model import effective_roles, permissions_of
from tests.support.parties import SOURCE

TEXTS = read_folder(SOURCE).texts
ROLES = proposal(TEXTS).policy.roles


def with_roles(old: str, new: str) -> dict[str, str]:
    assert old in TEXTS["roles"]
    return TEXTS | {"roles": TEXTS["roles"].replace(old, new, 1)}


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ('"case.handle"', '"case.own"', "Invalid enum value 'case.own'"),
        ("[roles.clerk]", "[roles.scribe]", r"the role \[roles.clerk\] is missing"),
        ('roles = ["security", "auditor"]', 'roles = ["security", "king"]', "king is no role"),
        ('roles = ["security", "auditor"]', 'roles = ["clerk", "auditor"]', "nobody may hold"),
        ("source_networks = []", 'source_networks = ["office"]', "is no network"),
        ('idle = "15m"', 'idle = "11h"', "idle is longer than absolute"),
        ('name_ja = "窓口"', 'name_jp = "窓口"', "unknown field"),
        ("[roles.helpdesk]", '[roles."Help desk"]', "roles"),
    ],
)
def test_a_policy_that_contradicts_itself_is_refused(old: str, new: str, why: str) -> None:
    with pytest.raises(BadPolicy, match=why):
        proposal(with_roles(old, new))


def test_every_permission_belongs_to_somebody() -> None:
    given = {p for role in ROLES.roles.values() for p in role.permissions}
    assert set(Permission) == given


def test_the_auditor_only_reads() -> None:
    changing = ("change", "lift", "issue", "handle", "decide")
    own = ROLES.roles["auditor"].permissions
    assert [p for p in own if p.value.rpartition(".")[2] in changing] == []


def test_roles_that_exclude_each_other_count_for_nothing_together() -> None:
    # Granted under an older policy, which did not exclude them.
    held = ("security", "auditor", "clerk")
    assert effective_roles(held, ROLES) == ("clerk",)
    assert effective_roles(("security",), ROLES) == ("security",)


def test_a_role_the_policy_does_not_know_any_more_allows_nothing() -> None:
    assert permissions_of(effective_roles(("gone",), ROLES), ROLES) == frozenset()
