"""The folder of a training: what it is of, which runs are finished, and what may be removed from it.

settings.json       all that its numbers depend on, written first and removed last
runs/<name>.json    a finished run: its history, and what its weights said of the held-out units
runs/<name>/        a run on its way: checkpoint and kept weights
cache/              image groups, removed when all is finished
fold-<k>.safetensors, final.safetensors, model.toml, README.md, folds.csv, metrics.csv, ...: what stays
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from readerstudy.imaging.atomic import remove_leftovers, write_bytes, write_text
from readerstudy.imaging.lock import LOCK
from readerstudy.inference import checkpoint
from readerstudy.problems import DataError, Problem

SCHEMA = "readerstudy-training/1"
FINAL = "final"
_SETTINGS = "settings.json"
_RUNS, _CACHE = "runs", "cache"
_OURS = (
    "model.toml", "README.md", "folds.csv", "skipped.csv", "metrics.csv", "cv_predictions.csv", "cv_cases.csv",
    "cv_protocol.toml", "curves.svg", "curves.png",
)  # fmt: skip


class Ledger:
    """A folder of one training.

    Parameters
    ----------
    out
        The folder, new or of an earlier run.
    settings
        All that the numbers depend on.
    force
        Remove what a training with other settings left here.

    Raises
    ------
    DataError
        RS926 if a training with other settings stands here, and not `force`.
    FileExistsError
        If the folder holds something else.
    """

    def __init__(self, out: Path, settings: Mapping[str, Any], *, force: bool) -> None:
        self.out = out
        remove_leftovers(out)
        settings = json.loads(json.dumps({"schema": SCHEMA, **settings}))
        earlier = self._earlier()
        if earlier is None:
            there = [path.name for path in out.iterdir() if path.name != LOCK]
            if there:
                message = f"{out} holds other files ({there[0]}); name a new folder with --out"
                raise FileExistsError(message)
        elif earlier != settings:
            changed = sorted(key for key in settings.keys() | earlier.keys() if earlier.get(key) != settings.get(key))
            if not force:
                message = f"{out} holds a training with other settings ({', '.join(changed)})"
                help_ = "name another folder with --out, or begin anew in this one with --force"
                raise DataError([Problem(code="RS926", message=message, help=help_)])
            self._clear(earlier)
        write_text(out / _SETTINGS, json.dumps(settings, indent=1, sort_keys=True, ensure_ascii=False) + "\n")

    def _earlier(self) -> dict[str, Any] | None:
        try:
            found = json.loads((self.out / _SETTINGS).read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return None
        is_ours = isinstance(found, dict) and str(found.get("schema")).startswith(SCHEMA.partition("/")[0])
        return found if is_ours else None

    def _clear(self, earlier: Mapping[str, Any]) -> None:
        for name in (_RUNS, _CACHE):
            shutil.rmtree(self.out / name, ignore_errors=True)
        weights = [*self.out.glob("fold-*.safetensors"), self.out / f"{FINAL}.safetensors"]
        tables = [self.out / name for name in (*_OURS, *earlier.get("beside", ()))]
        for path in (*weights, *tables, self.out / _SETTINGS):
            path.unlink(missing_ok=True)

    def keep_folds(self, table: str) -> None:
        """Write folds.csv; `DataError` RS926 if a run was begun with other folds, as when a file was lost since."""
        path = self.out / "folds.csv"
        begun = path.exists() and any((self.out / _RUNS).glob("*"))
        if begun and path.read_text(encoding="utf-8") != table:
            message = f"not the same cases of the store can be read as when the training in {self.out} was begun"
            help_ = "folds.csv and skipped.csv say which: put the store right, or name another folder with --out"
            self.drop_cache()  # it tells of the same loss when the store has been put right
            raise DataError([Problem(code="RS926", message=message, help=help_)])
        write_text(path, table)

    @property
    def cache(self) -> Path:
        """Where image groups are kept."""
        return self.out / _CACHE

    def folder(self, name: str) -> Path:
        """Where a run keeps its checkpoint."""
        return self.out / _RUNS / name

    def weights(self, name: str) -> Path:
        """The weights of a finished run."""
        return self.out / (f"{FINAL}.safetensors" if name == FINAL else f"fold-{name}.safetensors")

    def finished(self, name: str) -> dict[str, Any] | None:
        """What a finished run left; None for one that is not finished, or whose weights are not there any more."""
        try:
            record = json.loads(self._record(name).read_text(encoding="utf-8"))
            content = self.weights(name).read_bytes()
        except (FileNotFoundError, ValueError):
            return None
        if hashlib.sha256(content).hexdigest() != record["sha256"]:
            return None
        return dict(record)

    def _record(self, name: str) -> Path:
        return self.out / _RUNS / f"{name}.json"

    def finish(self, name: str, about: Mapping[str, Any]) -> dict[str, Any]:
        """Move a run's weights to their place and record it; only then is its checkpoint removed.

        Parameters
        ----------
        name
            The run, trained to its last epoch.
        about
            What else the record says.
        """
        folder = self.folder(name)
        progress = checkpoint.read_progress(folder)
        content = checkpoint.kept_file(folder, progress.kept).read_bytes()
        write_bytes(self.weights(name), content)
        record = {
            **about,
            "epochs": progress.epochs,
            "kept": progress.kept,
            "history": list(progress.history),
            "predictions": progress.predictions,
            "sha256": hashlib.sha256(content).hexdigest(),
        }
        remove_leftovers(self.out / _RUNS)
        write_text(self._record(name), json.dumps(record, sort_keys=True) + "\n")
        shutil.rmtree(folder)
        return dict(json.loads(json.dumps(record)))

    def tidy(self, name: str) -> None:
        """Remove the checkpoint that a kill left of a finished run."""
        shutil.rmtree(self.folder(name), ignore_errors=True)

    def drop_cache(self) -> None:
        """Remove the image groups."""
        shutil.rmtree(self.cache, ignore_errors=True)
