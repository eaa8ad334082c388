"""`idp demo`: everything on one machine."""

from __future__ import annotations

import os
from pathlib import Path

import click

from idp.settings import is_loopback

SOURCE = Path(__file__).parents[2] / "policies"


@click.command(epilog="Example: idp demo --port 8000 --json")
@click.option("--data", default="var/demo", type=click.Path(path_type=Path), show_default=True)
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65530))
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON when all answer.")
@click.option("--https", is_flag=True, help="Certificates of a throw-away CA for every program.")
@click.option("--clock", type=click.Path(path_type=Path), help="A file with an offset in seconds.")
@click.option("--database", help="SQLite or PostgreSQL URL instead of a file in the data folder.")
@click.option("--redis", help="Redis URL for limits and replay marks.")
@click.option("--workers", default=None, type=click.IntRange(1, 64))
@click.option("--policies", type=click.Path(path_type=Path), help="Another policy folder.")
@click.option("--names", help="Public names IDP,PORTAL,CARD; listeners stay on --host.")
@click.option("--expose-demo", is_flag=True, help="Allow a --host that others can reach.")
def demo(
    data: Path,
    host: str,
    port: int,
    as_json: bool,
    https: bool,
    clock: Path | None,
    database: str | None,
    redis: str | None,
    workers: int | None,
    policies: Path | None,
    names: str | None,
    expose_demo: bool,
) -> None:
    """Run provider, portal, card and a mail catcher with fictional members."""
    from demo.launch import Options, run  # noqa: PLC0415  commands import late
    from demo.ports import Places  # noqa: PLC0415
    from idp.logs import set_up  # noqa: PLC0415

    if not is_loopback(host) and not expose_demo:
        raise click.UsageError("--host reaches beyond this machine; add --expose-demo to allow it")
    places = Places(host, port, _names(names, host), https)
    set_up()
    run(
        Options(
            places=places,
            data=data.absolute(),
            policies=(policies or SOURCE).absolute(),
            as_json=as_json,
            workers=workers or min(2, len(os.sched_getaffinity(0))),
            clock=clock,
            database=database,
            redis=redis,
        )
    )


def _names(text: str | None, host: str) -> tuple[str, str, str]:
    if text is None:
        return host, host, host
    names = tuple(name.strip() for name in text.split(","))
    if len(names) != 3 or not all(names):
        raise click.UsageError("--names wants three names: IDP,PORTAL,CARD")
    return names[0], names[1], names[2]
