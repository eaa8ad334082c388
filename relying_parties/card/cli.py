"""The card's command line: read the options, then serve until told to stop."""

import argparse
import sys
from pathlib import Path

from relying_parties.card import organisation, server
from relying_parties.card.settings import Settings, SettingsError, checked_url


def main(arguments: list[str] | None = None) -> None:
    """Run the card; exits with 2 and one sentence when the options cannot be used."""
    options = _parser().parse_args(arguments)
    try:
        settings = settings_from(options)
    except (SettingsError, organisation.OrganisationError) as error:
        sys.stderr.write(f"card: {error}\n")
        sys.exit(2)
    server.serve(settings, options.parent_pid)


def settings_from(options: argparse.Namespace) -> Settings:
    """Return the checked settings; raises SettingsError, OrganisationError."""
    if (options.cert is None) != (options.key is None):
        raise SettingsError("--cert and --key belong together")
    if not 0 < options.port < 65536:
        raise SettingsError(f"--port: {options.port} is not a port")
    for name in ("ca", "cert", "key"):
        path = getattr(options, name)
        if path is not None and not path.is_file():
            raise SettingsError(f"--{name}: {path} is not a file")
    portal = options.portal_url
    return Settings(
        public_url=checked_url("--public-url", options.public_url, origin_only=True),
        issuer=checked_url("--issuer", options.issuer),
        client_id=options.client_id,
        data=options.data,
        host=options.host,
        port=options.port,
        portal_url=None if portal is None else checked_url("--portal-url", portal),
        ca=options.ca,
        resolve=tuple(_pair(text) for text in options.resolve),
        cert=options.cert,
        key=options.key,
        organisation=organisation.read(options.organisation),
        clock_file=options.clock,
        trusted_proxies=tuple(options.trusted_proxy),
    )


def _pair(text: str) -> tuple[str, str]:
    host, _, address = text.partition("=")
    if not host or not address:
        raise SettingsError(f"--resolve: {text!r} is not HOST=ADDR")
    return host.lower(), address


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m relying_parties.card", description="The digital membership card."
    )
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="address to listen on")
    add("--port", type=int, required=True, help="port to listen on")
    add("--public-url", required=True, help="where people reach the card; no path")
    add("--issuer", required=True, help="the provider's issuer identifier")
    add("--client-id", required=True, help="the card's client identifier")
    add("--data", type=Path, required=True, help="folder for the card's own data")
    add("--portal-url", help="the member portal, for people who must register first")
    add("--organisation", type=Path, metavar="FILE", help="TOML: names and help desk")
    add("--ca", type=Path, metavar="FILE", help="certificates to trust for the provider (PEM)")
    add("--resolve", action="append", default=[], metavar="HOST=ADDR", help="repeatable")
    add("--cert", type=Path, metavar="FILE", help="serve https with this certificate (PEM)")
    add("--key", type=Path, metavar="FILE", help="private key of --cert (PEM, PKCS#8)")
    add("--trusted-proxy", action="append", default=[], metavar="ADDR", help="repeatable")
    add("--clock", type=Path, metavar="FILE", help="add the seconds in FILE to the clock")
    add("--parent-pid", type=int, metavar="PID", help="end when this parent is gone")
    return parser
