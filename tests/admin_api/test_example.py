"""The example of docs/operations.md, run as it stands; and the description, as it is served."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import requests

from idp.admin_api.openapi import describe
from idp.admin_api.routes import Kind
from idp.assembly.admin_api import declared
from idp.policy.admin_api import ROOT
from tests.architecture.tree import ROOT as TREE
from tests.support.demo import Demo


def test_the_example_for_operators_runs_as_it_stands(demo: Demo, tmp_path: Path) -> None:
    blocks = re.findall(
        r"```sh\n(.*?)```", (TREE / "docs/operations.md").read_text("utf-8"), re.DOTALL
    )
    (example,) = [one for one in blocks if "/admin/v1" in one]
    here = f'idp() {{ "{sys.executable}" -m idp.cli "$@"; }}\n'
    known = {
        "PYTHONPATH": str(TREE),
        "IDP_DATA": str(demo.data),
        "ISSUER": demo.issuer,
        "REFERENCE": "ZZZZZZZZ",
    }
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", here + example],
        cwd=tmp_path,
        env=os.environ | known,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    listed, end = json.JSONDecoder().raw_decode(done.stdout)
    assert set(listed) == {"blocks", "next"}
    refused = json.loads(done.stdout[end:])
    assert refused["type"] == "urn:kumiai:problem:no-block"
    assert (refused["status"], bool(refused["detail"])) == (404, True)
    removed = demo.idp("client", "remove", "nightly")
    assert removed.returncode == 0, removed.stderr


def test_the_description_is_served_and_lies_in_docs(demo: Demo) -> None:
    served = requests.get(f"{demo.issuer}{ROOT}/openapi.json", timeout=30).json()
    kept = json.loads((TREE / "docs/admin-api.json").read_text("utf-8"))
    assert served == kept == describe(declared())


def test_each_operation_says_what_it_takes() -> None:
    routes = declared()
    described = describe(routes)
    for route in routes.all:
        operation = described["paths"][route.path][route.method.lower()]
        headers = {one["name"] for one in operation["parameters"] if one["in"] == "header"}
        assert ("Idempotency-Key" in headers) == (route.kind is Kind.CHANGE), route.name
        if route.kind is not Kind.READ:
            by_body = route.takes is not None and "reason" in route.takes.__struct_fields__
            assert by_body != ("Admin-Reason" in headers), f"{route.name}: a reason, in one place"
        assert ("202" in operation["responses"]) == route.waits
        for response in operation["responses"].values():
            assert response["description"]
    text = json.dumps(described)
    named = set(re.findall(r'"#/components/schemas/(\w+)"', text))
    assert named <= set(described["components"]["schemas"])
