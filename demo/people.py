"""Who is in the demo's register. Nobody here exists.

The names say sample (見本, 雛形, 標本), example (例示, 例), test (試験), made up (架空),
assumed (仮名).
Birth dates, telephone numbers and kana are written in all the ways in which exports bring them.
"""

from dataclasses import dataclass
from typing import Final, Literal

Standing = Literal["applicant", "member", "leaving", "former", "stopped"]
Employment = Literal["working", "retired"]

_DOMAIN: Final = "mihon.example"


@dataclass(frozen=True, slots=True)
class DemoMember:
    """One fictional member; `stopped` is a full member whose account the demo stops."""

    number: str
    name: str
    kana: str
    birth_date: str
    employment: Employment
    standing: Standing
    mailbox: str | None = None
    phone: str = ""
    street: str = "見本町1-1-1"
    workplace: str = ""
    name_in_use: str = ""
    capital_paid_on: str = "2004-04-30"
    pays_in_days: int = 0
    refund_is_paid: bool = True

    @property
    def family(self) -> str:
        """Tell the family name, or the whole of a mononym."""
        return self.name.partition(" ")[0]

    @property
    def given(self) -> str:
        """Tell the given name; empty for a mononym."""
        return self.name.partition(" ")[2]

    @property
    def family_kana(self) -> str:
        """Tell the reading of the family name."""
        return self.kana.partition(" ")[0]

    @property
    def given_kana(self) -> str:
        """Tell the reading of the given name."""
        return self.kana.partition(" ")[2]

    @property
    def email(self) -> str | None:
        """Tell the mail address, or None for one who has none in the register."""
        return f"{self.mailbox}@{_DOMAIN}" if self.mailbox else None


# fmt: off
MEMBERS: Final = (
    DemoMember("00000101", "見本 太郎", "ミホン タロウ", "1984-05-12", "working", "member",
        mailbox="taro", phone="090-0000-0101", workplace="みほん第一小学校"),
    DemoMember("00000102", "例示 花子", "レイジ ハナコ", "平成元年3月3日", "working", "member",
        mailbox="hanako", phone="03-0000-0102", street="例示台2-3-4 架空マンション105",
        workplace="みほん中学校"),
    DemoMember("00000103", "試験 一郎", "ｼｹﾝ ｲﾁﾛｳ", "S62.11.23", "working", "member",
        mailbox="ichiro", phone="０９０−００００−０１０３", workplace="みほん高等学校"),
    DemoMember("00000104", "架空 さくら", "カクウ サクラ", "H8.4.2", "working", "member",
        mailbox="sakura", phone="+81 90-0000-0104", workplace="みほん第二小学校",
        capital_paid_on="2019-05-31"),
    DemoMember("00000105", "髙例 葉子", "タカレイ ヨウコ", "1979/7/31", "working", "member",
        mailbox="yoko", phone="(03)0000-0105", workplace="みほん特別支援学校"),
    DemoMember("00000106", "例﨑 健", "レイザキ ケン", "昭和45年10月10日", "working", "member",
        mailbox="ken", phone="080-0000-0106", workplace="みほん中学校"),
    DemoMember("00000107", "サンプリナ", "サンプリナ", "1990-02-28", "working", "member",
        mailbox="samplina", phone="070-0000-0107", workplace="みほん高等学校",
        capital_paid_on="2021年4月30日"),
    DemoMember("00000108", "標本 翔", "ヒョウホン ショウ", "H14.12.1", "working", "member",
        street="標本町5-6-7\n見本ハイツ201号", workplace="みほん第一小学校",
        capital_paid_on="2021-04-30"),
    DemoMember("00000109", "仮名 みどり", "カメイ ミドリ", "1988-08-08", "working", "member",
        mailbox="midori", phone="090-0000-0109", workplace="みほん中学校",
        name_in_use="雛形 みどり"),
    DemoMember("00000201", "見本 清", "ミホン キヨシ", "昭和25年4月1日", "retired", "member",
        mailbox="kiyoshi", phone="03-0000-0201", capital_paid_on="S48.4.30"),
    DemoMember("00000202", "雛形 ふみ", "ひながた ふみ", "S22.1.15", "retired", "member",
        mailbox="fumi", phone="03-0000-0202", street="雛形町8-9-10", capital_paid_on="S45.4.30"),
    DemoMember("00000203", "例示 正", "レイジ タダシ", "昭和２７年９月９日", "retired", "member",
        mailbox="tadashi", phone="0120-000-000", capital_paid_on="昭和50年4月30日"),
    DemoMember("00000204", "試験 ハル", "シケン ハル", "大正15年12月25日", "retired", "member",
        phone="03-0000-0204", capital_paid_on="S26.4.30"),
    DemoMember("00000205", "架空 節子", "カクウ セツコ", "S28.3.21", "retired", "member",
        mailbox="setsuko", capital_paid_on="S51.4.30"),
    DemoMember("00000301", "仮名 実", "カメイ ミノル", "S41.6.30", "retired", "leaving",
        mailbox="minoru", phone="090-0000-0301", capital_paid_on="H1.4.30"),
    DemoMember("00000302", "標本 恵", "ヒョウホン メグミ", "S40.11.3", "retired", "leaving",
        mailbox="megumi", phone="090-0000-0302", capital_paid_on="昭和63年4月30日"),
    DemoMember("00000303", "雛形 誠", "ヒナガタ マコト", "1992-09-15", "working", "leaving",
        mailbox="makoto", phone="080-0000-0303", workplace="みほん高等学校",
        capital_paid_on="2016-04-30"),
    DemoMember("00000401", "見本 和子", "ミホン カズコ", "S39.2.29", "retired", "former",
        mailbox="kazuko", phone="03-0000-0401", capital_paid_on="S62.4.30"),
    DemoMember("00000402", "例示 勉", "レイジ ツトム", "S38.5.5", "retired", "former",
        mailbox="tsutomu", capital_paid_on="S61.4.30"),
    DemoMember("00000403", "試験 桜", "シケン サクラ", "S40.1.31", "retired", "former",
        mailbox="sakura.shiken", capital_paid_on="S63.4.30", refund_is_paid=False),
    DemoMember("00000501", "架空 新", "カクウ アラタ", "2003-06-17", "working", "applicant",
        workplace="みほん第二小学校"),
    DemoMember("00000502", "仮名 若葉", "カメイ ワカバ", "H13.5.4", "working", "applicant",
        phone="070-0000-0502", workplace="みほん中学校"),
    DemoMember("00000503", "標本 入", "ヒョウホン ハイル", "1999/11/30", "working", "applicant",
        workplace="みほん高等学校", pays_in_days=14),
    DemoMember("00000601", "例示 止", "レイジ トマル", "1982-03-09", "working", "stopped",
        mailbox="tomaru", phone="090-0000-0601", workplace="みほん第一小学校"),
    DemoMember("00000602", "雛形 休", "ヒナガタ ヤスム", "S30.5.3", "retired", "stopped",
        mailbox="yasumu", capital_paid_on="S53.4.30"),
)
# fmt: on
