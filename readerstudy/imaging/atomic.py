"""Files that are there whole or not at all, whenever the process is killed."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

_LEFTOVER = ".part-"


def write_bytes(path: Path, content: bytes, *, private: bool = False) -> None:
    """Write a file beside its place, flush it to the disk, and move it there; `private` for its owner only."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=_LEFTOVER, dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            if not private and hasattr(os, "fchmod"):
                os.fchmod(file.fileno(), 0o666 & ~_umask())
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise


def write_text(path: Path, content: str, *, private: bool = False) -> None:
    """Write UTF-8 text with the line ends it has, as `write_bytes` does."""
    write_bytes(path, content.encode("utf-8"), private=private)


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def remove_leftovers(folder: Path) -> None:
    """Remove what a killed process had begun to write in a folder."""
    for path in folder.glob(_LEFTOVER + "*"):
        path.unlink(missing_ok=True)
