"""Start the portal: `python -m relying_parties.portal --help`."""

import logging
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import click
from granian.constants import Interfaces, SSLProtocols
from granian.log import LogLevels
from granian.server.mp import MPServer

from .app import create_app
from .clock import SystemClock
from .errors import SettingsError
from .lifeline import end_with_parent
from .organisation import Organisation, load_organisation
from .settings import Settings, load_client_key, parse_resolve

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@dataclass(frozen=True)
class Start:
    """The command line as given; settings are read from it in every process."""

    public_url: str
    issuer: str
    client_id: str
    client_key: Path
    data: Path
    ca: Path | None
    resolve: tuple[str, ...]
    card_url: str | None
    organisation: Path | None
    clock: Path | None

    def settings(self) -> Settings:
        """Read the files named. Raises SettingsError."""
        return Settings(
            public_url=self.public_url.rstrip("/"),
            issuer=self.issuer,
            client_id=self.client_id,
            client_key=load_client_key(self.client_key),
            data=self.data,
            ca=self.ca,
            resolve=parse_resolve(self.resolve),
            card_url=self.card_url,
            organisation=load_organisation(self.organisation)
            if self.organisation
            else Organisation(),
            clock=SystemClock(self.clock),
        )


def load_worker(start: Start, supervisor: int) -> Callable[..., Any]:
    """Return the application inside a worker process, which ends with its supervisor."""
    _log_to_stderr()
    end_with_parent(supervisor, signal.SIGKILL)
    return create_app(start.settings())


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8001, show_default=True, type=click.IntRange(1, 65535))
@click.option("--public-url", required=True, help="How browsers reach the portal (an origin).")
@click.option("--issuer", required=True, help="The provider's issuer.")
@click.option("--client-id", required=True)
@click.option("--client-key", required=True, type=_FILE, help="Private JWK (EC P-256), JSON.")
@click.option(
    "--data", required=True, type=click.Path(file_okay=False, path_type=Path), help="Own folder."
)
@click.option("--ca", type=_FILE, help="CA certificates for calls to the provider (PEM).")
@click.option("--resolve", multiple=True, metavar="HOST=ADDR", help="For own calls only.")
@click.option("--cert", type=_FILE, help="Serve https with this certificate (PEM).")
@click.option("--key", type=_FILE, help="The certificate's private key (PEM).")
@click.option("--card-url", help="Link to the digital membership card.")
@click.option("--organisation", type=_FILE, help="Name, telephone, paper forms (TOML).")
@click.option("--parent-pid", type=int, help="End when this process is no longer the parent.")
@click.option("--clock", type=click.Path(dir_okay=False, path_type=Path), hidden=True)
def main(
    host: str,
    port: int,
    cert: Path | None,
    key: Path | None,
    parent_pid: int | None,
    **given: Any,
) -> None:
    """Serve the member portal.

    Example: python -m relying_parties.portal --public-url http://127.0.0.1:8001
    --issuer http://127.0.0.1:8000 --client-id portal --client-key portal.jwk --data var/portal
    """
    start = Start(**given)
    try:
        start.settings()
        if (cert is None) != (key is None):
            raise SettingsError("give --cert and --key together")
    except SettingsError as error:
        click.echo(f"portal: {error.detail}", err=True)
        sys.exit(2)
    if parent_pid is not None:
        end_with_parent(parent_pid, signal.SIGTERM)
    _log_to_stderr()
    server = MPServer(
        "portal",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        blocking_threads=16,
        ssl_cert=cert,
        ssl_key=key,
        ssl_protocol_min=SSLProtocols.tls12,  # Internet Explorer 11 and Safari 8 know no 1.3
        respawn_failed_workers=True,
        workers_kill_timeout=5,
        log_level=LogLevels.warning,
    )
    server.serve(target_loader=partial(load_worker, start, os.getpid()), wrap_loader=False)


def _log_to_stderr() -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("portal %(levelname)s %(message)s"))
    logger = logging.getLogger("portal")
    logger.handlers[:] = [handler]
    logger.setLevel(logging.INFO)


if __name__ == "__main__":
    main()
