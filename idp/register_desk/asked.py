"""By whom an act was asked for: it stands in the parameters, and is who acts in the end.

Ten lists of nineteen are one of a hundred and ninety: what somebody did alone within a day counts
towards the size from which a second person is asked (approvals.toml, `from_count`). So each act
has to know whose day it belongs to, and nobody else's name can be put there.
"""

from __future__ import annotations

from idp.approvals.model import Author, Parameters
from idp.errors import IdpError
from idp.policy.approvals import SecondPerson
from idp.storage.sql import Tx


class NobodyAsked(IdpError):
    """The act does not say who asks for it, or somebody else's name."""

    code = "bad_request"
    status = 400


def asked_by(parameters: Parameters, author: Author | None = None) -> str:
    """Give the id of who asks; raises `NobodyAsked`."""
    by = parameters.get("by")
    if not isinstance(by, str) or not by or (author is not None and author.actor.id != by):
        raise NobodyAsked("`by` is the id of who asks")
    return by


def hold_alone(tx: Tx, by: str) -> None:
    """Let one person's acts be counted one after the other: two at once are seen by each other."""
    tx.lock(f"done alone by {by}")


def counted(own: int, alone: int, rule: SecondPerson | None) -> int:
    """Tell how many records an act counts for, after what its person did alone lately.

    The count is part of what the second person agrees to. So what was done alone lifts it to the
    size from which a second person is asked and no further: doing more meanwhile changes nothing.
    """
    return own if rule is None else max(own, min(own + alone, rule.from_count))
