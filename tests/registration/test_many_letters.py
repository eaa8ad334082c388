"""Thousands of letters in one run of `idp member letters`: in time, seen to go on, and right.

Sixty in CI; `LETTERS=long` prints 5,000, holds them to two minutes, and tells time and memory. The
two minutes are of CPU: the command uses one core, and neighbours of the tests are not its affair.
Alone: `LETTERS=long python -m pytest -s tests/registration/test_many_letters.py`.
"""

from __future__ import annotations

import os
import pty
import random
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pypdfium2
import pytest
import zxingcpp

from idp.clock import Clock
from tests.registration.registrant import Person, Registrant, feed
from tests.support.demo import Demo, running_demo
from tests.support.parties import PARTIES, write_policies

LONG = os.environ.get("LETTERS") == "long"
COUNT, SAMPLE = (5_000, 30) if LONG else (60, 3)
MOST_SECONDS, MOST_MEBIBYTES = 120, 600
FIRST = 20_000
_PERCENT = re.compile(r"(letters|noted)[^%\n]*?(\d+)%")
_NAMES = (("見本", "花子"), ("雛形", "清"), ("髙例", "さくら"), ("葛\U000e0100城", "健"))


@dataclass(frozen=True)
class Run:
    """One run of the command on a terminal: what was shown, and what it took."""

    shown: str
    seconds: float
    cpu: float
    mebibytes: float


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A demo of its own, where the many disturb nobody."""
    folder = Path(tmp_path_factory.mktemp("many"))
    policies = write_policies(folder / "policies", PARTIES)
    with running_demo(folder, "--workers", "1", "--policies", str(policies)) as running:
        yield running


def person(index: int) -> Person:
    family, given = _NAMES[index % len(_NAMES)]
    street = f"見本町{1 + index % 9}-{index % 30}-1 架空マンション{index}号"
    return Person(f"{FIRST + index:08}", family=family, given=given, street=street)


def on_a_terminal(demo: Demo, *arguments: str) -> Run:
    """Run an `idp` command with a terminal, as an operator sees it."""
    ours, theirs = pty.openpty()
    began = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "idp.cli", *arguments],
        env={**os.environ, "IDP_DATA": str(demo.data), "TERM": "xterm", "COLUMNS": "80"},
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    shown = bytearray()
    while True:
        try:
            read = os.read(ours, 65_536)
        except OSError:  # Linux says so when the other end is closed
            break
        if not read:
            break
        shown += read
    os.close(ours)
    _, status, spent = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    text = shown.decode("utf-8", "replace")
    assert process.returncode == 0, text[-2000:]
    cpu = spent.ru_utime + spent.ru_stime
    return Run(text, time.monotonic() - began, cpu, spent.ru_maxrss / 1024)


def links_of(path: Path, pages: list[int]) -> dict[int, str]:
    """Read the QR codes of some pages."""
    document = pypdfium2.PdfDocument(path)
    assert len(document) == COUNT + 2, "one page each, and the demo's own two"
    found: dict[int, str] = {}
    for number in pages:
        page = document[number]
        (found[number],) = (c.text for c in zxingcpp.read_barcodes(page.render(scale=2).to_pil()))
        page.close()
    document.close()
    return found


def text_of(path: Path, number: int) -> str:
    """Read the text of a page."""
    document = pypdfium2.PdfDocument(path)
    page = document[number]
    words = page.get_textpage()
    text = str(words.get_text_range())
    for part in (words, page, document):
        part.close()
    return text


def test_many_letters_are_printed_in_one_run_that_shows_how_far_it_is(
    demo: Demo, tmp_path: Path
) -> None:
    people = [person(index) for index in range(COUNT)]
    assert feed(demo, people, paid_on=Clock().today().isoformat())["created"] == COUNT
    out = tmp_path / "letters.pdf"
    run = on_a_terminal(demo, "member", "letters", "--most", str(COUNT + 2), "--out", str(out))
    steps = {(step, int(percent)) for step, percent in _PERCENT.findall(run.shown)}
    size = out.stat().st_size / 1_048_576
    print(
        f"{COUNT} letters: {run.seconds:.1f} s, {run.cpu:.1f} s of CPU,"
        f" at most {run.mebibytes:.0f} MiB of memory, {size:.1f} MiB of PDF,"
        f" {len(steps)} states of progress; load {os.getloadavg()[0]:.2f}"
    )
    assert ("letters", 100) in steps
    assert f"{COUNT + 2} letters in" in run.shown
    if LONG:
        assert len({percent for step, percent in steps if step == "letters"}) > 50
        assert run.cpu < MOST_SECONDS
        assert run.mebibytes < MOST_MEBIBYTES
    _sample_registers(demo, out)


def _sample_registers(demo: Demo, out: Path) -> None:
    """Take letters at random; each opens the registration of its own member, to the end."""
    pages = random.SystemRandom().sample(range(COUNT + 2), SAMPLE + 2)
    done = 0
    for number, link in links_of(out, pages).items():
        assert link.startswith(f"{demo.issuer}/register?code=")
        index = re.search(r"架空マンション(\d+)号", text_of(out, number))
        if index is None:
            continue  # one of the demo's own
        who = person(int(index[1]))
        registrant = Registrant(demo)
        end = registrant.register(link.rpartition("=")[2], who, f"m{who.number}@mihon.example")
        assert "ご登録が完了しました" in end.text, end.text
        done += 1
    assert done >= SAMPLE
