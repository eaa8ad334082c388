"""The pages of a member: home, my information, statements, inquiries; and the paper forms."""

from typing import Any, Final

from flask import Blueprint, Response, redirect, request
from werkzeug.exceptions import NotFound

from .access import Ended
from .clock import today
from .errors import SignInNeeded
from .inquiries import LONGEST, REASONS, Draft, new_form_id, read_draft
from .member import Member, read_member
from .pages import form_field, form_token, query_field
from .services import Services
from .sessions import Session
from .statements import (
    FIRST,
    LATEST,
    Month,
    is_readable,
    parse_month,
    readable_months,
    statement,
)

PAPER_FORMS: Final = ("join", "leave")


def member_blueprint(services: Services) -> Blueprint:
    """Build the routes."""
    blueprint = Blueprint("member", __name__)
    _add_home(blueprint, services)
    _add_statements(blueprint, services)
    _add_inquiries(blueprint, services)
    _add_forms(blueprint, services)
    return blueprint


def _session(services: Services) -> Session | None:
    """Return the session behind this request. Raises SignInNeeded when one just ended."""
    visit = services.access.visit(services.pages.session_token())
    if isinstance(visit, Ended):
        raise SignInNeeded(visit.reason)
    return visit


def inside(services: Services) -> tuple[Session, Member, dict[str, Any]]:
    """Return session, member, and what the frame of a signed-in page needs.

    Raises SignInNeeded.
    """
    session = _session(services)
    if session is None:
        raise SignInNeeded(None)
    member = read_member(session.sealed.claims)
    return session, member, {"member": member, "csrf_token": form_token(session.token)}


def _add_home(blueprint: Blueprint, services: Services) -> None:
    render = services.pages.render

    @blueprint.get("/")
    def home() -> Response:
        if _session(services) is None:
            return render("welcome.html")
        _, _, frame = inside(services)
        return render("home.html", **frame)

    @blueprint.get("/me")
    def me() -> Response:
        _, _, frame = inside(services)
        return render("me.html", **frame)


def _add_statements(blueprint: Blueprint, services: Services) -> None:
    render, clock = services.pages.render, services.settings.clock

    @blueprint.get("/statements")
    def statements() -> Response:
        _, member, frame = inside(services)
        readable = readable_months(today(clock))
        asked = query_field("year")
        years = sorted({month.year for month in readable}, reverse=True)
        if asked and asked not in map(str, years):
            raise NotFound
        shown = [m for m in readable if str(m.year) == asked] if asked else readable[:LATEST]
        return render(
            "statements.html",
            statements=[statement(member.number, month) for month in shown],
            years=years,
            year=asked,
            **frame,
        )

    @blueprint.get("/statements/<month>")
    def one_statement(month: str) -> Response:
        _, member, frame = inside(services)
        found, day = parse_month(month), today(clock)
        if found is None or not is_readable(found, day):
            return render("no_statement.html", 404, **frame)
        later = Month(found.year + found.month // 12, found.month % 12 + 1)
        return render(
            "statement.html",
            statement=statement(member.number, found),
            older=found.before() if found > FIRST else None,
            newer=later if is_readable(later, day) else None,
            **frame,
        )


def _add_inquiries(blueprint: Blueprint, services: Services) -> None:
    inquiries = services.inquiries

    @blueprint.get("/inquiry")
    def inquiry() -> Response:
        session, _, frame = inside(services)
        asked = query_field("reason")
        draft = Draft(asked if asked in REASONS else "", "", new_form_id())
        return _inquiry_form(services, session, frame, draft)

    @blueprint.post("/inquiry")
    def send() -> Response:
        draft = read_draft(form_field("reason"), form_field("text"), form_field("form_id"))
        session, member, frame = inside(services)
        services.pages.check_form(session.token)
        if errors := draft.errors():
            return _inquiry_form(services, session, frame, draft, errors)
        kept = inquiries.add(session.sub, member.number, draft)
        if kept is None:
            return _inquiry_form(services, session, frame, draft, {"text": "too_many"})
        response = redirect(f"/inquiry/{kept.receipt}?sent=1", 303)
        assert isinstance(response, Response)
        return response

    @blueprint.get("/inquiry/<receipt>")
    def one_inquiry(receipt: str) -> Response:
        session, _, frame = inside(services)
        found = inquiries.find(session.sub, receipt)
        if found is None:
            raise NotFound
        return services.pages.render(
            "sent.html", inquiry=found, just_sent="sent" in request.args, **frame
        )


def _inquiry_form(
    services: Services,
    session: Session,
    frame: dict[str, Any],
    draft: Draft,
    errors: dict[str, str] | None = None,
) -> Response:
    """Return the form with what was typed, what was wrong, and what was sent before."""
    return services.pages.render(
        "inquiry.html",
        422 if errors else 200,
        draft=draft,
        errors=errors or {},
        reasons=REASONS,
        count=len(draft.text),
        sent=services.inquiries.list(session.sub),
        **frame,
    )


def _add_forms(blueprint: Blueprint, services: Services) -> None:
    @blueprint.get("/forms")
    def forms() -> Response:
        # Whoever wants to join is no member yet: this page needs no sign-in.
        frame = inside(services)[2] if _session(services) else {}
        return services.pages.render("forms.html", **frame)

    @blueprint.get("/forms/<name>")
    def paper_form(name: str) -> Response:
        if name not in PAPER_FORMS:
            raise NotFound
        return services.pages.render("paper.html", form=name)


def draft_of_request() -> str:
    """Return what a member was writing when their session was found to be over."""
    if request.method != "POST" or request.path != "/inquiry":
        return ""
    return form_field("text")[: 2 * LONGEST]
