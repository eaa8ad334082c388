"""Lists of members: filter, page, chosen attributes (RFC 7644 3.4.2, 3.4.3, 3.9)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from scim2_models import Context, ResponseParameters

from idp.clock import Clock
from idp.inforce.service import PolicyInForce
from idp.provisioning import store
from idp.provisioning.discovery import LIST
from idp.provisioning.filters import read_filter
from idp.provisioning.mapping import user_of
from idp.provisioning.members import refused
from idp.provisioning.model import Condition, ScimError, bad_syntax, bad_value
from idp.provisioning.schema import MemberUser
from idp.storage.sql import Database

_OF_A_SEARCH = frozenset(
    {"schemas", "filter", "startindex", "count", "attributes", "excludedattributes"}
)
_MOST = 10**9


@dataclass(frozen=True, slots=True)
class Query:
    """One page of one selection; `skip` counts from the first."""

    condition: Condition | None
    skip: int
    most: int | None
    attributes: Any


@dataclass(frozen=True)
class Lists:
    """Answers queries."""

    database: Database
    clock: Clock
    policy: PolicyInForce
    base: str

    def answer(self, query: Query) -> dict[str, object]:
        """Give a page, never longer than the policy's."""
        today = self.clock.today()
        page = self.policy.policy.provisioning.page_size
        most = page if query.most is None else min(query.most, page)
        day = today.isoformat()
        with self.database.read() as tx:
            total = store.count_members(tx, query.condition, day)
            found = (
                store.page_of_members(tx, query.condition, day, query.skip, most)
                if most and query.skip < total
                else []
            )
        shown = [dump(user_of(*one, today, self.base), query.attributes) for one in found]
        return {
            "schemas": [LIST],
            "totalResults": total,
            "startIndex": query.skip + 1,
            "itemsPerPage": len(shown),
            "Resources": shown,
        }


def query_of(parameters: Mapping[str, Any]) -> Query:
    """Read the parameters of a list, from a query string or a search message.

    Raises `ScimError`. What is not offered (`sortBy`, cursors) is refused: another order than the
    one asked for would be a wrong answer.
    """
    told = {name.lower(): value for name, value in parameters.items() if value is not None}
    if "sortby" in told or "sortorder" in told:
        raise bad_value("sorting is not offered: see sort in /ServiceProviderConfig")
    if "cursor" in told:
        raise bad_value("cursors are not offered: see pagination in /ServiceProviderConfig")
    if not told.keys() <= _OF_A_SEARCH:
        raise bad_syntax("a parameter that a list of users does not have")
    text = told.get("filter")
    if text is not None and not isinstance(text, str):
        raise bad_value("filter is not text")
    start = _whole(told.get("startindex", 1), "startIndex")
    count = told.get("count")
    return Query(
        read_filter(text) if text is not None else None,
        max(start, 1) - 1,
        None if count is None else max(_whole(count, "count"), 0),
        attributes_of(told),
    )


def attributes_of(parameters: Mapping[str, Any]) -> Any:
    """Read which attributes are wanted, or not wanted; None when nothing is said."""
    told = {name.lower(): value for name, value in parameters.items()}
    wanted, unwanted = told.get("attributes"), told.get("excludedattributes")
    if wanted is None and unwanted is None:
        return None
    try:
        return ResponseParameters[MemberUser].model_validate(
            {"attributes": wanted, "excluded_attributes": unwanted}
        )
    except ValidationError as error:
        raise refused(error) from None


def dump(user: Any, attributes: Any = None) -> dict[str, object]:
    """Give a User as it is answered."""
    shown: dict[str, object] = user.model_dump(
        scim_ctx=Context.RESOURCE_QUERY_RESPONSE, response_parameters=attributes
    )
    return shown


def _whole(value: object, name: str) -> int:
    if isinstance(value, str):
        digits = value.removeprefix("-")
        if digits.isascii() and digits.isdigit() and len(digits) <= 9:
            value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise ScimError(400, f"{name} is not a whole number", "invalidValue")
    return max(-_MOST, min(value, _MOST))
