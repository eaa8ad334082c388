"""Checks that every Japanese message has its English: `python -m idp.web.translations_check`.

Messages are read from all templates and all `_("…")` and `mark("…")` calls of the package `idp`;
the English stands in the files of `translations/en/`. Nothing is written.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from tokenize import TokenError

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import PoFileError
from jinja2 import TemplateSyntaxError

from idp.web.i18n import CATALOG, read_catalog

PACKAGE = Path(__file__).parents[1]
_METHODS = [("**.py", "python"), ("**.html", "jinja2"), ("**.txt", "jinja2")]
_JINJA = {"silent": "false", "newstyle_gettext": "true", "trimmed": "true"}
_KEYWORDS = {"_": None, "gettext": None, "mark": None}
_PLACEHOLDER = re.compile(r"%\([a-z_]+\)[a-z]")
_JAPANESE = re.compile(r"[\u3041-\u30ff\u3400-\u9fff]")


class UnreadableError(Exception):
    """A source file from which no messages can be read."""


def messages_in(folder: Path) -> dict[str, str]:
    """Extract all messages under a folder, each with the place where it stands first.

    Raises UnreadableError, naming the file, when one is not valid Python or not a valid template.
    """
    found: dict[str, str] = {}
    reading: list[str] = []
    options = {"**.html": _JINJA, "**.txt": _JINJA}
    extracted = extract_from_dir(
        folder,
        _METHODS,
        options,
        keywords=_KEYWORDS,
        callback=lambda name, _method, _options: reading.append(name),
    )
    try:
        for name, line, message, _, _ in extracted:
            text = message if isinstance(message, str) else message[0]
            found.setdefault(text, f"{name}:{line}")
    except (TokenError, SyntaxError, TemplateSyntaxError, UnicodeDecodeError) as error:
        raise UnreadableError(f"{reading[-1]} cannot be read: {error}") from error
    return found


def faults(used: dict[str, str], catalog: Catalog) -> Iterator[str]:
    """Name every message that lacks good English, and every translation without a use."""
    for text, place in used.items():
        yield from _faults_of(text, place, catalog.get(text))
    for known in catalog:
        if known.id and str(known.id) not in used:
            yield f"translations/en: nobody uses {known.id!r}"


def _faults_of(text: str, place: str, known: Message | None) -> Iterator[str]:
    if known is None or not known.string:
        yield f"{place}: no English for {text!r}"
        return
    english = str(known.string)
    if known.fuzzy:
        yield f"{place}: the English of {text!r} is marked fuzzy"
    if set(_PLACEHOLDER.findall(text)) != set(_PLACEHOLDER.findall(english)):
        yield f"{place}: the English of {text!r} has other placeholders"
    if _JAPANESE.search(english):
        yield f"{place}: the English of {text!r} contains Japanese"


def main() -> int:
    """Report on stderr; 0 when all is well, 1 otherwise."""
    used: dict[str, str] = {}
    try:
        used = messages_in(PACKAGE)
        found = list(faults(used, read_catalog(CATALOG)))
    except UnreadableError as error:
        found = [str(error)]
    except (PoFileError, UnicodeDecodeError) as error:
        found = [f"translations/en cannot be read: {error}"]
    for fault in found:
        sys.stderr.write(fault + "\n")
    sys.stdout.write(f"{len(used)} messages, {len(found)} faults\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
