"""What a rehearsal found, in words: whom it would have stopped, whom it would have let through."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from idp.block_room.views.content import at
from idp.block_room.words import cause
from idp.policy.model import LimitName
from idp.web.i18n import mark as _
from idp.web.i18n import translate
from idp.web.organisation import Language

BIAS: Final = _(
    "予行で分からないこと：制限されていたために行われなかった試行と、確かめずに断った試行が正しかったか"
    "どうか。新しい方針なら確かめたはずの試行は、誤りとして数えています。"
)
NUMBERS: Final = (
    (_("調べた試行"), "attempts"),
    (_("断った試行（当時）"), "refused_then"),
    (_("断る試行（新しい方針）"), "refused"),
    (_("当時は断り、新しい方針なら確かめる試行"), "released"),
    (_("制限の件数（当時）"), "blocks_then"),
    (_("制限の件数（新しい方針）"), "blocks"),
    (_("新しく制限される人"), "people_anew"),
    (_("そのうち、一日以内に正しくログインした人"), "people_anew_right_within_a_day"),
    (_("制限されなくなる人"), "people_no_more"),
)
HARM: Final = (
    (_("正しかったのに断られる試行"), "right_answers_refused"),
    (_("その試行があったアカウント"), "accounts_count"),
    (_("断られ、一日以内に正しくログインしたアカウント"), "refused_and_right_within_a_day"),
)
CHECK: Final = (
    (_("いまの記録から再現できた判断"), "reproduced"),
    (_("再現できなかった判断"), "different"),
)


def shown(result: Mapping[str, Any], language: Language) -> dict[str, Any]:
    """Give the result as a template takes it."""
    say = [(name, result[key]) for name, key in NUMBERS]
    harm = [(name, result["harm"][key]) for name, key in HARM]
    check = [(name, result["check"][key]) for name, key in CHECK]
    return {
        "from": _at(result["from"], language),
        "to": _at(result["to"], language),
        "numbers": [(translate(name, language), value) for name, value in say],
        "harm": [(translate(name, language), value) for name, value in harm],
        "check": [(translate(name, language), value) for name, value in check],
        "trusted": not result["check"]["different"],
        "anew": [_set(one, language) for one in result["blocked_anew"]],
        "anew_count": result["blocked_anew_count"],
        "no_more": [_set(one, language) for one in result["blocked_no_more"]],
        "no_more_count": result["blocked_no_more_count"],
        "attacks": [_attack(one, language) for one in result["attacks"]],
        "bias": translate(BIAS, language),
    }


def _set(one: Mapping[str, Any], language: Language) -> tuple[str, str, str]:
    until = _at(one["until"], language) if one["until"] else ""
    return _at(one["started_at"], language), cause(LimitName(one["rule"]), language), until


def _attack(one: Mapping[str, Any], language: Language) -> tuple[str, int, int, int, str]:
    cut = _at(one["cut_at"], language) if one["cut_at"] else ""
    began = _at(one["began_at"], language)
    return began, one["attempts"], one["looked_at_then"], one["looked_at"], cut


def _at(text: str, language: Language) -> str:
    return at(datetime.fromisoformat(text), language)
