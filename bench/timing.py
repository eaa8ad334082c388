"""What time tells a stranger: known and unknown people, asked for in turn, and how far apart.

Pairs are interleaved in random order over one connection, so that the machine's moods meet both
alike. AUC is the chance that one draw from the known is slower than one from the unknown: 0.5 tells
nothing. Figures are printed, never asserted. `python -m bench.timing`; with `--inside` it is the
CPU of the answering thread in this process, and passwords cost next to nothing: for finding out
what differs, on a machine that is busy with other things.
"""

from __future__ import annotations

import os
import random
import statistics
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from bench.deployment import Deployment, make, serving
from bench.places import PLACES, Material, Place, prepare
from bench.stores import KINDS, Kind, running_stores
from bench.strangers import Insider, Stranger

WARM_UP = 40


def measure(place: Place, pairs: int) -> tuple[list[float], list[float]]:
    """Time attempts on known and unknown people, each of them once; milliseconds."""
    taken: dict[bool, list[float]] = {True: [], False: []}
    for index in range(-WARM_UP, pairs):
        for known in random.sample((True, False), 2):
            took = place.ask(index + WARM_UP, known=known)
            if index >= 0:
                taken[known].append(took)
    return taken[True], taken[False]


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


@contextmanager
def _strangers(deployment: Deployment, material: Material, *, inside: bool) -> Iterator[Stranger]:
    if inside:
        yield Insider(deployment.port, material.foundation)
        return
    with serving(deployment, 1):
        yield Stranger(deployment.port)


@click.command()
@click.option("--pairs", default=2_000, show_default=True, type=click.IntRange(20, 20_000))
@click.option("--place", "places", multiple=True, type=click.Choice(list(PLACES)))
@click.option("--store", "kind", default="sqlite", type=click.Choice(KINDS), show_default=True)
@click.option("--inside", is_flag=True, help="CPU in this process instead of time over HTTP.")
def main(pairs: int, places: tuple[str, ...], kind: Kind, inside: bool) -> None:
    """Compare how long answers about known and unknown people take."""
    people = pairs + WARM_UP
    with tempfile.TemporaryDirectory() as folder, running_stores(kind) as stores:
        deployment = make(
            Path(folder) / "data", stores, people, bare=inside, invited=people + 1, host="localhost"
        )
        material = prepare(deployment)
        with _strangers(deployment, material, inside=inside) as stranger:
            click.echo(f"load {os.getloadavg()[0]:.2f}, {'CPU' if inside else 'wall'}, {kind}")
            for name in places or tuple(PLACES):
                known, unknown = measure(PLACES[name](stranger, material), pairs)
                apart = statistics.median(known) - statistics.median(unknown)
                click.echo(
                    f"{name:10} {pairs} pairs  median {statistics.median(known):8.3f} ms known"
                    f" {statistics.median(unknown):8.3f} ms unknown  apart {apart:+.3f} ms"
                    f"  AUC {area_under_curve(known, unknown):.3f}  load {os.getloadavg()[0]:.2f}"
                )


if __name__ == "__main__":
    main()
