"""``readerstudy size``: how many readers and cases a study takes, by formula, before there are data."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from readerstudy.cli_status import exit_status

if TYPE_CHECKING:
    from readerstudy.power import Components, PanelComponents
    from readerstudy.sizing import Plan

app = typer.Typer(
    name="size",
    help="How many readers and cases a study takes: a table, a power curve and a sentence for the protocol.",
    no_args_is_help=True,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

_LIST = "Several with commas."


def _option(name: str, help_: str, metavar: str = "X") -> Any:
    return typer.Option(f"--{name}", metavar=metavar, help=help_)


EffectOption = Annotated[float | None, _option("effect", "True difference, modality - versus. With a margin 0.")]
PowerOption = Annotated[float | None, _option("power", "Power that sizes are searched for. Default: 0.8.")]
AlphaOption = Annotated[float, _option("alpha", "Level; with a margin the tests are one-sided at half of it.")]
MarginOption = Annotated[float | None, _option("margin", "Loss that is allowed: non-inferiority (or equivalence).")]
HypothesisOption = Annotated[str, _option("hypothesis", "With a margin: non-inferiority or equivalence.", "NAME")]
AlternativeOption = Annotated[str, _option("alternative", "two-sided, greater or less.", "NAME")]
RandomOption = Annotated[str, _option("random", "What is a sample: both, readers or cases.", "NAME")]
ReadersOption = Annotated[str | None, _option("readers", f"Numbers of readers. {_LIST}", "N,...")]
CasesOption = Annotated[str | None, _option("cases", f"Numbers of cases. {_LIST}", "N,...")]
BlocksOption = Annotated[int, _option("blocks", "Blocks of a split-plot design.", "N")]
MeasureOption = Annotated[str, _option("measure", "What the measure is called in the sentences.", "WORDS")]
PilotOption = Annotated[Path | None, _option("pilot", "Pilot study: results.json, or the records as JSON.", "FILE")]
CountsOption = Annotated[str, _option("pilot-cases", "Positive and negative cases of the conjecture.", "M,N")]
OutOption = Annotated[Path | None, typer.Option("--out", metavar="FOLDER", help="Where the files go, if anywhere.")]
ForceOption = Annotated[bool, typer.Option("--force", help="Replace an output folder of an earlier run.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")]


@app.command()
def mrmc(
    effect: EffectOption = None,
    readers: ReadersOption = None,
    cases: CasesOption = None,
    power: PowerOption = None,
    pilot: PilotOption = None,
    components: Annotated[
        str | None,
        _option("components", "Var(modality x reader), Var(error), Cov1, Cov2, Cov3, number of cases.", "X,X,X,X,X,N"),
    ] = None,
    auc: Annotated[float | None, _option("auc", "Mean AUC, to conjecture the components from.")] = None,
    sd: Annotated[
        float | None, _option("modality-reader-sd", "With --auc: SD of a reader's own gain in a modality.")
    ] = None,
    correlations: Annotated[
        str | None,
        _option("correlations", "With --auc: of one reader's AUCs, of two readers', and of both.", "R1,R2,R3"),
    ] = None,
    pilot_cases: CountsOption = "50,50",
    random: RandomOption = "both",
    blocks: BlocksOption = 1,
    alpha: AlphaOption = 0.05,
    alternative: AlternativeOption = "two-sided",
    margin: MarginOption = None,
    hypothesis: HypothesisOption = "non-inferiority",
    measure: MeasureOption = "AUC",
    out: OutOption = None,
    force: ForceOption = False,
    as_json: JsonOption = False,
) -> None:
    """Two modalities read by several readers.

    Example: readerstudy size mrmc --effect 0.05 --readers 5,8,12 --auc 0.85 --modality-reader-sd 0.02 --correlations
    0.45,0.4,0.35
    """
    with _exit_status():
        from readerstudy import sizing

        found, source = _components(pilot, components, auc, sd, correlations, pilot_cases)
        plan = sizing.mrmc(
            found, effect=effect, readers=_whole(readers, "readers"), cases=_whole(cases, "cases"), power=power,
            measure=measure, source=source, random=_random(random), n_blocks=blocks, alpha=alpha,
            alternative=alternative, margin=margin, hypothesis=hypothesis,
        )  # fmt: skip
        _tell(plan, out, force, as_json, [] if pilot is None else [pilot])


@app.command()
def panel(
    effect: EffectOption = None,
    readers: ReadersOption = None,
    cases: CasesOption = None,
    power: PowerOption = None,
    pilot: PilotOption = None,
    components: Annotated[
        str | None, _option("components", "Var(reader), Var(error), Cov2, number of cases.", "X,X,X,N")
    ] = None,
    auc: Annotated[float | None, _option("auc", "The model's AUC, to conjecture the components from.")] = None,
    versus: Annotated[float | None, _option("versus", "With --auc: the readers' mean AUC.")] = None,
    sd: Annotated[float | None, _option("reader-sd", "With --auc: SD of the readers' true AUCs.")] = None,
    correlations: Annotated[
        str | None,
        _option("correlations", "With --auc: of two readers' AUCs, and of a reader's and the model's.", "R,R"),
    ] = None,
    pilot_cases: CountsOption = "50,50",
    random: RandomOption = "both",
    blocks: BlocksOption = 1,
    alpha: AlphaOption = 0.05,
    alternative: AlternativeOption = "two-sided",
    margin: MarginOption = None,
    hypothesis: HypothesisOption = "non-inferiority",
    measure: MeasureOption = "AUC",
    out: OutOption = None,
    force: ForceOption = False,
    as_json: JsonOption = False,
) -> None:
    """One model against a panel of readers.

    Example: readerstudy size panel --margin 0.05 --auc 0.9 --versus 0.88 --reader-sd 0.03 --correlations 0.4,0.4
    """
    with _exit_status():
        from readerstudy import sizing

        found, source, conjectured = _panel(pilot, components, auc, versus, sd, correlations, pilot_cases)
        plan = sizing.panel(
            found, effect=conjectured if effect is None else effect, readers=_whole(readers, "readers"),
            cases=_whole(cases, "cases"), power=power, measure=measure, source=source, random=_random(random),
            n_blocks=blocks, alpha=alpha, alternative=alternative, margin=margin, hypothesis=hypothesis,
        )  # fmt: skip
        _tell(plan, out, force, as_json, [] if pilot is None else [pilot])


@app.command()
def auc(
    auc: Annotated[str, _option("auc", f"True AUC. {_LIST}", "X,...")],
    versus: Annotated[float, _option("versus", "True AUC of what it is compared with.")],
    correlation: Annotated[
        str, _option("correlation", "Of the two scores, among positive and negative cases.", "R,R")
    ] = "0,0",
    unpaired: Annotated[bool, typer.Option("--unpaired", help="Each of the two has cases of its own.")] = False,
    ratio: Annotated[float, _option("ratio", "Negative cases for each positive one.")] = 1.0,
    positives: Annotated[str | None, _option("positives", f"Numbers of positive cases. {_LIST}", "N,...")] = None,
    power: PowerOption = None,
    alpha: AlphaOption = 0.05,
    alternative: AlternativeOption = "two-sided",
    margin: MarginOption = None,
    hypothesis: HypothesisOption = "non-inferiority",
    out: OutOption = None,
    force: ForceOption = False,
    as_json: JsonOption = False,
) -> None:
    """Two AUCs: two models, or a model and one reader.

    Example: readerstudy size auc --auc 0.9 --versus 0.85 --correlation 0.5,0.5 --ratio 2
    """
    with _exit_status():
        from readerstudy import sizing
        from readerstudy.power import AucPair

        pair = _numbers(correlation, "correlation", 2)
        pairs = [
            (f"AUC {one:g} - {versus:g}", AucPair.conjectured(one, versus, correlation=pair, paired=not unpaired))
            for one in _numbers(auc, "auc")
        ]
        said = "cases of their own" if unpaired else f"scores correlated {pair[0]:g} and {pair[1]:g}"
        plan = sizing.auc(
            pairs, positives=_whole(positives, "positives"), power=power, ratio=ratio, source=f"normal scores, {said}",
            alpha=alpha, alternative=alternative, margin=margin, hypothesis=hypothesis,
        )  # fmt: skip
        _tell(plan, out, force, as_json)


@app.command()
def paired(
    discordant: Annotated[str, _option("discordant", f"Share of cases on which the two disagree. {_LIST}", "X,...")],
    effect: EffectOption = None,
    cases: CasesOption = None,
    power: PowerOption = None,
    method: Annotated[
        str | None, _option("method", "exact, mid-p, chi2, chi2-cc, connor, miettinen, tango.", "NAME")
    ] = None,
    alpha: AlphaOption = 0.05,
    alternative: AlternativeOption = "two-sided",
    margin: MarginOption = None,
    hypothesis: HypothesisOption = "non-inferiority",
    measure: MeasureOption = "the proportion",
    out: OutOption = None,
    force: ForceOption = False,
    as_json: JsonOption = False,
) -> None:
    """Two proportions of the same cases, such as two sensitivities (then the cases are the positive ones).

    Example: readerstudy size paired --effect 0.1 --discordant 0.2,0.3 --measure sensitivity
    """
    with _exit_status():
        from readerstudy import sizing

        plan = sizing.paired(
            effect, _numbers(discordant, "discordant"), cases=_whole(cases, "cases"), power=power, measure=measure,
            method=method, alpha=alpha, alternative=alternative, margin=margin, hypothesis=hypothesis,
        )  # fmt: skip
        _tell(plan, out, force, as_json)


@app.command()
def proportion(
    p: Annotated[str, _option("p", f"True proportion. {_LIST}", "X,...")],
    goal: Annotated[float, _option("goal", "What it must be shown to exceed (or stay below).")],
    cases: CasesOption = None,
    power: PowerOption = None,
    method: Annotated[str, _option("method", "The interval that decides.", "NAME")] = "clopper-pearson",
    alpha: AlphaOption = 0.05,
    alternative: AlternativeOption = "two-sided",
    measure: MeasureOption = "the proportion",
    out: OutOption = None,
    force: ForceOption = False,
    as_json: JsonOption = False,
) -> None:
    """One proportion against a goal.

    Example: readerstudy size proportion --p 0.9,0.95 --goal 0.85 --measure sensitivity
    """
    with _exit_status():
        from readerstudy import sizing

        plan = sizing.proportion(
            _numbers(p, "p"), null=goal, cases=_whole(cases, "cases"), power=power, measure=measure, method=method,
            alpha=alpha, alternative=alternative,
        )  # fmt: skip
        _tell(plan, out, force, as_json)


@app.command()
def precision(
    p: Annotated[str, _option("p", f"True proportion. {_LIST}", "X,...")],
    half_width: Annotated[float | None, _option("half-width", "Half the width that is wanted. Default: 0.05.")] = None,
    cases: CasesOption = None,
    method: Annotated[str, _option("method", "The interval.", "NAME")] = "wilson",
    conf_level: Annotated[float, _option("conf-level", "Level of the interval.")] = 0.95,
    assurance: Annotated[float | None, _option("assurance", "Probability of the width, such as 0.8.")] = None,
    measure: MeasureOption = "the proportion",
    out: OutOption = None,
    force: ForceOption = False,
    as_json: JsonOption = False,
) -> None:
    """A narrow interval of one proportion.

    Example: readerstudy size precision --p 0.8,0.9 --half-width 0.05 --measure specificity
    """
    with _exit_status():
        from readerstudy import sizing

        plan = sizing.precision(
            _numbers(p, "p"), cases=_whole(cases, "cases"), half_width=half_width, measure=measure, method=method,
            conf_level=conf_level, assurance=assurance,
        )  # fmt: skip
        _tell(plan, out, force, as_json)


def _numbers(given: str | None, name: str, n: int | None = None) -> list[float]:
    """Numbers with commas between them."""
    try:
        found = [float(part) for part in (given or "").split(",") if part.strip()]
    except ValueError:
        raise typer.BadParameter(f"--{name} must be numbers with commas between them, got {given!r}") from None
    if n is not None and len(found) != n:
        raise typer.BadParameter(f"--{name} must be {n} numbers with commas between them, got {given!r}")
    if given is not None and not found:
        raise typer.BadParameter(f"--{name} is empty")
    return found


def _whole(given: str | None, name: str, n: int | None = None) -> list[int]:
    found = _numbers(given, name, n)
    if any(value % 1 != 0 or value < 1 for value in found):
        raise typer.BadParameter(f"--{name} must be whole numbers above 0, got {given!r}")
    return sorted({int(value) for value in found}) if n is None else [int(value) for value in found]


def _random(given: str) -> tuple[str, ...]:
    known = {"both": ("readers", "cases"), "readers": ("readers",), "cases": ("cases",)}
    if given not in known:
        raise typer.BadParameter(f"--random must be both, readers or cases, got {given!r}")
    return known[given]


def _one_source(**sources: object) -> None:
    given = [name for name, value in sources.items() if value is not None]
    if len(given) != 1:
        said = " and ".join(f"--{name}" for name in given) if given else "none"
        raise typer.BadParameter(
            f"say where the variances come from: --pilot, --components or --auc, one of them (got {said})"
        )


def _components(
    pilot: Path | None,
    components: str | None,
    auc: float | None,
    sd: float | None,
    correlations: str | None,
    counts: str,
) -> tuple[Components, str]:
    from readerstudy import power, sizing

    _one_source(pilot=pilot, components=components, auc=auc)
    if pilot is not None:
        found = power.Components.of(sizing.pilot(pilot))
        return found, f"variance components of a pilot study with {found.n_cases} cases"
    if components is not None:
        own, error, cov1, cov2, cov3, n = _numbers(components, "components", 6)
        given = power.Components(var_modality_reader=own, error=error, cov1=cov1, cov2=cov2, cov3=cov3, n_cases=int(n))
        return given, "conjectured variance components"
    assert auc is not None
    if sd is None or correlations is None:
        raise typer.BadParameter("--auc needs --modality-reader-sd and --correlations")
    r1, r2, r3 = _numbers(correlations, "correlations", 3)
    m, n_negative = _whole(counts, "pilot-cases", 2)
    guess = power.conjectured(auc, n_positive=m, n_negative=n_negative, modality_reader_sd=sd, r1=r1, r2=r2, r3=r3)
    share = m / (m + n_negative)
    return guess, f"variance components conjectured for a mean AUC of {auc:g} with {share:.0%} positive cases"


def _panel(
    pilot: Path | None, components: str | None, auc: float | None, versus: float | None, sd: float | None,
    correlations: str | None, counts: str,
) -> tuple[PanelComponents, str, float | None]:  # fmt: skip
    from readerstudy import power, sizing

    _one_source(pilot=pilot, components=components, auc=auc)
    if pilot is not None:
        found = power.PanelComponents.of(sizing.pilot(pilot))
        return found, f"variance components of a pilot study with {found.n_cases} cases", None
    if components is not None:
        own, error, cov2, n = _numbers(components, "components", 4)
        given = power.PanelComponents(var_reader=own, error=error, cov2=cov2, n_cases=int(n))
        return given, "conjectured variance components", None
    assert auc is not None
    if versus is None or sd is None or correlations is None:
        raise typer.BadParameter("--auc needs --versus, --reader-sd and --correlations")
    between, model = _numbers(correlations, "correlations", 2)
    m, n_negative = _whole(counts, "pilot-cases", 2)
    guess = power.PanelComponents.conjectured(
        auc, versus, n_positive=m, n_negative=n_negative, reader_sd=sd, between_readers=between, with_model=model
    )
    share = m / (m + n_negative)
    source = f"variance components conjectured for AUCs of {auc:g} and {versus:g} with {share:.0%} positive cases"
    return guess, source, round(auc - versus, 10)


def _tell(plan: Plan, out: Path | None, force: bool, as_json: bool, inputs: list[Path] | None = None) -> None:
    """The table and the sentences on stdout, the files into the output folder, whole or not at all."""
    from readerstudy import folder, sizing

    if out is not None:
        with folder.whole(out, force=force, inputs=inputs or []) as work:
            sizing.write(plan, work)
            folder.write_manifest(work, {}, ["readerstudy", *sys.argv[1:]])
    if as_json:
        typer.echo(json.dumps(plan.to_dict(), ensure_ascii=False, indent=1))
        return
    typer.echo(sizing.table_text(plan))
    typer.echo("")
    for sentence in plan.sentences:
        typer.echo(sentence)
    for note in plan.notes:
        typer.echo(f"note: {note}", err=True)
    if out is not None:
        typer.echo(f"written: {out}", err=True)


@contextmanager
def _exit_status() -> Iterator[None]:
    """As for every command; a request that is impossible is one of the command line."""
    from readerstudy.problems import DataError

    with exit_status():
        try:
            yield
        except DataError:
            raise
        except ValueError as error:
            typer.echo(f"error: {error}", err=True)
            raise typer.Exit(2) from None
