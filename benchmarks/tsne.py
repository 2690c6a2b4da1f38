"""t-SNE of as many cases and features as Zhen 2020 drew, by both engines: seconds, divergence, iterations.

    python -m benchmarks.tsne [cases] [features] [iterations] [repeats]

Default 1136 x 2048, 10,000 iterations, once. The features are simulated: seven classes around centres of their own.
The engines alternate; one that is not installed is named and left out. Each runs on one thread, as `tsne` does.
"""

import platform
import statistics
import sys
import time

import numpy as np

from readerstudy.stats.embedding import ENGINES, Embedding, tsne

CLASSES = 7


def simulated(cases: int, features: int) -> np.ndarray:
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(CLASSES, features))
    return centres[rng.integers(CLASSES, size=cases)] + rng.normal(0, 2, (cases, features))


def main() -> None:
    given = [int(word) for word in sys.argv[1:]]
    cases, features, iterations, repeats = given + [1136, 2048, 10_000, 1][len(given) :]
    print(f"Python {platform.python_version()}, {platform.system()} {platform.machine()}")
    print(f"{cases} cases x {features} features, {iterations} iterations asked for")
    table = simulated(cases, features)
    found: dict[str, list[tuple[float, Embedding]]] = {}
    for engine in ENGINES:
        try:
            tsne(table[:20], perplexity=5, n_iter=251, engine=engine)  # imports are not measured
            found[engine] = []
        except ImportError as error:
            print(f"{engine:<16}{error}")
    for _ in range(repeats):
        for engine, runs in found.items():
            start = time.perf_counter()
            result = tsne(table, n_iter=iterations, engine=engine)
            runs.append((time.perf_counter() - start, result))
    for engine, runs in found.items():
        seconds, e = statistics.median(second for second, _ in runs), runs[0][1]
        print(f"{engine:<16}{seconds:8.1f} s   KL {e.kl:.4f}   {e.n_iter} iterations   perplexity {e.perplexity:.4g}")
    medians = [statistics.median(second for second, _ in runs) for runs in found.values()]
    if len(medians) > 1:
        print(f"ratio of the two: {medians[0] / medians[1]:.2f}")


if __name__ == "__main__":
    main()
