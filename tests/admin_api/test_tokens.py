"""Who may call at all: tokens of clients, for this resource, with what the client holds now."""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import replace

import pytest

from idp.clients.registration import BadClient
from idp.policy.admin_api import ROOT
from tests.support.demo import Demo
from tests.support.dpop import Prover
from tests.support.parties import party
from tests.support.programs import OPERATOR, Program, Programs, problem
from tests.support.relying_party import Browser, claims_of

VIEW = "admin:block.view"


def test_a_token_of_another_resource_opens_nothing(programs: Programs) -> None:
    """Confused deputy (CWE-441): a token for some resource is not one for this (RFC 9068 4)."""
    other = programs.new("register:read", VIEW)
    told = programs.token(other, scope="register:read")
    problem(replace(other, token=told["access_token"]).call("GET", "/blocks"), 401, "token")


def test_a_token_with_a_scope_of_the_api_is_for_the_api_only(programs: Programs) -> None:
    program = programs.new(VIEW, access_token_format="jwt", access_token_audience=["https://x/"])
    claims = claims_of(program.token)
    assert claims["aud"] == programs.provider.issuer + ROOT
    assert claims["scope"] == VIEW
    assert program.call("GET", "/blocks").status == 200


def test_a_smaller_token_may_do_less(programs: Programs) -> None:
    """Least privilege (CWE-272): the scope of the token counts, not that of the client."""
    program = programs.new(VIEW, "admin:key.view")
    small = replace(program, token=programs.token(program, scope=VIEW)["access_token"])
    assert small.call("GET", "/blocks").status == 200
    problem(small.call("GET", "/keys"), 403, "insufficient-scope")


def test_a_client_that_was_removed_opens_nothing_with_its_token(programs: Programs) -> None:
    """Insufficient session expiration (CWE-613): the token is younger than the removal."""
    program = programs.new(VIEW)
    assert program.call("GET", "/blocks").status == 200
    programs.foundation.clients.remove(program.client_id, OPERATOR)
    problem(program.call("GET", "/blocks"), 401, "token")


def test_a_scope_that_was_taken_away_opens_nothing_with_an_older_token(
    programs: Programs,
) -> None:
    """Time of check, time of use (CWE-367)."""
    program = programs.new(VIEW, "admin:key.view")
    programs.foundation.clients.remove(program.client_id, OPERATOR)
    smaller = {
        "client_id": program.client_id,
        "grant_types": ["client_credentials"],
        "scope": "admin:key.view",
    }
    programs.foundation.clients.add(smaller, OPERATOR)
    problem(program.call("GET", "/blocks"), 403, "insufficient-scope")
    assert program.call("GET", "/keys").status == 200


def test_a_bound_token_needs_its_proof(programs: Programs, demo: Demo) -> None:
    """A stolen token (CWE-294): DPoP (RFC 9449 7.1) holds here as it does elsewhere."""
    program = programs.new(VIEW)
    prover, issuer = Prover(demo.clock), programs.provider.issuer
    basic = b64encode(f"{program.client_id}:{program.secret}".encode()).decode()

    def token() -> dict[str, str]:
        answer = programs.provider.post(
            "/token",
            {"grant_type": "client_credentials"},
            authorization=f"Basic {basic}",
            dpop=prover.proof("POST", f"{issuer}/token"),
        )
        prover.nonce = answer.headers.get("dpop-nonce", prover.nonce)
        told: dict[str, str] = json.loads(answer.body)
        return told

    told = token()
    told = token() if told.get("error") == "use_dpop_nonce" else told
    assert told["token_type"] == "DPoP"
    bound, url = told["access_token"], f"{issuer}{ROOT}/blocks"
    problem(replace(program, token=bound).call("GET", "/blocks"), 401, "token")
    for proof, status in (
        (prover.proof("GET", url, bound), 200),
        (Prover(demo.clock).proof("GET", url, bound), 401),
        (prover.proof("POST", url, bound), 401),
    ):
        answer = program.call("GET", "/blocks", authorization=f"DPoP {bound}", dpop=proof)
        assert answer.status == status, answer.body


@pytest.mark.parametrize("scope", ["openid", "admin:approval.decide", "admin:nothing"])
def test_no_token_has_a_scope_its_client_has_not(programs: Programs, scope: str) -> None:
    """Privilege escalation at the token endpoint (CWE-269)."""
    program: Program = programs.of(VIEW)
    basic = b64encode(f"{program.client_id}:{program.secret}".encode()).decode()
    answer = programs.provider.post(
        "/token",
        {"grant_type": "client_credentials", "scope": f"{VIEW} {scope}"},
        authorization=f"Basic {basic}",
    )
    assert (answer.status, json.loads(answer.body)["error"]) == (400, "invalid_scope")


def test_the_token_of_a_member_opens_nothing(programs: Programs, demo: Demo) -> None:
    """A person's token is not a program's (CWE-863)."""
    member = demo.member()
    tokens = party(demo, "desk").sign_in(Browser(demo.issuer), member["email"], member["password"])
    program = replace(programs.of(VIEW), token=tokens["access_token"])
    problem(program.call("GET", "/blocks"), 401, "token")


@pytest.mark.parametrize(
    ("metadata", "why"),
    [
        ({"scope": "admin:approval.decide"}, "not offered"),
        ({"scope": "admin:anything"}, "not offered"),
        ({"scope": "admin:block.lift admin:audit.search"}, "audit"),
        ({"client_id": "0190a000-0000-7000-8000-000000000000"}, "no UUID"),
        ({"client_id": "x" * 65}, "64 characters"),
        (
            {"grant_types": ["authorization_code"], "redirect_uris": ["https://x.example/"]},
            "client_credentials",
        ),
        ({"token_endpoint_auth_method": "none"}, "credential"),
    ],
)
def test_what_cannot_be_registered_as_a_program(
    programs: Programs, metadata: dict[str, object], why: str
) -> None:
    """Separation of duties, and ids that could be taken for a person's (CWE-290)."""
    wanted = {
        "client_id": "a-program",
        "scope": VIEW,
        "grant_types": ["client_credentials"],
    } | metadata
    with pytest.raises(BadClient, match=why):
        programs.foundation.clients.add(wanted, OPERATOR)
