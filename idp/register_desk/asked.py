"""By whom an act was asked for: it stands in the parameters, and is who acts in the end.

Ten lists of nineteen are one of a hundred and ninety: what somebody did alone within a day counts
towards the size from which a second person is asked (approvals.toml, `from_count`). So each act
has to know whose day it belongs to, and nobody else's name can be put there.
"""

from __future__ import annotations

from idp.approvals.model import Author, Parameters
from idp.errors import IdpError


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
