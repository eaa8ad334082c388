"""A policy that would make a client meet a key it cannot know is refused before it is in force."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from idp.assembly.foundation import Foundation, build_foundation
from idp.assembly.rotation import build_rotation
from idp.bootstrap import prepare
from idp.clients.registration import BadClient
from idp.inforce.service import activate
from idp.journal.service import SYSTEM
from idp.policy.folder import BadPolicy, proposal, read_folder
from tests.flows.deployment import Deployment, new_deployment, refused
from tests.stores.conftest import POLICIES, settings_for
from tests.support.parties import PARTIES, write_policies

METADATA = {
    "client_id": "wanting",
    "redirect_uris": ["https://wanting.example/cb"],
    "token_endpoint_auth_method": "client_secret_basic",
}


def changed(area: str, **values: str) -> dict[str, str]:
    texts = dict(read_folder(POLICIES).texts)
    for name, value in values.items():
        texts[area], done = re.subn(rf'(?m)^{name} = ".*"$', f'{name} = "{value}"', texts[area])
        assert done == 1, name
    return texts


@pytest.mark.parametrize(
    ("area", "values", "why"),
    [
        ("keys", {"announced_dwell": "600s"}, "announced_dwell must be longer than jwks_cache"),
        ("keys", {"jwks_cache": "24h"}, "announced_dwell must be longer than jwks_cache"),
        ("keys", {"announced_dwell": "90d"}, "shorter than active_period"),
        ("keys", {"retiring_dwell": "309s"}, "retiring_dwell must cover"),
        ("tokens", {"id_token_lifetime": "48h"}, "retiring_dwell must cover"),
        ("tokens", {"access_token_lifetime": "48h"}, "retiring_dwell must cover"),
        ("tokens", {"logout_token_lifetime": "48h"}, "retiring_dwell must cover"),
    ],
)
def test_times_that_contradict_each_other_are_refused(
    area: str, values: dict[str, str], why: str
) -> None:
    """Row 74: a key is known before it signs, and as long as its tokens live."""
    with pytest.raises(BadPolicy, match=why):
        proposal(changed(area, **values))


def test_times_that_just_fit_are_taken() -> None:
    proposal(changed("keys", announced_dwell="602s", retiring_dwell="310s"))


def narrowed(*algorithms: str) -> dict[str, str]:
    texts = dict(read_folder(POLICIES).texts)
    texts["keys"] = re.sub(
        r"(?m)^algorithms = .*$", f"algorithms = {json.dumps(algorithms)}", texts["keys"]
    )
    return texts


def test_a_client_of_an_algorithm_that_is_not_offered_is_refused() -> None:
    """Row 72."""
    texts = narrowed("ES256")
    texts["clients"] += (
        '\n[x]\nclient_name = "x"\nredirect_uris = ["https://x.example/"]\nscope = "openid"\n'
        'first_party = true\ntoken_endpoint_auth_method = "none"\n'
    )
    with pytest.raises(BadPolicy, match=r"x: id_token_signed_response_alg: RS256 is not in"):
        proposal(texts)


@pytest.fixture
def narrow(tmp_path: Path) -> Foundation:
    """A deployment that started with two algorithms."""
    folder = write_policies(tmp_path / "policies")
    (folder / "keys.toml").write_text(narrowed("ES256", "RS256")["keys"])
    settings = replace(settings_for(f"sqlite:///{tmp_path / 'idp.db'}", tmp_path), policies=folder)
    prepare(settings).database.dispose()
    return build_foundation(settings)


def wanting(alg: str) -> dict[str, object]:
    return METADATA | {"client_id": f"wanting-{alg}", "id_token_signed_response_alg": alg}


def test_registration_for_an_algorithm_that_no_key_serves_says_what_to_do(
    narrow: Foundation,
) -> None:
    """Row 72: refused at registration, never a 5xx at the token endpoint."""
    f = narrow
    with pytest.raises(BadClient, match=r"PS256 is not in `algorithms` of keys\.toml"):
        f.clients.add(wanting("PS256"), SYSTEM)
    f.clients.add(wanting("ES256"), SYSTEM)
    wider = proposal(dict(read_folder(POLICIES).texts))
    f.clients.check_policy(wider.policy)
    with f.database.begin() as tx:
        activate(tx, f.journal, f.clock, wider, SYSTEM, "test")
    f.policy._read()
    build_rotation(f).rotate()
    # The algorithm is in force, its key is announced and does not sign yet.
    assert "PS256" not in f.vault.refresh().algs
    with pytest.raises(BadClient, match="no key signs with PS256 yet"):
        f.clients.add(wanting("PS256"), SYSTEM)
    with pytest.raises(BadClient, match=r"wanting-ES256.*not in `algorithms`"):
        f.clients.check_policy(proposal(narrowed("RS256")).policy)
    f.database.dispose()


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    folder = Path(tmp_path_factory.mktemp("consistency"))
    return new_deployment(folder / "own", write_policies(folder / "policies", PARTIES))


def test_a_data_folder_that_was_never_made_is_one_sentence(tmp_path: Path) -> None:
    made = new_deployment(tmp_path / "own", write_policies(tmp_path / "policies"))
    for step in ("status", "plan", "apply"):
        refused(made.idp("migrate", step), "does not exist", "mkdir -m 700", "IDP_DATA")
    assert not Path(made.settings["data"]).exists()


def test_the_check_of_a_policy_names_the_file(deployment: Deployment) -> None:
    folder = Path(deployment.settings["policies"])
    text = (folder / "keys.toml").read_text()
    (folder / "keys.toml").write_text(text.replace('"24h"', '"5m"'))
    try:
        refused(deployment.idp("policy", "check"), "keys.toml", "announced_dwell")
    finally:
        (folder / "keys.toml").write_text(text)
