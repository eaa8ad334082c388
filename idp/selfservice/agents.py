"""What a browser calls itself, in words a member recognises: "iPhone の Safari"."""

from __future__ import annotations

from idp.web.i18n import mark as _
from idp.web.i18n import translate
from idp.web.organisation import Language

# Order decides: Edge calls itself Chrome, Chrome calls itself Safari, Android calls itself Linux.
_BROWSERS = (
    ("Edg", "Microsoft Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("CriOS", "Google Chrome"),
    ("FxiOS", "Firefox"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Google Chrome"),
    ("Trident/", "Internet Explorer"),
    ("Safari/", "Safari"),
)
_MACHINES = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "Chromebook"),
    ("Windows", "Windows"),
    ("Macintosh", "Mac"),
    ("Linux", "Linux"),
)
_BOTH = _("%(machine)s の %(browser)s")
_UNKNOWN = _("名前のわからないブラウザー")


def in_words(agent: str | None, language: Language) -> str:
    """Name machine and browser, as far as they can be told."""
    said = agent or ""
    browser = next((name for sign, name in _BROWSERS if sign in said), None)
    machine = next((name for sign, name in _MACHINES if sign in said), None)
    if browser and machine:
        return translate(_BOTH, language) % {"machine": machine, "browser": browser}
    return machine or browser or translate(_UNKNOWN, language)
