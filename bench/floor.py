"""The floor: a Flask "hello" on the same granian with the same options, the least a page costs."""

from __future__ import annotations

import sys

from flask import Flask
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from idp.processes import end_with_supervisor, supervise
from idp.server import CONNECTIONS, THREADS

end_with_supervisor()
application = Flask("floor", static_folder=None)


@application.get("/")
def hello() -> str:
    """Say hello."""
    return "hello"


def main() -> None:
    """Serve the floor: `python -m bench.floor PORT WORKERS`."""
    supervise()
    Granian(
        "bench.floor:application",
        address="127.0.0.1",
        port=int(sys.argv[1]),
        interface=Interfaces.WSGI,
        workers=int(sys.argv[2]),
        blocking_threads=THREADS,
        backpressure=CONNECTIONS,
        backlog=2048,
        log_level=LogLevels.warning,
        log_access=False,
        workers_kill_timeout=10,
    ).serve()


if __name__ == "__main__":
    main()
