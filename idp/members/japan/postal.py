"""Postal codes of Japan: seven digits, written NNN-NNNN."""

import re
from typing import Final

from idp.members.errors import BadPostalCode
from idp.members.japan.text import HYPHENS, plain

_CODE: Final = re.compile(rf"〒?\s*([0-9]{{3}})\s*[{re.escape(HYPHENS)}]?\s*([0-9]{{4}})\Z")


def parse_postal_code(text: str) -> str:
    """Read a postal code as NNN-NNNN; full width, any hyphen or none, and 〒 are accepted.

    Raises BadPostalCode.
    """
    typed = plain(text)
    found = _CODE.match(typed)
    if found:
        return f"{found[1]}-{found[2]}"
    digits = sum("0" <= char <= "9" for char in typed)
    if digits == len(typed) and 0 < digits < 7:
        raise BadPostalCode(
            f"the postal code has {digits} digits instead of 7: a spreadsheet such as Excel has "
            "probably dropped its leading zeros"
        )
    raise BadPostalCode("the postal code is not seven digits as in 100-0001")
