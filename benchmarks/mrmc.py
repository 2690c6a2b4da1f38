"""How long the analyses of many readers and many cases take, with the least and the median of several runs.

    python -m benchmarks.mrmc [repeats]

Set OMP_NUM_THREADS=1 and OPENBLAS_NUM_THREADS=1 for one core.
"""

import platform
import statistics
import sys
import time
from collections.abc import Callable

import numpy as np

import readerstudy as rs


def simulated(n_modalities: int, n_readers: int, n_cases: int) -> tuple[np.ndarray, np.ndarray]:
    """Truth and scores (modality, reader, case) with effects of reader, case and both."""
    rng = np.random.default_rng(0)
    truth = np.arange(n_cases) % 2 == 0
    scores = truth * (1.2 + 0.2 * rng.normal(size=(n_modalities, n_readers, 1))) + rng.normal(size=n_cases)
    return truth, scores + rng.normal(size=(n_modalities, n_readers, n_cases))


def line(name: str, work: Callable[[], object], repeats: int) -> str:
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return f"{name:<64}{statistics.median(times) * 1000:9.1f} ms median {min(times) * 1000:9.1f} ms least of {repeats}"


def main() -> None:
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    print(f"{platform.processor() or platform.machine()}, Python {platform.python_version()}, NumPy {np.__version__}")
    truth, scores = simulated(2, 20, 1000)
    rounded = np.round(scores)
    part = rs.measure.partial_auc(specificity=(0.8, 1))
    for name, options in {
        "jackknife": {},
        "DeLong": {"covariance": "delong"},
        "unbiased": {"covariance": "unbiased"},
        "bootstrap, 1,000 resamples": {"covariance": "bootstrap"},
        "partial AUC, jackknife": {"measure": part},
        "sensitivity, jackknife": {"measure": rs.measure.sensitivity(threshold=0.6)},
    }.items():
        print(
            line(
                f"2 modalities x 20 readers x 1,000 cases, {name}",
                lambda o=options: rs.mrmc(truth, scores, **o),
                repeats,
            )
        )
    print(line("the same on a scale of few ratings, jackknife", lambda: rs.mrmc(truth, rounded), repeats))
    model = truth + np.random.default_rng(1).normal(size=len(truth))
    print(
        line("model against 20 readers, 1,000 cases", lambda: rs.model_versus_readers(truth, model, scores[0]), repeats)
    )
    small_truth, small = simulated(2, 5, 114)
    print(line("2 modalities x 5 readers x 114 cases, jackknife", lambda: rs.mrmc(small_truth, small), repeats))


if __name__ == "__main__":
    main()
