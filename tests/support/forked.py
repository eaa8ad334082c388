"""`idp` commands in processes of their own that do not start Python anew.

Forked from the tests, because importing everything once more costs seconds of a core for each.
"""

from __future__ import annotations

import importlib
import os
import signal
import subprocess
import sys
import tempfile
import traceback
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from idp.cli import COMMANDS, main

ROOT = Path(__file__).parents[2]
SECONDS = 120


def run_idp(
    arguments: tuple[str, ...], environment: Mapping[str, str], typed: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run one command with exactly this environment; `typed` is its standard input.

    A command that takes longer than two minutes is ended by a signal (exit code -14).
    """
    for module in set(COMMANDS.values()):
        importlib.import_module(module.partition(":")[0])
    with (
        tempfile.TemporaryFile() as given,
        tempfile.TemporaryFile() as out,
        tempfile.TemporaryFile() as err,
    ):
        given.write(typed.encode())
        given.seek(0)
        child = os.fork()
        if child == 0:
            _be_the_command(arguments, environment, (given, out, err))
        _, status = os.waitpid(child, 0)
        out.seek(0)
        err.seek(0)
        code = os.waitstatus_to_exitcode(status)
        said = out.read().decode("utf-8", "replace"), err.read().decode("utf-8", "replace")
        return subprocess.CompletedProcess(["idp", *arguments], code, *said)


def _be_the_command(
    arguments: tuple[str, ...], environment: Mapping[str, str], files: tuple[Any, Any, Any]
) -> None:
    """Become `idp` in a forked child; never returns."""
    code: Any = 70
    try:
        signal.alarm(SECONDS)
        warnings.resetwarnings()
        warnings.simplefilter("ignore")
        for number, file in enumerate(files):
            os.dup2(file.fileno(), number)
        sys.stdin, sys.stdout = os.fdopen(0), os.fdopen(1, "w")
        sys.stderr = os.fdopen(2, "w")
        os.chdir(ROOT)
        os.environ.clear()
        os.environ.update(environment)
        sys.argv = ["idp", *arguments]
        main()
    except SystemExit as left:
        code = left.code
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else 0 if code is None else 1)
