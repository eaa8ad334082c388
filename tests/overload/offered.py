"""What is offered to a provider, and what may come back from one that is asked too much."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence

from bench.deployment import Deployment
from bench.walks import WALKS
from bench.wire import Item, get
from idp.throttle.slots import LONGEST_RETRY_SECONDS
from idp.web.cookies import SESSION
from tests.overload.rush import Answers

SIGNED_IN = f"{SESSION}="


def sign_in_wires(deployment: Deployment, pages: Sequence[Item]) -> list[str]:
    """Write the sign-in of each browser that has the page open."""
    requests = (next(WALKS["password"](page)) for page in pages)
    return [r.to_bytes(f"127.0.0.1:{deployment.port}").decode("latin-1") for r in requests]


def discovery_wire(deployment: Deployment) -> str:
    """Write a request for the provider's metadata."""
    asked = get("/.well-known/openid-configuration")
    return asked.to_bytes(f"127.0.0.1:{deployment.port}").decode("latin-1")


def userinfo_wire(deployment: Deployment, access_token: str) -> str:
    """Write a request for a member's claims."""
    asked = get("/userinfo", Authorization=f"Bearer {access_token}")
    return asked.to_bytes(f"127.0.0.1:{deployment.port}").decode("latin-1")


def only_turned_away(answers: Answers) -> None:
    """Whoever was not signed in was told when to come back, in whole seconds; some were."""
    assert answers.lost == 0
    assert set(answers.statuses) <= {303, 503}, Counter(answers.statuses)
    for status, good, again in zip(answers.statuses, answers.good, answers.again, strict=True):
        assert good == (status == 303)
        assert (again != "") == (status == 503)
        assert not again or 1 <= int(again) <= LONGEST_RETRY_SECONDS
    assert any(answers.good)


def all_served(answers: Answers) -> None:
    """Everybody got what they asked for."""
    assert answers.lost == 0
    assert set(answers.statuses) == {200}, Counter(answers.statuses)


def report(what: str, answers: Answers, more: str = "") -> None:
    """Print the figures of a stream (pytest -s or -rP shows them)."""
    took = sorted(answers.took)
    print(
        f"{what}: {dict(Counter(answers.statuses))}, median {took[len(took) // 2] * 1000:.0f} ms,"
        f" p99 {answers.p99() * 1000:.0f} ms{more} (load average {os.getloadavg()[0]:.1f})"
    )
