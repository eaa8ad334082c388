"""Outside interfaces that people script against: changed only together with README and this list.

Stands here: what is there now. An interface that is added gets its line here in the same change.
"""

from __future__ import annotations

import re

import pytest

from idp.cli import COMMANDS as TOP
from idp.cli.demo import demo
from idp.oidc.door import FrontDoor
from idp.settings import Settings
from tests.architecture.commands import every_command
from tests.architecture.test_discovery import flask_rules
from tests.architecture.tree import ROOT

TARGETS = ("demo", "test", "check", "setup", "bench", "lock", "screenshots")
DEMO_OPTIONS = {
    "--data",
    "--host",
    "--port",
    "--json",
    "--https",
    "--clock",
    "--database",
    "--redis",
    "--workers",
    "--policies",
    "--names",
    "--expose-demo",
}
DEMO_DEFAULTS = {"host": "127.0.0.1", "port": 8000}
COMMANDS = {
    "serve": (),
    "worker": (),
    "demo": (),
    "migrate": ("plan", "apply", "status"),
    "doctor": ("config", "invariants"),
    "member": (
        "import",
        "show",
        "calendar",
        "letters",
        "leave",
        "refunded",
        "changes list",
        "changes show",
        "changes approve",
        "changes refuse",
    ),
    "invite": ("send", "list", "withdraw", "resend"),
    "account": ("add", "show", "stop", "block", "restore", "erase", "import-legacy", "legacy"),
    "mail": ("bounce", "undeliverable list", "undeliverable clear"),
    "policy": ("check", "diff", "explain", "rehearse", "activate", "history"),
    "block": ("list", "explain", "lift", "weather"),
    "keys": (
        "master",
        "list",
        "announce",
        "activate",
        "retire",
        "rotate",
        "readiness",
        "rewrap",
    ),
    "audit": (
        "verify",
        "search",
        "export",
        "evidence",
        "checkpoint",
        "key",
        "purge",
        "fork",
        "hold add",
        "hold list",
        "hold lift",
        "timeline",
        "breach",
        "reindex",
    ),
    "backup": (),
    "restore": (),
    "client": ("add", "list", "show", "remove"),
    "scim": ("token add", "token list", "token end"),
    "staff": ("add", "enrol", "role", "list", "end", "break-glass"),
    "perform": ("code", "logout"),
}
OPTIONS = {
    "idp audit export": "--out",
    "idp audit verify": "--key",
    "idp client add": "--file",
    "idp keys rotate": "--compromised",
    "idp member import": "--dry-run",
    "idp serve": "--config",
}
SETTINGS = {
    "issuer",
    "database_url",
    "purge_database_url",
    "room_database_url",
    "redis_url",
    "policies",
    "data",
    "master_key_file",
    "smtp_url",
    "trusted_proxies",
    "outgoing_allow",
    "outgoing_ca",
    "metrics",
}
MACHINES = {
    "/.well-known/openid-configuration",
    "/.well-known/oauth-authorization-server",
    "/token",
    "/par",
    "/introspect",
    "/revoke",
    "/userinfo",
    "/jwks",
    "/healthz",
    "/readyz",
    "/scim/v2/",
    "/admin/v1",
    "/admin/v1/",
    "/member/changes",
    "/member/changes/",
}
PAGES = {
    "/authorize",
    "/authorize/continue",
    "/end_session",
    "/sign-in",
    "/sign-out",
    "/register",
    "/recover",
    "/account",
    "/account/security",
    "/account/devices",
    "/account/applications",
    "/account/passkeys",
    "/account/changes",
    "/account/history",
    "/account/stop",
    "/staff",
    "/staff/sign-in",
    "/staff/verify",
    "/staff/sign-out",
    "/staff/reauthenticate",
    "/staff/enrol",
    "/staff/enrol/app",
}
FORMS = {
    "sign-in": ("username", "password", "shared_device"),
    "verification-code": ("code",),
    "consent": ("consent",),
    "reset-request": ("email",),
    "reset-password": ("code", "new_password", "new_password_again"),
    "sign-out": (),
    "new-address": (),
    "change-request": (),
    "stop-service": (),
}
"""Forms by id, with the fields a person fills in, the same on every page that has the form."""

STAFF_FORMS = {
    "sign-in": ("username", "password"),
    "verification-code": ("code",),
    "re-authenticate": ("code",),
    "kept-act": (),
    "sign-out": (),
    "enrol": ("new_password", "new_password_again"),
    "confirm-app": ("code",),
}
"""The same for the pages of the staff."""

STEPS = {
    "register": (
        "invitation_code",
        "member_number",
        "birth_date",
        "email",
        "code",
        "new_password",
        "new_password_again",
    ),
    "re-authenticate": ("password", "code"),
}
"""Forms that are several pages under one id."""

COOKIES = ("kumiai_idp", "kumiai_idp_device", "kumiai_idp_staff")


@pytest.mark.parametrize("target", TARGETS)
def test_make_targets_are_there(target: str) -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    assert re.search(rf"^{target}:", makefile, re.MULTILINE)


def test_the_ci_runs_the_checks_and_the_tests() -> None:
    script = ROOT / ".ci/run"
    assert script.stat().st_mode & 0o111
    assert {"make check", "make test"} <= set(script.read_text("utf-8").splitlines())


def test_the_demo_takes_its_options() -> None:
    taken = {text for param in demo.params for text in param.opts}
    assert taken == DEMO_OPTIONS
    defaults = {param.name: param.default for param in demo.params}
    assert {name: defaults[name] for name in DEMO_DEFAULTS} == DEMO_DEFAULTS


def test_the_commands_are_these() -> None:
    wanted = {
        " ".join(("idp", top, *([below] if below else [])))
        for top, subcommands in COMMANDS.items()
        for below in (subcommands or ("",))
    }
    assert {" ".join(words) for words, _ in every_command()} == wanted
    assert set(TOP) == set(COMMANDS)


@pytest.mark.parametrize(("name", "option"), OPTIONS.items())
def test_commands_take_their_options(name: str, option: str) -> None:
    commands = {" ".join(words): command for words, command in every_command()}
    assert option in {text for param in commands[name].params for text in param.opts}


def test_the_settings_are_these() -> None:
    demo_only = {"resolve", "demo", "clock_file"}
    assert set(Settings.__dataclass_fields__) - demo_only == SETTINGS


def test_every_setting_is_explained_in_the_operations_page() -> None:
    page = (ROOT / "docs/operations.md").read_text("utf-8")
    named = {name.lower() for name in re.findall(r"`IDP_([A-Z_]+)`", page)}
    assert named - {"config"} == SETTINGS


def test_the_machine_endpoints_are_these(application: FrontDoor) -> None:
    assert set(application.machines) == MACHINES


def test_the_pages_are_there(application: FrontDoor) -> None:
    assert flask_rules(application) >= PAGES


def parts_of(form: str, *, staff: bool = False) -> list[str]:
    """Cut every form with an id out of the templates that hold it."""
    templates = (ROOT / "idp/web/templates").rglob("*.html")
    own = [t for t in templates if (t.parent.name == "staff") is staff]
    texts = [text for t in own if f'<form id="{form}"' in (text := t.read_text("utf-8"))]
    return [
        part.split("</form>")[0] for text in texts for part in text.split(f'<form id="{form}"')[1:]
    ]


def has_field(part: str, field: str) -> bool:
    """Tell whether a form has a field, written out or through one of the macros."""
    return f'name="{field}"' in part or f'field("{field}"' in part or f"{field}_field(" in part


@pytest.mark.parametrize(("form", "fields"), FORMS.items())
def test_forms_have_their_ids_and_fields(form: str, fields: tuple[str, ...]) -> None:
    parts = parts_of(form)
    assert parts
    for part in parts:
        assert re.match(r' method="(post|get)"', part)
        for field in fields:
            assert has_field(part, field), field


@pytest.mark.parametrize(("form", "fields"), STAFF_FORMS.items())
def test_forms_of_the_staff_have_their_ids_and_fields(form: str, fields: tuple[str, ...]) -> None:
    parts = parts_of(form, staff=True)
    assert parts
    for part in parts:
        assert re.match(r' method="post"', part)
        for field in fields:
            assert has_field(part, field), field


@pytest.mark.parametrize(("form", "fields"), STEPS.items())
def test_forms_of_several_pages_have_all_their_fields(form: str, fields: tuple[str, ...]) -> None:
    parts = "".join(parts_of(form))
    for field in fields:
        assert has_field(parts, field), field


def test_the_consent_buttons_say_allow_and_deny() -> None:
    page = (ROOT / "idp/web/templates/consent.html").read_text("utf-8")
    assert 'name="consent" value="allow"' in page
    assert 'name="consent" value="deny"' in page


def test_every_attribute_is_double_quoted() -> None:
    for template in (ROOT / "idp/web/templates").rglob("*.html"):
        assert not re.search(r"<[a-z][^>]*\s[a-z-]+='", template.read_text("utf-8")), template


@pytest.mark.parametrize("cookie", COOKIES)
def test_the_cookies_carry_the_program_in_their_names(cookie: str) -> None:
    assert f'"{cookie}"' in (ROOT / "idp/web/cookies.py").read_text("utf-8")
