"""The verifier as one file for auditors: `python3 audit.pyz verify PACK`.

Needs Python 3.11 and `cryptography` where it runs. The same sources give the same bytes, so its
SHA-256 can be published beside it.
"""

import sys
import zipfile
from pathlib import Path
from typing import Final

_START: Final = "import sys\n\nfrom audit.__main__ import main\n\nsys.exit(main())\n"
_SHEBANG: Final = b"#!/usr/bin/env python3\n"
_LONG_AGO: Final = (1980, 1, 1, 0, 0, 0)  # zip knows no earlier time; a fixed one repeats


def build_zipapp(target: Path) -> Path:
    """Write the zipapp to `target` and return it."""
    source = Path(__file__).parent
    with target.open("wb") as out:
        out.write(_SHEBANG)
        with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
            _add(archive, "__main__.py", _START.encode())
            for path in sorted(source.glob("*.py")):
                _add(archive, f"audit/{path.name}", path.read_bytes())
    target.chmod(0o755)
    return target


def _add(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    entry = zipfile.ZipInfo(name, _LONG_AGO)
    entry.external_attr = 0o644 << 16
    archive.writestr(entry, data)


if __name__ == "__main__":
    build_zipapp(Path(sys.argv[1] if len(sys.argv) > 1 else "audit.pyz"))
