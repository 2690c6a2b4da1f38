"""The output folder: written beside its place and moved there whole, so that it is never half there."""

from __future__ import annotations

import datetime
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from readerstudy._version import __version__

MANIFEST = "manifest.json"


def refuse_unless_free(out: Path, *, force: bool, inputs: Iterable[Path] = ()) -> None:
    """Raise unless `out` may be written.

    Raises
    ------
    FileExistsError
        If something stands there already: without `force` anything but an empty folder, with it anything but a folder
        that holds nothing beyond what readerstudy wrote, as its manifest says, and none of `inputs`.
    """
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return
    if not out.is_dir():
        raise FileExistsError(f"{out} is a file; name a folder with --out")
    if not force:
        raise FileExistsError(f"{out} exists; name another folder with --out, or replace it with --force")
    written = _written(out)
    if written is None:
        raise FileExistsError(
            f"{out} has no {MANIFEST} of readerstudy, which did not write it; --force leaves it alone"
        )
    there = {path.relative_to(out).as_posix(): path for path in out.rglob("*") if not path.is_dir()}
    foreign = sorted(set(there) - set(written) - {MANIFEST})
    if foreign:
        raise FileExistsError(
            f"{out} holds files that readerstudy did not write ({_some(foreign)}); --force leaves it alone"
        )
    changed = sorted(name for name, digest in written.items() if name in there and _sha256(there[name]) != digest)
    if changed:
        raise FileExistsError(
            f"{out} holds files that were changed since they were written ({_some(changed)}); --force leaves it alone"
        )
    for path in inputs:
        if path.resolve().is_relative_to(out.resolve()):
            raise FileExistsError(f"{path} lies in {out}, which --force would replace; name another folder with --out")


def _some(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _written(out: Path) -> dict[str, str] | None:
    """The files that a manifest of ours names, with their SHA-256; None when there is no such manifest."""
    try:
        content = json.loads((out / MANIFEST).read_text(encoding="utf-8"))
        return dict(content["outputs"]) if "readerstudy" in content else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


@contextmanager
def whole(out: Path, *, force: bool = False, inputs: Iterable[Path] = ()) -> Iterator[Path]:
    """A temporary folder to write into, which becomes `out` when the block ends well and vanishes when it does not."""
    out = out.resolve()  # a link stays, and what it leads to is written
    inputs = list(inputs)
    refuse_unless_free(out, force=force, inputs=inputs)
    out.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    try:
        yield work
        work.chmod(0o777 & ~_umask())
        refuse_unless_free(out, force=force, inputs=inputs)
        if out.exists():
            old = Path(tempfile.mkdtemp(prefix=f".{out.name}-old-", dir=out.parent))
            os.replace(out, old / out.name)
            try:
                os.replace(work, out)
            except BaseException:
                os.replace(old / out.name, out)
                raise
            finally:
                shutil.rmtree(old, ignore_errors=True)
        else:
            os.replace(work, out)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def write_manifest(folder: Path, provenance: Mapping[str, Any], command: list[str]) -> None:
    """Write manifest.json: when and how the folder was made, and the SHA-256 of every file in it."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    content = {
        "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "command": command,
        "readerstudy": __version__,  # what --force knows a folder of ours by
        **provenance,
        "outputs": {path.relative_to(folder).as_posix(): _sha256(path) for path in files},
    }
    text = json.dumps(content, indent=1, ensure_ascii=False)
    (folder / MANIFEST).write_text(text + "\n", encoding="utf-8", newline="\n")


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
