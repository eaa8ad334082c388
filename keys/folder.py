"""The home of a ring in a folder: one JSON file, replaced whole, so a crash leaves old or new.

For one machine; readers need no lock because a rename is atomic, writers exclude one another with
`flock`. Modes are 0700 and 0600 although the private parts are encrypted.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from keys.encoding import parse_object
from keys.errors import DamagedHome, RingChanged
from keys.files import exclusive, make_private_folder, read_stored, remove_leftovers, replace_file
from keys.home import Stored
from keys.record import KeyRecord, record_from_dict, record_to_dict

_FORMAT: Final = 1


class FolderHome:
    """`keys.home.Home` in `<path>/ring.json`."""

    def __init__(self, path: str | Path) -> None:
        self._folder = Path(path)
        self._file = self._folder / "ring.json"

    def __repr__(self) -> str:
        return f"FolderHome({str(self._folder)!r})"

    def version(self) -> int:
        """Give the stored version; the file is small, so reading it is the cheap way."""
        return self.load().version

    def load(self) -> Stored:
        """Read the ring; an absent file or folder is an empty ring of version 0."""
        data = read_stored(self._file)
        if data is None:
            return Stored(0, ())
        try:
            content = parse_object(data)
            if content["format"] != _FORMAT:
                raise ValueError("format")
            version, listed = content["version"], content["keys"]
            if type(version) is not int or version < 1 or not isinstance(listed, list):
                raise ValueError("version or keys")
            return Stored(version, tuple(record_from_dict(item) for item in listed))
        except DamagedHome as error:
            raise DamagedHome(f"{self._file}: {error}") from None
        except (ValueError, KeyError):
            raise DamagedHome(f"{self._file}: not a ring of keys") from None

    def replace_all(self, expected_version: int, records: Sequence[KeyRecord]) -> int:
        """Replace the file if it still has the expected version, durably."""
        make_private_folder(self._folder)
        with exclusive(self._folder / "ring.lock"):
            stored = self.load().version
            if stored != expected_version:
                raise RingChanged(f"the ring is at version {stored}, not {expected_version}")
            remove_leftovers(self._file)
            content = {
                "format": _FORMAT,
                "version": stored + 1,
                "keys": [record_to_dict(record) for record in records],
            }
            replace_file(self._file, json.dumps(content, indent=1).encode("ascii"))
        return stored + 1
