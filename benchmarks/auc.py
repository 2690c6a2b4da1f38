"""AUC with its interval, many scores' covariance and resampled cases, each against its peers in the same run.

    python -m benchmarks.auc [repeats]

One score of a million cases with DeLong's interval against numpy's argsort of the same array, scikit-learn's
roc_auc_score, which has no interval, and confidenceinterval's; the difference of two scores against MLstatkit's; the
covariance of twenty scores of 100,000 cases against twenty argsorts; 2,000 stratified resamples of 10,000 cases,
continuous and on five levels. Ours and the peers alternate, what takes long fewer times; the least and the median of
the repeats are printed, in processor seconds of one thread, which a shared machine disturbs less than the clock on the
wall. A peer that is not installed is named and left out.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import importlib
import platform
import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable

import numpy as np
from sklearn.metrics import roc_auc_score

from readerstudy.stats.roc import auc, auc_covariance, compare_auc

Runs = dict[str, Callable[[], object]]


def simulated(cases: int, rows: int = 1) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    truth = rng.random(cases) < 0.3
    return truth, rng.normal(size=(rows, cases)) + truth


def measured(runs: Runs, repeats: int) -> dict[str, list[float]]:
    times: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(repeats):
        for name, run in runs.items():
            if len(times[name]) >= 3 and sum(times[name]) > 3:
                continue
            start = time.process_time()
            run()
            times[name].append(time.process_time() - start)
    return times


def show(title: str, runs: Runs, repeats: int) -> None:
    print(title)
    times = measured(runs, repeats)
    ours = next(iter(times.values()))
    for name, taken in times.items():
        ratios = min(ours) / min(taken), statistics.median(ours) / statistics.median(taken)
        ratio = f"   ours / this {ratios[0]:6.3f} of the least {ratios[1]:6.3f} of the medians"
        print(f"  {name:<44}{min(taken):8.4f} s least {statistics.median(taken):8.4f} s median{ratio}")


def peer(module: str, name: str) -> Callable[..., object] | None:
    try:
        found: Callable[..., object] = getattr(importlib.import_module(module), name)
    except ImportError:
        print(f"{module} is not installed: left out")
        return None
    return found


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
    if interval := peer("confidenceinterval", "roc_auc_score"):
        runs["confidenceinterval, DeLong interval"] = lambda: interval(truth, score)
    show("one score, 1,000,000 cases", runs, repeats)
    print(f"  {'peak memory':<44}{peak(lambda: auc(truth, score)):8.1f} MiB")

    other = score + np.random.default_rng(1).normal(size=len(score))
    runs = {"compare_auc, DeLong": lambda: compare_auc(truth, score, other)}
    if test := peer("MLstatkit", "Delong_test"):
        runs["MLstatkit, Delong_test"] = lambda: test(truth, score, other)
    show("difference of two scores, 1,000,000 cases", runs, repeats)

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
