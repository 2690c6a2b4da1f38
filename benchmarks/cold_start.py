"""How long a user waits: ``readerstudy --help`` against an empty typer app, and a cold ``evaluate`` of the example.

    python -m benchmarks.cold_start [repeats] [preds reads [cases [protocol]]]

Every command is a process of its own; the two sides of a ratio alternate in the same run, so that a noisy machine
disturbs both. Medians and the least are printed. Another study than examples/liver can be named by its files. Linux
and macOS (peak memory comes from the operating system).
"""

import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

LIVER = Path(__file__).resolve().parents[1] / "examples" / "liver"
EMPTY_APP = """
import typer
app = typer.Typer(name="empty", no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False)
@app.command()
def evaluate(preds: str, reads: str) -> None:
    pass
@app.command()
def check(preds: str, reads: str) -> None:
    pass
@app.command()
def init(preds: str, reads: str) -> None:
    pass
@app.command()
def report(results: str) -> None:
    pass
@app.command()
def doctor() -> None:
    pass
app()
"""
STAGES = """
import sys, time
start = time.perf_counter()
def lap(name):
    global start
    now = time.perf_counter()
    print(f"  {name:<28}{now - start:6.2f} s")
    start = now
from readerstudy.study import Study
from readerstudy.analysis import evaluate
lap("imports: numpy, scipy, pandas")
study = Study.read(*(None if name == "-" else name for name in sys.argv[1:]))
lap("reading and pairing")
results = evaluate(study)
lap(f"statistics ({len(results.estimates)} records)")
from readerstudy.figures import draw
drawn = draw(results)
lap(f"figures ({len(drawn)}, with import)")
from readerstudy.report.html import html
from readerstudy.report.pdf import pdf, png
html(results, drawn)
lap("HTML (with import)")
pdf(results, drawn, b"{}")
lap("PDF (with import)")
for figure in drawn:
    png(figure)
lap("PNG of every figure")
"""


def seconds(command: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - start


def line(name: str, times: list[float]) -> str:
    return f"{name:<44}{statistics.median(times):6.2f} s median {min(times):6.2f} s least of {len(times)}"


def main() -> None:
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    print(f"Python {platform.python_version()}, {platform.system()} {platform.machine()}")
    ours, empty = [], []
    for _ in range(2 * repeats):
        ours.append(seconds([sys.executable, "-m", "readerstudy", "--help"]))
        empty.append(seconds([sys.executable, "-c", EMPTY_APP, "--help"]))
    print(line("readerstudy --help", ours))
    print(line("empty typer app --help", empty))
    print(f"{'ratio of the medians':<44}{statistics.median(ours) / statistics.median(empty):6.2f}")

    files = sys.argv[2:] or [str(LIVER / name) for name in ("preds.csv", "reads.csv")]
    files += ["-"] * (3 - len(files)) if len(files) < 3 else []
    if len(files) < 4:
        files.append(str(LIVER / "protocol.toml") if not sys.argv[2:] else "-")
    options = [
        name
        for flag, value in zip(("--cases", "--protocol"), files[2:], strict=True)
        if value != "-"
        for name in (flag, value)
    ]
    with tempfile.TemporaryDirectory() as folder:
        whole = []
        for i in range(repeats):
            command = [sys.executable, "-m", "readerstudy", "evaluate", *files[:2], *options]
            command += ["--out", f"{folder}/{i}", "--quiet"]
            whole.append(seconds(command))
    print(line("evaluate, cold, all outputs", whole))
    kilobytes = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / (1024 if sys.platform == "darwin" else 1)
    print(f"{'peak memory of one process':<44}{kilobytes / 1024:6.0f} MiB")
    print("stages of one process:")
    command = [sys.executable, "-c", STAGES, *files]
    print(subprocess.run(command, check=True, capture_output=True, text=True).stdout, end="")


if __name__ == "__main__":
    main()
