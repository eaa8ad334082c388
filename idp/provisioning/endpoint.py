"""What is mounted at `/scim/v2/`: paths, methods, conditions, answers (RFC 7644 3).

Behind a token only, the descriptions of the service included: to a stranger all paths are alike.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from audit.event import new_id
from idp.clock import Clock
from idp.inforce.service import PolicyInForce
from idp.members.service import Batch
from idp.provisioning import store
from idp.provisioning.body import read_object
from idp.provisioning.bulk import BulkJobs
from idp.provisioning.discovery import CONFIG, SCHEMAS, TYPES, describe
from idp.provisioning.members import NEVER_DELETED, NOT_FOUND, Act, Done, Members, check_version
from idp.provisioning.model import ScimError, ScimRequest, ScimResponse, ScimToken
from idp.provisioning.queries import Lists, attributes_of, dump, query_of
from idp.provisioning.tokens import actor_of
from idp.storage.sql import Database

SEARCH_REQUEST = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"
_ID = re.compile(r"[0-9]{8}\Z")
Handler = Callable[[ScimRequest, ScimToken, tuple[str, ...]], ScimResponse]


@dataclass(frozen=True)
class Endpoint:
    """Answers requests whose token was checked."""

    database: Database
    clock: Clock
    policy: PolicyInForce
    members: Members
    lists: Lists
    bulk: BulkJobs

    def answer(self, request: ScimRequest, token: ScimToken) -> ScimResponse:
        """Answer one request; raises `ScimError`."""
        parts = tuple(part for part in request.path.split("/") if part)
        handlers = self._handlers(parts)
        if handlers is None:
            raise ScimError(404, "there is no such endpoint")
        method = "GET" if request.method == "HEAD" else request.method
        if method not in handlers:
            allow = (("Allow", ", ".join(handlers)),)
            raise ScimError(405, "this method is not offered here", headers=allow)
        return handlers[method](request, token, parts)

    def _handlers(self, parts: tuple[str, ...]) -> dict[str, Handler] | None:
        if parts and parts[0] in (CONFIG, TYPES, SCHEMAS):
            return {"GET": self._describe}
        if parts == ("Users",):
            return {"GET": self._list, "POST": self._create}
        if parts in (("Users", ".search"), (".search",)):  # there is one type of resource
            return {"POST": self._search}
        if parts == ("Bulk",):
            return {"POST": self._bulk}
        if len(parts) == 2 and parts[0] == "Users":
            return {
                "GET": self._show,
                "PUT": self._replace,
                "PATCH": self._patch,
                "DELETE": self._delete,
            }
        return None

    def _describe(
        self, request: ScimRequest, _token: ScimToken, parts: tuple[str, ...]
    ) -> ScimResponse:
        if "filter" in request.query:
            raise ScimError(403, "descriptions are not filtered")  # RFC 7644 4
        rules = self.policy.policy.provisioning
        return ScimResponse(200, describe(parts, rules, self.members.base))

    def _list(self, request: ScimRequest, _t: ScimToken, _p: tuple[str, ...]) -> ScimResponse:
        return ScimResponse(200, self.lists.answer(query_of(request.query)))

    def _search(self, request: ScimRequest, _t: ScimToken, _p: tuple[str, ...]) -> ScimResponse:
        content = read_object(request.body, request.content_type)
        if content.get("schemas") != [SEARCH_REQUEST]:
            raise ScimError(400, f"schemas must be [{SEARCH_REQUEST}]", "invalidSyntax")
        return ScimResponse(200, self.lists.answer(query_of(content)))

    def _show(
        self, request: ScimRequest, _token: ScimToken, parts: tuple[str, ...]
    ) -> ScimResponse:
        number = _number(parts)
        with self.database.read() as tx:
            found = store.find_member(tx, number)
        if found is None:
            raise ScimError(404, NOT_FOUND)
        done = Done(200, *found, self.clock.today())
        asked = request.headers.get("if-none-match")
        if asked and (asked.strip() == "*" or _names(asked, done.version)):
            return ScimResponse(304, None, (("ETag", done.version),))
        return self._shown(request, done)

    def _create(self, request: ScimRequest, token: ScimToken, _p: tuple[str, ...]) -> ScimResponse:
        act = self.members.read_create(read_object(request.body, request.content_type))
        return self._applied(request, token, act)

    def _replace(
        self, request: ScimRequest, token: ScimToken, parts: tuple[str, ...]
    ) -> ScimResponse:
        content = read_object(request.body, request.content_type)
        act = self.members.read_replace(_number(parts), content, request.headers.get("if-match"))
        return self._applied(request, token, act)

    def _patch(
        self, request: ScimRequest, token: ScimToken, parts: tuple[str, ...]
    ) -> ScimResponse:
        content = read_object(request.body, request.content_type)
        act = self.members.read_patch(_number(parts), content, request.headers.get("if-match"))
        return self._applied(request, token, act)

    def _delete(
        self, _request: ScimRequest, _token: ScimToken, parts: tuple[str, ...]
    ) -> ScimResponse:
        with self.database.read() as tx:
            if store.find_member(tx, _number(parts)) is None:
                raise ScimError(404, NOT_FOUND)
        raise ScimError(403, NEVER_DELETED)

    def _bulk(self, request: ScimRequest, token: ScimToken, _p: tuple[str, ...]) -> ScimResponse:
        content = read_object(request.body, request.content_type)
        return ScimResponse(200, self.bulk.run(content, self._batch(request, token)))

    def _applied(self, request: ScimRequest, token: ScimToken, act: Act) -> ScimResponse:
        attributes_of(request.query)  # before anything is written
        with self.database.begin() as tx:
            done = self.members.apply(tx, act, self._batch(request, token))
        return self._shown(request, done)

    def _shown(self, request: ScimRequest, done: Done) -> ScimResponse:
        content = dump(self.members.show(done), attributes_of(request.query))
        location = f"{self.members.base}/Users/{done.member.member_number}"
        return ScimResponse(done.status, content, (("ETag", done.version), ("Location", location)))

    def _batch(self, request: ScimRequest, token: ScimToken) -> Batch:
        return Batch(new_id(self.clock.now()), actor_of(token), request.origin)


def _number(parts: tuple[str, ...]) -> str:
    """Take an id from a path; whatever is no member number is nobody's."""
    if not _ID.match(parts[1]):
        raise ScimError(404, NOT_FOUND)
    return parts[1]


def _names(header: str, version: str) -> bool:
    try:
        check_version(header, version)
    except ScimError:
        return False
    return True
