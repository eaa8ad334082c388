"""Starts the whole demo on one machine and keeps it running: provider, portal, card, mail catcher.

A program that ends is started again; all of them end with this one.
"""

from __future__ import annotations

import json
import os
import signal
import ssl
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from demo.catcher import start_catcher
from demo.certificates import make_certificates
from demo.folder import DemoFolder
from demo.population import Population
from demo.ports import Places
from demo.staff import StaffPopulation
from idp.bootstrap import prepare
from idp.errors import Unavailable
from idp.processes import supervise
from idp.settings import read_settings

START_SECONDS = 60.0
LOOK_SECONDS = 0.2


@dataclass(frozen=True)
class Options:
    """The command line of `idp demo`."""

    places: Places
    data: Path
    policies: Path
    as_json: bool
    workers: int
    clock: Path | None = None
    database: str | None = None
    redis: str | None = None


@dataclass
class Programs:
    """The demo's child processes, each with the command that starts it again."""

    commands: dict[str, list[str]]
    environment: dict[str, str]
    logs: Path
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, name: str) -> None:
        """Start one program, its output in a log file of its own."""
        with (self.logs / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(
                self.commands[name],
                env=self.environment,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
            )

    def keep(self, stop: threading.Event) -> None:
        """Start again whatever ended, until told to stop; then end them all."""
        while not stop.wait(LOOK_SECONDS):
            for name, process in list(self.running.items()):
                if process.poll() is not None:
                    time.sleep(LOOK_SECONDS)
                    self.start(name)
        for process in self.running.values():
            process.terminate()
        for process in self.running.values():
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


def run(options: Options) -> None:
    """Start everything, say what to open, and serve until SIGTERM or Ctrl-C."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    places, folder = options.places, DemoFolder(options.data)
    ca, certificate, key = _certificates(options)
    folder.prepare(
        places,
        options.policies,
        database=options.database,
        redis=options.redis,
        clock=options.clock,
        ca=ca,
    )
    os.environ["IDP_DATA"] = str(options.data)
    foundation = prepare(read_settings())
    population = Population(foundation, folder.passwords())
    population.fill(folder.policies)
    staff = StaffPopulation(foundation, folder.staff_passwords())
    staff.fill()
    colleagues = staff.listed()
    foundation.database.dispose()
    supervise()
    start_catcher(places.bind, places.port + 3, places.port + 4)
    logs = options.data / "logs"
    logs.mkdir(exist_ok=True)
    programs = Programs(
        _commands(options, folder, ca, certificate, key),
        {**os.environ, "KUMIAI_DEMO": "1", "IDP_DATA": str(options.data)},
        logs,
    )
    for name in programs.commands:
        programs.start(name)
    try:
        _wait_for_all(options, programs, ca, stop)
        if not stop.is_set():
            _announce(options, population, colleagues, ca)
    finally:
        programs.keep(stop if stop.is_set() or sys.exc_info()[0] is None else _set())


def _set() -> threading.Event:
    done = threading.Event()
    done.set()
    return done


def _certificates(options: Options) -> tuple[Path | None, Path | None, Path | None]:
    if not options.places.https:
        return None, None, None
    names = (*options.places.names, options.places.host, "localhost", "127.0.0.1")
    return make_certificates(options.data / "tls", names)


def _commands(
    options: Options,
    folder: DemoFolder,
    ca: Path | None,
    certificate: Path | None,
    key: Path | None,
) -> dict[str, list[str]]:
    places = options.places
    shared = {
        "--issuer": places.issuer,
        "--parent-pid": os.getpid(),
        "--organisation": folder.policies / "organisation.toml",
        "--key": key,
        "--cert": certificate,
        "--ca": ca,
        "--clock": options.clock.absolute() if options.clock else None,
    }
    pinned = [text for entry in places.resolve for text in ("--resolve", entry)]
    portal = {"--client-key": folder.portal_key, "--card-url": places.card}
    card = {"--portal-url": places.portal}
    return {
        "provider": [
            *_program("idp.cli", "serve"),
            *_flags({"--host": places.bind, "--port": places.port, "--workers": options.workers}),
            *_flags({"--key": key, "--certificate": certificate}),
        ],
        "portal": [
            *_program("relying_parties.portal"),
            *_flags(_own(options, "portal", 1, places.portal) | portal | shared),
            *pinned,
        ],
        "card": [
            *_program("relying_parties.card"),
            *_flags(_own(options, "card", 2, places.card) | card | shared),
            *pinned,
        ],
    }


def _own(options: Options, name: str, offset: int, url: str) -> dict[str, object]:
    return {
        "--host": options.places.bind,
        "--port": options.places.port + offset,
        "--public-url": url,
        "--client-id": name,
        "--data": options.data / name,
    }


def _program(*module: str) -> list[str]:
    return [sys.executable, "-m", *module]


def _flags(values: Mapping[str, object]) -> list[str]:
    """Write options as arguments; what is None is left out."""
    given = {name: value for name, value in values.items() if value is not None}
    return [text for name, value in given.items() for text in (name, str(value))]


def _wait_for_all(
    options: Options, programs: Programs, ca: Path | None, stop: threading.Event
) -> None:
    scheme = "https" if options.places.https else "http"
    context = ssl.create_default_context(cafile=str(ca)) if ca else None
    until = time.monotonic() + START_SECONDS
    waiting = {"provider": 0, "portal": 1, "card": 2}
    while waiting and not stop.wait(0.1):
        for name, offset in list(waiting.items()):
            ended = programs.running[name].poll()
            if ended is not None:
                raise Unavailable(f"the {name} ended with {ended}; see {programs.logs}/{name}.log")
            url = f"{scheme}://{options.places.bind}:{options.places.port + offset}/healthz"
            if _answers(url, context):
                del waiting[name]
        if time.monotonic() > until:
            raise Unavailable(f"{', '.join(waiting)} did not answer; see {programs.logs}")


def _answers(url: str, context: ssl.SSLContext | None) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2, context=context) as answer:  # noqa: S310  our own http(s) address
            return bool(answer.status == 200)
    except OSError:
        return False


def _announce(
    options: Options,
    population: Population,
    colleagues: list[dict[str, Any]],
    ca: Path | None,
) -> None:
    places = options.places
    members = population.listed()
    if options.as_json:
        content: dict[str, Any] = {
            "issuer": places.issuer,
            "portal": places.portal,
            "card": places.card,
            "staff": places.issuer + "/staff",
            "mail": places.mail,
            "smtp": places.smtp,
            "metrics": places.metrics,
            "data": str(options.data),
            "members": members,
            "staff_accounts": colleagues,
        }
        if ca:
            content["ca"] = str(ca)
        print(json.dumps(content, ensure_ascii=False), flush=True)  # noqa: T201  the contract's one line
        return
    able = next(m for m in members if m["standing"] == "member")
    lines = (
        "",
        f"  マイページ / member portal      {places.portal}",
        f"  デジタル組合員証 / card          {places.card}",
        f"  ID provider                     {places.issuer}",
        f"  職員用 / staff                  {places.issuer}/staff",
        f"  mail catcher                    {places.mail}",
        "",
        f"  sign in with   {able['email']}   {able['password']}",
        f"  all members    {options.data / 'members.json'}",
        *(f"  {'/'.join(one['roles']):<14} {_sign_in_of(one)}" for one in colleagues),
        f"  the log        IDP_DATA={options.data} .venv/bin/idp audit export --out pack",
        "",
        "  Ctrl-C ends the demo; the next start continues with the same data.",
        "",
    )
    print("\n".join(lines), flush=True)  # noqa: T201  what to open


def _sign_in_of(one: dict[str, Any]) -> str:
    return f"{one['email']}   {one['password']}   app {one['totp_secret']}"
