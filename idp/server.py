"""The supervisor of one node: granian workers, and the background worker when embedded.

Failed workers are respawned; the background worker is started again when it ends. All of them end
with this process.
"""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import structlog
from granian import Granian
from granian.constants import Interfaces, SSLProtocols
from granian.log import LogLevels

from idp.bootstrap import prepare, record_start
from idp.processes import LOOK_SECONDS, supervise
from idp.settings import Settings

log = structlog.get_logger(__name__)
THREADS = 64


@dataclass(frozen=True)
class Listen:
    """Where and how the provider listens."""

    host: str
    port: int
    workers: int
    certificate: Path | None = None
    key: Path | None = None


def serve(settings: Settings, listen: Listen, *, with_worker: bool) -> None:
    """Serve until told to stop; refuses to start on what is wrong with settings or stores."""
    supervise()
    foundation = prepare(settings)
    record_start(foundation, "serve")
    foundation.database.dispose()
    if settings.metrics:
        serve_metrics(settings.metrics)
    if with_worker:
        threading.Thread(target=_keep_working, daemon=True, name="worker-keeper").start()
    server = Granian(
        "idp.wsgi:application",
        address=listen.host,
        port=listen.port,
        interface=Interfaces.WSGI,
        workers=listen.workers,
        blocking_threads=THREADS,
        backpressure=THREADS,
        backlog=2048,
        respawn_failed_workers=True,
        respawn_interval=0.5,
        log_level=LogLevels.warning,
        log_access=False,
        ssl_cert=listen.certificate,
        ssl_key=listen.key,
        ssl_protocol_min=SSLProtocols.tls12,
        workers_kill_timeout=10,
    )
    server.serve()


def serve_metrics(bind: str) -> None:
    """Serve the counters on `host:port` from this process, in a thread."""
    from prometheus_client import CollectorRegistry, start_http_server  # noqa: PLC0415  reads the folder's name
    from prometheus_client.multiprocess import MultiProcessCollector  # noqa: PLC0415

    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    host, _, port = bind.rpartition(":")
    start_http_server(int(port), host, registry)


def _keep_working() -> None:
    while True:
        child = subprocess.Popen([sys.executable, "-m", "idp.cli", "worker"])
        while child.poll() is None:
            time.sleep(LOOK_SECONDS)
        log.warning("worker.ended", code=child.returncode)
        time.sleep(0.5)
