"""Commands on the node whose act policy sends to a second person, decided on the page."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from audit.names import EventName
from tests.approvals.scene import Scene
from tests.support.demo import wait_until
from tests.support.staff import add_staff, new_staff


def told(scene: Scene, *arguments: str, exits: int) -> Any:
    done = scene.idp(*arguments, "--format", "json")
    assert done.returncode == exits, (done.returncode, done.stdout, done.stderr)
    return json.loads(done.stdout)


def proposal(scene: Scene, folder: Path, lifetime: str) -> Path:
    """Write the policy in force with another lifetime of staff links."""
    folder.mkdir()
    for name, text in scene.f.policy.current.texts.items():
        changed = re.sub(
            r'(?m)^enrolment_lifetime = "\w+"$', f'enrolment_lifetime = "{lifetime}"', text
        )
        (folder / f"{name}.toml").write_text(changed, "utf-8")
    return folder


def test_a_policy_waits_for_a_second_person_with_its_exact_difference(
    scene: Scene, tmp_path: Path
) -> None:
    folder = str(proposal(scene, tmp_path / "proposed", "71h"))
    assert scene.idp("policy", "activate", folder).returncode == 2, "no reason was given"
    asked = told(scene, "policy", "activate", folder, "--reason", "shorter", exits=1)
    assert asked["activated"] is False
    assert scene.f.policy.policy.roles.enrolment_lifetime.text == "72h"
    path = urlsplit(asked["url"]).path
    page = scene.decides.page(path)
    assert "enrolment_lifetime" in page
    assert asked["digest"] in page
    again = told(scene, "policy", "activate", folder, "--reason", "shorter", exits=1)
    assert again["approval"] == asked["approval"], "the same thing waits once"
    assert scene.decides.decide(path).status_code == 303
    wait_until(lambda: scene.f.policy.policy.roles.enrolment_lifetime.text == "71h")
    assert scene.events(EventName.POLICY_ACTIVATED, asked["approval"]) == 1
    done = told(scene, "policy", "activate", folder, exits=0)
    assert done == {"digest": asked["digest"], "activated": False}, "in force already"


def test_a_policy_in_an_emergency_is_in_force_at_once(scene: Scene, tmp_path: Path) -> None:
    folder = str(proposal(scene, tmp_path / "proposed", "72h"))
    done = told(
        scene, "policy", "activate", folder, "--break-glass", "--reason", "an attack", exits=0
    )
    assert done["activated"] is True
    assert done["review_by"]
    assert scene.events(EventName.BREAK_GLASS_USED, "policy.activation") >= 1


def test_a_role_in_an_emergency_ends_by_itself(scene: Scene) -> None:
    account = new_staff(scene.demo, "kinkyu", "helpdesk")
    done = told(
        scene,
        *("staff", "break-glass", account["email"], "--grant", "clerk", "--hours", "2"),
        *("--reason", "nobody else is here"),
        exits=0,
    )
    assert done["review_by"]
    held = {x.account.id: x.held for x in scene.directory.list_all()}
    assert set(held[account["id"]]) == {"helpdesk", "clerk"}
    scene.demo.move_clock(float(scene.demo.clock.read_text()) + 2 * 3600 + 1)

    def over() -> bool:
        held = {x.account.id: x.held for x in scene.directory.list_all()}
        return set(held[account["id"]]) == {"helpdesk"}

    wait_until(over, 40)


def test_a_compromised_key_is_given_up_at_once_and_reviewed(scene: Scene) -> None:
    kid = requests.get(scene.demo.issuer + "/jwks", timeout=30).json()["keys"][0]["kid"]
    done = told(scene, "keys", "rotate", "--compromised", kid, exits=0)
    assert done["changed"] >= 1
    assert done["review_by"]
    wait_until(lambda: kid not in requests.get(scene.demo.issuer + "/jwks", timeout=30).text, 10)
    assert scene.events(EventName.KEY_COMPROMISED, kid) == 1
    assert told_error(scene, "keys", "rotate", "--compromised", kid) == 1, "it was given up before"
    assert scene.events(EventName.KEY_COMPROMISED, kid) == 1


def told_error(scene: Scene, *arguments: str) -> int:
    return scene.idp(*arguments).returncode


def test_holds_and_purges_wait_and_are_done_upon_approval(scene: Scene) -> None:
    administrator = scene.asks
    hold = ("audit", "hold", "add", "case", "case-of-the-test", "--not-seen-yet")
    asked = told(scene, *hold, "--reason", "a claim", exits=1)
    assert scene.idp("audit", "hold", "list").returncode == 1, "nothing is held yet"
    assert administrator.decide(urlsplit(asked["url"]).path).status_code == 303
    (held,) = told(scene, "audit", "hold", "list", exits=0)
    assert (held["value"], held["reason"]) == ("case-of-the-test", "a claim")
    lift = ("audit", "hold", "lift", held["id"], "--reason", "settled")
    asked = told(scene, *lift, exits=1)
    assert administrator.decide(urlsplit(asked["url"]).path).status_code == 303
    assert scene.idp("audit", "hold", "list").returncode == 1
    asked = told(scene, "audit", "purge", "--class", "access", "--reason", "space", exits=1)
    path = urlsplit(asked["url"]).path
    assert "access" in administrator.page(path)
    assert administrator.decide(path).status_code == 303

    def carried_out() -> bool:
        with scene.f.database.read() as tx:
            rows = tx.text(
                "SELECT delivered_at FROM outbox_message WHERE kind = 'order'"
            ).fetchall()
        return bool(rows) and all(row[0] is not None for row in rows)

    wait_until(carried_out, 20)


@pytest.mark.parametrize("words", [("--reason", " "), ("--reason", "a\nb"), ()])
def test_a_command_needs_a_reason_in_words(scene: Scene, words: tuple[str, ...]) -> None:
    done = scene.idp("audit", "purge", *words)
    assert done.returncode in (1, 2), done.stdout
    assert done.stderr


def test_the_node_still_appoints_the_staff_by_itself(scene: Scene) -> None:
    """Who could approve the first administrator? `idp staff` is for who holds the node."""
    made = add_staff(scene.demo, "hajimete", "security")
    held = {x.account.id: x.held for x in scene.directory.list_all()}
    assert held[made["id"]] == ("security",)
