"""Event lines read strictly and fast.

`EventReader.read` accepts exactly the lines whose canonical form is the line itself. Most lines of
a log share a few shapes (the same names and punctuation around other strings), so a shape that was
once read in full is remembered: a line of known shape whose strings need no escapes is canonical
too. A property test holds the short way against the long one.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any, Final

from audit.canonical import NotCanonical, parse

EVENT_ID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_TIME: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z")
# A canonical integer that is surely below 2^53; any of them makes the same shape as 0.
_INTEGER: Final = re.compile(r"(?<=[:,\[])(?:0|-?[1-9][0-9]{0,14})(?=[,}\]])")
# Bounds on what is remembered, so that a hostile log cannot fill the memory.
_SHAPES: Final = 2048
_SHAPE_LENGTH: Final = 4096

Facts = tuple[str, str, str]  # id, occurred_at, name


@dataclass(slots=True)
class _Shape:
    """One arrangement of punctuation, and the sets of names that were read in it."""

    names: Callable[[list[str]], tuple[str, ...]]
    facts: dict[tuple[str, ...], Callable[[list[str]], tuple[str, ...]]] = field(
        default_factory=dict
    )


class EventReader:
    """Reads event lines one by one; remembers shapes between them."""

    def __init__(self) -> None:
        """Begin with no shapes."""
        self._shapes: dict[str, _Shape] = {}
        self._known = 0

    def read(self, line: bytes) -> Facts:
        """Return id, time and name of a canonical event line (without newline); NotCanonical."""
        try:
            text = line.decode()
        except UnicodeDecodeError:
            raise NotCanonical("not UTF-8") from None
        # Without backslashes and control characters every quotation mark is a delimiter.
        if "\\" in text or not text.isprintable():
            return _facts(parse(line))
        parts = text.split('"')
        marks = '"'.join(parts[::2])
        shape = self._shapes.get(marks)
        if shape is None:
            marks = _INTEGER.sub("0", marks)
            shape = self._shapes.get(marks)
        if shape is not None:
            pick = shape.facts.get(shape.names(parts))
            if pick is not None:
                event_id, at, name = pick(parts)
                if EVENT_ID.fullmatch(event_id) and _TIME.fullmatch(at):
                    return event_id, at, name
        facts = _facts(parse(line))
        if len(text) <= _SHAPE_LENGTH:
            self._remember(marks, parts)
        return facts

    def _remember(self, marks: str, parts: list[str]) -> None:
        if self._known >= _SHAPES:
            self._shapes.clear()
            self._known = 0
        names = [i for i in range(1, len(parts) - 1, 2) if parts[i + 1].startswith(":")]
        shape = self._shapes.setdefault(marks, _Shape(itemgetter(*names)))
        places = _top_level(parts, names)
        wanted = [places[name] + 2 for name in ("id", "occurred_at", "name")]
        shape.facts[shape.names(parts)] = itemgetter(*wanted)
        self._known += 1


def _top_level(parts: list[str], names: list[int]) -> dict[str, int]:
    """Find where the names of the outermost object stand."""
    places, depth, at = {}, 0, set(names)
    for index in range(1, len(parts), 2):
        before = parts[index - 1]
        depth += before.count("{") + before.count("[") - before.count("}") - before.count("]")
        if depth == 1 and index in at:
            places[parts[index]] = index
    return places


def _facts(record: dict[str, Any]) -> Facts:
    event_id, at, name = record.get("id"), record.get("occurred_at"), record.get("name")
    if not isinstance(event_id, str) or not EVENT_ID.fullmatch(event_id):
        raise NotCanonical("an event without a proper id")
    if not isinstance(at, str) or not _TIME.fullmatch(at):
        raise NotCanonical("an event without a proper time")
    if not isinstance(name, str):
        raise NotCanonical("an event without a name")
    return event_id, at, name
