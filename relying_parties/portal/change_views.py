"""The pages of changes: which facts change, the new facts, and what became of earlier requests.

One question a page. A new workplace is not taken here: its page says whom to write to.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from flask import Blueprint, Response, redirect
from werkzeug.exceptions import NotFound

from .access import Ended
from .change_requests import FIELDS, KINDS, Change, Rejected
from .errors import Refused, SignInNeeded
from .inquiries import new_form_id
from .member import national_phone
from .pages import form_field, query_field
from .regions import REGIONS
from .services import Services
from .sessions import Session

WORKPLACE: Final = "workplace"
LONGEST: Final = 500
_ID: Final = re.compile(r"[0-9a-f-]{36}", re.ASCII)
_FORM_ID: Final = re.compile(r"[A-Za-z0-9_-]{16,64}", re.ASCII)
T = TypeVar("T")
Inside = Callable[[], tuple[Session, Any, dict[str, Any]]]


def change_blueprint(services: Services, inside: Inside) -> Blueprint:
    """Build the routes; `inside` gives the session behind a request and the frame of its page."""
    blueprint = Blueprint("changes", __name__)
    _add_list(blueprint, services, inside)
    _add_form(blueprint, services, inside)
    return blueprint


def _add_list(blueprint: Blueprint, services: Services, inside: Inside) -> None:
    changes = services.change_requests

    def page(session: Session, frame: dict[str, Any], problem: Rejected | None) -> Response:
        listed = _asked(services, session, changes.list)
        sent = query_field("sent")
        return services.pages.render(
            "changes.html",
            409 if problem else 200,
            changes=listed,
            lines_of=_lines,
            sent=next((one for one in listed if one.id == sent), None),
            problem=problem,
            kinds=KINDS,
            **frame,
        )

    @blueprint.get("/changes")
    def show() -> Response:
        session, _, frame = inside()
        return page(session, frame, None)

    @blueprint.post("/changes/withdraw")
    def withdraw() -> Response:
        change_id = form_field("change")
        session, _, frame = inside()
        services.pages.check_form(session.token)
        if not _ID.fullmatch(change_id):
            raise NotFound
        language = services.pages.language()
        problem = _asked(
            services, session, lambda token: changes.withdraw(token, change_id, language)
        )
        return page(session, frame, problem) if problem else _see("/changes")


def _add_form(blueprint: Blueprint, services: Services, inside: Inside) -> None:
    @blueprint.get("/changes/<kind>")
    def form(kind: str) -> Response:
        session, _, frame = inside()
        if kind == WORKPLACE:
            return services.pages.render("workplace.html", **frame)
        if kind not in KINDS:
            raise NotFound
        typed = current_facts(kind, session.sealed.claims)
        return _form(services, frame, kind, typed, new_form_id(), None)

    @blueprint.post("/changes/<kind>")
    def send(kind: str) -> Response:
        if kind not in KINDS:
            raise NotFound
        typed = {name: form_field(name)[:LONGEST] for name in FIELDS[kind]}
        asked_id = form_field("form_id")
        form_id = asked_id if _FORM_ID.fullmatch(asked_id) else new_form_id()
        session, _, frame = inside()
        services.pages.check_form(session.token)
        language = services.pages.language()

        def file(token: str) -> Change | Rejected | Refused:
            return services.change_requests.file(token, kind, typed, form_id, language)

        answer = _asked(services, session, file)
        if isinstance(answer, Rejected):
            # A form that was sent before and then altered is a new one.
            return _form(services, frame, kind, typed, new_form_id(), answer)
        assert isinstance(answer, Change)
        return _see(f"/changes?sent={answer.id}")


def _form(
    services: Services,
    frame: dict[str, Any],
    kind: str,
    typed: Mapping[str, str],
    form_id: str,
    problem: Rejected | None,
) -> Response:
    return services.pages.render(
        "change.html",
        422 if problem else 200,
        kind=kind,
        fields=FIELDS[kind],
        typed=typed,
        form_id=form_id,
        problem=problem,
        errors=problem.fields if problem else {},
        regions=REGIONS,
        **frame,
    )


def _asked(services: Services, session: Session, call: Callable[[str], T | Refused]) -> T:
    """Ask the provider with the session's token. Raises SignInNeeded when the session is over."""
    answer = services.access.ask(session, call)
    if isinstance(answer, Ended):
        raise SignInNeeded(answer.reason)
    return answer


def current_facts(kind: str, claims: Mapping[str, Any]) -> dict[str, str]:
    """Return what the claims say today, to be changed; empty where they say nothing."""
    address = claims.get("address")
    source: dict[str, Any] = dict(claims) | (address if isinstance(address, dict) else {})
    source["family_kana"] = claims.get("family_name#ja-Kana-JP")
    source["given_kana"] = claims.get("given_name#ja-Kana-JP")
    own, shown = claims.get("name#ja-Hani-JP"), claims.get("name")
    source["name_in_use"] = shown if own and own != shown else ""
    found = {name: source.get(name) for name in FIELDS[kind]}
    facts = {name: value if isinstance(value, str) else "" for name, value in found.items()}
    if kind == "phone":
        facts["phone_number"] = national_phone(facts["phone_number"])
    return facts


def _lines(change: Change) -> list[str]:
    """Write what was asked for as people read it."""
    wanted = change.wanted
    if change.kind == "phone":
        return [national_phone(wanted["phone_number"])]
    if change.kind == "address":
        place = f"{wanted['region']}{wanted['locality']}"
        return [f"〒{wanted['postal_code']}", place, *wanted["street_address"].split("\n")]
    names = (("family_name", "given_name"), ("family_kana", "given_kana"), ("name_in_use",))
    lines = ["　".join(wanted[name] for name in part if wanted[name]) for part in names]
    return [line for line in lines if line]


def _see(url: str) -> Response:
    response = redirect(url, 303)
    assert isinstance(response, Response)
    return response
