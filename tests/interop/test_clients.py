"""Client libraries that are not ours, as real programs over https, through the whole story.

Runs with `make interop`, which installs what they need; `make test` passes them by.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.interop.conversation import STEPS, converse
from tests.support.demo import Demo, running_demo
from tests.support.parties import PARTIES, write_policies

HERE = Path(__file__).parent
BUILT = Path(os.environ.get("INTEROP", HERE / "nowhere"))
# Node, Go and Java with their registries: a target of its own.
pytestmark = pytest.mark.skipif("INTEROP" not in os.environ, reason="`make interop` runs these")


@pytest.fixture(scope="module")
def https_demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A demo over https with a CA of its own."""
    folder = Path(tmp_path_factory.mktemp("interop"))
    policies = write_policies(folder / "policies", PARTIES)
    with running_demo(folder, "--https", "--workers", "2", "--policies", str(policies)) as running:
        yield running


def node(demo: Demo, folder: Path) -> tuple[list[str], dict[str, str]]:
    """`openid-client`: knows every step."""
    return [str(shutil.which("node")), str(BUILT / "node/client.mjs")], {}


def go(demo: Demo, folder: Path) -> tuple[list[str], dict[str, str]]:
    """`go-oidc` and `oauth2`: PAR, introspection, revocation, DPoP and logout are made by hand."""
    return [str(BUILT / "go/client")], {}


def java(demo: Demo, folder: Path) -> tuple[list[str], dict[str, str]]:
    """Nimbus: knows every step."""
    trusted = folder / "trusted.p12"
    told = ("-importcert", "-noprompt", "-alias", "demo", "-storetype", "PKCS12")
    where = ("-file", demo.facts["ca"], "-keystore", str(trusted), "-storepass", "changeit")
    subprocess.run(["keytool", *told, *where], check=True, capture_output=True)
    trust = [f"-Djavax.net.ssl.trustStore={trusted}", "-Djavax.net.ssl.trustStorePassword=changeit"]
    return ["java", *trust, "-cp", f"{BUILT}/java:{BUILT}/java/jars/*", "Client"], {}


@pytest.mark.parametrize("dpop", [False, True], ids=["bearer", "dpop"])
@pytest.mark.parametrize("program", [node, go, java])
def test_a_library_that_is_not_ours_goes_through_the_whole_story(
    https_demo: Demo, tmp_path: Path, program: object, dpop: bool
) -> None:
    """Rows 35, 42, 43, 78, 85, 91, 97, 99, 103: with the issuer and its CA alone."""
    assert callable(program)
    command, more = program(https_demo, tmp_path)
    done = converse(https_demo, command, tmp_path, more, dpop=dpop)
    assert set(done) == STEPS
    assert [step for step, well in done.items() if well is not True] == []
