"""Files that survive a crash: whole or not at all, and readable by their owner alone.

Nothing here knows what the files hold. Errors of the system become HomeUnavailable (stores) or
MasterKeyFileError (the master key file), each naming the file.
"""

import fcntl
import os
import secrets
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from keys.errors import HomeUnavailable, MasterKeyFileError

TEMPORARY_SUFFIX: Final = ".tmp"


def read_private(path: Path, limit: int) -> bytes:
    """Read a file that only its owner may read; raise MasterKeyFileError with what to do."""
    try:
        # Non-blocking: a named pipe in its place must not hang the start.
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        try:
            # The open file is looked at, not its name: nobody can exchange it in between.
            _require_private(path, os.fstat(descriptor).st_mode)
            with os.fdopen(descriptor, "rb", closefd=False) as file:
                data = file.read(limit + 1)
        finally:
            os.close(descriptor)
    except (OSError, ValueError) as error:
        raise MasterKeyFileError(f"{path}: cannot be read ({_why(error)})") from None
    if len(data) > limit:
        raise MasterKeyFileError(f"{path}: too large for a master key file")
    return data


def make_private_folder(folder: Path) -> None:
    """Create the folder with mode 0700 if it is missing, parents included."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        raise HomeUnavailable(f"{folder}: cannot be created ({_why(error)})") from error


def read_stored(path: Path) -> bytes | None:
    """Read a stored file; None when it, or its folder, does not exist."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise HomeUnavailable(f"{path}: cannot be read ({_why(error)})") from error


def replace_file(path: Path, data: bytes) -> None:
    """Put `data` in place of the file at once (mode 0600); durable when this returns."""
    _put(path, data, os.replace)


def create_file(path: Path, data: bytes) -> None:
    """Create the file whole (mode 0600), durable; raise FileExistsError when it is there."""
    # link() fails on an existing name where rename() would overwrite: exactly one creator wins.
    _put(path, data, os.link)


def remove_leftovers(path: Path) -> None:
    """Remove what a crashed writer of this file left; call it under the writers' lock."""
    for leftover in path.parent.glob(f".{path.name}.*{TEMPORARY_SUFFIX}"):
        with suppress(OSError):
            leftover.unlink()


@contextmanager
def exclusive(lock: Path) -> Iterator[None]:
    """Hold the lock file against all other processes and threads."""
    try:
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except (OSError, ValueError) as error:
        raise HomeUnavailable(f"{lock}: cannot be opened ({_why(error)})") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _require_private(path: Path, mode: int) -> None:
    if not stat.S_ISREG(mode):
        raise MasterKeyFileError(f"{path}: not a file")
    if mode & 0o077:
        raise MasterKeyFileError(f"{path}: readable by others; run `chmod 600` on it")


def _put(path: Path, data: bytes, publish: Callable[[Path, Path], None]) -> None:
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}{TEMPORARY_SUFFIX}")
    try:
        try:
            _write_new(temporary, data)
            publish(temporary, path)
        finally:
            with suppress(FileNotFoundError):
                temporary.unlink()
        _sync_folder(path.parent)
    except FileExistsError:
        raise
    except (OSError, ValueError) as error:
        raise HomeUnavailable(f"{path}: cannot be written ({_why(error)})") from error


def _write_new(path: Path, data: bytes) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    with os.fdopen(os.open(path, flags, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    # Without it the new name may be lost in a power cut although the content is on the disk.
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _why(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or "not a usable path"
