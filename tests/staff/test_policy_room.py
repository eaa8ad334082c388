"""The policy on its page: proposed, rehearsed by the worker, put in force by two; the weather."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest

from idp.approvals.model import State
from tests.staff.rooms import Log, Person, known, open_log
from tests.support.demo import Demo, wait_until
from tests.support.in_process import InProcess, in_process
from tests.support.relying_party import Browser
from tests.support.staff import staff_of

NEW = "/staff/policy/new"


@pytest.fixture(scope="module")
def log(demo: Demo) -> Iterator[Log]:
    with open_log(demo) as opened:
        yield opened


@pytest.fixture(scope="module")
def provider(demo: Demo) -> Iterator[InProcess]:
    with in_process(demo) as running:
        yield running


@pytest.fixture(scope="module")
def security(demo: Demo, provider: InProcess) -> Person:
    return Person.of(demo, provider, staff_of(demo, "security"))


def form_of(log: Log, security: Person, **more: str) -> dict[str, str]:
    page = security.page(NEW)
    days = {
        name: re.findall(rf'id="{name}" name="{name}" value="([^"]+)"', page)[0]
        for name in ("from", "to")
    }
    text = log.f.policy.current.texts["limits"]
    return days | {"file": "limits", "text": text, "reason": "誤りを減らす"} | more


def stricter(log: Log) -> str:
    """Give the limits with three wrong passwords instead of the present number."""
    text = log.f.policy.current.texts["limits"]
    head, tail = text.split("[password_from_unknown_device]", maxsplit=1)
    fewer = re.sub(r"count = [0-9]+", "count = 3", tail, count=1)
    return f"{head}[password_from_unknown_device]{fewer}"


def test_changed_limits_are_rehearsed_by_the_worker_and_put_in_force_by_two(
    demo: Demo, log: Log, security: Person
) -> None:
    member = demo.member(index=4)
    browser = Browser(demo.issuer)
    for number in range(4):
        browser.sign_in(member["email"], f"guess number {number}")
    assert browser.sign_in(member["email"], member["password"]).status_code == 303
    made = security.post(NEW, **form_of(log, security, text=stricter(log)))
    assert made.status == 303, made.body.decode()[:3000]
    (line,) = log.lines("policy.rehearsed", made.location.rsplit("/", 1)[1])
    assert json.loads(line)["data"]["reason"] == "誤りを減らす"
    page = wait_until(lambda: "予行の結果" in (p := security.page(made.location)) and p, 30)
    assert "limits.toml [password_from_unknown_device] count" in page
    numbers = dict(re.findall(r'<th scope="row">([^<]+)</th><td>(\d+)</td>', page))
    assert int(numbers["新しく制限される人"]) >= 1
    assert int(numbers["そのうち、一日以内に正しくログインした人"]) >= 1, "the harm is shown"
    assert "適用できる方針の変更が1件あります" in security.page("/staff")
    assert security.post(f"{made.location}/activate", reason="").status == 400
    before = log.f.policy.digest
    waits = security.post(f"{made.location}/activate", reason="予行を確かめた")
    assert log.agree(waits, known(demo, log, "administrator"), "administrator") is State.APPROVED
    wait_until(lambda: log.f.policy.digest != before)
    assert log.f.policy.policy.limits["password_from_unknown_device"].count == 3
    (line,) = log.lines("policy.activated", "予行を確かめた")
    assert json.loads(line)["data"]["approval"] in waits.location
    page = wait_until(
        lambda: "もとの方針は、もう有効ではありません" in (p := security.page(made.location)) and p
    )
    assert security.post(f"{made.location}/activate", reason="もう一度").status == 409
    number = json.loads(line)["data"]["number"]
    version = security.page(f"/staff/policy/version/{number}")
    assert "count" in version
    assert "<td>5</td><td>3</td>" in version


def test_an_untried_change_of_the_limits_cannot_be_put_in_force(log: Log, security: Person) -> None:
    text = log.f.policy.current.texts["limits"].replace('period = "15m"', 'period = "16m"', 1)
    made = security.post(NEW, **form_of(log, security, text=text))
    answer = security.post(f"{made.location}/activate", reason="急いで")
    page = security.page(made.location)
    if "順番を待っています" in page or "予行しています" in page:
        assert answer.status == 409, "its rehearsal is not over"
        assert 'id="activate"' not in page


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"text": "not [ toml"}, "text"),
        ({"text": "[" * 20_000}, "text"),
        ({"text": "a = \x01"}, "text"),
        ({"reason": ""}, "reason"),
        ({"from": "2026-99-99"}, "from"),
        ({"from": "9999-12-31"}, "from"),
        ({"to": "9999-12-31"}, "to"),
        ({"to": "1999-01-01"}, "to"),
        ({"file": "../limits"}, "file"),
    ],
)
def test_a_proposal_that_cannot_be_read_says_which_field(
    log: Log, security: Person, more: dict[str, str], field: str
) -> None:
    events = len(log.lines("policy.rehearsed"))
    text = {"text": stricter(log).replace("count = 3", "count = 4", 1)}
    answer = security.post(NEW, **form_of(log, security, **(text | more)))
    page = answer.body.decode()
    assert answer.status == 400, page[:1000]
    assert "提案できませんでした" in page
    if field != "file":
        assert f'href="#{field}"' in page
    assert len(log.lines("policy.rehearsed")) == events


def test_who_may_only_look_proposes_nothing_cwe_863(
    demo: Demo, provider: InProcess, log: Log
) -> None:
    auditor = Person.of(demo, provider, staff_of(demo, "auditor"))
    assert "方針の履歴" in auditor.page("/staff/policy")
    assert auditor.post(NEW, file="limits", text="x", reason="x").status == 403
    for path in ("/staff/policy/proposals/x", "/staff/policy/version/x", "/staff/policy/version/0"):
        assert auditor.get(path).status == 404, path
    helpdesk = Person.of(demo, provider, staff_of(demo, "helpdesk"))
    assert helpdesk.get("/staff/policy").status == 403
    assert helpdesk.get("/staff/weather").status == 403


def test_the_weather_is_drawn_with_its_table(demo: Demo, log: Log, security: Person) -> None:
    Browser(demo.issuer).sign_in(demo.member(index=5)["email"], "a wrong password")
    from idp.weather.service import WeatherWatch

    WeatherWatch(log.f.database, log.f.clock, log.f.journal).look()
    page = security.page("/staff/weather", hours="3")
    assert '<svg role="img"' in page
    assert "制限による拒否" in page
    for hours in ("168", "744", "x", "9" * 20):
        assert security.get("/staff/weather", hours=hours).status == 200
