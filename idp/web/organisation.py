"""Who operates the provider, as every page names it.

Owns the shape only; the values are settings (`policies/organisation.toml`) that assembly hands in.
"""

from dataclasses import dataclass
from typing import Literal

Language = Literal["ja", "en"]


@dataclass(frozen=True)
class Organisation:
    """The operator's names, telephone help desk and links, in both languages."""

    name_ja: str
    name_en: str
    telephone: str
    hours_ja: str
    hours_en: str
    help_url: str | None = None
    privacy_url: str | None = None

    def name(self, language: Language) -> str:
        """Tell the organisation's name in a language."""
        return self.name_en if language == "en" else self.name_ja

    def hours(self, language: Language) -> str:
        """Tell when the telephone help desk answers, in a language."""
        return self.hours_en if language == "en" else self.hours_ja

    @property
    def telephone_uri(self) -> str:
        """Give the number as a `tel:` address (RFC 3966) for phones."""
        return "tel:" + "".join(c for c in self.telephone if c in "+0123456789")
