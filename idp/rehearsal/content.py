"""What a rehearsal found, as plain values for commands, pages and the stored result; pure."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from idp.clock import from_micros
from idp.rehearsal.counters import Set
from idp.rehearsal.report import MOST_LISTED, Run
from idp.rehearsal.service import Rehearsed

BIAS = (
    "What cannot be replayed: attempts that nobody made because they were blocked, and whether an"
    " attempt that was refused unseen would have been right. Unseen attempts that the new policy"
    " lets through are counted as wrong. Floods stand in the log as counts per minute."
)


def content_of(found: Rehearsed) -> dict[str, Any]:
    """Give what a rehearsal found, bounded: of each list the first ones, and how many there are."""
    differences, findings = found.differences, found.findings
    anew = {one.subject for one in found.blocked_anew if one.subject}
    right = findings.refused_later_right | findings.harmed_accounts
    return {
        "from": found.begin,
        "to": found.end,
        "in_force": list(found.digests),
        "proposed": found.proposed,
        "attempts": findings.attempts,
        "check": {
            "reproduced": differences.reproduced,
            "different": len(differences.others),
            "overshot": differences.overshot,
            "address_windows": differences.address_windows,
            "first_different": [_verdict(one) for one in differences.others[:MOST_LISTED]],
        },
        "refused_then": findings.refused_then,
        "refused": findings.refused,
        "released": findings.released,
        "harm": {
            "right_answers_refused": findings.harmed,
            "accounts": sorted(findings.harmed_accounts)[:MOST_LISTED],
            "accounts_count": len(findings.harmed_accounts),
            "refused_and_right_within_a_day": len(findings.refused_later_right),
        },
        "blocks_then": found.blocks_then,
        "blocks": found.blocks,
        "blocked_anew": [_set(one) for one in found.blocked_anew[:MOST_LISTED]],
        "blocked_anew_count": len(found.blocked_anew),
        "people_anew": len(anew),
        "people_anew_right_within_a_day": len(anew & right),
        "people_no_more": len({one.subject for one in found.blocked_no_more if one.subject}),
        "blocked_no_more": [_set(one) for one in found.blocked_no_more[:MOST_LISTED]],
        "blocked_no_more_count": len(found.blocked_no_more),
        "attacks": [run_content(one) for one in findings.runs[:MOST_LISTED]],
        "attacks_count": len(findings.runs),
        "bias": BIAS,
    }


def _verdict(one: Any) -> dict[str, Any]:
    return {
        "event": one.attempt.id,
        "at": one.attempt.occurred_at,
        "recorded": one.recorded.value,
        "recorded_rule": one.facts.rule,
        "recorded_retry_at": one.facts.retry_at,
        "replayed": one.replayed.value,
        "replayed_rule": one.rule.value,
        "replayed_retry_at": one.retry_at,
    }


def _set(one: Set) -> dict[str, Any]:
    return {
        "rule": one.rule.value,
        "bucket": one.bucket,
        "subject": one.subject,
        "started_at": from_micros(one.started_at),
        "until": from_micros(one.until) if one.until else None,
    }


def run_content(run: Run) -> dict[str, Any]:
    """Give one attack run: how long it went on, and when the rehearsed policy cuts it."""
    return {
        "bucket": run.bucket,
        "began_at": from_micros(run.began_at),
        "attempts": run.attempts,
        "looked_at_then": run.looked_at_then,
        "looked_at": run.looked_at,
        "cut_at": from_micros(run.cut_at) if run.cut_at else None,
        "cut_after": str(timedelta(microseconds=run.cut_at - run.began_at)) if run.cut_at else None,
    }
