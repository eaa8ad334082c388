"""What the pages of the help desk say: questions to read out, refusals, ends, outcomes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from audit.names import EventName
from idp.helpdesk.model import End, Goal, Need, Why
from idp.policy.helpdesk import QuestionKind
from idp.web.i18n import mark as _
from idp.web.i18n import translate
from idp.web.organisation import Language

NEEDS: Final[Mapping[Need, str]] = {
    Need.ADDRESS_FORGOTTEN: _("メールアドレスを忘れた"),
    Need.PASSWORD_FORGOTTEN: _("パスワードを忘れた"),
    Need.BLOCKED: _("ログインを止められた（受付番号がある）"),
    Need.ADDRESS_LOST: _("登録のメールアドレスがもう使えない"),
    Need.FACTOR_LOST: _("認証アプリやパスキーの入った端末をなくした"),
    Need.OTHER: _("そのほか"),
}
GOALS: Final[Mapping[Goal, str]] = {
    Goal.MASKED: _("メールアドレスを、一部を伏せて伝える"),
    Goal.RESET: _("登録のメールアドレスへ、パスワード再設定のメールを送る"),
    Goal.EXPLAIN: _("受付番号について説明する"),
    Goal.DISCLOSE: _("メールアドレスを全部伝える"),
    Goal.ADDRESS: _("ログイン用のメールアドレスを変える"),
    Goal.FACTOR: _("ログインの確認方法を取り消す"),
}
QUESTIONS: Final[Mapping[QuestionKind, str]] = {
    QuestionKind.BIRTH_DATE: _("生年月日をお聞かせください。"),
    QuestionKind.POSTAL_CODE: _("ご住所の郵便番号をお聞かせください。"),
    QuestionKind.TOWN: _("お住まいの市区町村をお聞かせください。"),
    QuestionKind.HOUSE_NUMBER: _("ご住所の丁目・番地・号をお聞かせください。"),
    QuestionKind.PHONE_LAST: _("ご登録のお電話番号の、下4けたをお聞かせください。"),
    QuestionKind.KANA_NAME: _("お名前の読みを、姓と名でお聞かせください。"),
    QuestionKind.JOIN_YEAR: _("組合にご加入の年をお聞かせください。"),
    QuestionKind.WORKPLACE: _("お勤め先の名前をお聞かせください。"),
    QuestionKind.MEMBER_NUMBER: _("組合員番号をお聞かせください。"),
}
NAMES: Final[Mapping[str, str]] = {
    QuestionKind.BIRTH_DATE: _("生年月日"),
    QuestionKind.POSTAL_CODE: _("郵便番号"),
    QuestionKind.TOWN: _("市区町村"),
    QuestionKind.HOUSE_NUMBER: _("丁目・番地・号"),
    QuestionKind.PHONE_LAST: _("電話番号の下4けた"),
    QuestionKind.KANA_NAME: _("お名前の読み"),
    QuestionKind.JOIN_YEAR: _("加入の年"),
    QuestionKind.WORKPLACE: _("勤め先"),
    QuestionKind.MEMBER_NUMBER: _("組合員番号"),
}
HINTS: Final[Mapping[QuestionKind, str]] = {
    QuestionKind.BIRTH_DATE: _("例: 昭和25年4月1日、S25.4.1、1950-04-01"),
    QuestionKind.POSTAL_CODE: _("例: 100-0001（ハイフンはなくてもかまいません）"),
    QuestionKind.TOWN: _("例: 架空市（都道府県はなくてもかまいません）"),
    QuestionKind.HOUSE_NUMBER: _("例: 1-2-3、1丁目2番3号（建物の名前はなくてもかまいません）"),
    QuestionKind.PHONE_LAST: _("例: 0101（番号の全部でもかまいません）"),
    QuestionKind.KANA_NAME: _("例: ミホン タロウ（ひらがなでもかまいません）"),
    QuestionKind.JOIN_YEAR: _("例: 2004、平成16年"),
    QuestionKind.WORKPLACE: _("例: みほん第一小学校（略さずにお聞きください）"),
    QuestionKind.MEMBER_NUMBER: _("例: 00000101（はじめの0はなくてもかまいません）"),
}
MATCH, NO_MATCH, TAKEN = _("一致"), _("不一致"), _("回答を受け付けました")
ENDS: Final[Mapping[End, str]] = {
    End.OUTCOME: _("ご案内が済みました。"),
    End.OPERATOR: _("窓口で終わりにしました。"),
    End.EXPIRED: _("時間が過ぎたため、終わりました。"),
    End.FAILED: _("ご本人の確認ができなかったため、終わりました。お電話では何もご案内できません。"),
}
REFUSALS: Final[Mapping[Why, str]] = {
    Why.OWN: _(
        "ご自分（または同じお名前の方）についてのケースは扱えません。同僚に代わってください。"
    ),
    Why.OVER: _("このケースは終わっています。必要なときは、もう一度お探しください。"),
    Why.SEARCHES: _("検索の回数が上限に達しました。時間をおくか、同僚に代わってください。"),
    Why.CASES: _("この組合員についてのお電話が、今日はもう上限です。来所か郵便をご案内ください。"),
    Why.PAUSED: _(
        "ご本人の確認ができなかったお電話がありました。しばらくのあいだ、どの職員も、"
        "この組合員についてお電話では何もご案内できません。ご本人のログインには影響しません。"
        "お急ぎのときは、来所をご案内ください。"
    ),
    Why.WRONG_ANSWERS: _(
        "この組合員について、誤った回答が続いています。お電話では何もご案内できません。"
        "ご本人のログインには影響しません。来所か郵便をご案内ください。"
    ),
    Why.SOMEBODY_ELSE: _("この組合員については、いま別の職員がお電話をお受けしています。"),
    Why.NOT_FOUND: _("その方は見つかりません。もう一度お探しください。"),
    Why.ANSWERED: _("それはもう受け付けました。いまの状態は、このページのとおりです。"),
    Why.EMPTY: _("お聞きになった回答を入力してください。"),
    Why.NOT_PROVEN: _("まだご本人の確認が足りません。質問をお続けください。"),
    Why.NO_ACCOUNT: _("この組合員は、まだご利用の登録をなさっていません。登録のご案内をどうぞ。"),
    Why.INACTIVE: _("このアカウントは、いまご利用いただけません。名簿の担当へお回しください。"),
    Why.NO_PHONE: _("登録に電話番号がないため、折り返せません。来所か郵便をご案内ください。"),
    Why.NEW_PHONE: _(
        "登録の電話番号が90日以内に変わっているため、折り返せません。来所か郵便をご案内ください。"
    ),
    Why.NOT_CALLED_BACK: _("登録の電話番号への折り返しが、まだ済んでいません。"),
    Why.CALL_BACKS: _("折り返しでの合いことばが何度も違いました。来所か郵便をご案内ください。"),
    Why.NO_FACTOR: _("その確認方法は、このアカウントでは使われていません。"),
    Why.BAD_ADDRESS: _("メールアドレスの形をお確かめください。@ はひとつだけです。"),
    Why.SAME_ADDRESS: _("いまのメールアドレスと同じです。"),
    Why.EXPLANATIONS: _("受付番号をお調べできる回数が上限に達しました。"),
    Why.NOT_THEIRS: _("この受付番号では、この方についての記録が見つかりません。"),
    Why.REASON: _("お電話の用件を、あとで読む人に分かるように、一文で書いてください。"),
    Why.ASKED: _(
        "この件は、別の職員の承認を待っています。決まるまで、次のお申し込みはできません。"
    ),
    Why.DECIDER: _("このお電話をお受けした方は、承認できません。"),
    Why.TOO_LITTLE: _("名簿にある事がらでは、確認が足りません。来所か郵便をご案内ください。"),
}
WRONG_SEARCH: Final[Mapping[str, str]] = {
    "empty": _("お名前の読み、組合員番号、お電話番号の下4けたのどれかを入力してください。"),
    "short": _("お名前は2文字以上で入力してください。"),
    "digits": _("数字は、8けたの組合員番号か、お電話番号の下4けたで入力してください。"),
    "character": _("使えない文字が入っています。入力し直してください。"),
    "long": _("長すぎます。お名前と番号だけを入力してください。"),
}
CALLED: Final[Mapping[str, str]] = {
    "begun": _("折り返しを始めました"),
    "right": _("折り返しで、合いことばが一致しました"),
    "wrong": _("折り返しで、合いことばが一致しませんでした"),
}
STOPPED: Final[Mapping[str, str]] = {
    "member": _("ご本人のメールから止められました"),
    "impossible": _("そのときにはもう変更できませんでした"),
}


def about(event: Mapping[str, Any], language: Language, *, matches: bool) -> str:
    """Say what a step was about; `matches`: whether the reader may see which answer fitted."""
    data, name = event.get("data") or {}, event["name"]
    said: list[str] = []
    if name == EventName.CASE_ANSWERED:
        said = [NAMES.get(str(data.get("question")), "")]
        said.append((MATCH if data.get("match") else NO_MATCH) if matches else TAKEN)
    elif name in (EventName.CASE_OUTCOME, EventName.CASE_PROVEN):
        goal = str(data.get("outcome") or data.get("goal"))
        said = [GOALS[Goal(goal)]] if goal in GOALS else []
    elif name == EventName.CASE_ENDED:
        said = [ENDS[End(data["end"])]] if data.get("end") in ENDS else []
    elif name == EventName.CASE_REFUSED:
        said = [REFUSALS[Why(data["why"])]] if data.get("why") in REFUSALS else []
    elif name == EventName.CASE_CALLED_BACK:
        said = [CALLED.get(str(data.get("what")), "")]
    elif name == EventName.CASE_STOPPED:
        said = [STOPPED.get(str(data.get("why")), "")]
    gap = ": " if language == "en" else "："
    return gap.join(translate(one, language) for one in said if one)
