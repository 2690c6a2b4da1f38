"""`prepare` killed at any moment and run again leaves the store of a run that was left in peace.

It is killed at six points; with the environment variable READERSTUDY_KILL=all in the middle and at the end of each
write.
"""

import os
import signal

import pytest
import tiny_study as tiny

from readerstudy.imaging import atomic
from readerstudy.imaging.prepare import prepare
from readerstudy.imaging.store import Store
from readerstudy.problems import DataError

CASES = 3
"""In the order of the work: the mark of an unfinished store (1), for each case a picture and its file (2 to 7), three
tables (8 to 10), store.json (11), and the mark goes away."""
POINTS = [
    (1, True, 0),  # before there is a store
    (3, True, 0),  # the first case is half written
    (5, False, 1),  # the second is whole but has no name
    (7, True, 2),  # the third
    (11, False, 3),  # the store's list of cases
    (99, False, 3),  # after the end
]
if os.environ.get("READERSTUDY_KILL") == "all":
    POINTS = [(n, half, min(max(n - 2, 0) // 2, CASES)) for n in range(1, 12) for half in (True, False)]


@pytest.fixture(scope="module")
def peace(tmp_path_factory):
    """A folder with images and the store of an undisturbed run."""
    folder = tmp_path_factory.mktemp("peace")
    tiny.nifti(folder / "in", "Ann", sequences=tiny.UNENHANCED, lesions=2)
    tiny.save_roi(folder / "in" / "Ann" / "roi.nii.gz", lesions=2)
    tiny.nifti(folder / "in", "Bob", sequences=tiny.UNENHANCED)
    tiny.save_roi(folder / "in" / "Bob" / "roi.nii.gz")
    tiny.nifti(folder / "in", "Eve", sequences=("T2",))
    assert len(prepare(tiny.request(folder)).store.cases) == CASES
    return folder


def killed_at(request, write, half):
    """Prepare, and die by SIGKILL at a write: when the file is half there, or before it gets its name."""
    replace, fsync, written = os.replace, os.fsync, []

    def die():
        os.kill(os.getpid(), signal.SIGKILL)

    def replacing(source, target):
        if len(written) == write:
            die()
        replace(source, target)

    def syncing(handle):
        written.append(handle)
        if half and len(written) == write:
            os.ftruncate(handle, os.fstat(handle).st_size // 2)
            die()
        fsync(handle)

    atomic.os.replace, atomic.os.fsync = replacing, syncing
    prepare(request)
    die()  # everything is written


def kill(doomed, *args):
    process = doomed.Process(target=killed_at, args=args)
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL


@pytest.mark.parametrize(("write", "half", "finished"), POINTS)
def test_killed_and_run_again(doomed, peace, tmp_path, write, half, finished):
    request = tiny.request(peace, out=tmp_path / "store")
    kill(doomed, request, write, half)
    left = {path.name: path.stat() for path in (request.out / "cases").glob("p*.npz")}
    assert len(left) == finished
    if write <= 11:
        with pytest.raises(DataError):
            Store.open(request.out)
    report = prepare(request)
    assert (report.written, report.kept) == (CASES - finished, finished)
    assert tiny.content(request.out) == tiny.content(peace / "store")
    for name, stat in left.items():
        now = (request.out / "cases" / name).stat()
        assert (now.st_ino, now.st_mtime_ns) == (stat.st_ino, stat.st_mtime_ns)
