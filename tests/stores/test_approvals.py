"""Four eyes on both engines: one use, one decision, of what was shown, by somebody else."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial

import pytest

from audit.names import EventName
from idp.approvals import store
from idp.approvals.model import (
    ApprovalRefused,
    BadRequest,
    Performed,
    State,
    UnknownApproval,
    Waits,
    Why,
)
from idp.bootstrap import prepare
from idp.clock import to_micros
from idp.errors import IdpError
from idp.policy.approvals import ApprovalKind
from idp.staff.model import Rule, StaffRefused
from tests.stores.conftest import ENGINES, settings_for
from tests.support.four_eyes import OPERATOR, REFUSES, Office, Switch, open_office


@pytest.fixture(scope="module", params=ENGINES)
def office(
    request: pytest.FixtureRequest,
    new_url: Callable[[str], str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("office")
    f = prepare(settings_for(new_url(request.param), folder))
    (folder / "clock").write_text("0")
    yield open_office(f)
    f.database.dispose()


@pytest.fixture(autouse=True)
def fresh(office: Office) -> None:
    fields = Switch(office.f.journal)
    for name in ("kind", "before", "subject", "count", "fails", "gone", "done"):
        setattr(office.switch, name, getattr(fields, name))


def move(office: Office, by: timedelta) -> None:
    file = office.f.settings.clock_file
    assert file is not None
    file.write_text(str(float(file.read_text()) + by.total_seconds()))


def test_what_two_agree_upon_is_done_once(office: Office) -> None:
    """Replay of a decision form (CWE-294): the second sending finds the request used up."""
    one, other = office.person("security"), office.person("administrator")
    approval, digest = office.ask(one)
    assert office.switch.done == []
    assert [x.id for x in office.approvals.waiting(other.staff_id, ["approval.decide"])] == [
        approval
    ]
    decided = office.approvals.decide(approval, digest, other, approve=True, reason="seen")
    assert (decided, office.switch.done) == (State.APPROVED, ["on"])
    for again in (True, False):
        with pytest.raises(ApprovalRefused) as refused:
            office.approvals.decide(approval, digest, other, approve=again, reason="seen")
        assert refused.value.why is Why.OVER
    assert office.switch.done == ["on"]
    content, answer = office.approvals.read(office.approvals.find(approval))
    assert content is not None
    assert (content.parameters, content.reason, answer) == ({"to": "on"}, "needed", "seen")


def test_the_hash_is_of_what_was_shown(office: Office) -> None:
    """A decision of another content, or of none, is refused (CWE-345)."""
    one, other = office.person("security"), office.person("administrator")
    approval, _ = office.ask(one, "a")
    _, elsewhere = office.ask(one, "b")
    for digest in (elsewhere, "", "0" * 64, "\ud800", "x\0"):
        with pytest.raises(ApprovalRefused) as refused:
            office.approvals.decide(approval, digest, other, approve=True, reason="seen")
        assert refused.value.why is Why.OTHER_CONTENT
    assert office.switch.done == []


def test_a_difference_that_changed_meanwhile_ends_the_request(office: Office) -> None:
    """Time of check to time of use (CWE-367)."""
    one, other = office.person("security"), office.person("administrator")
    approval, digest = office.ask(one)
    office.switch.before = "half on"
    state = office.approvals.decide(approval, digest, other, approve=True, reason="seen")
    assert (state, office.switch.done) == (State.CHANGED, [])
    office.switch.before = "off"
    with pytest.raises(ApprovalRefused):
        office.approvals.decide(approval, digest, other, approve=True, reason="seen")
    assert office.switch.done == []
    approval, digest = office.ask(one)
    office.switch.gone = StaffRefused("there is nobody of that name any more")
    state = office.approvals.decide(approval, digest, other, approve=True, reason="seen")
    assert (state, office.switch.done) == (State.CHANGED, [])


def test_an_act_that_fails_stores_nothing_and_still_waits(office: Office) -> None:
    """One transaction holds the decision and the act: whatever ends it, neither is there."""
    one, other = office.person("security"), office.person("administrator")
    approval, digest = office.ask(one)
    office.switch.fails = REFUSES
    done, given = (
        office.events(EventName.POLICY_ACTIVATED),
        office.events(EventName.APPROVAL_GIVEN),
    )
    with pytest.raises(StaffRefused):
        office.approvals.decide(approval, digest, other, approve=True, reason="seen")
    assert office.approvals.find(approval).state is State.WAITING
    assert office.events(EventName.POLICY_ACTIVATED) == done
    assert office.events(EventName.APPROVAL_GIVEN) == given
    office.switch.fails = None
    state = office.approvals.decide(approval, digest, other, approve=True, reason="seen")
    assert (state, office.switch.done) == (State.APPROVED, ["on"])


def test_nobody_decides_about_what_they_asked_for(office: Office) -> None:
    """Incorrect authorization (CWE-863): same person, session or browser, whoever signed in."""
    one, other = office.person("administrator"), office.person("administrator")
    assert one.browser is not None
    approval, digest = office.ask(one)
    elsewhere = office.at_browser(one.staff_id, "administrator", "a" * 64)
    same_browser = office.at_browser(other.staff_id, "administrator", one.browser)
    same_session = type(other)(
        other.staff_id, other.actor, other.origin, one.session, other.browser
    )
    strange = type(other)(other.staff_id, other.actor, other.origin, "s", "b" * 64)
    without = type(other)(other.staff_id, other.actor, other.origin, "s", None)
    before = office.events(EventName.APPROVAL_REFUSED)
    for who, why in (
        (one, Why.SAME_PERSON),
        (elsewhere, Why.SAME_PERSON),
        (same_browser, Why.SAME_BROWSER),
        (same_session, Why.SAME_SESSION),
        (strange, Why.UNKNOWN_BROWSER),
        (without, Why.UNKNOWN_BROWSER),
        (office.person("helpdesk"), Why.NO_PERMISSION),
        (office.person("auditor"), Why.NO_PERMISSION),
        (office.person(), Why.NO_PERMISSION),
    ):
        for approve in (True, False):
            with pytest.raises(ApprovalRefused) as refused:
                office.approvals.decide(approval, digest, who, approve=approve, reason="mine")
            assert refused.value.why is why
    assert office.switch.done == []
    assert office.approvals.find(approval).state is State.WAITING
    assert office.events(EventName.APPROVAL_REFUSED) == before + 18
    mine = office.approvals.waiting(one.staff_id, ["approval.decide"])
    assert approval not in [x.id for x in mine]


def test_who_lost_the_role_or_left_just_now_decides_nothing(office: Office) -> None:
    """The role is looked up in the deciding transaction (CWE-367)."""
    one = office.person("security")
    lost, left = office.person("administrator"), office.person("security")
    approval, digest = office.ask(one)
    directory = office.staff.directory
    directory.change_roles(lost.staff_id, [], ["administrator"], OPERATOR, "moved")
    directory.end(left.staff_id, OPERATOR, "left")
    for who in (lost, left):
        with pytest.raises(ApprovalRefused) as refused:
            office.approvals.decide(approval, digest, who, approve=True, reason="seen")
        assert refused.value.why is Why.NO_PERMISSION
    assert office.switch.done == []


@pytest.mark.parametrize("how", ["left", "lost"])
def test_a_request_of_somebody_who_may_not_ask_any_more_is_over(office: Office, how: str) -> None:
    one, other = office.person("security"), office.person("administrator")
    approval, digest = office.ask(one)
    directory = office.staff.directory
    if how == "left":
        directory.end(one.staff_id, OPERATOR, "left")
    else:
        directory.change_roles(one.staff_id, [], ["security"], OPERATOR, "moved")
    state = office.approvals.decide(approval, digest, other, approve=True, reason="seen")
    assert (state, office.switch.done) == (State.LAPSED, [])
    if how == "lost":
        with pytest.raises(ApprovalRefused):
            office.ask(one)


def test_a_request_expires(office: Office) -> None:
    one, other = office.person("security"), office.person("administrator")
    late, noted = office.ask(one, "late"), office.ask(one, "noted")
    move(office, timedelta(hours=72, seconds=1))
    over = office.events(EventName.APPROVAL_OVER)
    state = office.approvals.decide(*late, other, approve=True, reason="seen")
    assert (state, office.switch.done) == (State.EXPIRED, [])
    assert office.approvals.expire() >= 1
    assert office.approvals.expire() == 0
    assert office.approvals.find(noted[0]).state is State.EXPIRED
    assert office.events(EventName.APPROVAL_OVER) >= over + 2


def test_only_who_asked_withdraws_and_a_refusal_says_why(office: Office) -> None:
    one, other = office.person("security"), office.person("administrator")
    approval, digest = office.ask(one, "w")
    with pytest.raises(ApprovalRefused):
        office.approvals.withdraw(approval, other, "not theirs")
    assert office.approvals.withdraw(approval, one, "a mistake") is State.WITHDRAWN
    with pytest.raises(ApprovalRefused):
        office.approvals.decide(approval, digest, other, approve=True, reason="seen")
    approval, digest = office.ask(one, "w")
    state = office.approvals.decide(approval, digest, other, approve=False, reason="too early")
    assert state is State.DECLINED
    assert office.approvals.read(office.approvals.find(approval))[1] == "too early"
    with pytest.raises(ApprovalRefused):
        office.approvals.withdraw(approval, one, "too late")
    assert office.switch.done == []


def test_the_same_thing_asked_twice_waits_once(office: Office) -> None:
    one, other = office.person("security"), office.person("security")
    first = office.ask(one, "same")
    assert office.ask(one, "same") == first
    assert office.ask(other, "same") != first
    office.switch.before = "changed"
    assert office.ask(one, "same") != first
    assert office.approvals.find(first[0]).state is State.CHANGED


def test_what_policy_leaves_to_one_person_is_done_at_once(office: Office) -> None:
    one, switch = office.person("security"), office.switch
    switch.kind, switch.count = ApprovalKind.BLOCK_LIFT_ALL, 49
    assert office.approvals.submit(switch, {"to": "few"}, one, "needed") == Performed()
    switch.count = 50
    assert isinstance(office.approvals.submit(switch, {"to": "many"}, one, "needed"), Waits)
    assert switch.done == ["few"]
    with pytest.raises(ApprovalRefused) as refused:
        office.approvals.submit(switch, {"to": "many"}, one, "needed", break_glass=True)
    assert refused.value.why is Why.NO_BREAK_GLASS


def test_an_emergency_is_done_at_once_and_reviewed_by_somebody_else(office: Office) -> None:
    one, other = office.person("security"), office.person("administrator")
    done = office.approvals.submit(office.switch, {"to": "now"}, one, "fire", break_glass=True)
    assert isinstance(done, Performed)
    assert done.review_by is not None
    assert done.review_by - office.f.clock.now() > timedelta(hours=23, minutes=59)
    assert office.switch.done == ["now"]
    waits = office.approvals.unreviewed()[-1]
    with pytest.raises(ApprovalRefused) as refused:
        office.approvals.review(waits.id, one, in_order=True, remark="fine")
    assert refused.value.why is Why.SAME_PERSON
    office.approvals.review(waits.id, other, in_order=False, remark="not needed")
    found = office.approvals.find(waits.id)
    assert (found.in_order, found.reviewed_by, found.needs_review) == (
        False,
        other.staff_id,
        False,
    )
    with pytest.raises(ApprovalRefused):
        office.approvals.review(waits.id, other, in_order=True, remark="after all")


def test_what_is_long_over_is_deleted_but_nothing_that_waits(office: Office) -> None:
    one, other = office.person("security"), office.person("administrator")
    over, digest = office.ask(one, "long over")
    office.approvals.decide(over, digest, other, approve=False, reason="no")
    office.approvals.submit(office.switch, {"to": "now"}, one, "fire", break_glass=True)
    unseen, waits = office.approvals.unreviewed()[-1].id, office.ask(one, "waits")[0]
    later = to_micros(office.f.clock.now() + timedelta(seconds=1))
    with office.f.database.begin() as tx:
        assert store.clean(tx, later) >= 1
    assert office.approvals.find(unseen).needs_review
    assert office.approvals.find(waits).state is State.WAITING
    with pytest.raises(UnknownApproval):
        office.approvals.find(over)


def test_erasing_the_person_reaches_what_a_request_says(office: Office) -> None:
    one, other = office.person("security"), office.person("administrator")
    office.switch.subject = "member:99999901"
    approval, digest = office.ask(one, "secret value")
    with office.f.database.read() as tx:
        rows = tx.text("SELECT content FROM approval").fetchall()
    assert not any("secret value" in row[0] for row in rows)
    with office.f.database.begin() as tx:
        office.f.persons.erase(tx, "member:99999901", office.f.clock.now())
    assert office.approvals.read(office.approvals.find(approval)) == (None, None)
    state = office.approvals.decide(approval, digest, other, approve=True, reason="seen")
    assert (state, office.switch.done) == (State.LAPSED, [])
    with pytest.raises(ApprovalRefused) as refused:
        office.ask(one)
    assert refused.value.why is Why.ERASED


@pytest.mark.parametrize("reason", ["", " ", "\u3000", "x" * 501, "a\nb", "a\0b", "\ud800"])
def test_a_reason_is_words(office: Office, reason: str) -> None:
    one, other = office.person("security"), office.person("administrator")
    with pytest.raises(BadRequest):
        office.ask(one, reason=reason)
    approval, digest = office.ask(one)
    with pytest.raises(BadRequest):
        office.approvals.decide(approval, digest, other, approve=False, reason=reason)


@pytest.mark.parametrize("value", ["a\0b", "\ud800", 1.5, 2**60, "x" * 70_000, object()])
def test_parameters_are_plain_values_of_a_size(office: Office, value: object) -> None:
    one = office.person("security")
    with pytest.raises(BadRequest):
        office.approvals.submit(office.switch, {"to": "on", "more": value}, one, "needed")
    with pytest.raises(UnknownApproval):
        office.approvals.decide("no such", "", one, approve=True, reason="seen")


def at_once(*acts: Callable[[], object]) -> list[object]:
    """Do all of it at the same moment; gives what each answered, or what it raised."""
    barrier = threading.Barrier(len(acts))

    def one(act: Callable[[], object]) -> object:
        barrier.wait()
        try:
            return act()
        except IdpError as error:
            return error

    with ThreadPoolExecutor(len(acts)) as threads:
        return [done.result() for done in [threads.submit(one, act) for act in acts]]


def test_of_many_decisions_at_once_one_counts(office: Office) -> None:
    """Improper enforcement of behavioural workflow (CWE-841), raced (CWE-362)."""
    one = office.person("security")
    deciders = [office.person("administrator") for _ in range(4)]
    for number in range(5):
        office.switch.done.clear()
        approval, digest = office.ask(one, f"race {number}")

        acts = [
            partial(office.approvals.decide, approval, digest, who, approve=yes, reason="seen")
            for who in deciders
            for yes in (True, True, False)
        ]
        acts.append(partial(office.approvals.withdraw, approval, one, "not needed"))
        said = at_once(*acts)
        counted = [x for x in said if isinstance(x, State)]
        assert len(counted) == 1, said
        assert all(isinstance(x, State | ApprovalRefused) for x in said), said
        assert office.switch.done == ([f"race {number}"] if counted == [State.APPROVED] else [])
        assert office.approvals.find(approval).state is counted[0]


def test_an_approval_and_the_end_of_who_asked_follow_one_another(office: Office) -> None:
    """What is approved was asked for by somebody in service at that very moment (CWE-367)."""
    other = office.person("administrator")
    for number in range(5):
        office.switch.done.clear()
        one = office.person("security")
        approval, digest = office.ask(one, f"left {number}")
        at_once(
            partial(office.staff.directory.end, one.staff_id, OPERATOR, "left"),
            partial(office.approvals.decide, approval, digest, other, approve=True, reason="seen"),
        )
        state = office.approvals.find(approval).state
        assert state in (State.APPROVED, State.LAPSED)
        assert office.switch.done == ([f"left {number}"] if state is State.APPROVED else [])


def test_two_administrators_who_end_each_other_leave_one(office: Office) -> None:
    """The last administrator stays, whoever is quicker."""
    directory = office.staff.directory
    for listed in directory.list_all():
        if listed.account.ended_at is None and "administrator" in listed.held:
            directory.change_roles(listed.account.id, [], ["administrator"], OPERATOR, "cleared")
    pair = [office.enrolled("administrator") for _ in range(2)]
    said = at_once(
        *(partial(directory.end, who.staff_id, OPERATOR, "each other") for who in pair),
        *(
            partial(directory.change_roles, who.staff_id, [], ["administrator"], OPERATOR, "both")
            for who in pair
        ),
    )
    refused = [x for x in said if isinstance(x, StaffRefused)]
    assert any(x.rule is Rule.LAST_ADMINISTRATOR for x in refused), said
    left = [x for x in directory.list_all() if x.account.ended_at is None]
    assert sum("administrator" in x.held for x in left) == 1


def of_many(office: Office, count: int) -> None:
    office.switch.kind, office.switch.count = ApprovalKind.REGISTER_WITHDRAWAL, count


def test_what_is_divided_waits_as_the_whole_would(office: Office) -> None:
    """Dividing an act until no part needs a second person (CWE-799): the parts are added up."""
    clerk, colleague = office.person("security"), office.person("security")
    of_many(office, 19)
    assert isinstance(office.approvals.submit(office.switch, {"to": "1"}, clerk, "x"), Performed)
    of_many(office, 1)
    assert isinstance(office.approvals.submit(office.switch, {"to": "2"}, clerk, "x"), Waits)
    assert isinstance(
        office.approvals.submit(office.switch, {"to": "3"}, colleague, "x"), Performed
    )
    move(office, timedelta(hours=25))
    assert office.approvals.expire() >= 0
    assert isinstance(office.approvals.submit(office.switch, {"to": "4"}, clerk, "x"), Performed)
    assert office.switch.done == ["1", "3", "4"]


def test_parts_sent_at_once_are_added_up_one_after_another(office: Office) -> None:
    """Parts in parallel (CWE-362): as many are done as one may do alone, never one more."""
    clerk = office.person("security")
    of_many(office, 5)
    with ThreadPoolExecutor(8) as crowd:
        asked = [
            crowd.submit(office.approvals.submit, office.switch, {"to": str(n)}, clerk, "x")
            for n in range(12)
        ]
    answers = [one.result() for one in asked]
    assert sum(isinstance(one, Performed) for one in answers) == len(office.switch.done) == 3
