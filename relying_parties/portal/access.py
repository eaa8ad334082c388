"""Whether a browser is in: its session, confirmed by the provider at most five minutes ago.

The provider decides who may use the portal; this module asks it again while a session is used,
and ends the session at once when the answer is no. When the provider cannot answer, nothing
personal is shown (ProviderUnavailable), and the session waits.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any, Final, TypeVar

from .clock import Clock, seconds
from .errors import EndReason, PortalError, Refused, TokenRejected
from .relying_party import RelyingParty
from .sessions import Sealed, Session, Sessions

CONFIRM_EVERY: Final = 300
T = TypeVar("T")
_log = logging.getLogger("portal")


@dataclass(frozen=True)
class Ended:
    """There was a session; it ended for this reason."""

    reason: EndReason


def _stripes() -> tuple[threading.Lock, ...]:
    return tuple(threading.Lock() for _ in range(64))


@dataclass(frozen=True)
class Access:
    """Answers for every request who is behind it."""

    sessions: Sessions
    relying_party: RelyingParty
    clock: Clock
    _turns: tuple[threading.Lock, ...] = field(default_factory=_stripes)

    def visit(self, token: str | None) -> Session | Ended | None:
        """Return the session of a cookie, why it ended (told once), or None."""
        if not token or len(token) > 100:
            return None
        with self._turn(token):
            session = self.sessions.find(token)
            if session is None:
                return None
            if session.ended:
                return self._end(session, self._reason(session))
            if self.sessions.is_over(session):
                return self._end(session, "time_over")
            if not 0 <= seconds(self.clock) - session.checked_at < CONFIRM_EVERY:
                return self._confirm(session)
            self.sessions.touch(session)
            return session

    def ask(self, session: Session, call: Callable[[str], T | Refused]) -> T | Ended:
        """Call the provider with the session's access token, renewed once where it is used up."""
        with self._turn(session.token):
            # Another request of the same session may have renewed it meanwhile.
            current = self.sessions.find(session.token) or session
            answer: T | Refused = Refused(None)
            if seconds(self.clock) < current.sealed.access_expires_at:
                answer = call(current.sealed.access_token)
            if not isinstance(answer, Refused):
                return answer
            if not answer.reason and current.sealed.refresh_token:
                renewed = self._refresh(current, current.sealed.refresh_token)
                answer = (
                    renewed if isinstance(renewed, Refused) else call(renewed.sealed.access_token)
                )
                if not isinstance(answer, Refused):
                    return answer
            return self._end(session, answer.reason or "signed_out")

    def _confirm(self, session: Session) -> Session | Ended:
        try:
            answer = self._ask(session)
        except TokenRejected as error:
            _log.warning("session ended: %s", error.detail)
            return self._end(session, "signed_out")
        if isinstance(answer, Refused):
            return self._end(session, answer.reason or "signed_out")
        if answer.ended:
            return self._end(session, self._reason(answer))
        self.sessions.touch(answer)
        return answer

    def _ask(self, session: Session) -> Session | Refused:
        """Ask for the claims, with a new access token when the old one is used up."""
        if seconds(self.clock) < session.sealed.access_expires_at:
            answer = self._userinfo(session)
            if isinstance(answer, dict):
                return self._confirmed(session, answer)
            if answer.reason or session.sealed.refresh_token is None:
                return answer
        if session.sealed.refresh_token is None:
            return Refused("time_over")
        renewed = self._refresh(session, session.sealed.refresh_token)
        if isinstance(renewed, Refused):
            return renewed
        answer = self._userinfo(renewed)
        return self._confirmed(renewed, answer) if isinstance(answer, dict) else answer

    def _confirmed(self, session: Session, claims: dict[str, Any]) -> Session | Refused:
        sealed = replace(session.sealed, claims=claims)
        self.sessions.renew(session, sealed, checked=True)
        # A logout token may have come while we were asking.
        return self.sessions.find(session.token) or Refused("signed_out")

    def _refresh(self, session: Session, refresh_token: str) -> Session | Refused:
        tokens = self.relying_party.refresh(refresh_token)
        if isinstance(tokens, Refused):
            return tokens
        sealed = Sealed(
            session.sealed.id_token,
            tokens.access_token,
            tokens.expires_at,
            tokens.refresh_token or refresh_token,
            session.sealed.claims,
        )
        # Kept before it is used: a lost successor would look like a replay later.
        return self.sessions.renew(session, sealed, checked=False)

    def _userinfo(self, session: Session) -> dict[str, Any] | Refused:
        return self.relying_party.userinfo(session.sealed.access_token, session.sub)

    def _reason(self, session: Session) -> EndReason:
        """Ask the provider why it ended a session; its token's holder is entitled to know."""
        try:
            answer = self._userinfo(session)
            if isinstance(answer, Refused) and not answer.reason and session.sealed.refresh_token:
                refreshed = self.relying_party.refresh(session.sealed.refresh_token)
                answer = refreshed if isinstance(refreshed, Refused) else {}
        except PortalError as error:
            _log.info("no reason for an ended session: %s", error.detail)
            return "signed_out"
        return (isinstance(answer, Refused) and answer.reason) or "signed_out"

    def _end(self, session: Session, reason: EndReason) -> Ended:
        self.sessions.remove(session.token)
        _log.info("session ended: %s", reason)
        return Ended(reason)

    @contextmanager
    def _turn(self, token: str) -> Iterator[None]:
        """Let one request per session ask the provider; the others find its answer."""
        with self._turns[sha256(token.encode("utf-8", "surrogatepass")).digest()[0] % 64]:
            yield
