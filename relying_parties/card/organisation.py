"""The organisation on the card: names and help-desk texts, from one TOML file.

The file may be shared with other programs, so keys that the card does not know are not its
business; one it knows that is missing or of the wrong type is refused, naming the key.

    name_ja = "…"
    name_en = "…"
    telephone = "…"      # optional, with hours_ja and hours_en
"""

import tomllib
from pathlib import Path

import msgspec


class OrganisationError(ValueError):
    """The organisation file cannot be used; the text says why."""


class Organisation(msgspec.Struct, frozen=True):
    """What the card says about the organisation that issues it."""

    name_ja: str
    name_en: str
    telephone: str | None = None
    hours_ja: str = ""
    hours_en: str = ""


# Neutral words for a card without an organisation file: nobody's name, no number.
UNNAMED = Organisation(name_ja="学校生活協同組合", name_en="School Co-operative")


def read(path: Path | None) -> Organisation:
    """Read the organisation from `path`; without one, neutral words. Raises OrganisationError."""
    if path is None:
        return UNNAMED
    try:
        with path.open("rb") as file:
            return msgspec.convert(tomllib.load(file), Organisation)
    except OSError as error:
        raise OrganisationError(f"{path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise OrganisationError(f"{path}: {error}") from error
