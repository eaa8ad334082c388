"""What the room shows and keeps; pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from idp.blocks.model import Block
from idp.errors import IdpError
from idp.policy.model import LimitName

MOST_AT_ONCE = 500
"""How many blocks one act lifts: all of them are one transaction, and others wait for it."""


@dataclass(frozen=True, slots=True)
class Cause:
    """What is blocked by one rule; `rule` is None for blocks that persons made."""

    rule: LimitName | None
    running: int
    since_yesterday: int


@dataclass(frozen=True, slots=True)
class BlockSet:
    """The blocks of one cause that ran at one instant: who prepares an act and who agrees to it
    mean the same ones, whatever begins or ends in between."""

    rule: LimitName
    at: datetime
    blocks: tuple[Block, ...]
    more: bool
    """Whether there are more than one act may lift; these are the newest."""

    @property
    def digest(self) -> str:
        """Identify the set: SHA-256 over the ids, in their order."""
        return hashlib.sha256("\n".join(one.id for one in self.blocks).encode()).hexdigest()


class RehearsalState(StrEnum):
    """How far a rehearsal is."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Proposed:
    """A policy somebody proposes, and what its rehearsal says."""

    id: str
    digest: str
    texts: Mapping[str, str] = field(repr=False)
    base: str
    """The digest of the policy that was in force when it was proposed."""
    made_by: str
    made_at: datetime
    begins: datetime
    ends: datetime
    state: RehearsalState
    read: int
    total: int
    """About how many events there are to go through."""
    result: Mapping[str, Any] | None
    failure: str | None
    finished_at: datetime | None


class WrongProposal(IdpError):
    """A proposal that cannot be rehearsed; `field` is the field of the form that is wrong."""

    code = "bad_proposal"
    status = 400

    def __init__(self, field: str, detail: str) -> None:
        super().__init__(detail)
        self.field = field


class UnknownProposal(IdpError):
    """There is no such proposal."""

    code = "unknown_proposal"
    status = 404


class PolicyMoved(IdpError):
    """Another policy came into force since this one was proposed."""

    code = "policy_moved"
    status = 409


class SetChanged(IdpError):
    """The blocks are not those the act was prepared for."""

    code = "set_changed"
    status = 409


class OwnBlock(IdpError):
    """Nobody lifts a block on their own account."""

    code = "own_block"
    status = 409


class BadAddress(IdpError):
    """What was typed is no address."""

    code = "bad_request"
    status = 400


class TooManyLooks(IdpError):
    """This person has looked so much up within the last hour that the policy lets them wait."""

    code = "too_many_looks"
    status = 429


class NothingToLift(IdpError):
    """None of the blocks of the set runs any more."""

    code = "nothing_to_lift"
    status = 409


def is_id(text: str) -> bool:
    """Tell whether a text could be one of our ids at all: nothing else is asked the database."""
    return len(text) == 36 and all(c in "0123456789abcdef-" for c in text)


def people_in(blocked: Sequence[Mapping[str, Any]]) -> int:
    """Count the accounts that blocks stand on."""
    return len({one["subject"] for one in blocked if one.get("subject")})
