"""The part of SCIM's filters that is offered (RFC 7644 3.4.2.2), read into conditions. Pure.

`userName`, `id`, `externalId`, `active` and `emails.value` with `eq`; `meta.lastModified` with `gt`
and `ge`; `and`, `or`, parentheses. Everything else is answered `invalidFilter`: never with a list
that is not what was asked for.
"""

from __future__ import annotations

from datetime import datetime

from scim2_models import InvalidFilterException, ScimFilter
from scim2_models.path import CompareOperator, Comparison, FilterNode, LogicalExpr, LogicalOperator

from idp.provisioning.model import ChangedSince, Condition, Equals, ScimError, Terms

MAX_TERMS = 100
MAX_LENGTH = 8_192
OFFERED = (
    "offered are userName, id, externalId, active and emails.value with eq, meta.lastModified with"
    " gt and ge, joined by and, or and parentheses"
)
_EQUAL = {
    "username": "member_number",
    "id": "member_number",
    "externalid": "external_id",
    "emails": "email",
    "emails.value": "email",
    "active": "active",
}
_USER = "urn:ietf:params:scim:schemas:core:2.0:user"


def read_filter(text: str) -> Condition:
    """Read a filter; raises `ScimError` with scimType `invalidFilter`."""
    if len(text) > MAX_LENGTH:
        raise _refuse("the filter is too long")
    try:
        tree = ScimFilter(text).ast
    except (InvalidFilterException, ValueError, RecursionError):
        raise _refuse("the filter cannot be read") from None
    condition = _condition(tree)
    if _size(condition) > MAX_TERMS:
        raise _refuse(f"a filter has {MAX_TERMS} comparisons at most")
    return condition


def _condition(node: FilterNode) -> Condition:
    if isinstance(node, LogicalExpr):
        any_of = node.op is LogicalOperator.or_
        return Terms(tuple(_condition(term) for term in node.terms), any_of)
    if isinstance(node, Comparison):
        return _comparison(node)
    raise _refuse(OFFERED)


def _comparison(node: Comparison) -> Condition:
    path = node.attr_path
    if path.uri is not None and path.uri.lower() != _USER:
        raise _refuse(OFFERED)
    name = ".".join(part for part in (path.attr, path.sub_attr) if part).lower()
    if name == "meta.lastmodified" and node.op in (CompareOperator.gt, CompareOperator.ge):
        return ChangedSince(_instant(node.value), node.op is CompareOperator.ge)
    attribute = _EQUAL.get(name)
    if attribute is None or node.op is not CompareOperator.eq:
        raise _refuse(OFFERED)
    if not isinstance(node.value, bool if attribute == "active" else str) or "\0" in str(
        node.value
    ):
        raise _refuse("a value of the filter does not fit its attribute")
    try:
        str(node.value).encode("utf-8")
    except UnicodeEncodeError:
        raise _refuse("a value of the filter is not text") from None
    return Equals(attribute, node.value)


def _instant(value: object) -> datetime:
    try:
        read = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        read = None
    if read is None or read.tzinfo is None:
        raise _refuse("meta.lastModified is compared with an instant as in 2026-08-01T00:00:00Z")
    return read


def _size(condition: Condition) -> int:
    return sum(_size(term) for term in condition.terms) if isinstance(condition, Terms) else 1


def _refuse(detail: str) -> ScimError:
    return ScimError(400, detail, "invalidFilter")
