"""`idp serve` and `idp worker`."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

import click

from idp.errors import SettingsError
from idp.settings import is_loopback, read_settings


@click.command(epilog="Example: idp serve --host 127.0.0.1 --port 8000 --workers 2")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option(
    "--workers", default=None, type=click.IntRange(1, 64), help="Processes; cores if not given."
)
@click.option("--config", type=click.Path(path_type=Path), help="Settings as a TOML file.")
@click.option("--certificate", type=click.Path(path_type=Path), help="TLS certificate chain (PEM).")
@click.option("--key", type=click.Path(path_type=Path), help="TLS private key (PKCS#8 PEM).")
@click.option("--no-worker", is_flag=True, help="Do not start the background worker beside.")
def serve(
    host: str,
    port: int,
    workers: int | None,
    config: Path | None,
    certificate: Path | None,
    key: Path | None,
    no_worker: bool,
) -> None:
    """Start the provider: web processes, and the background worker beside them."""
    from idp.logs import set_up  # noqa: PLC0415  commands import late
    from idp.processes import end_with_supervisor, shared_folder  # noqa: PLC0415

    if config is not None:
        os.environ["IDP_CONFIG"] = str(config)
    settings = read_settings(config=config)
    if settings.demo and os.environ.get("KUMIAI_DEMO") != "1":
        raise SettingsError("this is a demo's data folder; its secrets are for `idp demo` only")
    if not settings.secure and not is_loopback(host):
        raise SettingsError("an http issuer is for this machine only: listen on a loopback address")
    set_up()
    end_with_supervisor()
    cores = len(os.sched_getaffinity(0))
    with shared_folder():
        from idp.server import Listen  # noqa: PLC0415  imports what counts
        from idp.server import serve as run  # noqa: PLC0415

        listen = Listen(host, port, workers or cores, certificate, key)
        run(settings, listen, with_worker=not no_worker)


@click.command(epilog="Example: idp worker")
def worker() -> None:
    """Run the background worker: outbox, sealing, key rotation, cleaning."""
    from idp.assembly.background import build_background  # noqa: PLC0415
    from idp.assembly.foundation import build_foundation  # noqa: PLC0415
    from idp.logs import set_up  # noqa: PLC0415
    from idp.processes import end_with_supervisor  # noqa: PLC0415
    from idp.worker import work  # noqa: PLC0415

    set_up()
    end_with_supervisor()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    work(build_background(build_foundation(read_settings())), stop)
