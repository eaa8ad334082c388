"""Member numbers (組合員番号): permanent, never reused, eight digits with their leading zeros."""

import re

from idp.members.errors import BadMemberNumber
from idp.members.japan.text import plain

LENGTH = 8
_DIGITS = re.compile(r"[0-9]+\Z")


def parse_member_number(text: str) -> str:
    """Read a member number; full-width digits and surrounding blanks are accepted.

    Raises BadMemberNumber. A short number is not padded: which zeros a spreadsheet dropped is the
    sender's to say, and a guess would hand one member's record to another.
    """
    number = plain(text)
    if not number:
        raise BadMemberNumber("the member number is empty")
    if not _DIGITS.match(number):
        raise BadMemberNumber("the member number may hold digits only")
    if len(number) < LENGTH:
        raise BadMemberNumber(
            f"the member number has {len(number)} digits instead of {LENGTH}: a spreadsheet such "
            "as Excel has probably dropped its leading zeros; export the column as text"
        )
    if len(number) > LENGTH:
        raise BadMemberNumber(f"the member number has more than {LENGTH} digits")
    return number
