"""A disk that takes no more: a clear 503, nothing half-done, and work goes on when there is room.

The limit is RLIMIT_FSIZE of the web processes, set from outside while they run: to SQLite a write
fails as on a full disk.
"""

from __future__ import annotations

import resource
from pathlib import Path

import pytest
import requests

from audit.__main__ import main as verifier
from tests.faults import processes
from tests.support.demo import Demo, running_demo
from tests.support.parties import card_of
from tests.support.relying_party import Browser

UNLIMITED = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory):
    with running_demo(Path(tmp_path_factory.mktemp("full")), "--workers", "1") as running:
        yield running


def limit_files(demo: Demo, limits: tuple[int, int]) -> None:
    """Limit how large a file the provider's processes may write."""
    above = processes.supervisor(demo.process.pid)
    assert above is not None
    for pid in processes.descendants(above):
        resource.prlimit(pid, resource.RLIMIT_FSIZE, limits)


def test_a_full_disk_is_answered_503_and_loses_nothing(demo: Demo, tmp_path: Path) -> None:
    member = demo.member()
    card = card_of(demo)
    scope = "openid profile offline_access"
    tokens = card.sign_in(Browser(demo.issuer), member["email"], member["password"], scope=scope)
    browser = Browser(demo.issuer)
    page = browser.get("/sign-in")
    limit_files(demo, (4096, resource.RLIM_INFINITY))
    try:
        refused = browser.sign_in(member["email"], member["password"], page)
        assert refused.status_code == 503
        assert int(refused.headers["Retry-After"]) >= 1
        assert "Traceback" not in refused.text
        answer = card.refresh(tokens["refresh_token"])
        assert answer.status_code == 503
        assert answer.json()["error"] == "temporarily_unavailable"
        known = requests.get(demo.issuer + "/jwks", timeout=10)
        assert known.status_code == 200
    finally:
        limit_files(demo, UNLIMITED)
    assert browser.sign_in(member["email"], member["password"]).status_code == 303
    assert card.refresh(tokens["refresh_token"]).status_code == 200
    key = tmp_path / "auditor.pub"
    key.write_text(demo.idp("audit", "key").stdout)
    exported = demo.idp("audit", "export", "--out", str(tmp_path / "pack"))
    assert exported.returncode == 0, exported.stderr
    assert verifier(["verify", str(tmp_path / "pack"), "--key", str(key)]) == 0
