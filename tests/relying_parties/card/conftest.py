"""The card under test, in this process and as a program of its own, beside a scripted provider."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from card_browser import PHONE
from card_program import ROOT, Program, free_port, wait_until_ready
from card_provider import ScriptedProvider
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, BrowserContext

from relying_parties.card.app import create_app
from relying_parties.card.organisation import Organisation
from relying_parties.card.settings import Settings

ORGANISATION = Organisation(
    name_ja="みほん学校生活協同組合", name_en="Mihon School Co-op", telephone="0120-000-000"
)


@pytest.fixture
def provider() -> Iterator[ScriptedProvider]:
    scripted = ScriptedProvider()
    yield scripted
    scripted.close()


@pytest.fixture
def clock_file(tmp_path: Path) -> Path:
    path = tmp_path / "offset"
    path.write_text("0")
    return path


@pytest.fixture
def app(provider: ScriptedProvider, tmp_path: Path, clock_file: Path) -> Iterator[Flask]:
    settings = Settings(
        public_url="https://card.mihon.example",
        issuer=provider.issuer,
        client_id="card",
        data=tmp_path / "data",
        portal_url="https://portal.mihon.example/",
        organisation=ORGANISATION,
        clock_file=clock_file,
    )
    application = create_app(settings)
    yield application
    application.extensions["card"].store.close()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def program(provider: ScriptedProvider, tmp_path: Path, clock_file: Path) -> Iterator[Program]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    organisation = tmp_path / "organisation.toml"
    organisation.write_text(
        'name_ja = "みほん学校生活協同組合"\nname_en = "Mihon School Co-op"\n'
        'telephone = "0120-000-000"\nhours_ja = "平日 9時～17時"\n'
        'hours_en = "weekdays 9:00 to 17:00"\n',
        "utf-8",
    )
    arguments = [
        *(sys.executable, "-m", "relying_parties.card", "--port", str(port), "--public-url", url),
        *("--issuer", provider.issuer, "--client-id", "card", "--data", str(tmp_path / "card")),
        *("--portal-url", "https://portal.mihon.example/", "--organisation", str(organisation)),
        *("--clock", str(clock_file), "--parent-pid", str(os.getpid())),
    ]
    running = Program(url, subprocess.Popen(arguments, cwd=ROOT), arguments, clock_file)
    wait_until_ready(url, running.process)
    yield running
    if running.process.poll() is None:
        running.stop()


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, object]:
    """The distribution's Chromium, quiet and without a sandbox (pytest-playwright)."""
    flags = "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run"
    flags += " --disable-background-networking --disable-component-update --disable-sync"
    return {"executable_path": "/usr/bin/chromium", "args": flags.split()}


@pytest.fixture
def phone(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(**PHONE)
    yield context
    context.close()
