"""The supervisor of one node: granian workers, and the background worker when embedded.

Failed workers are respawned; the background worker is started again when it ends. All of them end
with this process.
"""

from __future__ import annotations

import gc
import importlib
import os
import resource
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
from idp.processes import LOOK_SECONDS, supervise, tell_serving_processes
from idp.settings import Settings
from idp.storage.marks import RedisMarks, connect_redis

log = structlog.get_logger(__name__)
THREADS = 96
CONNECTIONS = 2048
"""Open connections per process; an idle keep-alive connection is one of them (granian counts
connections, not requests: few would let browsers that wait shut everybody else out)."""


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
    if settings.redis_url:
        marks = RedisMarks(connect_redis(settings.redis_url), foundation.clock)
        marks.settle(foundation.database, foundation.policy.policy.tokens.clock_skew.seconds)
    foundation.database.dispose()
    if settings.metrics:
        serve_metrics(settings.metrics)
    if with_worker:
        # A copy: this thread sets variables while the other starts a process, which the C library
        # does not bear (execve fails with EFAULT, and nothing would be sent or sealed).
        told = (dict(os.environ),)
        threading.Thread(target=_keep_working, args=told, daemon=True, name="worker-keeper").start()
    _allow_files()
    _import_for_all()
    tell_serving_processes(listen.workers)
    server = Granian(
        "idp.wsgi:application",
        address=listen.host,
        port=listen.port,
        interface=Interfaces.WSGI,
        workers=listen.workers,
        blocking_threads=THREADS,
        backpressure=CONNECTIONS,
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


def _import_for_all() -> None:
    """Import the application before the workers are forked.

    They share that memory, and one that is started again after a crash serves at once.
    """
    gc.disable()
    importlib.import_module("idp.app")
    gc.freeze()
    gc.enable()


def _allow_files() -> None:
    """Raise the limit of open files to what the system grants: a connection is a file."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def serve_metrics(bind: str) -> None:
    """Serve the counters on `host:port` from this process, in a thread."""
    from prometheus_client import CollectorRegistry, start_http_server  # noqa: PLC0415  reads the folder's name
    from prometheus_client.multiprocess import MultiProcessCollector  # noqa: PLC0415

    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    host, _, port = bind.rpartition(":")
    start_http_server(int(port), host, registry)


def _keep_working(environment: dict[str, str]) -> None:
    while True:
        child = subprocess.Popen([sys.executable, "-m", "idp.cli", "worker"], env=environment)
        while child.poll() is None:
            time.sleep(LOOK_SECONDS)
        log.warning("worker.ended", code=child.returncode)
        time.sleep(0.5)
