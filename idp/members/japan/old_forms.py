"""Old forms and common variants of characters in names, folded for search only.

Compatibility ideographs such as U+FA19 are not here: NFKC folds them.
"""

from typing import Final

_OLD: Final = (
    "髙﨑嵜碕澤濵濱邊邉齋齊廣國櫻眞德惠藏瀨靜淸槇榮學實寶壽龍瀧澁澀曾會圓與嶋嶌嶽峯驒"
    "條假傳關觀劍劔晉將莊萬禮應彌曉冨黑鐵縣縱繩繪總聰聲豐邨埜來佛兒內勳單嚴團增壯奧寬"
    "專狹峽巖帶廳從拜數敎橫步歷每氣濟爲獨甁畫盡硏祿稻穗竝絲綠緖舊萠薗號覺讓賴輕遙鄕釋"
    "靑顯飜鷄麥龜栁桒𠮷舘"
)
_NEW: Final = (
    "高崎崎崎沢浜浜辺辺斎斉広国桜真徳恵蔵瀬静清槙栄学実宝寿竜滝渋渋曽会円与島島岳峰騨"
    "条仮伝関観剣剣晋将荘万礼応弥暁富黒鉄県縦縄絵総聡声豊村野来仏児内勲単厳団増壮奥寛"
    "専狭峡巌帯庁従拝数教横歩歴毎気済為独瓶画尽研禄稲穂並糸緑緒旧萌園号覚譲頼軽遥郷釈"
    "青顕翻鶏麦亀柳桑吉館"
)

OLD_FORMS: Final[dict[int, str]] = {ord(old): new for old, new in zip(_OLD, _NEW, strict=True)}
