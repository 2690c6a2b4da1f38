"""How fast the papers' networks run here, as a share of what the device can do, and how alike CPU and GPU answer.

    python -m benchmarks.gpu [--out FILE] [--device cuda|cpu] [--quick] [--folder DIR]

Weights are random: the time does not depend on them. Every rate is the best of three rounds after a warm-up. FLOP are
counted by torch (a multiplication and an addition are two). `share` is of the device's own rate of one large matrix
product in bfloat16, measured in the same run, and on an H200 also of 790 TFLOP/s. Modules of timm and MONAI are run
beside ours, plainly, where they are installed. The last part predicts a synthetic store from its files to preds.csv.
With `--quick` small networks and few cases, so that every part is known to work, also without a GPU (where compiling is
left out: it takes minutes).
"""

import argparse
import contextlib
import dataclasses
import os
import platform
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from readerstudy.imaging.store import CaseArrays, Store, StoreWriter
from readerstudy.inference import weights
from readerstudy.inference.card import FILE, Card, Weights
from readerstudy.inference.data import inputs
from readerstudy.inference.engine import row_shape
from readerstudy.inference.ensemble import Scorer
from readerstudy.inference.networks import build
from readerstudy.inference.outputs import Files
from readerstudy.inference.predict import Settings, predict

H200_FLOPS = 790e12
QUICK = {
    "slices": ["network.width=0.03", "network.hidden_dim=8", "input.size=75"],
    "volume": ["network.width=0.05", "input.size=16"],
}
NAMES = ("zhen2020-a", "wang2021")


@dataclasses.dataclass(frozen=True)
class Line:
    """One row of the table."""

    what: str
    how: str
    rate: float = float("nan")
    unit: str = ""
    flops: float = float("nan")
    memory: int = 0
    note: str = ""


class Bench:
    """The device, what it can do at most, and the lines so far."""

    def __init__(self, device: str, *, quick: bool) -> None:
        self.device, self.quick = torch.device(device), quick
        self.cuda = self.device.type == "cuda"
        self.seconds = 0.05 if quick else 2.0
        self.lines: list[Line] = []
        self.peak = self._matrix_product()

    def _matrix_product(self) -> float:
        n = 512 if self.quick else 8192 if self.cuda else 2048
        a = torch.randn(n, n, device=self.device).to(torch.bfloat16)
        flops = 2 * n**3 * self.per_second(lambda: a @ a)
        self.add(Line("matrix product", f"{n} x {n}, bf16", flops=flops))
        return flops

    def add(self, line: Line) -> None:
        """Keep a line and print it."""
        self.lines.append(line)
        print(" | ".join(self.cells(line)), flush=True)

    def cells(self, line: Line) -> list[str]:
        """A line as text."""
        rate = f"{line.rate:,.4g} {line.unit}/s" if line.rate == line.rate else ""
        known = line.flops == line.flops
        share = f"{100 * line.flops / getattr(self, 'peak', line.flops):.1f} %" if known else ""
        if known and self.cuda and "H200" in torch.cuda.get_device_name():
            share += f" ({100 * line.flops / H200_FLOPS:.1f} % of 790)"
        flops = f"{line.flops / 1e12:.4g}" if known else ""
        memory = f"{line.memory / 2**30:.2f}" if line.memory else ""
        return [line.what, line.how, rate, flops, share, memory, line.note]

    def wait(self) -> None:
        """Until the device has done what it was given."""
        if self.cuda:
            torch.cuda.synchronize()

    def per_second(self, call: Callable[[], object]) -> float:
        """Calls per second: the best of three rounds, after two calls that are not counted."""
        for _ in range(2):
            call()
        self.wait()
        best, n = 0.0, 1
        for _ in range(3):
            while True:
                start = time.perf_counter()
                for _ in range(n):
                    call()
                self.wait()
                taken = time.perf_counter() - start
                if taken >= self.seconds / 3:
                    break
                n = max(2 * n, int(n * self.seconds / 3 / max(taken, 1e-6)))
            best = max(best, n / taken)
        return best

    @contextlib.contextmanager
    def part(self, what: str, how: str) -> Iterator[None]:
        """A part that does not fit or does not compile is a line, not the end."""
        if self.cuda:
            torch.cuda.empty_cache()
            torch.cuda.reset_peak_memory_stats()
        try:
            yield
        except (RuntimeError, NotImplementedError, TypeError) as error:
            self.add(Line(what, how, note=f"{type(error).__name__}: {str(error).splitlines()[0][:80]}"))

    def memory(self) -> int:
        """Most bytes of the device that this part held."""
        return torch.cuda.max_memory_allocated() if self.cuda else 0


def card_of(name: str, bench: Bench, *settings: str) -> Card:
    card = Card.read(name)
    return card.with_settings([*(QUICK[card.input.kind] if bench.quick else []), *settings])


def flops_of(network: Callable[[torch.Tensor], object], shape: tuple[int, ...]) -> int:
    """Of one row; counted on two, for batch normalisation in training asks for more than one."""
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network(torch.zeros(2, *shape))
    return counter.get_total_flops() // 2


def ways(card: Card, bench: Bench) -> Iterator[tuple[str, Callable[[], Callable[[torch.Tensor], object]], bool]]:
    """Name of each way to run a network, how to get it ready, and whether images are channels_last."""
    slices = card.input.kind == "slices"
    half = torch.bfloat16

    def plain(mixed: torch.dtype | None) -> Callable[[torch.Tensor], object]:
        network = build(card).eval().requires_grad_(False).to(bench.device)

        def run(x: torch.Tensor) -> object:
            with torch.autocast(bench.device.type, mixed, enabled=mixed is not None):
                return network(x)

        return run

    def scorer(*, last: bool = False, streams: str = "loop") -> Scorer:
        network = Scorer(build(card), half).to(bench.device)
        if not slices:
            network.network.run_streams(streams)
        return network.to(memory_format=torch.channels_last) if last else network

    def compiled() -> Callable[[torch.Tensor], object]:
        found = torch.compile(scorer(last=slices), dynamic=False)
        return lambda x: found(x, None)

    def graphed() -> Callable[[torch.Tensor], object]:
        return graph_of(scorer(last=slices))

    def ready(**how: object) -> Callable[[], Callable[[torch.Tensor], object]]:
        def make() -> Callable[[torch.Tensor], object]:
            found = scorer(**how)
            return lambda x: found(x, None)

        return make

    yield "single precision", lambda: plain(None), False
    yield "bf16", lambda: plain(half), False
    yield "bf16, normalisation folded", ready(), False
    if slices:
        yield "bf16, folded, channels_last", ready(last=True), True
    else:
        yield "bf16, folded, streams by vmap (grouped convolutions)", ready(streams="vmap"), False
    if bench.cuda or not bench.quick:
        yield "bf16, folded, torch.compile", compiled, slices
    if bench.cuda:
        yield "bf16, folded, CUDA graph", graphed, slices


def graph_of(network: nn.Module) -> Callable[[torch.Tensor], object]:
    """Replays the network on whatever the captured place then holds."""
    held: dict[str, object] = {}

    def run(x: torch.Tensor) -> object:
        if "graph" not in held:
            held["x"] = x.clone()
            side = torch.cuda.Stream()
            side.wait_stream(torch.cuda.current_stream())
            with torch.cuda.stream(side):
                for _ in range(3):
                    network(held["x"], None)
            torch.cuda.current_stream().wait_stream(side)
            held["graph"] = torch.cuda.CUDAGraph()
            with torch.cuda.graph(held["graph"]):
                held["out"] = network(held["x"], None)
        held["x"].copy_(x)
        held["graph"].replay()
        return held["out"]

    return run


def forward(bench: Bench, card: Card, what: str, batches: tuple[int, ...]) -> None:
    shape = row_shape(card)
    flops = flops_of(build(card).eval(), shape)
    for how, make, last in ways(card, bench):
        for batch in batches:
            with bench.part(what, f"{how}, batch {batch}"), torch.inference_mode():
                x = torch.rand(batch, *shape, device=bench.device)
                x = x.contiguous(memory_format=torch.channels_last) if last else x
                run = make()
                rate = batch * bench.per_second(lambda run=run, x=x: run(x))
                unit = "images" if card.input.kind == "slices" else "cases"
                bench.add(Line(what, f"{how}, batch {batch}", rate, unit, rate * flops, bench.memory()))


def peers(bench: Bench, batch: int) -> None:
    """Modules of timm and MONAI as they come, in bf16."""
    card = card_of("zhen2020-a", bench)
    slices = row_shape(card)
    volume = row_shape(card_of("wang2021", bench))[1:]
    made: list[tuple[str, Callable[[], nn.Module], tuple[int, ...], int, str]] = []
    try:
        import timm

        make = lambda: timm.create_model("inception_resnet_v2", in_chans=slices[0], num_classes=7)  # noqa: E731
        size = (slices[0], 299, 299)
        made.append((f"timm {timm.__version__} inception_resnet_v2", make, size, 1, "images"))
    except ImportError:
        print("timm is not installed: left out")
    try:
        import monai
        from monai.networks.nets import resnet18

        def streams() -> nn.Module:
            nets = [
                resnet18(spatial_dims=3, n_input_channels=2, feed_forward=False, conv1_t_stride=1) for _ in "1234567"
            ]
            return nn.ModuleList(nets)

        made.append((f"MONAI {monai.__version__} resnet18, seven one by one", streams, volume, 7, "cases"))
    except ImportError:
        print("monai is not installed: left out")
    for what, make, shape, copies, unit in made:
        n = max(1, batch // (8 if copies > 1 else 1))
        with bench.part(what, f"bf16, batch {n}"), torch.inference_mode():
            network = make().eval()
            nets = list(network) if copies > 1 else [network]
            flops = copies * flops_of(nets[0], shape)
            network.to(bench.device)
            x = torch.rand(n, *shape, device=bench.device)

            def run(x: torch.Tensor = x, nets: list[nn.Module] = nets) -> object:
                with torch.autocast(bench.device.type, torch.bfloat16):
                    return [net(x) for net in nets]

            rate = n * bench.per_second(run)
            bench.add(Line(what, f"bf16, batch {n}", rate, unit, rate * flops, bench.memory()))


def training(bench: Bench, card: Card, what: str, batch: int) -> None:
    """Forward, backward and a step of SGD, with three times the FLOP of the forward pass."""
    shape = row_shape(card)
    flops = 3 * flops_of(build(card).eval(), shape)
    slices = card.input.kind == "slices"
    with bench.part(what, f"training, bf16, batch {batch}"):
        network = build(card).train().to(bench.device)
        x = torch.rand(batch, *shape, device=bench.device)
        if slices:
            network, x = network.to(memory_format=torch.channels_last), x.contiguous(memory_format=torch.channels_last)
        labels = torch.zeros(batch, dtype=torch.long, device=bench.device)
        optimiser = torch.optim.SGD(network.parameters(), lr=1e-3, momentum=0.9)

        def step() -> None:
            optimiser.zero_grad(set_to_none=True)
            with torch.autocast(bench.device.type, torch.bfloat16):
                logits = network(x)
            sum(nn.functional.cross_entropy(values.float(), labels) for values in logits.values()).backward()
            optimiser.step()

        rate = batch * bench.per_second(step)
        unit = "images" if slices else "cases"
        bench.add(Line(what, f"training, bf16, batch {batch}", rate, unit, rate * flops, bench.memory()))


def parity(bench: Bench, card: Card, what: str) -> None:
    """Largest difference of a probability between this device and the CPU in single precision."""
    torch.manual_seed(0)
    network = build(card).eval()
    x = torch.rand(2 if card.input.kind == "volume" else 8, *row_shape(card))
    state = network.state_dict()

    def chances(device: torch.device, mixed: torch.dtype | None) -> np.ndarray:
        fresh = build(card)
        fresh.load_state_dict(state)
        exact = torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True, allow_tf32=False)
        with exact, torch.inference_mode():
            _, logits = Scorer(fresh, mixed).to(device)(x.to(device), None)
        return np.concatenate([values.double().softmax(1).cpu().numpy() for values in logits.values()], axis=1)

    with torch.inference_mode():
        plain = np.concatenate([values.double().softmax(1).numpy() for values in network(x).values()], axis=1)
    for how, device, mixed in (
        ("CPU, normalisation folded", torch.device("cpu"), None),
        (f"{bench.device.type}, single precision", bench.device, None),
        (f"{bench.device.type}, bf16", bench.device, torch.bfloat16),
    ):
        with bench.part(what, how):
            apart = np.abs(chances(device, mixed) - plain).max()
            bench.add(Line(what, f"parity: {how}", note=f"probabilities differ by {apart:.1e} at most"))


def synthetic_store(folder: Path, cards: list[Card], n: int, *, quick: bool) -> Store:
    """Cases of the size of real ones: lesions of 20 to 60 mm, seven sequences, smooth images."""
    rng = np.random.default_rng(0)
    recipes = [card.prepare for card in cards]
    writer = StoreWriter(folder, {recipe.name: recipe for recipe in recipes}, notice="SYNTHETIC. Noise, to be timed.")
    sequences = Card.read("wang2021").input.sequences
    for k in range(n):
        diameter = 20.0 if quick else float(rng.uniform(20, 60))
        arrays = {}
        for recipe in recipes:
            spacing = np.array(recipe.spacing[::-1])
            margin = np.array(recipe.margin_mm[::-1]) / (8 if quick else 1)
            shape = np.ceil((diameter + 2 * margin) / spacing).astype(int) + 2
            axes = np.meshgrid(*((np.arange(m) - (m - 1) / 2) * s for m, s in zip(shape, spacing, strict=True)),
                               indexing="ij", sparse=True)  # fmt: skip
            mask = axes[0] ** 2 + axes[1] ** 2 + axes[2] ** 2 <= (diameter / 2) ** 2
            images = np.clip(rng.normal(0.4, 0.05, (len(sequences), *shape)).round(2), 0, 1).astype(np.float32)
            masks = np.broadcast_to(mask, images.shape)
            arrays[recipe.name] = CaseArrays(images=images, masks=masks, spacing=tuple(spacing.tolist()))
        writer.add(f"p{k:05d}-1", f"p{k:05d}", arrays, sequences=sequences, diameter_mm=diameter)
    return writer.finish()


def trained(folder: Path, card: Card, folds: int) -> Card:
    """The card with random weights for each fold."""
    folder.mkdir()
    entries = []
    for fold in range(folds):
        file = f"fold{fold}.safetensors"
        entries.append(Weights(file=file, sha256=weights.save(build(card), folder / file, card), fold=fold))
    card = dataclasses.replace(card, weights=tuple(entries))
    (folder / FILE).write_text(card.to_toml(), encoding="utf-8")
    return Card.read(folder)


def end_to_end(bench: Bench, folder: Path) -> None:
    """From a prepared store to preds.csv, and the reading alone."""
    cards = [card_of(name, bench) for name in NAMES]
    n = 6 if bench.quick else 128 if bench.cuda else 8
    store = synthetic_store(folder / "store", cards, n, quick=bench.quick)
    for card, folds in zip(cards, (1, 2 if bench.quick else 5), strict=True):
        start = time.perf_counter()
        rows = sum(len(inputs(card, store, case.case_id)) for case in store.cases)
        taken = time.perf_counter() - start
        bench.add(Line(card.name, "reading and cutting out, one thread", n / taken, "cases", note=f"{rows} rows"))
        flops = folds * rows / n * flops_of(build(card).eval(), row_shape(card))
        made = trained(folder / card.name, card, folds)
        workers = os.cpu_count() or 1
        how = f"store to preds.csv, {folds} networks, {workers} readers"
        with bench.part(card.name, how):
            start = time.perf_counter()
            settings = Settings(device=bench.device.type, workers=workers)
            predict(made, store, Files(preds=folder / f"{card.name}.csv"), settings=settings)
            rate = n / (time.perf_counter() - start)
            note = f"{n} cases, with loading the weights and choosing the batch"
            bench.add(Line(card.name, how, rate, "cases", rate * flops, bench.memory(), note))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gpu", description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, help="write the table as Markdown")
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--quick", action="store_true", help="small networks, few cases")
    parser.add_argument("--folder", type=Path, help="where the synthetic store goes (default: a temporary folder)")
    given = parser.parse_args()
    torch.manual_seed(0)
    where = torch.cuda.get_device_name() if given.device == "cuda" else f"CPU, {torch.get_num_threads()} threads"
    machine = f"{where}; {platform.system()} {platform.machine()}, torch {torch.__version__}"
    print(machine)
    bench = Bench(given.device, quick=given.quick)
    large = (4,) if given.quick or not bench.cuda else (64, 256, 512)
    small = (2,) if given.quick or not bench.cuda else (8, 32)
    zhen = card_of("zhen2020-a", bench)
    forward(bench, zhen, "Inception-ResNet-V2, six sequences", large)
    for stride in (1, 2):
        wang = card_of("wang2021", bench, f"network.stem_stride={stride}")
        forward(bench, wang, f"seven streams, stem stride {stride}", small)
    if not given.quick:
        peers(bench, large[-1])
    training(bench, zhen, "Inception-ResNet-V2, six sequences", 64 if bench.cuda else 2)
    training(bench, wang, "seven streams, stem stride 2", 16 if bench.cuda else 2)
    parity(bench, zhen, "Inception-ResNet-V2, six sequences")
    parity(bench, wang, "seven streams, stem stride 2")
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        end_to_end(bench, Path(folder))
    if given.out is not None:
        head = ("what", "how", "rate", "TFLOP/s", "share of the matrix product", "peak GiB", "note")
        rows = [head, ("---",) * len(head), *(bench.cells(line) for line in bench.lines)]
        table = "\n".join(f"| {' | '.join(cells)} |" for cells in rows)
        kind = " (--quick: small networks, nothing to compare with)" if given.quick else ""
        given.out.write_text(f"# Speed of the networks\n\n{machine}{kind}\n\n{table}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
