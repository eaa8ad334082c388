"""What a browser calls itself, in the words its owner knows: "Chrome, Android".

Only for people to recognise their own devices by; nothing is decided by it. What is not recognised
is not shown: the text comes from whoever sent it.
"""

from __future__ import annotations

_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Trident/", "Internet Explorer"),
    ("MSIE ", "Internet Explorer"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
"""The first that fits: the later ones stand in the names of the earlier ones, too."""
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "Chromebook"),
    ("Macintosh", "Mac"),
    ("Linux", "Linux"),
)


def agent_name(agent: str | None) -> str | None:
    """Name the browser and the system of a `User-Agent`, None when neither is known."""
    if not agent:
        return None
    found = (_first(_BROWSERS, agent), _first(_SYSTEMS, agent))
    return ", ".join(name for name in found if name) or None


def _first(names: tuple[tuple[str, str], ...], agent: str) -> str | None:
    return next((name for sign, name in names if sign in agent), None)
