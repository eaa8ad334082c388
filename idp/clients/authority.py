"""Who may make a client that acts through the admin API: nobody gives a program more than they may.

Such a client acts without a person behind each act. It is registered by the operator on the node or
by the policy, never from a page or by another program (CWE-269).
"""

from __future__ import annotations

from collections.abc import Collection

from audit.event import Actor
from idp.clients.model import Client
from idp.clients.registration import BadClient
from idp.policy.admin_api import PREFIX, fault_of_scopes, is_own
from idp.policy.staff import Roles

OPERATORS = ("operator", "system")


def check_authority(
    client: Client, actor: Actor, roles: Roles, before: Collection[str] = ()
) -> None:
    """Raise `BadClient` when this actor may not give a client the scopes it has.

    `before` are those it had: what somebody else gave it may stay.
    """
    held = [scope for scope in client.resource_scopes if is_own(scope)]
    if not set(held) <= set(before) and actor.kind not in OPERATORS:
        raise BadClient(
            f"{client.client_id}: scope: {PREFIX}… is given by `idp client add` or"
            " policies/clients.toml, not here"
        )
    fault = fault_of_scopes(held, roles)
    if fault is not None:
        raise BadClient(f"{client.client_id}: {fault}")
