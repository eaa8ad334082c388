"""Inquiries (お問い合わせ): what a member writes to the co-op, kept with a reference code.

Workplace changes and paper matters are not self-service: they arrive here for people to read.
"""

import re
import secrets
import unicodedata
from dataclasses import dataclass
from typing import Final

from .clock import Clock, seconds
from .storage import Storage

REASONS: Final = ("registration", "workplace", "statement", "portal", "other")
LONGEST: Final = 2000
PER_DAY: Final = 20
_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_FORM_ID = re.compile(r"[A-Za-z0-9_-]{16,64}")


@dataclass(frozen=True)
class Draft:
    """What came from the form, as typed."""

    reason: str
    text: str
    form_id: str

    def errors(self) -> dict[str, str]:
        """Return what is wrong, by field, as keys of the texts; empty when all is well."""
        found: dict[str, str] = {}
        if self.reason not in REASONS:
            found["reason"] = "no_reason"
        if not self.text:
            found["text"] = "no_text"
        elif not _readable(self.text):
            found["text"] = "unreadable"
        elif len(self.text) > LONGEST:
            found["text"] = "too_long"
        return found


@dataclass(frozen=True)
class Inquiry:
    """An inquiry that was sent."""

    receipt: str
    reason: str
    text: str
    sent_at: int


def read_draft(reason: str, text: str, form_id: str) -> Draft:
    """Tidy what was typed: line ends, blanks around it. Nothing else is changed."""
    tidy = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    return Draft(reason, tidy, form_id if _FORM_ID.fullmatch(form_id) else new_form_id())


def new_form_id() -> str:
    """Draw the id of one form, so that sending it twice is sending it once."""
    return secrets.token_urlsafe(16)


@dataclass(frozen=True)
class Inquiries:
    """All inquiries; each member sees only their own."""

    storage: Storage
    clock: Clock

    def add(self, sub: str, member_number: str, draft: Draft) -> Inquiry | None:
        """Keep an inquiry; the same form again returns the first. None: too many today."""
        now = seconds(self.clock)
        sent = Inquiry(_receipt(), draft.reason, draft.text, now)
        with self.storage.changing() as db:
            known = db.execute(
                "SELECT receipt, reason, text, sent_at FROM inquiry WHERE sub = ? AND form_id = ?",
                (sub, draft.form_id),
            ).fetchone()
            if known:
                return Inquiry(*known)
            (today,) = db.execute(
                "SELECT count(*) FROM inquiry WHERE sub = ? AND sent_at > ?", (sub, now - 86400)
            ).fetchone()
            if today >= PER_DAY:
                return None
            db.execute(
                "INSERT INTO inquiry VALUES (?, ?, ?, ?, ?, ?, ?)",
                (sent.receipt, sub, member_number, sent.reason, sent.text, draft.form_id, now),
            )
        return sent

    def find(self, sub: str, receipt: str) -> Inquiry | None:
        """Return an inquiry of this member."""
        with self.storage.reading() as db:
            row = db.execute(
                "SELECT receipt, reason, text, sent_at FROM inquiry WHERE receipt = ? AND sub = ?",
                (receipt, sub),
            ).fetchone()
        return Inquiry(*row) if row else None

    def list(self, sub: str) -> list[Inquiry]:
        """Return the latest hundred inquiries of a member, newest first."""
        with self.storage.reading() as db:
            rows = db.execute(
                "SELECT receipt, reason, text, sent_at FROM inquiry WHERE sub = ?"
                " ORDER BY sent_at DESC, rowid DESC LIMIT 100",
                (sub,),
            ).fetchall()
        return [Inquiry(*row) for row in rows]


def _receipt() -> str:
    drawn = "".join(secrets.choice(_ALPHABET) for _ in range(8))
    return f"{drawn[:4]}-{drawn[4:]}"


def _readable(text: str) -> bool:
    """Refuse controls, lone surrogates, and the mark a wrong encoding (Shift_JIS) leaves."""
    return "\ufffd" not in text and not any(
        unicodedata.category(character) in ("Cc", "Cs") and character not in "\n\t"
        for character in text
    )
