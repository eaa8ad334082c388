"""What time tells a stranger: known and unknown people, asked for in turn, and how far apart.

Pairs are interleaved in random order over one connection, so that the machine's moods meet both
alike. AUC is the chance that one draw from the known is slower than one from the unknown: 0.5 tells
nothing. Figures are printed, never asserted. `python -m bench.timing`.
"""

from __future__ import annotations

import html
import http.client
import random
import re
import secrets
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

import click

from bench.deployment import Deployment, make, serving
from bench.register import address_of
from bench.stores import KINDS, Kind, running_stores

_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')
_FORM = re.compile(r'<form[^>]* id="([^"]+)".*?</form>', re.DOTALL)
WARM_UP = 40


@dataclass
class Stranger:
    """One browser on one connection."""

    port: int
    cookies: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Connect."""
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    def ask(self, method: str, path: str, form: dict[str, str] | None = None) -> tuple[int, str]:
        """Send one request; answers status and page."""
        headers = {"Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items())}
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        body = urlencode(form) if form is not None else None
        self.connection.request(method, path, body, headers)
        answer = self.connection.getresponse()
        page = answer.read().decode()
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        return answer.status, page

    def hidden(self, path: str, form_id: str) -> dict[str, str]:
        """Open a page; answers the hidden inputs of a form on it."""
        _, page = self.ask("GET", path)
        form = next(m[0] for m in _FORM.finditer(page) if m[1] == form_id)
        return {name: html.unescape(value) for name, value in _HIDDEN.findall(form)}


@dataclass(frozen=True)
class Place:
    """Where somebody may be asked for: the page, its form, and what one attempt sends."""

    path: str
    form: str
    attempt: Callable[[str], dict[str, str]]


PLACES = {
    "sign-in": Place(
        "/sign-in", "sign-in", lambda who: {"username": who, "password": secrets.token_hex(8)}
    ),
    "recover": Place("/recover", "reset-request", lambda who: {"email": who}),
}


def measure(deployment: Deployment, place: Place, pairs: int) -> tuple[list[float], list[float]]:
    """Time attempts on known and unknown addresses, each address once; milliseconds."""
    stranger = Stranger(deployment.port)
    fields = stranger.hidden(place.path, place.form)
    known: list[float] = []
    unknown: list[float] = []
    for number in range(-WARM_UP, pairs):
        both = [
            (known, address_of(number % deployment.members)),
            (unknown, f"nobody{secrets.token_hex(4)}@bench.mihon.example"),
        ]
        random.shuffle(both)
        for taken, who in both:
            began = time.perf_counter()
            stranger.ask("POST", place.path, fields | place.attempt(who))
            if number >= 0:
                taken.append((time.perf_counter() - began) * 1000)
    return known, unknown


def area_under_curve(left: list[float], right: list[float]) -> float:
    """Give the chance that a draw from `left` is above one from `right`, ties counted half."""
    ranked = sorted([(v, 0) for v in left] + [(v, 1) for v in right])
    below = wins = 0.0
    index = 0
    while index < len(ranked):
        end = index
        while end < len(ranked) and ranked[end][0] == ranked[index][0]:
            end += 1
        lefts = sum(1 for _, side in ranked[index:end] if side == 0)
        rights = end - index - lefts
        wins += lefts * (below + rights / 2)
        below += rights
        index = end
    return wins / (len(left) * len(right))


@click.command()
@click.option("--pairs", default=2_000, show_default=True, type=click.IntRange(20, 20_000))
@click.option("--place", "places", multiple=True, type=click.Choice(list(PLACES)))
@click.option("--store", "kind", default="sqlite", type=click.Choice(KINDS), show_default=True)
def main(pairs: int, places: tuple[str, ...], kind: Kind) -> None:
    """Compare how long answers about known and unknown people take."""
    with tempfile.TemporaryDirectory() as folder, running_stores(kind) as stores:
        deployment = make(Path(folder) / "data", stores, min(pairs, 2_400))
        with serving(deployment, 1):
            for name in places or tuple(PLACES):
                known, unknown = measure(deployment, PLACES[name], pairs)
                apart = statistics.median(known) - statistics.median(unknown)
                click.echo(
                    f"{name:10} {pairs} pairs  median {statistics.median(known):8.3f} ms known"
                    f" {statistics.median(unknown):8.3f} ms unknown  apart {apart:+.3f} ms"
                    f"  AUC {area_under_curve(known, unknown):.3f}"
                )


if __name__ == "__main__":
    main()
