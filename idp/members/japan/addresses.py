"""Japanese addresses: the 47 prefectures, and the order in which an address is written."""

from typing import Final

from idp.members.model import Address

REGIONS: Final = (
    "北海道", "青森県", "岩手県", "宮城県", "秋田県", "山形県", "福島県", "茨城県", "栃木県",
    "群馬県", "埼玉県", "千葉県", "東京都", "神奈川県", "新潟県", "富山県", "石川県", "福井県",
    "山梨県", "長野県", "岐阜県", "静岡県", "愛知県", "三重県", "滋賀県", "京都府", "大阪府",
    "兵庫県", "奈良県", "和歌山県", "鳥取県", "島根県", "岡山県", "広島県", "山口県", "徳島県",
    "香川県", "愛媛県", "高知県", "福岡県", "佐賀県", "長崎県", "熊本県", "大分県", "宮崎県",
    "鹿児島県", "沖縄県",
)  # fmt: skip


def split_region(text: str) -> tuple[str, str]:
    """Split the prefecture off an address written in one line; ("", text) when none leads it."""
    bare = text.strip()
    for region in REGIONS:
        if bare.startswith(region):
            return region, bare[len(region) :].lstrip()
    return "", text


def formatted(address: Address) -> str:
    """Write an address in Japanese order, with 〒 and line breaks (OpenID Connect Core 5.1.1)."""
    lines = [
        f"〒{address.postal_code}" if address.postal_code else "",
        address.region + address.locality,
        address.street_address,
    ]
    return "\n".join(line for line in lines if line)
