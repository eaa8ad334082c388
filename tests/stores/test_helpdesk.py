"""Calls on both engines: limits under parallel calls, second persons, cooling-off, call-back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier

import pytest

from audit.names import EventName
from idp.accounts import store as accounts
from idp.approvals.model import ApprovalRefused, State, Waits
from idp.approvals.model import Why as Refused
from idp.bootstrap import prepare
from idp.clock import to_micros
from idp.factors import store as factors
from idp.factors.model import FactorKind
from idp.helpdesk import store
from idp.helpdesk.model import CaseRefused, End, Goal, Need, Operator, UnknownCase, Why
from idp.helpdesk.plans import Stopping
from idp.journal.model import NOWHERE
from idp.lifecycle.address_confirmation import AddressConfirmations, Step
from idp.lifecycle.address_mails import AddressMails
from idp.lifecycle.model import Asker, Side
from idp.mails.model import MailKind
from idp.members import store as members
from idp.members.model import Dated
from idp.storage.ephemeral import open_ephemeral
from idp.throttle.buckets import Buckets
from tests.stores.conftest import ENGINES, settings_for
from tests.support.calls import Phone, open_phone

ASKER = Asker(NOWHERE, "ja", ())
HOURS = timedelta(hours=1)


@pytest.fixture(scope="module", params=ENGINES)
def phone(
    request: pytest.FixtureRequest,
    new_url: Callable[[str], str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Phone]:
    folder = tmp_path_factory.mktemp("phone")
    f = prepare(settings_for(new_url(request.param), folder))
    (folder / "clock").write_text("0")
    yield open_phone(f)
    f.database.dispose()


def buckets(phone: Phone) -> Buckets:
    f = phone.f
    short = open_ephemeral(f.settings.redis_url, f.database, f.clock)
    return Buckets(short.storage, f.policy, short.outages)


def stopping(phone: Phone) -> Stopping:
    f = phone.f
    return Stopping(
        f.database, f.clock, f.journal, f.proving, phone.plans, buckets(phone), f.floods
    )


def follow(phone: Phone, link: str) -> Step:
    """Open the link a new mailbox got."""
    f = phone.f
    confirmations = AddressConfirmations(
        f.database,
        f.clock,
        f.policy,
        f.journal,
        f.endings,
        f.proving,
        buckets(phone),
        f.floods,
        AddressMails(f.mails),
    )
    return confirmations.confirm_link(Side.NEW, link.partition("?link=")[2], ASKER)


def add_app(phone: Phone, subject: str) -> None:
    at = to_micros(phone.f.clock.now())
    with phone.f.database.begin() as tx:
        factors.add(
            tx,
            id=f"app-{subject[:20]}",
            subject=subject,
            kind="totp",
            name="",
            created_at=at,
            confirmed_at=at,
        )
        factors.replace_codes(tx, subject, ["0" * 64], at)


def has_app(phone: Phone, subject: str) -> bool:
    with phone.f.database.read() as tx:
        return FactorKind.TOTP in factors.kinds_of(tx, subject)


def refused(act: Callable[[], object]) -> Why:
    with pytest.raises(CaseRefused) as found:
        act()
    return found.value.why


def all_at_once(acts: list[Callable[[], object]]) -> list[object]:
    """Do all of them at the same moment; gives what each gave, or its exception."""
    start = Barrier(len(acts))

    def one(act: Callable[[], object]) -> object:
        start.wait()
        try:
            return act()
        except Exception as error:  # given back: each test says which answers there may be
            return error

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(one, acts))


def test_a_lost_app_is_removed_by_two_after_a_call_back_and_a_night(phone: Phone) -> None:
    one, other = phone.operator(), phone.operator("clerk")
    subject = phone.account("00000101")
    add_app(phone, subject)
    case = phone.ready(one, "00000101", Need.FACTOR_LOST)
    waits = phone.desk.asking.remove_factor(one, case.id, "totp", "電話をなくした")
    assert refused(lambda: phone.desk.asking.remove_factor(one, case.id, "totp", "もう一度")) is (
        Why.ASKED
    )
    assert phone.decide(waits, other) is State.APPROVED
    assert has_app(phone, subject), "nothing is removed before the cooling-off is over"
    assert phone.plans.carry_out_due() == 0
    (notice,) = phone.mails(MailKind.CHANGE_PLANNED)
    assert notice.to == "m00000101@mihon.example"
    assert notice.values["what"] == "totp_removal"
    phone.move(timedelta(hours=23, minutes=59))
    assert phone.plans.carry_out_due() == 0
    phone.move(timedelta(minutes=2))
    assert phone.plans.carry_out_due() == 1
    assert phone.plans.carry_out_due() == 0
    assert not has_app(phone, subject)
    assert len(phone.mails(MailKind.FACTOR_CHANGED)) == 1
    assert phone.events(EventName.FACTOR_REMOVED) == 1
    assert not stopping(phone).stop(notice.values["link"].partition("?link=")[2], ASKER)


def test_a_changed_address_waits_for_two_a_night_and_the_new_mailbox(phone: Phone) -> None:
    one, other = phone.operator(), phone.operator("clerk")
    subject = phone.account("00000102")
    case = phone.ready(one, "00000102", Need.ADDRESS_LOST)
    waits = phone.desk.asking.change_address(one, case.id, "new102@mihon.example", "届かない")
    assert phone.decide(waits, other) is State.APPROVED
    assert phone.mails(MailKind.CHANGE_PLANNED)[-1].to == "m00000102@mihon.example"
    proof = phone.mails(MailKind.NEW_ADDRESS_BY_PHONE)[-1]
    assert (proof.to, "name" in proof.values) == ("new102@mihon.example", False)
    phone.move(25 * HOURS)
    assert phone.plans.carry_out_due() == 0, "nobody has shown that the new mailbox is read"
    assert follow(phone, proof.values["link"]) is Step.LATER
    assert phone.plans.carry_out_due() == 1
    with phone.f.database.read() as tx:
        account = accounts.find(tx, subject)
    assert account is not None
    assert account.address == "new102@mihon.example"
    told = [one.to for one in phone.mails(MailKind.ADDRESS_CHANGED)]
    assert sorted(told, key=str) == ["m00000102@mihon.example", "new102@mihon.example"]
    (back,) = [m for m in phone.mails(MailKind.ADDRESS_CHANGED) if "link" in m.values]
    assert back.to == "m00000102@mihon.example", "only the old mailbox may take it back"


def test_the_old_mailbox_stops_what_was_planned(phone: Phone) -> None:
    """CWE-640: an impostor with all answers and the telephone still meets the mailbox."""
    one, other = phone.operator(), phone.operator("clerk")
    subject = phone.account("00000103")
    case = phone.ready(one, "00000103", Need.ADDRESS_LOST)
    waits = phone.desk.asking.change_address(one, case.id, "thief@mihon.example", "届かない")
    phone.decide(waits, other)
    follow(phone, phone.mails(MailKind.NEW_ADDRESS_BY_PHONE)[-1].values["link"])
    link = phone.mails(MailKind.CHANGE_PLANNED)[-1].values["link"].partition("?link=")[2]
    assert not stopping(phone).stop("x" * 16 + "." + "y" * 22, ASKER)
    assert stopping(phone).stop(link, ASKER)
    assert not stopping(phone).stop(link, ASKER), "once"
    phone.move(25 * HOURS)
    assert phone.plans.carry_out_due() == 0
    with phone.f.database.read() as tx:
        account = accounts.find(tx, subject)
    assert account is not None
    assert account.address == "m00000103@mihon.example"
    assert phone.events(EventName.CASE_STOPPED) >= 1


def test_a_taken_address_is_told_to_its_owner_alone(phone: Phone) -> None:
    """CWE-203, CWE-204: the operator sees the same, and the same number of mails is promised."""
    one, other = phone.operator(), phone.operator("clerk")
    phone.account("00000104")
    case = phone.ready(one, "00000104", Need.ADDRESS_LOST)
    before = len(phone.mails(MailKind.ADDRESS_IN_USE))
    waits = phone.desk.asking.change_address(one, case.id, "m00000101@mihon.example", "届かない")
    assert isinstance(waits, Waits)
    assert phone.decide(waits, other) is State.APPROVED
    assert phone.mails(MailKind.NEW_ADDRESS_BY_PHONE)[-1].to is None
    assert phone.mails(MailKind.ADDRESS_IN_USE)[before].to == "m00000101@mihon.example"


def move_phone(phone: Phone, number: str, days_ago: int) -> None:
    with phone.f.database.begin() as tx:
        member = members.get(tx, number)
        entry = Dated("+819000009999", phone.today - timedelta(days=days_ago))
        long_ago = phone.today - timedelta(days=1000)
        first = [replace(one, from_on=long_ago) for one in member.phones]
        names = tuple(replace(one, from_on=long_ago) for one in member.names)
        changed = replace(member, names=names, phones=(*first, entry))
        members.save_many(tx, [changed], to_micros(phone.f.clock.now()))


def test_a_number_changed_lately_is_not_called_back(phone: Phone) -> None:
    """CWE-640: whoever changed the number last month may be the caller."""
    one = phone.operator()
    phone.account("00000106")
    case = phone.open(one, "00000106", Need.FACTOR_LOST)
    phone.prove(one, case)
    for days, why in ((0, Why.NEW_PHONE), (89, Why.NEW_PHONE), (90, None)):
        move_phone(phone, "00000106", days)
        if why is None:
            assert phone.desk.calling_back.begin(one, case.id)
        else:
            assert refused(lambda: phone.desk.calling_back.begin(one, case.id)) is why, days


def test_a_number_changed_after_the_call_back_stops_the_decision(phone: Phone) -> None:
    """CWE-367: it is looked at again in the transaction of the decision."""
    one, other = phone.operator(), phone.operator("clerk")
    add_app(phone, phone.account("00000105"))
    case = phone.ready(one, "00000105", Need.FACTOR_LOST)
    waits = phone.desk.asking.remove_factor(one, case.id, "totp", "なくした")
    move_phone(phone, "00000105", 1)
    assert phone.decide(waits, other) is State.CHANGED
    assert phone.case(case).planned_at is None


def test_no_act_without_a_call_back_and_no_endless_guessing_of_its_code(phone: Phone) -> None:
    one = phone.operator()
    add_app(phone, phone.account("00000201"))
    case = phone.open(one, "00000201", Need.FACTOR_LOST)
    ask = phone.desk.asking.remove_factor
    assert refused(lambda: ask(one, case.id, "totp", "なくした")) is Why.NOT_PROVEN
    phone.prove(one, case)
    assert refused(lambda: ask(one, case.id, "totp", "なくした")) is Why.NOT_CALLED_BACK
    code = phone.desk.calling_back.begin(one, case.id)
    wrong = "FHKMRW" if code != "FHKMRW" else "WRMKHF"
    hear = phone.desk.calling_back.hear
    assert [hear(one, case.id, wrong) for _try in range(3)] == [False] * 3
    assert refused(lambda: hear(one, case.id, code)) is Why.NOT_CALLED_BACK
    assert refused(lambda: phone.desk.calling_back.begin(one, case.id)) is Why.CALL_BACKS


def test_who_is_too_near_does_not_decide(phone: Phone) -> None:
    """CWE-863: the operator of another call about the member, and the member herself."""
    one, near = phone.operator(), phone.operator("helpdesk", "clerk")
    herself = phone.operator("clerk", address="m00000202@mihon.example")
    far = phone.operator("clerk")
    add_app(phone, phone.account("00000202"))
    earlier = phone.open(near, "00000202")
    phone.desk.cases.end(near, earlier.id)
    case = phone.ready(one, "00000202", Need.FACTOR_LOST)
    waits = phone.desk.asking.remove_factor(one, case.id, "totp", "なくした")
    for who in (near, herself):
        with pytest.raises(ApprovalRefused) as found:
            phone.decide(waits, who)
        assert found.value.why is Refused.ABOUT_YOU
    phone.desk.cases.end(one, case.id)
    assert refused(lambda: phone.open(one, "00000202")) is Why.ASKED, "what she asked for waits"
    assert phone.decide(waits, far) is State.APPROVED


def test_nobody_opens_a_case_on_herself(phone: Phone) -> None:
    phone.account("00000203")
    herself = phone.operator(address="m00000203@mihon.example")
    assert refused(lambda: phone.open(herself, "00000203")) is Why.OWN


def test_wrong_answers_at_once_are_counted_one_by_one(phone: Phone) -> None:
    """CWE-307, CWE-362: ten guesses at a question at the same moment are one."""
    one = phone.operator()
    case = phone.open(one, "00000109")
    answer = phone.desk.cases.answer
    for place in range(3):
        came = all_at_once(
            [lambda n=n, p=place: answer(one, case.id, p, f"{n:04}") for n in range(10)]
        )
        assert sum(x is None for x in came) <= 1
    after = phone.case(case)
    assert (after.wrong, after.end) == (2, End.FAILED)


def test_calls_at_once_about_one_member_are_one_call(phone: Phone) -> None:
    """CWE-362: two operators, one member: the second is told so."""
    people = [phone.operator() for _ in range(6)]
    found = [phone.desk.searching.search(one, "00000107") for one in people]
    acts = [
        lambda w=who, s=seen: phone.desk.cases.open(w, s.search, 0, Need.OTHER, "試験")
        for who, seen in zip(people, found, strict=True)
    ]
    came = all_at_once(acts)
    refusals = [one for one in came if isinstance(one, CaseRefused)]
    assert len(refusals) == 5, came
    assert {one.why for one in refusals} == {Why.SOMEBODY_ELSE}


def test_searches_at_once_stay_under_the_limit(phone: Phone) -> None:
    """CWE-799: nobody reads the register out, however fast."""
    one = phone.operator()
    came: list[object] = []
    for _round in range(5):
        came += all_at_once([lambda: phone.desk.searching.search(one, "みほん")] * 10)
    assert sum(isinstance(x, CaseRefused) for x in came) == 10
    colleague = phone.operator()
    assert phone.desk.searching.search(colleague, "みほん").hits
    phone.move(timedelta(minutes=61))
    assert phone.desk.searching.search(one, "みほん").hits, "the window moves"


def fail(phone: Phone, who: Operator, number: str, wrong: int) -> None:
    case = phone.open(who, number)
    for _ in range(wrong):
        phone.say(who, case, right=False)
    if phone.case(case).ended_at is None:
        phone.desk.cases.end(who, case.id)


def test_a_second_call_after_a_failed_one_gets_nothing_whoever_takes_it(phone: Phone) -> None:
    """CWE-307: one wrong answer and hanging up is no way to look for an easier operator."""
    one, other = phone.operator(), phone.operator()
    fail(phone, one, "00000301", 1)
    for who in (one, other):
        assert refused(lambda w=who: phone.open(w, "00000301")) is Why.PAUSED
    phone.move(23 * HOURS)
    assert refused(lambda: phone.open(other, "00000301")) is Why.PAUSED
    phone.move(2 * HOURS)
    fail(phone, other, "00000301", 2)
    phone.move(25 * HOURS)
    fail(phone, one, "00000301", 1)
    phone.move(25 * HOURS)
    assert refused(lambda: phone.open(other, "00000301")) is Why.WRONG_ANSWERS, "four in a week"
    phone.move(timedelta(days=7))
    assert phone.open(other, "00000301").id


def test_a_case_ends_by_itself_and_an_unfinished_wrong_one_counts(phone: Phone) -> None:
    one = phone.operator()
    case = phone.open(one, "00000302")
    phone.say(one, case, right=False)
    phone.move(timedelta(minutes=31))
    assert refused(lambda: phone.say(one, case)) is Why.OVER
    assert phone.desk.cases.expire() >= 1
    assert phone.case(case).end is End.EXPIRED
    assert refused(lambda: phone.open(one, "00000302")) is Why.PAUSED


def test_what_is_found_by_one_search_is_not_opened_by_another(phone: Phone) -> None:
    """CWE-639: neither a colleague's search nor a place that it did not show opens a case."""
    one, other = phone.operator(), phone.operator()
    found = phone.desk.searching.search(one, "00000303")
    cases = phone.desk.cases
    for who, search, place in ((other, found.search, 0), (one, found.search, 1), (one, "x", 0)):
        with pytest.raises(UnknownCase):
            cases.open(who, search, place, Need.OTHER, "試験")
    phone.move(timedelta(minutes=31))
    with pytest.raises(UnknownCase):
        cases.open(one, found.search, 0, Need.OTHER, "試験")


def test_more_is_asked_for_more_and_less_stays_allowed(phone: Phone) -> None:
    one = phone.operator()
    phone.account("00000601")
    case = phone.open(one, "00000601")
    proven = phone.prove(one, case)
    rules = phone.f.policy.policy.helpdesk
    assert proven.reaches(Goal.MASKED, rules)
    if not proven.reaches(Goal.DISCLOSE, rules):
        ask = phone.desk.asking.disclose
        assert refused(lambda: ask(one, case.id, "全部")) is Why.NOT_PROVEN
    phone.desk.cases.aim(one, case.id, Goal.DISCLOSE)
    proven = phone.prove(one, case)
    assert proven.reaches(Goal.DISCLOSE, rules)
    phone.desk.asking.disclose(one, case.id, "読み上げる")
    shown = phone.desk.outcomes.shown_address(phone.case(case), phone.f.clock.now())
    assert shown == ("m00000601@mihon.example", True)


def test_what_an_erased_person_said_is_gone(phone: Phone) -> None:
    one = phone.operator()
    case = phone.open(one, "00000401")
    with phone.f.database.begin() as tx:
        store.forget(tx, "nobody", "00000401")
        assert store.find(tx, case.id) is None
