"""Problem details (RFC 9457): what a resource answers when it cannot do what it was asked.

The `type` names the problem for programs and never changes; `title` and `detail` are for people, in
their language, and constant: nothing of a request is ever repeated.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Any

import msgspec

from idp.changes.model import Fault
from idp.changes.texts import WORKPLACE_ANSWER, WRONG
from idp.oidc.protocol import NO_STORE, ProtocolResponse
from idp.oidc.refusals import Refusal
from idp.web.i18n import mark, translate
from idp.web.organisation import Language

MEDIA_TYPE = "application/problem+json"
PREFIX = "urn:kumiai:problem:"
_AGAIN = mark("内容を確かめて、もう一度お送りください。")


class Problem(Enum):
    """Each problem: its name, the status, the title, what to do."""

    BAD_JSON = ("bad-json", 400, mark("送られた内容を読み取れませんでした"), _AGAIN)
    NOT_JSON = ("not-json", 415, mark("送られた内容を読み取れませんでした"), _AGAIN)
    BAD_KEY = ("bad-idempotency-key", 400, mark("送られた内容を読み取れませんでした"), _AGAIN)
    FIELDS = ("fields", 422, mark("入力をご確認ください"), _AGAIN)
    KIND = (
        "kind",
        422,
        mark("この変更は受け付けていません"),
        mark("お名前、ご住所、電話番号の変更を受け付けています。"),
    )
    WORKPLACE = ("workplace", 422, mark("勤務先の変更はここではできません"), WORKPLACE_ANSWER)
    KEY_REUSED = (
        "idempotency-key-reused",
        422,
        mark("同じ番号で別の内容が送られています"),
        mark("画面を開き直して、もう一度お送りください。"),
    )
    UNKNOWN = (
        "unknown-change",
        404,
        mark("この変更のお手続きは見つかりません"),
        mark("お手続きの一覧をご確認ください。"),
    )
    DECIDED = (
        "decided",
        409,
        mark("このお手続きはすでに終わっています"),
        mark("もう一度変更するには、新しくお申し込みください。"),
    )
    METHOD = ("method", 405, mark("この方法では受け付けられません"), _AGAIN)
    TOO_MANY = (
        "too-many-changes",
        429,
        mark("本日の受付数を超えました"),
        mark("明日以降にお申し込みいただくか、お電話でお知らせください。"),
    )

    @property
    def type(self) -> str:
        """Give the URI that names the problem."""
        return PREFIX + str(self.value[0])


def problem_response(
    problem: Problem,
    language: Language,
    *,
    faults: Sequence[Fault] = (),
    headers: tuple[tuple[str, str], ...] = (),
) -> ProtocolResponse:
    """Make the response; `faults` become `errors`, one for each field."""
    _, status, title, detail = problem.value
    content: dict[str, Any] = {
        "type": problem.type,
        "title": translate(title, language),
        "status": status,
        "detail": translate(detail, language),
    }
    if faults:
        content["errors"] = [
            {
                "field": fault.field,
                "code": fault.wrong.value,
                "detail": translate(WRONG[fault.wrong], language),
            }
            for fault in faults
        ]
    about = (("Content-Language", language), *headers)
    return ProtocolResponse(status, msgspec.json.encode(content), NO_STORE + about, MEDIA_TYPE)


def refused(refusal: Refusal) -> ProtocolResponse:
    """Word what the front door refuses, before the reader's language is known."""
    content = {
        "type": PREFIX + refusal.error.value.replace("_", "-"),
        "title": refusal.description or refusal.error.value,
        "status": refusal.status,
    }
    headers = NO_STORE + refusal.headers
    return ProtocolResponse(refusal.status, msgspec.json.encode(content), headers, MEDIA_TYPE)
