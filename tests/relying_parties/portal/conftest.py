"""The portal and a scripted provider, both over real HTTP on loopback."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from joserfc.jwk import ECKey
from portal_provider import ScriptedProvider, serve, start_clock
from portal_scene import CLIENT_ID, Scene

from relying_parties.portal.app import create_app
from relying_parties.portal.settings import Settings


@pytest.fixture(scope="session")
def client_key() -> ECKey:
    return ECKey.generate_key("P-256", {"kid": "portal-1", "use": "sig"})


@pytest.fixture
def start_scene(tmp_path: Path, client_key: ECKey) -> Iterator[Callable[..., Scene]]:
    opened: list[tuple[Scene, Any]] = []

    def start(**changes: Any) -> Scene:
        clock = start_clock()
        provider = ScriptedProvider(clock, CLIENT_ID, client_key)
        held: list[Flask] = []
        # The portal must know its address before it can be made.
        server, url = serve(lambda environ, begin: held[0](environ, begin))  # noqa: PLW0108
        given = {"public_url": url, "issuer": provider.issuer, **changes}
        settings = Settings(
            client_id=CLIENT_ID, client_key=client_key, data=tmp_path, clock=clock, **given
        )
        held.append(create_app(settings))
        scene = Scene(clock, provider, url, held[0], tmp_path)
        opened.append((scene, server))
        return scene

    yield start
    for scene, server in opened:
        for browser in scene.browsers:
            browser.close()
        server.shutdown()
        server.server_close()
        scene.services.storage.close()
        scene.provider.close()


@pytest.fixture
def scene(start_scene: Callable[..., Scene]) -> Scene:
    return start_scene()
