"""The four acts on colleagues as forms: what each says, and what the act is told."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from idp.policy.approvals import ApprovalKind
from idp.staff.model import Rule
from idp.staff.views.places import PEOPLE
from idp.web.i18n import mark as _

ADD: Final = f"{PEOPLE}/add"
FIELDS: Final = {"csrf_token": 64, "reason": 2_000, "code": 64}
BAD_ADDRESS: Final = _("メールアドレスの形が正しくありません。例：namae@example.jp")


@dataclass(frozen=True, slots=True)
class Form:
    """One act as a page asks for it; marked messages."""

    name: str
    kind: ApprovalKind
    title: str
    about: str
    fields: tuple[tuple[str, int], ...] = ()
    roles: bool = False

    def url(self, staff_id: str | None) -> str:
        """Give where the form lies."""
        return ADD if staff_id is None else f"{PEOPLE}/{staff_id}/{self.name}"

    def reads(self, roles: Collection[str]) -> dict[str, int]:
        """Name the fields of the form, each with its greatest length."""
        boxes = {f"role_{one}": 3 for one in roles} if self.roles else {}
        return {**FIELDS, **dict(self.fields), **boxes}


ADDING: Final = Form(
    "add",
    ApprovalKind.STAFF_ADD,
    _("職員を追加する"),
    _(
        "実行されると、本人のメールアドレスに設定のリンクが届きます。リンクはほかの人には見えません。"
    ),
    (("name", 400), ("address", 1_000)),
    roles=True,
)
ROLES: Final = Form(
    "roles",
    ApprovalKind.STAFF_ROLES,
    _("役割を変える"),
    _("付ける役割を選び、外す役割の選択を消してください。本人はログインし直します。"),
    (("break_glass", 3),),
    roles=True,
)
FACTORS: Final = Form(
    "factors",
    ApprovalKind.STAFF_FACTORS,
    _("パスワードと認証アプリを再設定する"),
    _(
        "本人と話して、本人からの依頼であることを確かめてください。"
        "実行されると、本人のメールアドレスに設定のリンクが届きます。"
    ),
)
ENDING: Final = Form(
    "end",
    ApprovalKind.STAFF_END,
    _("利用を終了する"),
    _("終了は取り消せません。戻ってきたときは、新しいアカウントを作ります。"),
)
FORMS: Final = (ROLES, FACTORS, ENDING)
FIELD_OF: Final[Mapping[Rule, str]] = {
    Rule.ADDRESS_TAKEN: "address",
    Rule.NO_ROLE: "roles",
    Rule.UNKNOWN_ROLE: "roles",
    Rule.HELD_ALREADY: "roles",
    Rule.NOT_HELD: "roles",
    Rule.NOT_TOGETHER: "roles",
    Rule.NOT_YOURS_TO_GRANT: "roles",
    Rule.NOTHING_CHANGES: "roles",
    Rule.NO_WORDS: "name",
}
"""Beside which field a refusal stands."""


def told(
    form: Form,
    sent: Mapping[str, str],
    staff_id: str | None,
    held: Collection[str],
    known: Collection[str],
    hours: int | None,
) -> dict[str, Any]:
    """Give what the act is told: of roles, what changes."""
    chosen = [one for one in known if sent.get(f"role_{one}") == "yes"]
    if form is ADDING:
        return {"address": sent["address"], "name": sent["name"], "roles": chosen}
    if form is not ROLES:
        return {"who": staff_id}
    grant = [one for one in chosen if one not in held]
    revoke = [one for one in known if one in held and one not in chosen]
    changes: dict[str, Any] = {"who": staff_id, "grant": grant, "revoke": revoke}
    return changes | ({"hours": hours} if hours is not None else {})
