"""Readers x cases: the power of multi-reader multi-case studies."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

from readerstudy.estimate import Estimate
from readerstudy.power._result import (
    Power,
    check_count,
    check_hypothesis,
    check_share,
    effect_or_none,
    joined,
    one_unknown,
)
from readerstudy.power._tests import critical_t, power_of, smallest
from readerstudy.power.components import Components, PanelComponents
from readerstudy.stats.mrmc.spread import Random, random_of

_MOST_READERS = 10_000
_MOST_CASES = 100_000_000
_NEGATIVE = "a negative variance between readers is taken as 0"
_NEGATIVE_SHARED = "a negative covariance of the readers is taken as 0"


class _Spread(NamedTuple):
    """Of the estimated difference in the planned study."""

    variance: float
    df: float


class _Plan(NamedTuple):
    """The test, whatever the sizes."""

    spread: Callable[[int, int], _Spread]
    effect: float
    alpha: float
    alternative: str
    margin: float | None
    hypothesis: str

    def power(self, n_readers: int, n_cases: int) -> float:
        variance, df = self.spread(n_readers, n_cases)
        return power_of(
            self.effect, math.sqrt(variance), df, self.alpha, self.alternative, self.margin, self.hypothesis
        )

    def found(self, n_readers: int, n_cases: int) -> Power:
        variance, df = self.spread(n_readers, n_cases)
        finite = math.isfinite(df)
        superiority = self.hypothesis == "superiority"
        if superiority and self.alternative == "two-sided":
            ncp, critical = self.effect**2 / variance, critical_t(df, self.alpha / 2) ** 2
        else:
            towards = -1 if self.alternative == "less" else 1
            away = towards * self.effect + (self.margin or 0.0)
            ncp = away / math.sqrt(variance) if self.hypothesis != "equivalence" else math.nan
            critical = critical_t(df, self.alpha if superiority else self.alpha / 2)
        return Power(
            method="or",
            hypothesis=self.hypothesis,
            power=self.power(n_readers, n_cases),
            effect=self.effect,
            margin=math.nan if self.margin is None else self.margin,
            alpha=self.alpha,
            alternative=self.alternative,
            n_readers=n_readers,
            n_cases=n_cases,
            std_error=math.sqrt(variance),
            df=df if finite else math.nan,
            ncp=ncp,
            critical=critical,
        )

    def searched(self, n_readers: int | None, n_cases: int | None, power: float | None, least: int) -> Power:
        """The one of the three that is None, from the other two."""
        unknown = one_unknown(n_readers=n_readers, n_cases=n_cases, power=power)
        if n_readers is not None:
            n_readers = check_count(n_readers, "n_readers", least)
        if n_cases is not None:
            n_cases = check_count(n_cases, "n_cases", 2)
        if unknown == "power":
            assert n_readers is not None
            assert n_cases is not None
            return self.found(n_readers, n_cases)
        assert power is not None
        wanted = check_share(power, "power")
        if unknown == "n_cases":
            assert n_readers is not None
            readers = n_readers
            cases = smallest(lambda n: self.power(readers, n), wanted, 2, _MOST_CASES)
            if cases is not None:
                return self._wanted(readers, cases, wanted)
            what, most = f"with {readers} readers", self.found(readers, _MOST_CASES)
        else:
            assert n_cases is not None
            cases = n_cases
            found = smallest(lambda n: self.power(n, cases), wanted, least, _MOST_READERS)
            if found is not None:
                return self._wanted(found, cases, wanted)
            what, most = f"with {cases} cases", self.found(_MOST_READERS, cases)
        return Power(
            method=most.method,
            hypothesis=most.hypothesis,
            effect=most.effect,
            margin=most.margin,
            alpha=most.alpha,
            alternative=most.alternative,
            n_readers=n_readers,
            n_cases=n_cases,
            wanted=wanted,
            note=f"a power of {wanted:g} cannot be had {what}: {most.power:.3f} at most",
        )

    def _wanted(self, n_readers: int, n_cases: int, wanted: float) -> Power:
        return replace(self.found(n_readers, n_cases), wanted=wanted)


def _test(
    effect: float | None, alpha: float, alternative: str, margin: float | None, hypothesis: str
) -> tuple[float, str]:
    check_share(alpha, "alpha")
    return effect_or_none(effect, margin), check_hypothesis(margin, hypothesis, alternative)


def _with(found: Power, *notes: str | None, n_blocks: int | None) -> Power:
    return replace(found, note=joined(found.note, *notes), n_blocks=n_blocks)


def _block_size(n_readers: int, n_blocks: int) -> float:
    """How many readers share a reader's cases, himself included, where readers are dealt out evenly."""
    whole, more = divmod(n_readers, n_blocks)
    return ((n_blocks - more) * whole**2 + more * (whole + 1) ** 2) / n_readers


def mrmc(
    components: Components | Iterable[Estimate],
    *,
    effect: float | None = None,
    n_readers: int | None = None,
    n_cases: int | None = None,
    power: float | None = None,
    random: str | Sequence[str] = ("readers", "cases"),
    n_modalities: int = 2,
    n_blocks: int = 1,
    alpha: float = 0.05,
    alternative: str = "two-sided",
    margin: float | None = None,
    hypothesis: str = "non-inferiority",
) -> Power:
    """Power of a study of two modalities with many readers and cases, or the readers or cases that it takes.

    The test is that of `readerstudy.mrmc`, method ``"or"``. With J readers and K cases, of which the components belong
    to K0, the variance of the difference is 2 / J (MS + J c max(Cov2 - Cov3, 0)), with c = K0 / K and
    MS = Var(modality x reader) + c (Var - Cov1 - max(Cov2 - Cov3, 0)), and it has Hillis' degrees of freedom. Synonyms:
    multireader sample size, Hillis-Berbaum method.

    Parameters
    ----------
    components
        `Components` (see also `conjectured` and `roe_metz`), or what `readerstudy.mrmc` gave for a pilot study.
    effect
        True difference of the two modalities' means, modality - versus. By default what `roe_metz` found, and 0 with a
        margin.
    n_readers, n_cases, power
        Two of the three; the third is found: the least number that has the power.
    random
        ``("readers", "cases")``; ``"readers"`` alone speaks of these cases only, ``"cases"`` of these readers only.
    n_modalities
        Modalities of the study, of which two are compared: more of them give more degrees of freedom.
    n_blocks
        Blocks of a split-plot design: each reader reads the cases of his block alone, n_cases / n_blocks.
    alpha
        Level of the test, two-sided. With a margin the tests are one-sided at alpha / 2, as a two-sided interval of
        level 1 - alpha gives them.
    alternative
        ``"two-sided"``, or one-sided at `alpha`: ``"greater"`` or ``"less"``. With a margin, ``"less"`` is for measures
        of which less is better.
    margin, hypothesis
        As in `readerstudy.mrmc`: ``"non-inferiority"`` or ``"equivalence"``.

    Returns
    -------
    Power

    Raises
    ------
    ValueError
        If not exactly one of `n_readers`, `n_cases` and `power` is left out, or a number is impossible.

    Notes
    -----
    The mix of positive and negative cases is that of the components (`Components.with_cases` changes it); for
    sensitivity or specificity the others' number plays no part but must keep its share. Components of a pilot are
    estimates: those of few readers can be far off, so look at the power for worse ones too. A power that no number of
    cases gives (the readers' own variance stays) or no number of readers has n_cases or n_readers None, with a note.

    In 2,500 simulated studies by Roe and Metz's model (5 readers and 100 cases; 10 and 60) 59 and 73 % were significant
    where the formula says 57 and 69 %, and 76 % showed non-inferiority where it says 75 %.

    References
    ----------
    Hillis, Obuchowski and Berbaum 2011, doi:10.1016/j.acra.2010.09.007. Hillis and Schartz 2018,
    doi:10.1117/1.JMI.5.4.045503. Split-plot: Obuchowski, Gallas and Hillis 2012, doi:10.1016/j.acra.2012.09.012; Hillis
    2014, doi:10.1002/sim.5926.

    Examples
    --------
    Components of Van Dyke's 5 readers and 114 cases, for a difference of 0.05:

    >>> pilot = Components(
    ...     var_modality_reader=0.000208, error=0.000803, cov1=0.000347, cov2=0.000344, cov3=0.000239, n_cases=114
    ... )
    >>> found = mrmc(pilot, effect=0.05, n_readers=10, n_cases=163)
    >>> round(found.power, 3), round(found.df, 1)
    (0.891, 61.7)
    >>> mrmc(pilot, effect=0.05, n_readers=6, power=0.8).n_cases
    172
    """
    given = components if isinstance(components, Components) else Components.of(components)
    if effect is None and given.effect is not None:
        effect = given.effect
    effect, asked = _test(effect, alpha, alternative, margin, hypothesis)
    sampled = random_of(random)
    check_count(n_modalities, "n_modalities", 2)
    check_count(n_blocks, "n_blocks")
    own = max(given.var_modality_reader, 0.0)
    shared = given.cov2 - given.cov3
    inside = given.error - given.cov1

    def spread(n_readers: int, n_cases: int) -> _Spread:
        c = given.n_cases * n_blocks / n_cases
        r = _block_size(n_readers, n_blocks)
        kept = max(shared, 0.0)
        if not sampled.readers:
            return _Spread(2 / n_readers * c * (inside + (r - 1) * shared), math.inf)
        square = own + c * (inside - kept)
        df = (n_modalities - 1) * (n_readers - n_blocks)
        return _spread_of(square, r * c * kept, df, sampled, n_readers, 2.0)

    _check_spread(inside - max(shared, 0.0), own, sampled)
    least = 2 * n_blocks if sampled.readers else n_blocks
    plan = _Plan(spread, effect, alpha, alternative, margin, asked)
    if not sampled.readers and inside + (_block_size(_MOST_READERS, n_blocks) - 1) * shared <= 0:
        raise ValueError("cov2 - cov3 is so far below 0 that many fixed readers would have no variance")
    if n_cases is not None and n_cases < 2 * n_blocks:
        raise ValueError(f"{n_cases} cases cannot be dealt out to {n_blocks} blocks: give at least {2 * n_blocks}")
    found = plan.searched(n_readers, n_cases, power, least)
    return _with(
        found,
        _NEGATIVE if sampled.readers and given.var_modality_reader < 0 else None,
        _NEGATIVE_SHARED if sampled.readers and sampled.cases and shared < 0 else None,
        n_blocks=n_blocks if n_blocks > 1 else None,
    )


def _spread_of(square: float, shared: float, df: int, sampled: Random, n_readers: int, times: float) -> _Spread:
    """Of a mean over random readers: mean square and covariance part, with Satterthwaite's degrees of freedom."""
    if not sampled.cases:
        return _Spread(times / n_readers * square, df)
    total = square + shared
    return _Spread(times / n_readers * total, df * (total / square) ** 2 if square > 0 else math.inf)


def _check_spread(inside: float, own: float, sampled: Random) -> None:
    if inside < 0:
        raise ValueError("the components leave less than no error: error - cov1 - cov2 + cov3 must be 0 or more")
    if inside == 0 and own == 0 and sampled.readers:
        raise ValueError("the components leave readers without variance: give var_modality_reader or error more")


def model_versus_readers(
    components: PanelComponents | Iterable[Estimate],
    *,
    effect: float | None = None,
    n_readers: int | None = None,
    n_cases: int | None = None,
    power: float | None = None,
    random: str | Sequence[str] = ("readers", "cases"),
    n_blocks: int = 1,
    alpha: float = 0.05,
    alternative: str = "two-sided",
    margin: float | None = None,
    hypothesis: str = "non-inferiority",
) -> Power:
    """Power of a study of one standalone model against the mean of a panel of readers of the same cases.

    The test is that of `readerstudy.model_versus_readers`. With J readers and K cases, of which the components belong
    to K0, the variance of the difference is (MS + J c max(Cov2, 0)) / J, with c = K0 / K and
    MS = Var(reader) + c (Var - max(Cov2, 0)) of the differences model - reader.

    Parameters
    ----------
    components
        `PanelComponents`, or what `readerstudy.model_versus_readers` gave for a pilot study.
    effect
        True difference, model - mean of readers; by default 0 with a margin.
    n_readers, n_cases, power, random, n_blocks, alpha, alternative, margin, hypothesis
        As in `mrmc`; the model reads the cases of every block.

    Returns
    -------
    Power

    Raises
    ------
    ValueError
        As in `mrmc`.

    Notes
    -----
    As in `mrmc`. A fixed goal can stand in the model's place: the components are then those of the readers' own values.
    More readers make the panel's mean surer, but leave the model's own error over cases: the power then
    rises to that of a comparison with a known panel.

    References
    ----------
    Hillis, Obuchowski and Berbaum 2011, doi:10.1016/j.acra.2010.09.007.

    Examples
    --------
    >>> guess = PanelComponents.conjectured(
    ...     0.9, 0.85, n_positive=50, n_negative=50, reader_sd=0.03, between_readers=0.4, with_model=0.4
    ... )
    >>> found = model_versus_readers(guess, effect=0, margin=0.05, n_readers=8, power=0.8)
    >>> found.n_cases, round(found.power, 3), round(found.df, 1)
    (404, 0.8, 31.5)
    """
    given = components if isinstance(components, PanelComponents) else PanelComponents.of(components)
    effect, asked = _test(effect, alpha, alternative, margin, hypothesis)
    sampled = random_of(random)
    check_count(n_blocks, "n_blocks")
    own = max(given.var_reader, 0.0)
    kept = max(given.cov2, 0.0)

    def spread(n_readers: int, n_cases: int) -> _Spread:
        c = given.n_cases * n_blocks / n_cases
        r = _block_size(n_readers, n_blocks)
        if not sampled.readers:
            return _Spread(c * (given.error + (r - 1) * given.cov2) / n_readers, math.inf)
        square = own + c * (given.error - kept)
        return _spread_of(square, r * c * kept, n_readers - n_blocks, sampled, n_readers, 1.0)

    _check_spread(given.error - kept, own, sampled)
    if not sampled.readers and given.error + (_block_size(_MOST_READERS, n_blocks) - 1) * given.cov2 <= 0:
        raise ValueError("cov2 is so far below 0 that many fixed readers would have no variance")
    if n_cases is not None and n_cases < 2 * n_blocks:
        raise ValueError(f"{n_cases} cases cannot be dealt out to {n_blocks} blocks: give at least {2 * n_blocks}")
    plan = _Plan(spread, effect, alpha, alternative, margin, asked)
    found = plan.searched(n_readers, n_cases, power, 2 * n_blocks if sampled.readers else n_blocks)
    return _with(
        found,
        _NEGATIVE if sampled.readers and given.var_reader < 0 else None,
        _NEGATIVE_SHARED if sampled.readers and sampled.cases and given.cov2 < 0 else None,
        n_blocks=n_blocks if n_blocks > 1 else None,
    )
