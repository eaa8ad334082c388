"""`kill -9` of web workers, the supervisor, the background worker and the database, under load.

Every act that was acknowledged (its answer was read) is in the database and in the log, the log
verifies each time, the whole state is the sum of its events, and no orphan keeps serving.
FAULTS=long kills 100 times on each kind of store, the CI form a few times.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import requests

from audit.__main__ import main as verifier
from tests.faults import processes
from tests.support.demo import Demo, running_demo, wait_until
from tests.support.parties import card_of
from tests.support.relying_party import Browser, Client, Pkce, answer_of
from tests.support.servers import PostgresServer, running_postgres

LONG = os.environ.get("FAULTS") == "long"
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


@dataclass(frozen=True)
class Scene:
    """A demo under load, and what is killed in turn, in the order of the names."""

    demo: Demo
    victims: list[Callable[[], None]]
    kills: int


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def scene(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Scene]:
    folder, chance = Path(tmp_path_factory.mktemp("kill")), random.Random(20_171)
    if request.param == "sqlite":
        with running_demo(folder, "--workers", "2") as demo:
            yield Scene(demo, programs(demo, chance), 100 if LONG else 3)
        return
    with running_postgres() as server:
        arguments = ["--workers", "2", "--database", server.new_database("kill")]
        with running_demo(folder, *arguments) as demo:
            victims = [lambda: crash(server), *reversed(programs(demo, chance))]
            yield Scene(demo, victims, 100 if LONG else 2)


def programs(demo: Demo, chance: random.Random) -> list[Callable[[], None]]:
    """Give the acts that kill a program of the demo."""
    pid = demo.process.pid
    return [
        lambda: processes.kill(chance.choice(processes.web_workers(pid))),
        lambda: kill_supervisor(pid),
        lambda: processes.kill(processes.background_worker(pid)),
    ]


def kill_supervisor(demo: int) -> None:
    above = processes.supervisor(demo)
    assert above is not None
    orphans = processes.descendants(above)
    processes.kill(above)
    wait_until(lambda: not any(processes.alive(pid) for pid in orphans), 5)


def crash(server: PostgresServer) -> None:
    """Kill PostgreSQL with all its processes, and start it on what it had written."""
    assert server.process is not None
    all_of_it = [server.process.pid, *processes.descendants(server.process.pid)]
    for pid in all_of_it:
        processes.kill(pid)
    server.process.wait()
    wait_until(lambda: not any(processes.alive(pid) for pid in all_of_it), 10)
    server.start()


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


def test_nothing_acknowledged_is_lost_and_the_log_verifies(scene: Scene, tmp_path: Path) -> None:
    demo = scene.demo
    members = [demo.member("member", index) for index in range(THREADS)]
    witnesses = [Witness(m["email"], m["password"]) for m in members]
    key = tmp_path / "auditor.pub"
    key.write_text(demo.idp("audit", "key").stdout)
    for turn in range(scene.kills):
        with acting(demo, witnesses):
            before = sum(w.sessions_acknowledged for w in witnesses)
            wait_until(lambda b=before: sum(w.sessions_acknowledged for w in witnesses) > b, 60)
            scene.victims[turn % len(scene.victims)]()
        wait_until(lambda: healthy(demo), 60)
        check_log(demo, tmp_path / f"pack{turn}", key, witnesses)
    with acting(demo, witnesses):  # a calm round: whoever was promised nothing yet is promised now
        wait_until(lambda: all(w.refresh_token for w in witnesses), 60)
    check_promises(demo, witnesses)
    examined = demo.idp("doctor", "invariants")
    assert examined.returncode == 0, examined.stdout + examined.stderr


@contextmanager
def acting(demo: Demo, witnesses: list[Witness]) -> Iterator[None]:
    """Let every witness act meanwhile."""
    stop = threading.Event()
    threads = [threading.Thread(target=act, args=(demo, one, stop)) for one in witnesses]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


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
