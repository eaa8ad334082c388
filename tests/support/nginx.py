"""A real nginx with the shipped configuration: only addresses, ports and file names are others."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from demo.certificates import make_certificates
from tests.support.demo import free_ports, wait_until

SHIPPED = Path(__file__).parents[2] / "deploy/nginx.conf"
NAME = "id.mihon.example"
ORIGIN = f"https://{NAME}"
_TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
_SYSTEMS_OWN_LIMIT = 1024
"""Open files of a service on Debian, unless somebody raises it."""


@dataclass(frozen=True)
class Nginx:
    """Where it listens for https on 127.0.0.1, and whose certificates it has."""

    port: int
    ca: Path
    folder: Path

    @property
    def complaints(self) -> str:
        """Give what it wrote to its error log: warnings and worse."""
        return (self.folder / "error.log").read_text("utf-8", errors="replace")


def write_configuration(folder: Path, port: int, upstream: int) -> Path:
    """Write the shipped configuration for this machine into a folder; answers the CA's path.

    It listens on two ports, this one for https and the next for http.
    """
    ca, certificate, key = make_certificates(folder / "tls", (NAME,))
    changes = {
        f"/etc/nginx/tls/{NAME}.crt": str(certificate),
        f"/etc/nginx/tls/{NAME}.key": str(key),
        "/run/nginx.pid": str(folder / "nginx.pid"),
        "/var/log/nginx/": f"{folder}/",
        "listen 443": f"listen 127.0.0.1:{port}",
        "listen 80": f"listen 127.0.0.1:{port + 1}",
        "server 127.0.0.1:8000;": f"server 127.0.0.1:{upstream};",
    }
    if os.geteuid() != 0:  # only root may become somebody else, and write where the system does
        own = [f"    {name}_temp_path {folder}/{name};\n" for name in _TEMPORARY]
        changes |= {"user www-data;\n": "", "http {\n": "http {\n" + "".join(own)}
    text = SHIPPED.read_text("utf-8")
    for shipped, here in changes.items():
        assert shipped in text, shipped
        text = text.replace(shipped, here)
    (folder / "nginx.conf").write_text(text, "utf-8")
    return ca


def command(folder: Path) -> list[str]:
    """Give the command that runs nginx on the configuration in a folder."""
    binary = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    assert binary, "nginx is missing: run `make packages`"
    return [binary, "-p", str(folder), "-c", str(folder / "nginx.conf")]


@contextmanager
def running_nginx(folder: Path, upstream: int) -> Iterator[Nginx]:
    """Run nginx in front of a provider on a port, with as many open files as a service has."""
    folder.mkdir(parents=True, exist_ok=True)
    port = free_ports(2)
    ca = write_configuration(folder, port, upstream)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    limits = ["prlimit", f"--nofile={_SYSTEMS_OWN_LIMIT}:{most}", "setpriv", "--pdeathsig", "TERM"]
    with (folder / "said").open("ab") as said:
        process = subprocess.Popen(
            [*limits, *command(folder), "-g", "daemon off;"], stdout=said, stderr=said
        )
    try:
        wait_until(lambda: process.poll() is not None or _listens(port))
        assert process.poll() is None, (folder / "said").read_text()
        yield Nginx(port, ca, folder)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.wait(20)


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
