"""Saved reviews in plain words: rhythms, findings, periods, criteria."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from idp.audit_room.review_model import Period, Rhythm, Verdict
from idp.audit_room.words import OUTCOME_NAMES, SENTENCES
from idp.audit_search.model import Criteria
from idp.clock import TOKYO
from idp.web.i18n import long_date, translate
from idp.web.i18n import mark as _
from idp.web.organisation import Language

RHYTHMS: Final[Mapping[str, str]] = {
    Rhythm.MONTHLY: _("毎月"),
    Rhythm.QUARTERLY: _("四半期ごと"),
    Rhythm.ONCE: _("一回だけ"),
}
VERDICTS: Final[Mapping[str, str]] = {
    Verdict.NOTHING: _("指摘なし"),
    Verdict.OBJECTION: _("指摘あり"),
}
LABELS: Final[Mapping[str, str]] = {
    "subject": _("利用者の識別子"),
    "member": _("組合員番号"),
    "actor": _("行為者の識別子"),
    "name": _("出来事"),
    "outcome": _("結果"),
    "client": _("連携サービスの名前"),
    "address": _("接続元のアドレス"),
    "reference": _("受付番号"),
    "session": _("セッション"),
    "case": _("ケース"),
}
EVERYTHING: Final = _("すべての記録")
MONTH, QUARTER = _("%(year)s年%(month)s月"), _("%(year)s年 第%(quarter)s四半期")
SPAN: Final = _("%(first)s から %(last)s まで")
WHY: Final[Mapping[str, str]] = {
    "title": _("点検の名前を、100文字までの一行で入力してください。"),
    "rhythm": _("どのくらいの間隔で点検するかを選んでください。"),
    "span": _(
        "一回だけの点検では、はじめの日と終わりの日の両方を入れて検索してから、保存してください。"
    ),
    "begins": _("はじめの日は、10年前から今日までの日にしてください。"),
    "criteria": _("検索の条件を読み取れませんでした。検索のページから、もう一度お試しください。"),
    "finding": _("「指摘なし」か「指摘あり」のどちらかを選んでください。"),
    "remark": _("所見は2,000文字まででお書きください。使えない文字が入っているかもしれません。"),
    "remark_missing": _("「指摘あり」のときは、何が問題かを所見の欄にお書きください。"),
    "changed": _(
        "ページを開いたあとで、結果に含まれる記録が変わりました。新しい結果をご覧になってから、もう一度署名してください。"
    ),
    "signed": _(
        "この期間は、別の画面で署名されています。下の署名の記録をお確かめください。訂正するときは、もう一度このページから署名してください。"
    ),
    "retired": _("この点検は終わっています。終わった点検には、訂正のほかに署名できません。"),
    "gone": _("条件が指していた人の情報が消去されたため、この点検はもう行えません。"),
    "basis": _("記録がまだ封印されていません。少し待ってから、ページを読み込み直してください。"),
    "large": _(
        "記録が多すぎて、ひとつの署名で確かめられません。条件を絞った点検を、あらためて保存してください。"
    ),
    "retire": _("終わりにするボタンから、もう一度お試しください。"),
}
"""What went wrong with a form, by the `why` of `BadReview`."""


def period_words(period: Period, language: Language) -> str:
    """Name a period: a month, a quarter, or the days it spans."""
    first = period.begin.astimezone(TOKYO)
    if "-Q" in period.key:
        values = {"year": first.year, "quarter": (first.month + 2) // 3}
        return translate(QUARTER, language) % values
    if "-" in period.key:
        return translate(MONTH, language) % {"year": first.year, "month": f"{first.month:02d}"}
    last = (period.end - timedelta(microseconds=1)).astimezone(TOKYO)
    values_of_span = {
        "first": long_date(first.date(), language),
        "last": long_date(last.date(), language),
    }
    return translate(SPAN, language) % values_of_span


def criteria_words(criteria: Criteria, language: Language) -> list[tuple[str, str]]:
    """List what is looked for, with the name of each field."""
    given = {
        "subject": criteria.subject,
        "member": criteria.member,
        "actor": criteria.actor,
        "name": _named(criteria, language),
        "outcome": _outcome(criteria.outcome, language),
        "client": criteria.client,
        "address": criteria.address.text if criteria.address else None,
        "reference": criteria.reference,
        "session": criteria.session,
        "case": criteria.case,
    }
    return [(translate(LABELS[key], language), value) for key, value in given.items() if value]


def _named(criteria: Criteria, language: Language) -> str | None:
    if criteria.name is None:
        return None
    said = translate(SENTENCES[criteria.name], language)
    return f"{said} ({criteria.name.value})"


def _outcome(outcome: str | None, language: Language) -> str | None:
    return translate(OUTCOME_NAMES[outcome], language) if outcome else None
