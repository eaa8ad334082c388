"""Authorization requests in progress: stored, found by their browser, answered once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from audit.event import Actor
from audit.names import EventName
from idp.authn import assurance
from idp.clients.model import Client
from idp.clients.service import Clients
from idp.clock import Clock, to_micros
from idp.consent import store as consents
from idp.errors import IdpError
from idp.factors import store as factors
from idp.grants.codes import Codes
from idp.grants.model import Approval
from idp.inforce.service import PolicyInForce
from idp.journal.model import Origin
from idp.journal.service import REFUSED, Journal
from idp.oidc import store
from idp.oidc.flow import asked_items, next_step, wanted_acr
from idp.oidc.model import AuthorizationRequest, Issue, OAuthError, Parameters, Step
from idp.sessions.model import Session
from idp.storage.secret_text import draw_token, hash_token
from idp.storage.sql import Database


class RequestEnded(IdpError):
    """The authorization request is unknown, over, answered, or another browser's."""

    code = "request_ended"
    status = 400


@dataclass(frozen=True)
class AuthorizationRequests:
    """The use cases around one stored request."""

    database: Database
    clock: Clock
    policy: PolicyInForce
    clients: Clients
    codes: Codes
    journal: Journal

    def store(
        self,
        client_id: str,
        parameters: Parameters,
        browser: str | None,
        pushed_hash: str | None = None,
    ) -> str:
        """Store a request; answers its handle. `browser` None binds it at the next step.

        `pushed_hash` names the pushed request it was opened from.
        """
        handle, now = draw_token(), to_micros(self.clock.now())
        with self.database.begin() as tx:
            store.add(
                tx,
                handle_hash=hash_token(handle),
                browser_hash=hash_token(browser) if browser else None,
                client_id=client_id,
                parameters=parameters,
                created_at=now,
                expires_at=now + self.policy.policy.sessions.authorization_request.micros,
                pushed_hash=pushed_hash,
            )
        return handle

    def find(self, handle: str, browser: str | None) -> tuple[AuthorizationRequest, Client]:
        """Find a request of this browser; raises `RequestEnded`.

        A handle opened in another browser is refused (CVE-2026-7507).
        """
        hashed = hash_token(handle)
        with self.database.read() as tx:
            found = store.find(tx, hashed)
        if found is None or found.consumed or browser is None:
            raise RequestEnded("unknown, answered, or a browser without a cookie")
        if self.clock.now() >= found.expires_at:
            raise RequestEnded("expired")
        if found.browser_hash is None:
            with self.database.begin() as tx:
                if not store.bind(tx, hashed, hash_token(browser)):
                    raise RequestEnded("opened elsewhere first")
        elif found.browser_hash != hash_token(browser):
            raise RequestEnded("another browser's")
        return found, self.clients.get(found.client_id)

    def next_step(
        self, request: AuthorizationRequest, client: Client, session: Session | None
    ) -> Step:
        """Ask the pure rule what comes next, with what the member agreed to before."""
        consented: frozenset[str] = frozenset()
        if session is not None and not client.first_party:
            with self.database.read() as tx:
                consented = consents.find(tx, session.subject, client.client_id)
        attainable = frozenset[str]()
        if session is not None and wanted_acr(request.parameters):
            with self.database.read() as tx:
                attainable = assurance.attainable(factors.kinds_of(tx, session.subject))
        return next_step(request, client, session, consented, attainable)

    def issue(
        self, request: AuthorizationRequest, step: Issue, session: Session, origin: Origin
    ) -> str:
        """Answer the request with a code, once; raises `RequestEnded` for the second."""
        now = self.clock.now()
        parameters = request.parameters
        approval = Approval(
            client_id=request.client_id,
            subject=session.subject,
            session_id=session.id,
            scopes=step.scopes,
            redirect_uri=parameters.redirect_uri,
            code_challenge=parameters.code_challenge,
            nonce=parameters.nonce,
            auth_time=session.auth_time,
            amr=session.amr,
            dpop_jkt=parameters.dpop_jkt,
            claims=parameters.claims,
        )
        with self.database.begin() as tx:
            if not store.consume(tx, request, to_micros(now)):
                raise RequestEnded("answered already")
            return self.codes.issue(tx, approval, now, origin)

    def refuse(
        self,
        request: AuthorizationRequest,
        error: OAuthError,
        session: Session | None,
        origin: Origin,
    ) -> None:
        """Answer the request with an error, once, with its event."""
        now = self.clock.now()
        denied = error is OAuthError.ACCESS_DENIED
        with self.database.begin() as tx:
            if not store.consume(tx, request, to_micros(now)):
                raise RequestEnded("answered already")
            self.journal.record(
                tx,
                EventName.CONSENT_REFUSED if denied else EventName.AUTHORIZATION_REFUSED,
                now,
                outcome=REFUSED,
                actor=Actor("member", session.subject) if session else Actor("anonymous"),
                subject=session.subject if session else None,
                client=request.client_id,
                session=session.id if session else None,
                origin=origin,
                data={"error": error.value},
            )

    def allow(
        self, request: AuthorizationRequest, client: Client, session: Session, origin: Origin
    ) -> None:
        """Remember that the member agreed to share what was asked for."""
        now: datetime = self.clock.now()
        items = asked_items(request, client)
        with self.database.begin() as tx:
            before = consents.find(tx, session.subject, client.client_id)
            after = before | set(items)
            consents.save(tx, session.subject, client.client_id, after, to_micros(now))
            store.note_consent(tx, request.handle_hash, session.subject)
            self.journal.record(
                tx,
                EventName.CONSENT_GIVEN,
                now,
                actor=Actor("member", session.subject),
                subject=session.subject,
                client=client.client_id,
                session=session.id,
                origin=origin,
                data={"scopes": list(items)},
            )
