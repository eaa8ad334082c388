"""From the bytes of an export to its records, with the physical line each one begins on.

Reads lazily, line by line; a line that is broken, too long or half-written becomes a `BadLine` and
the next line is read as usual. What the cells mean is `register_file.py`'s to know.
"""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from idp.members.japan.text import UTF8_MARK, Encoding, bad_character, choose_encoding

MAX_LINE_BYTES: Final = 65_536
# A quotation mark that is never closed would otherwise swallow the rest of the file.
MAX_LINES_PER_RECORD: Final = 20

_REASONS: Final = {
    "unexpected end of data": "a quotation mark is opened and never closed; "
    "the file may be cut off here",
    "',' expected after '\"'": "a quotation mark inside a value must be written twice",
    "new-line character seen": "a carriage return inside the line",
    "field larger than": "a value is too long",
}


@dataclass(frozen=True, slots=True)
class BadLine:
    """What is wrong with a line: its physical number (1 is the first) and the column's title."""

    number: int
    column: str | None
    reason: str
    code: str = "bad_line"


@dataclass(frozen=True, slots=True)
class Record:
    """The cells of one record; `suspect` when some cell may hold what may not be kept."""

    line: int
    cells: list[str]
    suspect: bool


class _TooManyLinesError(Exception):
    """A record goes on and on: most likely a quotation mark that is never closed."""


class _Lines:
    """The decoded physical lines, counted; csv takes from here what belongs to one record."""

    def __init__(self, data: bytes, encoding: Encoding) -> None:
        if b"\n" not in data:
            data = data.replace(b"\r", b"\n")
        self._source = io.BytesIO(data)
        self._source.seek(len(UTF8_MARK) if data.startswith(UTF8_MARK) else 0)
        self._encoding = encoding
        self._resume_at = 0
        self.first = 0
        self.number = 0
        self.suspect = False
        self.too_long = False

    def begin_record(self) -> None:
        self.first = self.number + 1
        self.suspect = False
        self.too_long = False

    def resume_after_first(self) -> None:
        """Go back to the line behind the first of this record, so that none is left unread."""
        self._source.seek(self._resume_at)
        self.number = self.first

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if self.number - self.first >= MAX_LINES_PER_RECORD - 1:
            raise _TooManyLinesError
        raw = self._source.readline()
        if not raw:
            raise StopIteration
        self.number += 1
        if self.number == self.first:
            self._resume_at = self._source.tell()
        if len(raw) > MAX_LINE_BYTES:
            self.too_long = True
            return "\n"
        if raw.endswith(b"\r\n"):
            raw = raw[:-2] + b"\n"
        # Unreadable bytes become U+FFFD, which `bad_character` refuses with the column's title.
        line = raw.decode(self._encoding, "replace")
        if bad_character(line, newline_allowed=True):
            self.suspect = True
        return line


def read_records(data: bytes) -> Iterator[Record | BadLine]:
    """Read the records of a CSV file in order, blank lines left out. Raises BadText.

    The encoding is chosen for the whole file: strict UTF-8 first, else CP932.
    """
    lines = _Lines(data, choose_encoding(data))
    reader = csv.reader(lines, strict=True)
    while True:
        lines.begin_record()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except _TooManyLinesError:
            reason = f"a quotation mark is not closed within {MAX_LINES_PER_RECORD} lines"
        except csv.Error as error:
            reason = _reason(str(error))
        else:
            if lines.too_long:
                yield BadLine(lines.first, None, f"a line is longer than {MAX_LINE_BYTES} bytes")
            elif any(cells):
                suspect = lines.suspect or lines.number > lines.first
                yield Record(lines.first, cells, suspect)
            continue
        yield BadLine(lines.first, None, reason)
        lines.resume_after_first()


def _reason(message: str) -> str:
    for start, reason in _REASONS.items():
        if message.startswith(start):
            return reason
    return "the line is not CSV"
