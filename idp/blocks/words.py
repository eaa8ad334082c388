"""What a block says: why, until when, what to do. The same words in page, mail, log and command.

Three sentences of constants with numbers and an instant in them; nothing that was typed stands in
one. `WHY`, `UNTIL` and `ADVICE` are what the mail about a block is made of as well.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from idp.blocks.model import Block, Scope, SubjectKind
from idp.policy.model import LimitName
from idp.web.i18n import japan_moment, translate
from idp.web.i18n import mark as _
from idp.web.organisation import Language

PERSON: Final = "person"
"""What stands for the rule where a person made the block."""

WHY: Final[dict[str, str]] = {
    LimitName.PASSWORD_FROM_UNKNOWN_DEVICE: _(
        "はじめての端末から、%(minutes)s分のあいだに%(count)s回、違うパスワードが入力されました。"
    ),
    LimitName.PASSWORD_FROM_KNOWN_DEVICE: _(
        "ログインしたことのある端末から、%(minutes)s分のあいだに%(count)s回、"
        "違うパスワードが入力されました。"
    ),
    LimitName.TOTP: _(
        "%(minutes)s分のあいだに%(count)s回、認証アプリのものと違う認証コードが入力されました。"
    ),
    LimitName.RECOVERY_CODE: _(
        "%(minutes)s分のあいだに%(count)s回、違う予備コードが入力されました。"
    ),
    LimitName.REAUTHENTICATION: _(
        "ログイン中の端末で、%(minutes)s分のあいだに%(count)s回、違うパスワードが入力されました。"
    ),
    LimitName.STAFF_PASSWORD_FROM_UNKNOWN_DEVICE: _(
        "職員用アカウントに、はじめての端末から、%(minutes)s分のあいだに%(count)s回、"
        "違うパスワードが入力されました。"
    ),
    LimitName.STAFF_PASSWORD_FROM_KNOWN_DEVICE: _(
        "職員用アカウントに、ログインしたことのある端末から、%(minutes)s分のあいだに"
        "%(count)s回、違うパスワードが入力されました。"
    ),
    LimitName.STAFF_TOTP: _(
        "職員用アカウントに、%(minutes)s分のあいだに%(count)s回、"
        "認証アプリのものと違う認証コードが入力されました。"
    ),
    LimitName.CONSECUTIVE_FAILURES_OF_STRANGERS: _(
        "はじめての端末から、続けて%(count)s回、違うパスワードまたは認証コードが入力されました。"
    ),
    LimitName.CONSECUTIVE_FAILURES: _(
        "続けて%(count)s回、違うパスワードまたは認証コードが入力されました。"
    ),
    LimitName.FAILURES_PER_ADDRESS: _(
        "同じ接続元から、%(minutes)s分のあいだに%(count)s回、ログインの失敗がありました。"
    ),
    LimitName.FAILURES_PER_NETWORK: _(
        "同じネットワークから、%(minutes)s分のあいだに%(count)s回、ログインの失敗がありました。"
    ),
    PERSON: _("安全のため、事務局がこのアカウントのご利用を止めています。"),
}

STAFF_STRANGERS, STAFF_ALL = "staff_strangers", "staff_all"
STRANGERS_FOR_A_WHILE, STRANGERS, DEVICE, ADDRESS, ALL, BY_PERSON = (
    "strangers_for_a_while",
    "strangers",
    "device",
    "address",
    "all",
    "by_person",
)
UNTIL: Final[dict[str, str]] = {
    STRANGERS_FOR_A_WHILE: _(
        "%(until)sまで、はじめての端末からのログインを止めています（アカウントブロック）。"
        "一度ログインなさったことのある端末では、これまでどおりご利用になれます。"
    ),
    STRANGERS: _(
        "はじめての端末からのログインを止めています（アカウントブロック）。"
        "一度ログインなさったことのある端末でログインなさるか、"
        "パスワードを再設定なさると、この制限は解けます。"
    ),
    DEVICE: _(
        "%(until)sまで、その端末での確認を止めています（アカウントブロック）。"
        "ほかの端末ではご利用になれます。"
    ),
    ADDRESS: _("%(until)sまで、その接続元からのログインを止めています。"),
    ALL: _("パスワードを再設定なさるまで、ログインを止めています（アカウントブロック）。"),
    STAFF_STRANGERS: _(
        "はじめての端末からのログインを止めています（アカウントブロック）。"
        "一度ログインなさったことのある端末でログインなさるか、"
        "システムの管理者が解くと、この制限は解けます。"
    ),
    STAFF_ALL: _("システムの管理者が解くまで、ログインを止めています（アカウントブロック）。"),
    BY_PERSON: _(
        "事務局がこの制限（アカウントブロック）を解くまで、ログインしてのご利用はできません。"
    ),
}

OVER: Final = _(
    "そのため、%(started)sから、ログインを一時的に制限しました（アカウントブロック）。"
    "この制限は、もう解けています。"
)
"""What stands in the place of `UNTIL` and `ADVICE` once a block is over."""

RESET, RESET_ONLY, WAIT, CALL, ASK = "reset", "reset_only", "wait", "call", "ask"
ADVICE: Final[dict[str, str]] = {
    RESET: _(
        "お急ぎのときや、お心当たりのないときは、パスワードを再設定してください。制限も解けます。"
    ),
    RESET_ONLY: _("お手数ですが、パスワードを再設定してください。"),
    WAIT: _("しばらくお待ちになるか、別の回線からお試しください。"),
    CALL: _("お電話でお問い合わせください。"),
    ASK: _("お急ぎのときは、システムの管理者に、受付番号を添えてお知らせください。"),
}
_HOW: Final = _("パスワードは、ログインのページの「パスワードをお忘れの方」から再設定できます。")
HOW: Final[dict[str, str]] = {RESET: _HOW, RESET_ONLY: _HOW}
"""Where to do it, for the mail; a page has a button."""
SIGNED_IN: Final = _(
    "ご自身でお間違えになったときは、そのままお待ちください。"
    "お心当たりのないときは、ご利用履歴をお確かめください。"
    "お急ぎのときは、パスワードを再設定なさると、制限が解けます。"
)
"""`ADVICE` for who is signed in: nobody who reads it is kept out by the block."""

_REST: Final = _("ご本人がお間違えになっただけのときは、何もなさらなくて結構です。")
IF_YOU: Final[dict[str, str]] = {STRANGERS_FOR_A_WHILE: _REST, STRANGERS: _REST, DEVICE: _REST}
"""The reassurance of the mail, by effect; a block that does not end by itself has none."""


def rule_of(block: Block) -> str:
    """Name the case of `WHY`."""
    return block.rule.value if block.rule else PERSON


def effect_of(block: Block) -> str:
    """Name the case of `UNTIL`: who is stopped, and whether time alone ends it."""
    if block.rule is None:
        return BY_PERSON
    if block.rule in (LimitName.FAILURES_PER_ADDRESS, LimitName.FAILURES_PER_NETWORK):
        return ADDRESS
    if block.until is None and block.subject_kind is SubjectKind.STAFF:
        return STAFF_ALL if block.scope is Scope.EVERYONE else STAFF_STRANGERS
    if block.until is None:
        return ALL if block.scope is Scope.EVERYONE else STRANGERS
    return STRANGERS_FOR_A_WHILE if block.scope is Scope.STRANGERS else DEVICE


def advice_of(block: Block) -> str:
    """Name the case of `ADVICE`."""
    effect = effect_of(block)
    if block.subject_kind is SubjectKind.STAFF:
        return ASK
    return {BY_PERSON: CALL, ADDRESS: WAIT, ALL: RESET_ONLY}.get(effect, RESET)


def numbers_of(block: Block) -> dict[str, str]:
    """Give the numbers that stand in the sentences: how many, in how many whole minutes."""
    found = block.evidence
    if found is None:
        return {}
    span = (found.last_at - found.first_at).total_seconds()
    return {"count": str(found.failed), "minutes": str(max(1, math.ceil(span / 60)))}


def sentences(block: Block, language: Language) -> list[str]:
    """Say why, until when and what to do, in a language."""
    values = numbers_of(block)
    if block.until is not None:
        values["until"] = japan_moment(block.until, language)
    chosen = (WHY[rule_of(block)], UNTIL[effect_of(block)], ADVICE[advice_of(block)])
    return [translate(one, language) % values for one in chosen]


@dataclass(frozen=True, slots=True)
class Told:
    """A block as a page shows it: whether it stops the reader, its sentences, and the way out."""

    stops: bool
    sentences: list[str]
    reset: bool
    """Whether a new password ends it."""
    here: bool
    """Whether it stops this one device only."""


def told(blocks: Sequence[Block], language: Language) -> list[Told]:
    """Put the blocks a known device is told of into words, those that stop it first."""
    stopping = [_told(one, language) for one in blocks if one.scope is not Scope.STRANGERS]
    aside = [_told(one, language) for one in blocks if one.scope is Scope.STRANGERS]
    if stopping:  # what to do is said once, beside what stops the reader
        aside = [replace(one, sentences=one.sentences[:2]) for one in aside]
    return [*_once(stopping), *_once(aside)]


def told_later(blocks: Sequence[Block], language: Language, now: datetime) -> list[Told]:
    """Put blocks into words for their owner who is signed in: what runs, and what is over."""
    shown = []
    for one in blocks:
        said, runs = _told(one, language), one.runs(now)
        why, until, advice = said.sentences
        if runs:
            advice = translate(SIGNED_IN, language) if said.reset else advice
            shown.append(replace(said, stops=True, sentences=[why, until, advice]))
        else:
            over = translate(OVER, language) % {"started": japan_moment(one.started_at, language)}
            shown.append(replace(said, stops=False, sentences=[why, over], reset=False))
    return _once(sorted(shown, key=lambda one: not one.stops))


def _told(block: Block, language: Language) -> Told:
    return Told(
        stops=block.scope is not Scope.STRANGERS,
        sentences=sentences(block, language),
        reset=advice_of(block) in HOW,
        here=block.scope is Scope.DEVICE,
    )


def _once(shown: list[Told]) -> list[Told]:
    """Give what several blocks say alike, but for why, once: with the last of them."""
    given: set[str] = set()
    kept = []
    for one in reversed(shown):
        why, *more = one.sentences
        kept.append(replace(one, sentences=[why, *(s for s in more if s not in given)]))
        given.update(more)
    return kept[::-1]


def explained(block: Block, language: Language) -> str:
    """Say all of it in one text, as log and commands show it."""
    return (" " if language == "en" else "").join(sentences(block, language))
