"""What a prediction has finished so far, so that a killed run goes on where it stopped.

The folder ``<out>.partial`` holds a header (what the run is of) and one file a finished chunk of cases. Every file is
there whole or not at all. The folder is removed when all outputs stand.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from readerstudy.imaging.atomic import remove_leftovers, write_bytes, write_text
from readerstudy.imaging.lock import alone
from readerstudy.inference.aggregate import Scored
from readerstudy.problems import DataError, Problem

_HEADER = "run.json"
SCHEMA = "readerstudy-partial/1"


def digest(inputs: Mapping[str, Any]) -> str:
    """SHA-256 of all that the numbers of a run depend on."""
    return hashlib.sha256(json.dumps(inputs, sort_keys=True, ensure_ascii=False).encode("utf-8")).hexdigest()


@contextmanager
def opened(out: Path, inputs: Mapping[str, Any], *, force: bool = False) -> Iterator[Journal]:
    """The journal of the run that writes the table `out`, for one process at a time.

    Raises
    ------
    DataError
        RS930 if it is of a run of other inputs, and not `force`.
    BlockingIOError
        If another process works on the same table.
    """
    folder = out.with_name(out.name + ".partial")
    try:
        with alone(folder):
            yield Journal(folder, inputs, force=force)
    finally:
        with contextlib.suppress(OSError):  # it is not empty: the run goes on another time
            folder.rmdir()


class Journal:
    """The finished chunks of one run; made by `opened`.

    Parameters
    ----------
    folder
        Where they are.
    inputs
        What its numbers depend on.

    Raises
    ------
    DataError
        RS930 if the folder is of a run of other inputs, and not `force`.
    """

    def __init__(self, folder: Path, inputs: Mapping[str, Any], *, force: bool = False) -> None:
        self.folder = folder
        self._digest = digest(inputs)
        self._header = self._read()
        if self._header.get("digest", self._digest) == self._digest:
            return
        if not force:
            changed = sorted(
                name
                for name in {*inputs, *self._header["inputs"]}
                if self._header["inputs"].get(name) != inputs.get(name)
            )
            message = f"{self.folder} is of an unfinished run of other inputs ({', '.join(changed)})"
            help_ = "run the earlier command again to finish it, name another --out, or begin anew with --force"
            raise DataError([Problem(code="RS930", message=message, help=help_)])
        self.remove()
        self._header = {}

    def _read(self) -> dict[str, Any]:
        try:
            content = json.loads((self.folder / _HEADER).read_text(encoding="utf-8"))
        except (FileNotFoundError, NotADirectoryError):
            return {}
        except ValueError:
            content = None
        if not isinstance(content, dict) or content.get("schema") != SCHEMA:
            message = f"{self.folder} was not written by readerstudy predict of this version"
            raise DataError([Problem(code="RS930", message=message, help="remove it, or name another --out")])
        return content

    @property
    def is_begun(self) -> bool:
        """Whether an earlier run of the same inputs left its header here."""
        return "digest" in self._header

    @property
    def shape(self) -> tuple[int, int]:
        """Rows a batch and cases a chunk of the run that began it."""
        return int(self._header["batch"]), int(self._header["chunk"])

    @property
    def summary(self) -> dict[str, Any] | None:
        """What the run wrote, once all of it stands; None before."""
        return self._header.get("summary")

    @property
    def promised(self) -> frozenset[str]:
        """Files that the run said it would write, and may write again."""
        return frozenset(self._header.get("files", ()))

    def promise(self, files: Iterable[Path]) -> None:
        """Say which files, none of which stands there or all of which may be replaced, the run will write."""
        self._header["files"] = sorted(self.promised | {str(path.resolve()) for path in files})
        if self.is_begun:
            self._write_header()

    def begin(self, inputs: Mapping[str, Any], batch: int, chunk: int) -> None:
        """Write the header; the composition of batches is kept, so that the numbers are the same to the last bit."""
        self._header |= {
            "schema": SCHEMA,
            "digest": self._digest,
            "inputs": dict(inputs),
            "batch": batch,
            "chunk": chunk,
        }
        self._write_header()

    def finish(self, summary: Mapping[str, Any]) -> None:
        """Say that all outputs stand, then remove what is kept."""
        self._header["summary"] = dict(summary)
        self._write_header()
        self.remove()

    def _write_header(self) -> None:
        remove_leftovers(self.folder)
        write_text(self.folder / _HEADER, json.dumps(self._header, indent=1, sort_keys=True, ensure_ascii=False) + "\n")

    def has(self, chunk: int) -> bool:
        """Whether a chunk is finished."""
        return self._file(chunk).is_file()

    def put(self, chunk: int, content: bytes) -> None:
        """Keep a finished chunk."""
        write_bytes(self._file(chunk), content)

    def get(self, chunk: int) -> Scored:
        """A finished chunk."""
        return Scored.from_bytes(self._file(chunk).read_bytes())

    def _file(self, chunk: int) -> Path:
        return self.folder / f"{chunk:06d}.npz"

    def remove(self) -> None:
        """Remove what is kept, the header last: until then the run is known for what it is."""
        remove_leftovers(self.folder)
        for path in sorted(self.folder.glob("[0-9]*.npz")):
            path.unlink()
        (self.folder / _HEADER).unlink(missing_ok=True)
