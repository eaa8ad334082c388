"""The parts of which the text of each mail is made, as data; `compose` fills them in."""

from __future__ import annotations

import re
from dataclasses import dataclass

PLACEHOLDER = re.compile(r"%\(([a-z_]+)\)s")


@dataclass(frozen=True, slots=True)
class Say:
    """A paragraph; placeholders are values of the mail, or one of `COMPUTED`."""

    text: str
    only_with: str = ""
    """Left out unless this value is told."""


@dataclass(frozen=True, slots=True)
class ShowCode:
    """The code the mail brings."""


@dataclass(frozen=True, slots=True)
class ShowLink:
    """The link the mail brings, under words that say where it leads."""

    label: str
    optional: bool = False


@dataclass(frozen=True, slots=True)
class ShowFact:
    """A short fact; left out when its value is not told."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class ShowCase:
    """A paragraph chosen by a closed value, such as why something is not possible."""

    value: str
    cases: dict[str, str]


Part = Say | ShowCode | ShowLink | ShowFact | ShowCase

COMPUTED = frozenset({"when", "until", "house", "telephone", "hours_of_house"})
"""Placeholders that no caller gives: when it was promised, until when a code holds, who we are."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One kind of mail: the topic of its subject, and its parts after the name."""

    topic: str
    first: str
    """The first line: what happened, and when."""
    parts: tuple[Part, ...]
    named: bool = True
    """Whether it says whom it is for; never where the address is not proven yet."""

    def needed(self) -> set[str]:
        """Name the values without which it cannot be written."""
        names = set(PLACEHOLDER.findall(self.first))
        for part in self.parts:
            match part:
                case Say(text, only_with) if not only_with:
                    names |= set(PLACEHOLDER.findall(text))
                case ShowCode():
                    names.add("code")
                case ShowLink(_, optional) if not optional:
                    names.add("link")
                case ShowCase(value):
                    names.add(value)
                case _:
                    pass
        return names - COMPUTED

    def holds_for_a_while(self) -> bool:
        """Tell whether it says until when something can be done."""
        says = [part for part in self.parts if isinstance(part, Say) and not part.only_with]
        return any("%(until)s" in part.text for part in says)
