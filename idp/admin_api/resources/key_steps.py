"""Moving signing keys: the next step of one, and giving keys up that others may have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import msgspec

from idp.admin_api.model import Answer, Call, Shape, Wanted
from idp.admin_api.programs import SecondPersons
from idp.admin_api.routes import Kind, Route
from idp.admin_api.words import PLACES, Reason
from idp.journal.model import Behind
from idp.key_rotation.rotation import KeyRotation
from idp.policy.approvals import ApprovalKind
from idp.policy.staff import Permission

Kid = Annotated[str, msgspec.Meta(pattern=PLACES["kid"][0])]


class StepKey(Wanted, frozen=True):
    """Take the next step."""

    reason: Reason


class GiveUpKeys(Wanted, frozen=True):
    """Keys that somebody else may have: tokens they signed are worth nothing from then on."""

    reason: Reason
    kids: Annotated[list[Kid], msgspec.Meta(min_length=1, max_length=20)]


class KeyMoved(Shape, frozen=True):
    """The state a key is in now."""

    kid: str
    state: str


class KeysGivenUp(Shape, frozen=True):
    """They are replaced within seconds."""

    kids: list[str]


@dataclass(frozen=True)
class KeySteps:
    """Moves keys, for programs."""

    rotation: KeyRotation
    second: SecondPersons

    def routes(self) -> tuple[Route, ...]:
        """Declare what is offered."""
        change = Permission.KEY_CHANGE
        return (
            Route(
                method="POST",
                path="/keys/{kid}/activate",
                need=change,
                kind=Kind.CHANGE,
                do=self.activate,
                title="Sign with an announced key from now on",
                takes=StepKey,
                gives=KeyMoved,
            ),
            Route(
                method="POST",
                path="/keys/{kid}/retire",
                need=change,
                kind=Kind.CHANGE,
                do=self.retire,
                title="Take a retiring key out of the published set",
                takes=StepKey,
                gives=KeyMoved,
            ),
            Route(
                method="POST",
                path="/keys/give-up",
                need=change,
                kind=Kind.CHANGE,
                do=self.give_up,
                title="Give up keys that others may have; it waits for a second person",
                takes=GiveUpKeys,
                gives=KeysGivenUp,
                waits=True,
            ),
        )

    def activate(self, call: Call) -> Answer:
        """Activate."""
        kid = call.place["kid"]
        self.rotation.activate(kid, call.actor, _behind(call))
        return Answer(KeyMoved(kid=kid, state="active"))

    def retire(self, call: Call) -> Answer:
        """Retire."""
        kid = call.place["kid"]
        self.rotation.retire(kid, call.actor, _behind(call))
        return Answer(KeyMoved(kid=kid, state="retired"))

    def give_up(self, call: Call) -> Answer:
        """Give up."""
        kids = sorted(set(call.body.kids))
        waits = self.second.ask(call, ApprovalKind.KEY_EMERGENCY, {"kids": kids})
        return waits or Answer(KeysGivenUp(kids=kids))


def _behind(call: Call) -> Behind:
    return Behind(call.caller.origin, None, {"reason": call.reason})
