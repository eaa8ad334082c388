"""Words in two languages: the message id is the Japanese text, `translations/en/` its English.

Catalogs are read once at start. Which language a reader gets is decided in `language.py`.
"""

from datetime import date, datetime
from functools import cache
from gettext import NullTranslations
from io import BytesIO
from pathlib import Path

from babel.dates import format_date
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po
from babel.support import Translations

from idp.clock import TOKYO
from idp.web.language import choose_language
from idp.web.organisation import Language

__all__ = [
    "LANGUAGES",
    "Language",
    "choose_language",
    "japan_moment",
    "japan_time",
    "long_date",
    "mark",
    "read_catalog",
    "translate",
    "translations",
]

LANGUAGES: tuple[Language, ...] = ("ja", "en")
CATALOG = Path(__file__).with_name("translations") / "en"
"""A folder of files, one per area; a message stands in one of them."""

_DATE_PATTERNS = {"ja": "y年M月d日（E）", "en": "EEEE, d MMMM y"}


def mark(message: str) -> str:
    """Mark a Japanese constant for extraction; it is translated where it is shown."""
    return message


@cache
def translations(language: Language) -> NullTranslations:
    """Give the catalog of a language, read on first use."""
    if language == "ja":
        return NullTranslations()
    compiled = BytesIO()
    write_mo(compiled, read_catalog(CATALOG))
    compiled.seek(0)
    return Translations(compiled)


def read_catalog(folder: Path) -> Catalog:
    """Read all translation files of a folder as one.

    Raises PoFileError or UnicodeDecodeError for a broken one.
    """
    catalog = Catalog(locale="en")
    for path in sorted(folder.glob("*.po")):
        with path.open("rb") as source:
            for message in read_po(source, locale="en", abort_invalid=True):
                if message.id:
                    known = catalog.get(message.id)
                    if known is not None and known.string != message.string:
                        raise PoFileError("two translations of one text", catalog, path.name, 0)
                    catalog[message.id] = message
    return catalog


def translate(message: str, language: Language) -> str:
    """Give a marked Japanese message in a language."""
    return translations(language).gettext(message)


def long_date(day: date, language: Language) -> str:
    """Write a date as 2026年7月31日（金）or Friday, 31 July 2026."""
    locale = "en_GB" if language == "en" else "ja"
    return format_date(day, _DATE_PATTERNS[language], locale=locale)


def japan_time(moment: datetime, language: Language) -> str:
    """Write the time of day of an aware instant in Tokyo, saying so."""
    _must_be_aware(moment)
    clock = moment.astimezone(TOKYO).strftime("%H:%M")
    return f"{clock} (Japan time)" if language == "en" else f"{clock}（日本時間）"


def japan_moment(moment: datetime, language: Language) -> str:
    """Write date and time of an aware instant in Tokyo, saying so."""
    _must_be_aware(moment)
    day = long_date(moment.astimezone(TOKYO).date(), language)
    separator = ", " if language == "en" else ""
    return f"{day}{separator}{japan_time(moment, language)}"


def _must_be_aware(moment: datetime) -> None:
    if moment.tzinfo is None:
        raise ValueError("a naive datetime names no instant")
