"""What stands behind a reference code: the attempt with its rules, the block, or the flood.

The words are those of the page and of the mail (`idp.blocks.words`); who may hear them is decided
by whoever asks for them: staff after proofing, or an operator on the node.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from audit.names import EventName
from idp.attempts.model import Attempt, Facts, read_attempt
from idp.blocks import store as blocks
from idp.blocks.model import Block, Evidence, Kind, Scope
from idp.blocks.words import WHY, explained
from idp.clock import from_micros
from idp.floods.service import find_code
from idp.inforce import store as policies
from idp.inforce.service import read_active
from idp.journal import store as journal
from idp.policy.model import LimitName
from idp.storage.sql import Tx
from idp.throttle.model import Considered, Limits, Spent, considered
from idp.web.i18n import japan_moment, translate
from idp.web.i18n import mark as _
from idp.web.organisation import Language

NEWEST: Final = 2**62

ATTEMPTS: Final[dict[str, str]] = {
    "wrong_password": _("入力されたパスワードが違いました。"),
    "unknown_address": _("入力されたメールアドレスでのご登録がありません。"),
    "password_changed": _("確認のあいだに、パスワードが変更されました。"),
    "membership_ended": _("組合員としてのご利用期間が終わっています。"),
    "service_stopped": _("サービス停止のお手続きが済んでいます。"),
    "blocked": _("安全のため、事務局がこのアカウントのご利用を止めています。"),
    "wrong_code": _("入力された認証コードが違うか、使える時間が過ぎていました。"),
    "wrong_passkey": _("パスキーの確認ができませんでした。"),
    "unseen": _("制限中のため、入力された内容は確かめられませんでした。"),
    "other": _("お手続きの確認ができませんでした。"),
}
FLOODED: Final = _("同じ接続元からの失敗が多すぎるため、入力された内容は確かめられませんでした。")


@dataclass(frozen=True)
class Rule:
    """One rule an attempt met: what it had counted, and whether it stopped the attempt."""

    considered: Considered
    hit: bool


@dataclass(frozen=True)
class Explained:
    """What a reference code stands for."""

    reference: str
    at: datetime
    block: Block | None
    attempt: Attempt | None
    line: Mapping[str, Any] | None
    rules: tuple[Rule, ...]
    flooded_by: LimitName | None = None

    def sentences(self, language: Language) -> str:
        """Say it in a language."""
        gap = " " if language == "en" else ""
        if self.block is not None:
            return explained(self.block, language)
        if self.flooded_by is not None:
            return translate(FLOODED, language)
        said = [translate(ATTEMPTS[_why(self.attempt)], language)]
        facts = self.attempt.decision if self.attempt else None
        if facts is not None and facts.settled == "unseen":
            said.append(_why_limited(facts, language))
        return gap.join(one for one in said if one)


def explain(tx: Tx, reference: str) -> Explained | None:
    """Find what a reference code stands for; None when it was never given out, or long ago."""
    code = reference.strip().upper().replace("-", "").replace(" ", "")
    block = blocks.find_by_reference(tx, code)
    if block is not None:
        return Explained(code, block.started_at, block, None, None, ())
    found = journal.search(tx, NEWEST, 1, reference=code)
    if found:
        return _explain_event(tx, code, found[0][1])
    waiting = find_code(tx, code)
    if waiting is not None:
        return Explained(code, waiting[1], None, None, None, (), waiting[0])
    return _explain_flood(tx, code)


def rules_of(facts: Facts, limits: Limits, subject: str | None) -> tuple[Rule, ...]:
    """List the rules an attempt met with what the log says they had counted."""
    budget = facts.budget_of(subject)
    if budget is None:
        return ()
    own = facts.failed if facts.rule == facts.budget else 0
    spent = Spent(
        failed=own,
        in_flight=facts.in_flight,
        row=facts.row,
        row_of_strangers=facts.row_of_strangers,
    )
    refused = facts.settled == "unseen"
    return tuple(
        Rule(one, hit=refused and one.rule.value == facts.rule)
        for one in considered(limits, budget, spent)
    )


def _explain_event(tx: Tx, code: str, line: str) -> Explained:
    attempt = read_attempt(line)
    facts = attempt.decision
    rules: tuple[Rule, ...] = ()
    if facts is not None and facts.policy:
        texts = policies.find_text(tx, facts.policy)
        if texts is not None:
            limits = read_active(json.dumps(texts)).policy.limits
            rules = rules_of(facts, limits, attempt.subject)
    at = datetime.fromisoformat(attempt.occurred_at)
    return Explained(code, at, None, attempt, json.loads(line), rules)


def _explain_flood(tx: Tx, code: str) -> Explained | None:
    for line in journal.containing(tx, EventName.FLOOD_COUNTED, code):
        attempt = read_attempt(line)
        codes = str(attempt.data.get("codes", ""))
        given = {codes[at : at + len(code)] for at in range(0, len(codes), len(code))}
        if code in given and attempt.decision is not None:
            at = from_micros(int(attempt.data["first_at"]))
            rule = LimitName(attempt.decision.rule)
            return Explained(code, at, None, attempt, json.loads(line), (), rule)
    return None


def _why(attempt: Attempt | None) -> str:
    if attempt is None:
        return "other"
    if attempt.decision is not None and attempt.decision.settled == "unseen":
        return "unseen"
    why = str(attempt.data.get("why", ""))
    return why if why in ATTEMPTS else "other"


def _why_limited(facts: Facts, language: Language) -> str:
    """Say which limit stopped an attempt, with its numbers, as the block's own words do."""
    rule = LimitName(facts.rule)
    if rule.value not in WHY:
        return ""
    at = from_micros(facts.at)
    window = facts.window_seconds
    first = from_micros(facts.at - window * 1_000_000)
    until = from_micros(facts.retry_at) if facts.retry_at else None
    shown = Block(
        id="",
        kind=Kind.ACCOUNT,
        scope=Scope.STRANGERS if facts.stranger else Scope.DEVICE,
        subject=None,
        bucket="",
        rule=rule,
        made_by="",
        policy_digest=facts.policy,
        evidence=Evidence(max(facts.failed, facts.limit), first, at, window or None),
        reason=None,
        reference="",
        started_at=at,
        until=until,
    )
    return explained(shown, language)


def moment(at: datetime, language: Language) -> str:
    """Write an instant for people."""
    return japan_moment(at, language)
