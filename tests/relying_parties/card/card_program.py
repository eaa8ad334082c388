"""Starting the card as a program of its own."""

import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import requests

ROOT = Path(__file__).parents[3]


@dataclass
class Program:
    """A running `python -m relying_parties.card`."""

    url: str
    process: subprocess.Popen[bytes]
    arguments: list[str]
    clock_file: Path

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=10)

    def start(self) -> None:
        self.process = subprocess.Popen(self.arguments, cwd=ROOT)
        wait_until_ready(self.url, self.process)


def wait_until_ready(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 20
    while True:
        try:
            requests.get(f"{url}/healthz", timeout=1).raise_for_status()
            return
        except requests.RequestException:
            assert process.poll() is None, "the card ended while starting"
            assert time.monotonic() < deadline, "the card does not answer"
            time.sleep(0.05)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
