"""What each mail says. Japanese is the message id; the English stands in the translations.

First what happened and when, then what to do, then what to do if it was not you; one link at most.
"""

from __future__ import annotations

from typing import Final

from idp.mails.access_letters import ACCESS
from idp.mails.auditor_letters import AUDITOR
from idp.mails.letter import Letter
from idp.mails.membership_letters import MEMBERSHIP
from idp.mails.model import MailKind
from idp.mails.operator_letters import OPERATORS
from idp.mails.staff_letters import STAFF

LETTERS: Final[dict[MailKind, Letter]] = {**ACCESS, **MEMBERSHIP, **AUDITOR, **OPERATORS, **STAFF}
