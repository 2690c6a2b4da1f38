"""One process at a time in a folder. The lock is the operating system's: a killed process leaves none behind."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LOCK = ".lock"
"""Name of the file that is locked."""


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold a folder, which is made if need be; the lock's file is removed afterwards.

    Raises
    ------
    BlockingIOError
        If another process holds it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / LOCK
    handle = _held(path)
    try:
        yield
    finally:
        if sys.platform != "win32":  # where a file in use cannot be removed
            path.unlink(missing_ok=True)
        os.close(handle)


def _held(path: Path) -> int:
    """The open file, locked, and still the one that stands there."""
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT)
        try:
            _lock(handle)
            if os.path.samestat(os.fstat(handle), path.stat()):
                return handle
        except FileNotFoundError:
            pass  # its last holder has just removed it
        except OSError:
            os.close(handle)
            message = "another readerstudy works in this folder; wait for it, or name another folder"
            raise BlockingIOError(errno.EAGAIN, message, str(path.parent)) from None
        os.close(handle)


def _lock(handle: int) -> None:
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
