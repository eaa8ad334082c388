"""Bulk (RFC 7644 3.7): many acts in one request, each with its own status.

Acts are read first, then applied in the order they came, a chunk to a transaction: sign-ins get in
between. One act that is refused spoils no other. When the store stops answering, what is committed
stays and each act behind it is told 503; the same request again does the rest and nothing twice.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from idp.errors import Unavailable
from idp.inforce.service import PolicyInForce
from idp.members.service import Batch
from idp.provisioning.members import NEVER_DELETED, NOT_FOUND, Act, Create, Done, Members
from idp.provisioning.model import ScimError, bad_syntax, bad_value
from idp.storage.sql import Database, Tx

BULK_REQUEST = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
BULK_RESPONSE = "urn:ietf:params:scim:api:messages:2.0:BulkResponse"
CHUNK = 100
_PATH = re.compile(r"/Users/(bulkId:)?([^/?#]{1,100})\Z")
_METHODS = ("POST", "PUT", "PATCH", "DELETE")
_MEMBERS = frozenset({"method", "bulkid", "version", "path", "data"})


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation as it was sent; `refers_to` is the bulkId of the member it is about."""

    method: str
    bulk_id: str | None
    version: str | None
    number: str
    refers_to: str | None
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one operation."""

    method: str
    bulk_id: str | None
    done: Done | None
    error: ScimError | None
    number: str = ""

    def as_content(self, base: str) -> dict[str, object]:
        """Give the operation's part of the answer."""
        content: dict[str, object] = {"method": self.method}
        if self.bulk_id is not None:
            content["bulkId"] = self.bulk_id
        if self.done is not None:
            content["location"] = f"{base}/Users/{self.done.member.member_number}"
            content["version"] = self.done.version
            content["status"] = str(self.done.status)
        elif self.error is not None:
            if self.number:
                content["location"] = f"{base}/Users/{self.number}"
            content["status"] = str(self.error.status)
            content["response"] = self.error.as_content()
        return content


@dataclass(frozen=True)
class BulkJobs:
    """Carries out bulk requests."""

    database: Database
    policy: PolicyInForce
    members: Members

    def run(self, content: dict[str, Any], batch: Batch) -> dict[str, object]:
        """Carry out a request; raises `ScimError` when it cannot be read or is too long."""
        told = {name.lower(): value for name, value in content.items()}
        if told.get("schemas") != [BULK_REQUEST]:
            raise bad_syntax(f"schemas must be [{BULK_REQUEST}]")
        sent = told.get("operations")
        if not isinstance(sent, list):
            raise bad_syntax("Operations is missing, or not a list")
        if len(sent) > self.policy.policy.provisioning.bulk_operations:
            raise ScimError(413, "more operations than maxOperations of /ServiceProviderConfig")
        most = told.get("failonerrors")
        if most is not None and (not isinstance(most, int) or isinstance(most, bool) or most < 1):
            raise bad_value("failOnErrors is not a whole number above 0")
        outcomes = self._all(sent, most, batch)
        return {
            "schemas": [BULK_RESPONSE],
            "Operations": [o.as_content(self.members.base) for o in outcomes],
        }

    def _all(self, sent: list[Any], most: int | None, batch: Batch) -> list[Outcome]:
        outcomes: list[Outcome] = []
        made: dict[str, str] = {}
        waiting = iter(sent)
        failures = 0
        outage: ScimError | None = None
        while chunk := list(islice(waiting, CHUNK)):
            read = [self._read(one) for one in chunk]
            if outage is None:
                try:
                    done = self._chunk(read, made, batch, None if most is None else most - failures)
                except Unavailable:
                    outage = ScimError(503, "try again later")
            if outage is not None:
                done = [_failed(one, outage) for one in read]
            outcomes += done
            failures += sum(o.error is not None for o in done)
            if most is not None and failures >= most:
                break
        return outcomes

    def _chunk(
        self, read: list[_Read], made: dict[str, str], batch: Batch, most: int | None
    ) -> list[Outcome]:
        outcomes: list[Outcome] = []
        known = dict(made)
        failures = 0
        with self.database.begin() as tx:
            for one in read:
                outcome = self._one(tx, one, known, batch)
                outcomes.append(outcome)
                failures += outcome.error is not None
                if most is not None and failures >= most:
                    break
        made.update(known)
        return outcomes

    def _one(self, tx: Tx, read: _Read, made: dict[str, str], batch: Batch) -> Outcome:
        operation, act = read.operation, read.act
        try:
            if read.error is not None:
                raise read.error
            assert operation is not None
            if operation.refers_to is not None:
                act = self._act(_resolved(operation, made))
            assert act is not None
            done = self.members.apply(tx, act, batch)
        except ScimError as error:
            return _failed(read, error)
        if isinstance(act, Create) and operation.bulk_id is not None:
            made[operation.bulk_id] = act.number
        return Outcome(operation.method, operation.bulk_id, done, None)

    def _read(self, sent: object) -> _Read:
        operation = None
        try:
            operation = _operation(sent)
            act = None if operation.refers_to is not None else self._act(operation)
        except ScimError as error:
            return _Read(operation, None, error, sent)
        return _Read(operation, act, None, sent)

    def _act(self, operation: Operation) -> Act:
        if operation.method == "POST":
            return self.members.read_create(operation.data)
        if operation.method == "DELETE":
            raise ScimError(403, NEVER_DELETED)
        if operation.method == "PUT":
            return self.members.read_replace(operation.number, operation.data, operation.version)
        return self.members.read_patch(operation.number, operation.data, operation.version)


@dataclass(frozen=True, slots=True)
class _Read:
    operation: Operation | None
    act: Act | None
    error: ScimError | None
    sent: object


def _operation(sent: object) -> Operation:
    if not isinstance(sent, dict):
        raise bad_syntax("an operation is a JSON object")
    told = {str(name).lower(): value for name, value in sent.items()}
    if not told.keys() <= _MEMBERS:
        raise bad_syntax("an operation has method, bulkId, version, path and data")
    method, path, bulk_id = told.get("method"), told.get("path"), told.get("bulkid")
    version, data = told.get("version"), told.get("data")
    if not isinstance(method, str) or method.upper() not in _METHODS:
        raise bad_syntax("method is one of POST, PUT, PATCH, DELETE")
    if not all(value is None or isinstance(value, str) for value in (bulk_id, version)):
        raise bad_syntax("bulkId and version are text")
    method = method.upper()
    if data is None and method == "DELETE":
        data = {}
    if not isinstance(data, dict):
        raise bad_syntax("data is missing, or not an object")
    number, refers_to = _target(method, path, bulk_id)
    return Operation(method, bulk_id, version, number, refers_to, data)


def _target(method: str, path: object, bulk_id: str | None) -> tuple[str, str | None]:
    """Tell whom an operation is about: an id, or the bulkId of one made before."""
    if method == "POST":
        if path != "/Users" or not bulk_id:
            raise bad_value("a POST has the path /Users and a bulkId")
        return "", None
    found = _PATH.match(path) if isinstance(path, str) else None
    if found is None:
        raise bad_value("path is /Users/ followed by an id")
    return ("", found[2]) if found[1] else (found[2], None)


def _resolved(operation: Operation, made: dict[str, str]) -> Operation:
    """Put the id in the place of the bulkId of a member made earlier in this request."""
    number = made.get(operation.refers_to or "")
    if number is None:
        raise ScimError(400, "no operation before this one made a member of this bulkId")
    return replace(operation, number=number, refers_to=None)


def _failed(read: _Read, error: ScimError) -> Outcome:
    operation = read.operation
    if operation is None:
        method = read.sent.get("method") if isinstance(read.sent, dict) else None
        return Outcome(method if method in _METHODS else "POST", None, None, error)
    number = "" if error.detail == NOT_FOUND else operation.number
    return Outcome(operation.method, operation.bulk_id, None, error, number)
