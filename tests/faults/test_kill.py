"""`kill -9` of web workers, of the supervisor and of the background worker, under load.

Every act that was acknowledged (its answer was read) is in the database and in the log, the log
verifies each time, and no orphan keeps serving. FAULTS=long kills 50 times, the CI form 4 times.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import requests

from audit.__main__ import main as verifier
from tests.faults import processes
from tests.support.demo import Demo, running_demo, wait_until
from tests.support.parties import card_of
from tests.support.relying_party import Browser, Client, Pkce, answer_of

KILLS = 50 if os.environ.get("FAULTS") == "long" else 4
THREADS = 3


@dataclass
class Witness:
    """What one member was promised: the acts whose answers arrived."""

    email: str
    password: str
    cookies: list[str] = field(default_factory=list)
    sessions_acknowledged: int = 0
    refreshes_acknowledged: int = 0
    refresh_token: str | None = None
    card: Client | None = None
    """Its tokens are bound to its key: one client all along."""


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory):
    with running_demo(Path(tmp_path_factory.mktemp("kill")), "--workers", "2") as running:
        yield running


def act(demo: Demo, witness: Witness, stop: threading.Event) -> None:
    """Sign in and refresh, again and again; count only what was answered."""
    card = witness.card = witness.card or card_of(demo)
    while not stop.is_set():
        try:
            browser = Browser(demo.issuer)
            pkce = Pkce()
            page = browser.authorize(**card.request(pkce, scope="openid profile offline_access"))
            answered = browser.sign_in(witness.email, witness.password, page)
            if answered.status_code != 303:
                time.sleep(float(answered.headers.get("Retry-After", 0.2)))
                continue
            witness.sessions_acknowledged += 1
            witness.cookies.append(browser.http.cookies["kumiai_idp"])
            answer = answer_of(browser.follow(answered))
            tokens = card.exchange(answer["code"], pkce)
            if tokens.status_code == 200:
                witness.refresh_token = tokens.json()["refresh_token"]
            for _ in range(3):
                if witness.refresh_token is None:
                    break
                refreshed = card.refresh(witness.refresh_token)
                if refreshed.status_code == 200:
                    witness.refreshes_acknowledged += 1
                    witness.refresh_token = refreshed.json()["refresh_token"]
        except (requests.RequestException, KeyError, AssertionError):
            time.sleep(0.1)  # the answer never came: nothing was promised


def test_nothing_acknowledged_is_lost_and_the_log_verifies(demo: Demo, tmp_path: Path) -> None:
    members = [demo.member("member", index) for index in range(THREADS)]
    witnesses = [Witness(m["email"], m["password"]) for m in members]
    key = tmp_path / "auditor.pub"
    key.write_text(demo.idp("audit", "key").stdout)
    chance = random.Random(20_171)
    for turn in range(KILLS):
        stop = threading.Event()
        threads = [
            threading.Thread(target=act, args=(demo, witness, stop)) for witness in witnesses
        ]
        for thread in threads:
            thread.start()
        before = sum(w.sessions_acknowledged for w in witnesses)
        wait_until(lambda b=before: sum(w.sessions_acknowledged for w in witnesses) > b, 60)
        kill_something(demo, chance, turn)
        stop.set()
        for thread in threads:
            thread.join()
        wait_until(lambda: healthy(demo), 60)
        check_log(demo, tmp_path / f"pack{turn}", key, witnesses)
    check_promises(demo, witnesses)


def kill_something(demo: Demo, chance: random.Random, turn: int) -> None:
    victim = ("worker", "supervisor", "background")[turn % 3]
    if victim == "worker":
        processes.kill(chance.choice(processes.web_workers(demo.process.pid)))
    elif victim == "background":
        processes.kill(processes.background_worker(demo.process.pid))
    else:
        above = processes.supervisor(demo.process.pid)
        assert above is not None
        orphans = processes.descendants(above)
        processes.kill(above)
        wait_until(lambda: not any(processes.alive(pid) for pid in orphans), 5)


def healthy(demo: Demo) -> bool:
    try:
        return requests.get(demo.issuer + "/readyz", timeout=2).status_code == 200
    except requests.RequestException:
        return False


def check_log(demo: Demo, pack: Path, key: Path, witnesses: list[Witness]) -> None:
    exported = demo.idp("audit", "export", "--out", str(pack))
    assert exported.returncode == 0, exported.stderr
    assert verifier(["verify", str(pack), "--key", str(key)]) == 0
    lines = (pack / "events.jsonl").read_text("utf-8").splitlines()
    names = [json.loads(line)["name"] for line in lines]
    shutil.rmtree(pack)
    assert names.count("session.started") >= sum(w.sessions_acknowledged for w in witnesses)
    assert names.count("refresh.rotated") >= sum(w.refreshes_acknowledged for w in witnesses)


def check_promises(demo: Demo, witnesses: list[Witness]) -> None:
    """Every session that was acknowledged is still there, and so is every last refresh token."""
    for witness in witnesses:
        assert witness.sessions_acknowledged > 0
        for cookie in witness.cookies:
            shown = requests.get(
                demo.issuer + "/account",
                cookies={"kumiai_idp": cookie},
                timeout=10,
                allow_redirects=False,
            )
            assert shown.status_code == 200
        assert witness.refresh_token is not None
        assert witness.card is not None
        assert witness.card.refresh(witness.refresh_token).status_code == 200


def test_a_killed_demo_leaves_nobody_behind(tmp_path: Path) -> None:
    with running_demo(tmp_path, "--workers", "2") as demo:
        below = processes.descendants(demo.process.pid)
        assert len(below) >= 6
        processes.kill(demo.process.pid)
        wait_until(lambda: not any(processes.alive(pid) for pid in below), 10)
