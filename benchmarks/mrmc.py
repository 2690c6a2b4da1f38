"""How long the analyses of many readers and many cases take, with the least and the median of several runs.

    python -m benchmarks.mrmc [repeats] [--data FOLDER] [--studies 10000] [--processes 2]

FOLDER holds Van Dyke's study and VIPER, each a folder with reads.csv and cases.csv; without it they are left out. Set
OMP_NUM_THREADS=1 and OPENBLAS_NUM_THREADS=1 for one core; the simulated studies alone take several processes.
"""

import argparse
import multiprocessing
import platform
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd

import readerstudy as rs
from readerstudy.simulate import roe_metz

BATCH = 250


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


def analysed(batch: int) -> float:
    """Processor seconds of a batch of studies of Van Dyke's size, simulated and analysed; for a process of its own."""
    start = time.process_time()
    rng = np.random.default_rng([1, batch])
    for _ in range(BATCH):
        study = roe_metz(5, 45, 69, levels=5, rng=rng)
        rs.mrmc(study.truth, study.scores)
    return time.process_time() - start


def simulations(studies: int, processes: int) -> str:
    """As in `line`, of many studies once."""
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        pool.map(analysed, range(processes))  # the processes are there, and everything is imported
        start = time.perf_counter()
        batches = -(-studies // BATCH)
        worked = sum(pool.imap_unordered(analysed, range(batches)))
    seconds = time.perf_counter() - start
    name = f"{batches * BATCH:,} simulated studies of 2 x 5 x 114, {processes} processes"
    return f"{name:<64}{seconds:9.1f} s once, {worked:.1f} s of processor time"


def arrays(reads: pd.DataFrame, truth: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Truth and scores (modality, reader, case), nan where not read."""
    (modality, modalities), (reader, readers) = (pd.factorize(reads[name]) for name in ("modality", "reader_id"))
    case, cases = pd.factorize(reads.case_id)
    scores = np.full((len(modalities), len(readers), len(cases)), np.nan)
    scores[modality, reader, case] = reads.rating
    return truth.loc[cases].to_numpy() == 1, scores


def published(folder: Path) -> Iterator[tuple[str, Callable[[], object]]]:
    """What is done with Van Dyke's study and with VIPER."""
    reads, cases = (pd.read_csv(folder / "vandyke" / f"{name}.csv") for name in ("reads", "cases"))
    truth, scores = arrays(reads, cases.set_index("case_id").truth)
    yield "Van Dyke, jackknife", lambda: rs.mrmc(truth, scores)
    yield "Van Dyke, U-statistics", lambda: rs.mrmc(truth, scores, method="u-statistic")
    reads, cases = (pd.read_csv(folder / "viper" / f"{name}.csv") for name in ("reads", "cases"))
    windows = [cases.set_index("case_id")[name] for name in ("cancerStatus455", "cancerStatus365")]
    parts = [arrays(part, window) for _, part in reads.groupby("sub_study") for window in windows]

    def viper(method: str) -> Callable[[], object]:
        return lambda: [rs.mrmc(*part, method=method) for part in parts]

    yield "VIPER whole (5 sub-studies, 2 truths), jackknife", viper("or")
    yield "VIPER whole (5 sub-studies, 2 truths), U-statistics", viper("u-statistic")


def main() -> None:
    parser = argparse.ArgumentParser(description="Seconds of the analyses of many readers and many cases.")
    parser.add_argument("repeats", type=int, nargs="?", default=7)
    parser.add_argument("--data", type=Path, help="folder with vandyke/ and viper/")
    parser.add_argument("--studies", type=int, default=10_000, help="how many are simulated; 0 for none")
    parser.add_argument("--processes", type=int, default=2)
    given = parser.parse_args()
    repeats = given.repeats
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
    for name, work in published(given.data) if given.data else ():
        print(line(name, work, repeats))
    if given.studies:
        print(simulations(given.studies, given.processes))


if __name__ == "__main__":
    main()
