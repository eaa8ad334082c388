"""Who asks or decides on a page: the person, their role, session and browser."""

from __future__ import annotations

from flask import request

from idp.approvals.model import Requester
from idp.policy.staff import Permission
from idp.staff.model import Acting
from idp.staff.views.console import Console
from idp.storage.secret_text import hash_token


def requester_of(console: Console, acting: Acting, permission: Permission) -> Requester:
    """Give who acts in the present request; `permission` names the role that stands beside."""
    device = console.browser.device_cookie(request)
    return Requester(
        acting.staff_id,
        acting.actor(permission, console.policy.policy.roles),
        console.origin(),
        acting.session.id,
        hash_token(device) if device else None,
    )
