"""What a room of the console declares: a page or an act, whom it is for, where it stands."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from idp.errors import IdpError
from idp.policy.staff import Permission
from idp.staff.model import Acting


class Open(StrEnum):
    """Pages that need no permission, each for its reason."""

    ANY_STAFF = "any staff"
    BEFORE_SIGN_IN = "before sign-in"


Need = Permission | Open


class UndeclaredRoute(IdpError):
    """A page under `/staff` that nobody said whom it is for."""

    code = "undeclared_route"


@dataclass(frozen=True, slots=True)
class Menu:
    """How a page stands in the navigation, and at home; marked messages."""

    label: str
    about: str


@dataclass(frozen=True, slots=True)
class Route:
    """One declared route: its path, who may, and its place in the navigation."""

    rule: str
    method: str
    need: Need
    menu: Menu | None = None
    recent: str | None = None
    """The page to come back to; what has one asks for a code unless one was shown just now."""
    called: str = ""
    """What an act with `recent` is, for somebody who is asked for a code; a marked message."""
    takes_file: bool = False

    def back(self, path: str) -> str:
        """Give the page that a request of this route, at this path, came from."""
        # The page of an act on one thing has the address of the act.
        return path if self.recent is None or "<" in self.recent else self.recent


def may(acting: Acting, need: Need) -> bool:
    """Tell whether somebody who is signed in may open what needs this."""
    return acting.may(need) if isinstance(need, Permission) else True


def room_of(path: str, rooms: Iterable[str]) -> str:
    """Give the innermost of the rooms that a page is in, or ""."""
    around = (one for one in rooms if path == one or path.startswith(f"{one}/"))
    return max(around, key=len, default="")
