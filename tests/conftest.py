"""What all tests share: where the public data stand, and that nothing is skipped unseen.

Marker `peers`: the test reads ``../shared``, beside the checkout. It is skipped where that folder is missing, but
fails where the environment variable CI is set. There every other skip is a failure too, but for the marker `gpu`.
Hypothesis tries the same examples in every run.
"""

import multiprocessing
import os
from pathlib import Path

# Tests run side by side, one a processor: threads of their own would only wait for each other. Before numpy is loaded.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import hypothesis
import pytest

hypothesis.settings.register_profile("same", derandomize=True, deadline=None, database=None, max_examples=40)
hypothesis.settings.load_profile("same")

SHARED = Path(__file__).resolve().parents[2] / "shared"
IN_CI = bool(os.environ.get("CI"))


def pytest_configure(config):
    config.addinivalue_line("markers", "gpu: needs a graphics card; the only reason for a skip that CI accepts")


def pytest_runtest_setup(item):
    if item.get_closest_marker("peers") and not SHARED.is_dir():
        pytest.skip(f"needs {SHARED.name}/ beside the checkout")


def _fail_the_skip(report):
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
    report.outcome = "failed"
    report.longrepr = f"a skip is a failure where CI is set: {reason}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item):
    report = yield
    if IN_CI and report.skipped and not hasattr(report, "wasxfail") and not item.get_closest_marker("gpu"):
        _fail_the_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report():
    """A module may skip itself while it is collected (`importorskip`)."""
    report = yield
    if IN_CI and report.skipped:
        _fail_the_skip(report)
    return report


@pytest.fixture(scope="session")
def shared():
    """Path of the folder of public data, published tables and other packages' numbers."""
    return SHARED


@pytest.fixture(scope="session")
def doomed():
    """Processes to be killed: they begin with everything imported, which would take most of their time."""
    context = multiprocessing.get_context("forkserver")
    # The server is started once, so that what it imports is said for all tests.
    context.set_forkserver_preload(
        [
            "readerstudy.imaging.prepare", "readerstudy.inference.train", "readerstudy.inference.predict",
            "SimpleITK", "pydicom", "lightning_fabric", "matplotlib.figure",
        ]
    )  # fmt: skip
    return context
