"""`idp perform`: a test relying party that explains each step."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey

from idp.cli.output import format_option
from idp.cli.performing import clock
from idp.cli.performing.browser import ScriptedBrowser
from idp.cli.performing.code import CodeFlow
from idp.cli.performing.id_token import verify_logout
from idp.cli.performing.listener import Listener, first_values
from idp.cli.performing.logout import Logout
from idp.cli.performing.party import Key, RelyingParty
from idp.cli.performing.provider import ProviderMetadata, discover
from idp.cli.performing.report import Refused, Report
from idp.cli.performing.wire import Wire
from idp.errors import IdpError
from idp.settings import read_settings

Command = TypeVar("Command", bound=Callable[..., Any])
METHODS = ("none", "client_secret_basic", "client_secret_post", "private_key_jwt")
KINDS: dict[str, type[Key]] = {"EC": ECKey, "RSA": RSAKey, "OKP": OKPKey}
REDIRECT_URI = "http://127.0.0.1:8765/callback"
FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


@dataclass(frozen=True)
class Given:
    """The options that both commands take."""

    issuer: str | None
    client_id: str
    method: str | None
    secret_file: Path | None
    key_file: Path | None
    redirect_uri: str
    scope: str
    par: bool
    dpop: bool
    non_interactive: bool
    username: str | None
    password_file: Path | None
    ca: Path | None
    timeout: float
    show_secrets: bool
    form: str


def _options(command: Command) -> Command:
    """Add the options that both commands take."""
    for option in (
        click.option("--show-secrets", is_flag=True, help="Print codes, tokens and verifiers too."),
        click.option("--timeout", default=300.0, show_default=True, help="Seconds to wait."),
        click.option("--ca", type=FILE, help="The CA of the provider's certificate."),
        click.option("--password-file", type=FILE, help="The person's password; else a prompt."),
        click.option("--username", help="The person's address, with --non-interactive."),
        click.option("--non-interactive", is_flag=True, help="Fill in the pages ourselves."),
        click.option("--dpop", is_flag=True, help="Bind the tokens to a key (RFC 9449)."),
        click.option("--par", is_flag=True, help="Push the request first (RFC 9126)."),
        click.option("--scope", default="openid profile", show_default=True),
        click.option("--redirect-uri", default=REDIRECT_URI, show_default=True),
        click.option("--key-file", type=FILE, help="A private JWK, for private_key_jwt."),
        click.option("--secret-file", type=FILE, help="The client's secret, in a file."),
        click.option("--method", type=click.Choice(METHODS), help="How the client proves itself."),
        click.option("--client-id", required=True, help="As it is registered."),
        click.option("--issuer", help="The provider; that of IDP_DATA unless given."),
    ):
        command = option(command)
    return format_option(command)


@click.group()
def perform() -> None:
    """A test relying party: performs a flow and explains each step."""


@perform.command(epilog="Example: idp perform code --client-id card --dpop")
@_options
@click.option("--prompt", help="none, login, consent or select_account.")
@click.option("--max-age", type=click.IntRange(0), help="Seconds since the sign-in at most.")
@click.option("--acr-values", help="How strong the sign-in should be.")
@click.option("--refresh", is_flag=True, help="Use the refresh token once, too.")
def code(
    prompt: str | None, max_age: int | None, acr_values: str | None, refresh: bool, **options: Any
) -> None:
    """Sign a person in with the code flow and check everything that comes back."""
    asked = {"prompt": prompt, "max_age": max_age, "acr_values": acr_values}
    more = {name: str(value) for name, value in asked.items() if value is not None}

    def act(performance: Performance) -> None:
        flow = performance.flow()
        tokens = flow.perform(performance.given.scope, more, push=performance.given.par)
        if refresh:
            flow.refresh(tokens)

    _run(Given(**options), act)


@perform.command(epilog="Example: idp perform logout --client-id card --dpop")
@_options
@click.option("--post-logout-redirect-uri", "home", help="Where to come back to, as registered.")
@click.option("--backchannel", help="Wait at this loopback address for the logout token, too.")
def logout(home: str | None, backchannel: str | None, **options: Any) -> None:
    """Sign a person in, sign them out at the provider, and show what is left."""

    def act(performance: Performance) -> None:
        p, given = performance, performance.given
        tokens = p.flow().perform(given.scope, {}, push=given.par)
        ending = Logout(p.wire, p.provider, p.party, p.report)
        if backchannel is None:
            ending.perform(tokens["id_token"], home, lambda url: p.leave(url, home))
        else:
            with Listener(backchannel) as listener:
                ending.perform(tokens["id_token"], home, lambda url: p.leave(url, home))
                told = listener.wait(given.timeout).get("logout_token", "")
            p.report.add("back-channel", "The provider told us, too.", logout_token=told)
            sid = tokens["claims"].get("sid")
            verify_logout(p.provider, p.party.client_id, told, sid, p.report)
        ending.afterwards(tokens)

    _run(Given(**options), act)


@dataclass
class Performance:
    """What both commands work with."""

    given: Given
    wire: Wire
    provider: ProviderMetadata
    party: RelyingParty
    report: Report
    browser: ScriptedBrowser | None

    def flow(self) -> CodeFlow:
        """Build the code flow."""
        uri = self.given.redirect_uri
        return CodeFlow(self.wire, self.provider, self.party, uri, self.report, self.go)

    def go(self, url: str) -> dict[str, str]:
        """Take the browser to an address and wait until it comes back to the redirect URI."""
        return self._come_back(url, self.given.redirect_uri)

    def leave(self, url: str, home: str | None) -> dict[str, str] | None:
        """Take the browser to the end-session endpoint."""
        if self.browser is not None:
            return self.browser.leave(url, home)
        # The address holds an ID token: the browser gets it from us, not from the screen.
        with Listener(home or self.given.redirect_uri, onward=url) as listener:
            click.echo(f"\nOpen this address in a browser:\n\n  {listener.start}\n", err=True)
            if home is not None:
                return listener.wait(self.given.timeout)
            listener.begin(self.given.timeout)
            click.echo("Press Enter when the page says that you are signed out.", err=True)
            sys.stdin.readline()
            return None

    def _come_back(self, url: str, home: str) -> dict[str, str]:
        if self.browser is not None:
            return self.browser.walk(url, home)
        say = f"\nOpen this address in a browser:\n\n  {url}\n"
        if not home.startswith(("http://127.0.0.1", "http://[::1]", "http://localhost")):
            click.echo(f"{say}\nThen paste the address at which it ended:", err=True)
            return first_values(sys.stdin.readline().strip().partition("?")[2])
        with Listener(home) as listener:
            click.echo(say, err=True)
            return listener.wait(self.given.timeout)


def _run(given: Given, act: Callable[[Performance], None]) -> None:
    """Build everything, act, and print; leaves with the exit code of the contract."""
    report = Report(given.show_secrets, live=given.form == "table")
    try:
        issuer = given.issuer or _of_this_deployment()
        ca = str(given.ca) if given.ca is not None else None
        wire = Wire(ca)
        party, browser = _party(given), _browser(given, ca, report)
        provider = discover(wire, issuer, report)
        act(Performance(given, wire, provider, party, report, browser))
    except IdpError as error:
        if given.form == "json":
            content = report.content() | {"ok": False, "error": error.detail}
            click.echo(json.dumps(content, ensure_ascii=False))
        raise
    if given.form == "json":
        click.echo(json.dumps(report.content(), ensure_ascii=False))
    else:
        click.echo(f"Done: all {len(report.steps)} steps are as the specifications want them.")


def _party(given: Given) -> RelyingParty:
    secret = given.secret_file.read_text("utf-8").strip() if given.secret_file else None
    key = _key(given.key_file) if given.key_file else None
    chosen = "private_key_jwt" if key else "client_secret_basic" if secret else "none"
    method = given.method or chosen
    if (method == "private_key_jwt" and key is None) or ("secret" in method and secret is None):
        raise click.UsageError(f"{method} needs --secret-file or --key-file")
    dpop = ECKey.generate_key("P-256") if given.dpop else None
    return RelyingParty(given.client_id, method, secret, key, dpop)


def _key(file: Path) -> Key:
    try:
        jwk = json.loads(file.read_text("utf-8"))
        return KINDS[jwk["kty"]].import_key(jwk)
    except (JoseError, ValueError, KeyError, TypeError):
        raise Refused(f"{file}: not a private JWK") from None


def _browser(given: Given, ca: str | None, report: Report) -> ScriptedBrowser | None:
    if not given.non_interactive:
        return None
    if given.username is None:
        raise click.UsageError("--non-interactive needs --username")
    if given.password_file is not None:
        password = given.password_file.read_text("utf-8").rstrip("\r\n")
    else:
        password = click.prompt("Password", hide_input=True, err=True)
    return ScriptedBrowser(Wire(ca), report, given.username, password)


def _of_this_deployment() -> str:
    settings = read_settings()
    clock.go_by(settings)
    return settings.issuer
