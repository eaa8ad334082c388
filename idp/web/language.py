"""Which language a page is written in: Japanese unless the reader asked for English.

Our own negotiation (RFC 9110 12.5.4, RFC 4647 3.4): the libraries' `best_match` answers `en` to a
reader who sent only `ja-JP`.
"""

import re

from idp.web.organisation import Language

DEFAULT: Language = "ja"
_LONGEST = 1000  # characters of a header that are looked at
_TAG = re.compile(r"(?P<primary>\*|[A-Za-z]{1,8})([-_][A-Za-z0-9]{1,8})*")
_WEIGHT = re.compile(r"q=(?P<value>0(\.[0-9]{0,3})?|1(\.0{0,3})?)", re.IGNORECASE)


def choose_language(
    lang: str | None, cookie: str | None, ui_locales: str | None, accept_language: str | None
) -> Language:
    """Choose the language of a page.

    `lang` is what the reader asked for on this page and `cookie` what he asked for earlier: his own
    word stands before `ui_locales` of the relying party (OpenID Connect Core 3.1.2.1), and that
    before the browser's `Accept-Language`.
    """
    return (
        _first(lang)
        or _first(cookie)
        or _first(ui_locales)
        or _accepted(accept_language)
        or DEFAULT
    )


def known_language(text: str | None) -> Language | None:
    """Recognise a bare `ja` or `en`; anything else is None."""
    return "ja" if text == "ja" else "en" if text == "en" else None


def _first(tags: str | None) -> Language | None:
    """Find the first language of ours in a blank-separated list of tags (BCP 47)."""
    for text in (tags or "")[:_LONGEST].split():
        found = _of_tag(text)
        if found:
            return found
    return None


def _of_tag(text: str) -> Language | None:
    tag = _TAG.fullmatch(text)
    return known_language(tag["primary"].lower()) if tag else None


def _accepted(header: str | None) -> Language | None:
    """Weigh the browser's list; on equal weights the earlier one, for `*` Japanese."""
    best: Language | None = None
    best_weight = 0.0
    for entry in (header or "")[:_LONGEST].split(","):
        text, _, parameter = entry.partition(";")
        language = DEFAULT if text.strip() == "*" else _of_tag(text.strip())
        weight = _weight(parameter.strip())
        if language and weight > best_weight:
            best, best_weight = language, weight
    return best


def _weight(parameter: str) -> float:
    if not parameter:
        return 1.0
    parsed = _WEIGHT.fullmatch(parameter)
    return float(parsed["value"]) if parsed else 0.0
