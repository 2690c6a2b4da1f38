"""AUC with its interval, many scores' covariance and resampled cases, each against its peer in the same run.

    python -m benchmarks.auc [repeats]

One score of a million cases with DeLong's interval against numpy's argsort of the same array and scikit-learn's
roc_auc_score, which has no interval; the covariance of twenty scores of 100,000 cases against twenty argsorts; 2,000
stratified resamples of 10,000 cases, continuous and on five levels. Ours and the peer alternate; the least and the
median of the repeats are printed, one thread.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import platform
import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable

import numpy as np
from sklearn.metrics import roc_auc_score

from readerstudy.stats.roc import auc, auc_covariance

Runs = dict[str, Callable[[], object]]


def simulated(cases: int, rows: int = 1) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    truth = rng.random(cases) < 0.3
    return truth, rng.normal(size=(rows, cases)) + truth


def measured(runs: Runs, repeats: int) -> dict[str, list[float]]:
    times: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(repeats):
        for name, run in runs.items():
            start = time.perf_counter()
            run()
            times[name].append(time.perf_counter() - start)
    return times


def show(title: str, runs: Runs, repeats: int) -> None:
    print(title)
    times = measured(runs, repeats)
    ours = min(next(iter(times.values())))
    for name, taken in times.items():
        ratio = f"   ours / this {ours / min(taken):5.2f}"
        print(f"  {name:<44}{min(taken):8.4f} s least {statistics.median(taken):8.4f} s median{ratio}")


def peak(run: Callable[[], object]) -> float:
    tracemalloc.start()
    run()
    found = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return found / 2**20


def main() -> None:
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 9
    print(f"Python {platform.python_version()}, numpy {np.__version__}, {platform.system()} {platform.machine()}")
    truth, (score,) = simulated(1_000_000)
    runs: Runs = {
        "auc, DeLong interval": lambda: auc(truth, score),
        "numpy argsort": lambda: np.argsort(score),
        "roc_auc_score, no interval": lambda: roc_auc_score(truth, score),
    }
    show("one score, 1,000,000 cases", runs, repeats)
    print(f"  {'peak memory':<44}{peak(lambda: auc(truth, score)):8.1f} MiB")

    truth_of_many, rows = simulated(100_000, 20)
    runs = {
        "auc_covariance": lambda: auc_covariance(truth_of_many, rows),
        "numpy argsort of each": lambda: [np.argsort(row) for row in rows],
        "roc_auc_score of each, no covariance": lambda: [roc_auc_score(truth_of_many, row) for row in rows],
    }
    show("20 scores, 100,000 cases", runs, repeats)

    few, (continuous,) = simulated(10_000)
    levels = np.digitize(continuous, [-0.5, 0.5, 1, 1.5])
    for name, values in (("continuous", continuous), ("five levels", levels)):
        runs = {
            f"auc, {method}": lambda values=values, method=method: auc(few, values, method=method)
            for method in ("bootstrap", "bca")
        }
        show(f"2,000 stratified resamples of 10,000 cases, {name}", runs, repeats)


if __name__ == "__main__":
    main()
