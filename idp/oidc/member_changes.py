"""The resource `/member/changes`: an application files change requests for the member it serves.

By access token with the scope `member:change`, as bearer or with DPoP. JSON is read strictly: one
value per name, text only, small. Errors are problem details (RFC 9457) in the reader's language;
what is wrong with the token is told as everywhere (RFC 6750 3). The rules are `idp.changes`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from idp.changes.model import (
    FIELDS,
    WORKPLACE,
    ChangeRequest,
    KeyReused,
    Kind,
    State,
    TooManyChanges,
    UnknownChange,
)
from idp.changes.service import DAY, Changes, Filer
from idp.clients.model import MEMBER_CHANGE
from idp.grants.access import Access
from idp.oidc.door import Machine
from idp.oidc.problem_details import Problem, problem_response, refused
from idp.oidc.protected_resource import ProtectedResource
from idp.oidc.protocol import NO_STORE, ProtocolRequest, ProtocolResponse, json_response
from idp.web.language import choose_language
from idp.web.organisation import Language

PATH: Final = "/member/changes"
MAX_BODY: Final = 8 * 1024
METHODS: Final = ("GET", "POST", "DELETE")
_KEY: Final = re.compile(r"[!-~]{1,128}")
_ID: Final = re.compile(r"[0-9a-f-]{36}")
_MEMBERS: Final = {"kind", "wanted"}


class _NotAccepted(Exception):
    """The body cannot be read as a change request."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.name)
        self.problem = problem


@dataclass(frozen=True)
class MemberChanges:
    """Answers `/member/changes` and `/member/changes/{id}`."""

    resource: ProtectedResource
    changes: Changes

    def machines(self) -> dict[str, Machine]:
        """Give the paths to mount."""
        machine = Machine(
            self.endpoint,
            METHODS,
            cors=True,
            reads_body=True,
            max_body=MAX_BODY,
            refusal=refused,
        )
        return {PATH: machine, f"{PATH}/": machine}

    def endpoint(self, request: ProtocolRequest) -> ProtocolResponse:
        """List, show, file or withdraw, for the member whose token it is."""
        opened = self.resource.open(request)
        if isinstance(opened, ProtocolResponse):
            return opened
        if MEMBER_CHANGE not in opened.access.scopes:
            return opened.insufficient_scope(MEMBER_CHANGE)
        filer = _filer(opened.access, request)
        change_id = request.path[len(PATH) :].removeprefix("/")
        try:
            answer = self._answer(request, filer, change_id)
        except _NotAccepted as refused:
            answer = problem_response(refused.problem, filer.language)
        except UnknownChange:
            answer = problem_response(Problem.UNKNOWN, filer.language)
        except KeyReused:
            answer = problem_response(Problem.KEY_REUSED, filer.language)
        except TooManyChanges:
            later = ("Retry-After", str(int(DAY.total_seconds())))
            answer = problem_response(Problem.TOO_MANY, filer.language, headers=(later,))
        return ProtocolResponse(
            answer.status,
            answer.body,
            answer.headers + self.resource.proofs.headers(),
            answer.content_type,
        )

    def _answer(self, request: ProtocolRequest, filer: Filer, change_id: str) -> ProtocolResponse:
        if change_id and not _ID.fullmatch(change_id):
            raise UnknownChange(change_id[:40])
        if request.method == "DELETE" and change_id:
            return self._withdraw(filer, change_id)
        if request.method == "POST" and not change_id:
            return self._file(request, filer)
        if request.method in ("GET", "HEAD"):
            if change_id:
                return json_response(shown(self.changes.find(filer.subject, change_id)))
            listed = [shown(change) for change in self.changes.list_of(filer.subject)]
            return json_response({"changes": listed})
        return problem_response(
            Problem.METHOD,
            filer.language,
            headers=(("Allow", "GET, DELETE" if change_id else "GET, POST"),),
        )

    def _withdraw(self, filer: Filer, change_id: str) -> ProtocolResponse:
        """Take a request back; one that was taken back already is no error (RFC 9110 9.2.2)."""
        if not self.changes.withdraw(filer, change_id):
            state = self.changes.find(filer.subject, change_id).state
            if state is not State.WITHDRAWN:
                return problem_response(Problem.DECIDED, filer.language)
        return ProtocolResponse(204)

    def _file(self, request: ProtocolRequest, filer: Filer) -> ProtocolResponse:
        key = request.headers.get("idempotency-key")
        if key is not None and not _KEY.fullmatch(key):
            raise _NotAccepted(Problem.BAD_KEY)
        kind, wanted = _read(request)
        filed = self.changes.file(filer, kind, wanted, key)
        if isinstance(filed, list):
            return problem_response(Problem.FIELDS, filer.language, faults=filed)
        place = ("Location", f"{self.resource.issuer}{PATH}/{filed.change.id}")
        return json_response(shown(filed.change), 201, (*NO_STORE, place))


def shown(change: ChangeRequest) -> dict[str, Any]:
    """Give a request as its member sees it; who decided it stays inside."""
    content: dict[str, Any] = {
        "id": change.id,
        "kind": change.kind.value,
        "state": change.state.value,
        "wanted": dict(change.wanted),
        "filed_at": _instant(change.filed_at),
        "due_on": change.due_on.isoformat(),
    }
    if change.effective_on is not None:
        content["effective_on"] = change.effective_on.isoformat()
    if change.decided_at is not None:
        content["decided_at"] = _instant(change.decided_at)
    if change.state is State.REFUSED and change.reason:
        content["reason"] = change.reason
    return content


def _filer(access: Access, request: ProtocolRequest) -> Filer:
    language: Language = choose_language(None, None, None, request.headers.get("accept-language"))
    return Filer(
        access.subject,
        access.member_number,
        access.address,
        language,
        access.client_id,
        request.origin,
    )


def _read(request: ProtocolRequest) -> tuple[Kind, dict[str, str]]:
    if request.content_type.partition(";")[0].strip().lower() != "application/json":
        raise _NotAccepted(Problem.NOT_JSON)
    try:
        read = json.loads(
            request.body.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_number
        )
    except (ValueError, RecursionError):
        raise _NotAccepted(Problem.BAD_JSON) from None
    if not isinstance(read, dict):
        raise _NotAccepted(Problem.BAD_JSON)
    if read.get("kind") == WORKPLACE:
        raise _NotAccepted(Problem.WORKPLACE)
    kind = next((kind for kind in Kind if kind.value == read.get("kind")), None)
    if kind is None:
        raise _NotAccepted(Problem.KIND)
    wanted = read.get("wanted")
    if set(read) != _MEMBERS or not isinstance(wanted, dict):
        raise _NotAccepted(Problem.BAD_JSON)
    if WORKPLACE in wanted:
        raise _NotAccepted(Problem.WORKPLACE)
    if not set(wanted) <= set(FIELDS[kind]) or not all(
        isinstance(text, str) for text in wanted.values()
    ):
        raise _NotAccepted(Problem.BAD_JSON)
    return kind, wanted


def _once(pairs: list[tuple[str, Any]]) -> Mapping[str, Any]:
    """Refuse a name that stands twice: two readers could each believe another value."""
    read = dict(pairs)
    if len(read) != len(pairs):
        raise ValueError("a name stands twice")
    return read


def _no_number(name: str) -> float:
    raise ValueError(name)


def _instant(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
