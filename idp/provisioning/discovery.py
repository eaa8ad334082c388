"""What the service says of itself: ServiceProviderConfig, ResourceTypes, Schemas (RFC 7644 4)."""

from __future__ import annotations

from typing import Any

from scim2_models import (
    AuthenticationScheme,
    Bulk,
    ChangePassword,
    Context,
    ETag,
    Filter,
    Meta,
    Pagination,
    Patch,
    ResourceType,
    ServiceProviderConfig,
    Sort,
)

from idp.policy.membership import Provisioning
from idp.provisioning.model import ScimError
from idp.provisioning.schema import Membership, MemberUser, User

LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
CONFIG, TYPES, SCHEMAS = "ServiceProviderConfig", "ResourceTypes", "Schemas"


def describe(parts: tuple[str, ...], rules: Provisioning, base: str) -> dict[str, object]:
    """Answer a GET below one of the three endpoints; raises `ScimError` 404."""
    if parts == (CONFIG,):
        return _config(rules, base)
    listed = _types(base) if parts[0] == TYPES else _schemas(base)
    if len(parts) == 1:
        return {
            "schemas": [LIST],
            "totalResults": len(listed),
            "startIndex": 1,
            "itemsPerPage": len(listed),
            "Resources": listed,
        }
    for one in listed:
        if len(parts) == 2 and str(one["id"]).lower() == parts[1].lower():
            return one
    raise ScimError(404, "there is no such description")


def _config(rules: Provisioning, base: str) -> dict[str, object]:
    config = ServiceProviderConfig(
        patch=Patch(supported=True),
        bulk=Bulk(
            supported=True,
            max_operations=rules.bulk_operations,
            max_payload_size=rules.bulk_bytes,
        ),
        filter=Filter(supported=True, max_results=rules.page_size),
        change_password=ChangePassword(supported=False),
        sort=Sort(supported=False),
        etag=ETag(supported=True),
        pagination=Pagination(
            cursor=False,
            index=True,
            default_pagination_method=Pagination.DefaultPaginationMethod.index,
            default_page_size=rules.page_size,
            max_page_size=rules.page_size,
        ),
        authentication_schemes=[
            AuthenticationScheme(
                type=AuthenticationScheme.Type.oauthbearertoken,
                name="Bearer token",
                description="A token of `idp scim token add`, in the Authorization header.",
                primary=True,
            )
        ],
        meta=Meta(resource_type=CONFIG, location=f"{base}/{CONFIG}"),
    )
    return _dump(config)


def _types(base: str) -> list[dict[str, object]]:
    kind = ResourceType.from_resource(MemberUser)
    kind.description = "A member of the register"
    kind.meta = Meta(resource_type="ResourceType", location=f"{base}/{TYPES}/{kind.id}")
    return [_dump(kind)]


def _schemas(base: str) -> list[dict[str, object]]:
    made = []
    for schema, name, about in (
        (User.to_schema(), "User", "A member of the register"),
        (Membership.to_schema(), "Membership", "The dated facts of a membership"),
    ):
        schema.name, schema.description = name, about
        schema.meta = Meta(resource_type="Schema", location=f"{base}/{SCHEMAS}/{schema.id}")
        made.append(_dump(schema))
    return made


def _dump(model: Any) -> dict[str, object]:
    shown: dict[str, object] = model.model_dump(scim_ctx=Context.RESOURCE_QUERY_RESPONSE)
    return shown
