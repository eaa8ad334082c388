"""How blocks stand on pages: a row of a list, and everything of one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from idp.attempts.explaining import Explained
from idp.block_room.desk import Opened
from idp.block_room.model import Cause
from idp.block_room.views.places import BLOCKS
from idp.block_room.words import KINDS, SCOPES, cause
from idp.blocks.model import Block, SubjectKind
from idp.blocks.words import rule_of, sentences
from idp.web.i18n import japan_moment, translate
from idp.web.i18n import mark as _
from idp.web.organisation import Language

ENDLESS = _("解くまで（または正しく入力されるまで）")
BY_ADDRESS = _("接続元")
OF_MEMBER, OF_STAFF = _("組合員"), _("職員")
LIFTED_BY_ITSELF = _("本人または仕組み")


def at(moment: datetime | None, language: Language) -> str:
    """Write an instant, or nothing."""
    return japan_moment(moment, language) if moment else ""


def cause_row(one: Cause, language: Language, *, may_lift: bool) -> dict[str, Any]:
    """Give a cause as a row, with the ways on from it."""
    rule = one.rule.value if one.rule else None
    return {
        "name": cause(one.rule, language),
        "running": one.running,
        "since_yesterday": one.since_yesterday,
        "list": f"{BLOCKS}?rule={rule}" if rule else None,
        "lift": f"{BLOCKS}/many/{rule}" if rule and may_lift and one.running else None,
    }


def row(one: Block, language: Language, *, opens: bool) -> dict[str, Any]:
    """Give a block as a row; it names nobody, and leads to itself for those who may open it."""
    return {
        "at": at(one.started_at, language),
        "url": f"{BLOCKS}/{one.id}" if opens else None,
        "cause": cause(one.rule, language),
        "kind": translate(KINDS[one.kind], language),
        "scope": translate(SCOPES[one.scope], language),
        "of": whose(one, language),
        "until": at(one.until, language) or translate(ENDLESS, language),
    }


def lifted_row(
    one: Block, names: Mapping[str, str], language: Language, *, opens: bool
) -> dict[str, Any]:
    """Give a block that was lifted as a row: by whom, when, why."""
    return row(one, language, opens=opens) | {
        "lifted_at": at(one.lifted_at, language),
        "lifted_by": lifter(one, names, language),
        "reason": one.lift_reason or "",
    }


def lifter(one: Block, names: Mapping[str, str], language: Language) -> str:
    """Name who lifted a block: somebody of the staff by name, a member never."""
    by = one.lifted_by or ""
    if by in names or by.startswith("cli:"):
        return names.get(by, by)
    return translate(LIFTED_BY_ITSELF, language)


def whose(one: Block, language: Language) -> str:
    """Tell whose account a block stands on, without naming anybody."""
    if one.subject is None:
        return translate(BY_ADDRESS, language)
    of_staff = one.subject_kind is SubjectKind.STAFF
    return translate(OF_STAFF if of_staff else OF_MEMBER, language)


def opened(found: Opened, names: Mapping[str, str], language: Language) -> dict[str, Any]:
    """Give everything of one block: the sentences of page, mail and log, and its facts."""
    one, evidence = found.block, found.block.evidence
    shown = row(one, language, opens=True) | {
        "id": one.id,
        "sentences": sentences(one, language),
        "runs": found.runs,
        "rule": rule_of(one),
        "reference": one.reference,
        "policy": one.policy_digest,
        "made_by": names.get(one.made_by, one.made_by) if one.rule is None else None,
        "made_reason": one.reason,
        "address": address_of(one),
        "failed": evidence.failed if evidence else None,
        "first_at": at(evidence.first_at, language) if evidence else None,
        "last_at": at(evidence.last_at, language) if evidence else None,
        "window": evidence.window_seconds // 60 if evidence and evidence.window_seconds else None,
        "lifted_at": at(one.lifted_at, language),
        "lifted_by": lifter(one, names, language) if one.lifted_at else None,
        "lift_reason": one.lift_reason,
        "person": None,
    }
    if found.person is not None:
        shown["person"] = {"number": found.person.number, "name": found.person.name}
    return shown


def address_of(one: Block) -> str | None:
    """Give the address or network a block stands on; None for one on an account."""
    return one.bucket.partition(":")[2] if one.subject is None else None


def explained(found: Explained, network: str | None, language: Language) -> dict[str, Any]:
    """Give what stands behind a code that announced no block: an attempt, with its rules."""
    facts = found.attempt.decision if found.attempt else None
    return {
        "reference": found.reference,
        "at": at(found.at, language),
        "said": found.sentences(language),
        "event": found.attempt.name if found.attempt else None,
        "network": network,
        "policy": facts.policy if facts else None,
        "rules": [
            {
                "name": cause(one.considered.rule, language),
                "counted": one.considered.counted,
                "in_flight": one.considered.in_flight,
                "limit": one.considered.limit,
                "hit": one.hit,
            }
            for one in found.rules
        ],
        "flooded_by": cause(found.flooded_by, language) if found.flooded_by else None,
    }
