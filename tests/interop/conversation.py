"""A client library in a process of its own, and the browser it asks for.

The program is told its registration in one line of JSON; it asks `{"open": url}` and is answered
`{"arrived": url}`; at the end it says `{"done": {step: whether it went as it must}}`.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.support.demo import Demo
from tests.support.parties import SECRETS
from tests.support.relying_party import Browser

STEPS = {
    *("discovery", "par", "code", "dpop", "userinfo", "refresh"),
    *("introspection", "revocation", "logout"),
}
SECONDS = 120


def converse(
    demo: Demo, command: Sequence[str], folder: Path, more: Mapping[str, str], *, dpop: bool
) -> dict[str, Any]:
    """Run a program through the whole story; answers its steps."""
    ca, member = demo.facts["ca"], demo.member()
    browser = Browser(demo.issuer, ca=ca)
    given = {
        "issuer": demo.issuer,
        "client_id": "desk",
        "client_secret": SECRETS["desk"],
        "redirect_uri": "https://desk.mihon.example/callback",
        "post_logout_redirect_uri": "https://desk.mihon.example/bye",
        "member_number": member["number"],
        "dpop": dpop,
    }
    kept = {k: v for k, v in os.environ.items() if "proxy" not in k.lower()}
    with subprocess.Popen(
        command,
        cwd=folder,
        env=kept | {"NODE_EXTRA_CA_CERTS": ca, "SSL_CERT_FILE": ca} | more,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            _tell(process, given)
            for line in process.stdout:
                said = json.loads(line)
                if "done" in said:
                    return dict(said["done"])
                _tell(process, {"arrived": _visited(browser, said["open"], member)})
            raise AssertionError(process.stderr.read()[-3000:])
        finally:
            process.kill()


def _tell(process: subprocess.Popen[str], content: Mapping[str, Any]) -> None:
    assert process.stdin is not None
    process.stdin.write(json.dumps(content) + "\n")
    process.stdin.flush()


def _visited(browser: Browser, url: str, member: Mapping[str, str]) -> str:
    """Open an address as the member does; answers where the browser is sent in the end."""
    page = browser.follow(browser.get(url))
    if 'id="sign-in"' in page.text:
        page = browser.follow(browser.sign_in(member["email"], member["password"], page))
    return page.headers["Location"]
