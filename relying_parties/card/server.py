"""Serving the card on granian: one worker process, which ends with its supervisor."""

import os
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from granian.constants import Interfaces, SSLProtocols
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server import Server

from relying_parties.card.app import create_app
from relying_parties.card.parent import end_with
from relying_parties.card.settings import Settings

THREADS: Final = 16


def serve(settings: Settings, parent_pid: int | None = None) -> None:
    """Serve until SIGTERM or SIGINT, or until `parent_pid` is gone."""
    if parent_pid is not None:
        end_with(parent_pid)
    server = Server(
        "relying_parties.card",
        address=settings.host,
        port=settings.port,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=THREADS,
        respawn_failed_workers=True,
        respawn_interval=0.2,
        workers_kill_timeout=5,
        log_level=LogLevels.error,
        http1_settings=HTTP1Settings(header_read_timeout=10_000),
        ssl_cert=settings.cert,
        ssl_key=settings.key,
        ssl_protocol_min=SSLProtocols.tls12,
    )
    server.serve(target_loader=partial(_load, settings, os.getpid()), wrap_loader=False)


def _load(settings: Settings, supervisor_pid: int) -> Callable[..., Any]:
    """Build the application inside the worker process."""
    end_with(supervisor_pid)
    return create_app(settings)
