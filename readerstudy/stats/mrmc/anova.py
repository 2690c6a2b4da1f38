"""Obuchowski and Rockette's analysis of variance, with Hillis' degrees of freedom, of readers' values.

`Crossed` is for readers who read in every modality, `Nested` for modalities with readers of their own; both answer the
same questions. Blocks of readers who share cases enter by two numbers: mean squares are taken within blocks, and a
reader shares cases with r readers, himself included, instead of with all (Hillis 2014, doi:10.1002/sim.5926;
Obuchowski, Gallas and Hillis 2012, doi:10.1016/j.acra.2012.09.012).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from readerstudy.stats._arrays import Floats, Ints
from readerstudy.stats.mrmc.design import grouped
from readerstudy.stats.mrmc.spread import (
    NEGATIVE,
    NO_SPREAD,
    ONE_CASE,
    ONE_READER,
    ROUNDING,
    Random,
    Spread,
    averaged,
    mean_known,
    readers_a_block,
    satterthwaite,
    sharing,
    within_blocks,
)

Component = tuple[str, float]


class Equality(NamedTuple):
    """Test that all modalities are the same: F, or chi-squared where `df` is infinite."""

    statistic: float
    df_num: int
    df: float


class Crossed:
    """Every reader in every modality.

    Parameters
    ----------
    theta
        Shape (n_modalities, n_readers), no nan.
    covariance
        Over samples of cases, shape (n_modalities, n_readers, n_modalities, n_readers); None when cases are fixed.
    blocks
        As in `averaged`.
    random
        What is a sample.
    n_units
        Number of cases, for Dorfman, Berbaum and Metz's tests with fixed readers; None for Obuchowski and Rockette's.
    """

    def __init__(
        self, theta: Floats, covariance: Floats | None, blocks: Ints, random: Random, n_units: int | None = None
    ) -> None:
        self.theta, self.covariance, self.blocks, self.random = theta, covariance, blocks, random
        self.n_units = n_units
        self.floor = ROUNDING * float((theta**2).max(initial=0))
        i, j = theta.shape
        self.mean_square, self.df = math.nan, (i - 1) * (j - len(np.unique(blocks)))
        if self.df:
            inside = theta - np.stack([np.bincount(blocks, row) / np.bincount(blocks) for row in theta])[:, blocks]
            rest = inside - inside.mean(axis=0)
            square = float((rest**2).sum()) / self.df
            self.mean_square = 0.0 if square <= self.floor else square
        self.error, self.cov1, self.cov2, self.cov3 = (math.nan,) * 4
        if covariance is not None:
            share, same = sharing(blocks), np.eye(j, dtype=bool)
            of_one = np.stack([covariance[a, :, a, :] for a in range(i)])
            of_two = [covariance[a, :, b, :] for a in range(i) for b in range(i) if a != b]
            across = np.stack(of_two) if of_two else np.empty((0, j, j))
            self.error, self.cov2 = mean_known(of_one[:, same]), mean_known(of_one[:, share])
            self.cov1, self.cov3 = mean_known(across[:, same]), mean_known(across[:, share])

    @property
    def means(self) -> Floats:
        """Mean over readers of each modality."""
        found: Floats = self.theta.mean(axis=1)
        return found

    def components(self) -> list[Component]:
        """Variance components; a negative estimate is given as it is."""
        i = len(self.theta)
        if self.covariance is None or i == 1:
            return [] if self.covariance is None else [("var_error", self.error), ("cov2", self.cov2)]
        of_readers, df = within_blocks(self.theta.mean(axis=0), self.blocks)
        between = i * of_readers if df else math.nan
        var_reader = (between - self.mean_square) / i - self.cov1 + self.cov3
        var_both = self.mean_square - self.error + self.cov1 + self.cov2 - self.cov3
        if self.n_units is None:
            cases = [("var_error", self.error), ("cov1", self.cov1), ("cov2", self.cov2), ("cov3", self.cov3)]
        else:
            k = self.n_units
            cases = [
                ("var_case", k * self.cov3),
                ("var_modality_case", k * (self.cov2 - self.cov3)),
                ("var_reader_case", k * (self.cov1 - self.cov3)),
                ("var_error", k * (self.error - self.cov1 - self.cov2 + self.cov3)),
            ]
        return [("var_reader", var_reader), ("var_modality_reader", var_both), *cases]

    def of_modality(self, modality: int) -> Spread:
        """Spread of a modality's mean, from its own values and covariances."""
        covariance = None if self.covariance is None else self.covariance[modality, :, modality, :]
        return self._fixed(averaged(self.theta[modality], covariance, self.blocks, self.random), 1)

    def of_contrast(self, weights: Floats, *, pooled: bool) -> Spread:
        """Spread of a contrast of the modalities' means; `pooled` over modalities, or from its own values."""
        if not pooled:
            covariance, used = None, np.flatnonzero(weights)
            if self.covariance is not None:
                of_used = self.covariance[used][:, :, used]
                covariance = np.einsum("a,ajbk,b->jk", weights[used], of_used, weights[used])
            return self._fixed(averaged(weights @ self.theta, covariance, self.blocks, self.random), 1)
        size = float((weights**2).sum()) / self.theta.shape[1]
        unit = self._unit()
        return unit._replace(variance=size * unit.variance)

    def equality(self) -> Equality:
        """Test that all modalities have one mean."""
        i, j = self.theta.shape
        square = j * float(self.means.var(ddof=1))
        unit = self._unit()
        if not unit.variance > 0:
            return Equality(math.nan, i - 1, math.nan)
        ratio = square / unit.variance
        return Equality(ratio if math.isfinite(unit.df) else (i - 1) * ratio, i - 1, unit.df)

    def _unit(self) -> Spread:
        """Of J times the variance of a mean, what differs between modalities."""
        i = self.theta.shape[0]
        if self.random.readers and self.df == 0:
            return NO_SPREAD._replace(notes=(ONE_READER,))
        if not self.random.cases:
            return Spread(self.mean_square, self.df)
        r, shared = readers_a_block(self.blocks), self.cov2 - self.cov3
        if not self.random.readers:
            variance = self.error - self.cov1 + (r - 1) * shared
            variance = 0.0 if variance <= self.floor else variance
            return self._fixed(Spread(variance, math.inf, (ONE_CASE,) if math.isnan(variance) else ()), i - 1)
        if math.isnan(shared):
            return NO_SPREAD._replace(notes=(ONE_CASE,))
        part = r * shared if shared > self.floor else 0.0
        notes = (NEGATIVE,) if shared < -self.floor else ()
        return Spread(self.mean_square + part, satterthwaite(self.mean_square, part, self.df), notes)

    def _fixed(self, spread: Spread, share: int) -> Spread:
        """With readers fixed, Dorfman, Berbaum and Metz count the cases: Student's t and F."""
        if self.random.readers or self.n_units is None:
            return spread
        return spread._replace(df=share * (self.n_units - 1))


class Nested:
    """Modalities with readers of their own.

    Parameters
    ----------
    theta
        The readers' values, shape (n_values,), no nan.
    modality
        Whose modality each is, coded from 0, shape (n_values,); every modality has one.
    covariance
        Shape (n_values, n_values); None when cases are fixed.
    blocks, random
        As in `Crossed`; blocks are counted within each modality.
    """

    def __init__(self, theta: Floats, modality: Ints, covariance: Floats | None, blocks: Ints, random: Random) -> None:
        self.theta, self.modality, self.covariance, self.random = theta, modality, covariance, random
        self.blocks = blocks
        self.floor = ROUNDING * float((theta**2).max(initial=0))
        self.members = [np.flatnonzero(modality == code) for code in range(int(modality.max()) + 1)]
        self.own_blocks = [grouped(blocks[at]) for at in self.members]
        parts = [within_blocks(theta[at], blocks[at]) for at in self.members]
        self.df = sum(df for _, df in parts)
        squares = sum(square * df for square, df in parts if df)
        self.mean_square = squares / self.df if self.df else math.nan
        self.mean_square = 0.0 if self.mean_square <= self.floor else self.mean_square
        self.error, self.cov2, self.cov3 = (math.nan,) * 3
        if covariance is not None:
            same = modality[:, None] == modality
            near = same & sharing(blocks)
            self.error, self.cov2 = mean_known(np.diag(covariance)), mean_known(covariance[near])
            self.cov3 = mean_known(covariance[~same])

    @property
    def means(self) -> Floats:
        """Mean over readers of each modality."""
        return np.array([self.theta[at].mean() for at in self.members])

    def components(self) -> list[Component]:
        """Variance components; a negative estimate is given as it is."""
        if self.covariance is None:
            return []
        var_reader = self.mean_square - self.error + self.cov2
        return [("var_reader", var_reader), ("var_error", self.error), ("cov2", self.cov2), ("cov3", self.cov3)]

    def of_modality(self, modality: int) -> Spread:
        """Spread of a modality's mean, from its own values and covariances."""
        at = self.members[modality]
        covariance = None if self.covariance is None else self.covariance[np.ix_(at, at)]
        return averaged(self.theta[at], covariance, self.own_blocks[modality], self.random)

    def of_contrast(self, weights: Floats, *, pooled: bool) -> Spread:
        """Spread of a contrast of the modalities' means; `pooled` over modalities, or each with its own spread."""
        return self._contrast(weights**2, float((weights**2).sum()), weights if not pooled else None)

    def equality(self) -> Equality:
        """Test that all modalities have one mean; unequal numbers of readers enter by their harmonic mean."""
        i = len(self.members)
        # The mean over modalities of what a contrast of length 1 has for variance.
        unit = self._contrast(np.full(i, 1 / i), 1.0, None)
        if not unit.variance > 0:
            return Equality(math.nan, i - 1, math.nan)
        ratio = float(self.means.var(ddof=1)) / unit.variance
        return Equality(ratio if math.isfinite(unit.df) else (i - 1) * ratio, i - 1, unit.df)

    def _contrast(self, squares: Floats, across: float, own: Floats | None) -> Spread:
        """Variance of a contrast: sum of `squares` times each mean's variance, less `across` times their covariance."""
        if self.random.readers and self.df == 0:
            return NO_SPREAD._replace(notes=(ONE_READER,))
        j = np.array([len(at) for at in self.members])
        blocks = [self.blocks[at] for at in self.members] if own is None else self.own_blocks
        r = np.array([readers_a_block(of) for of in blocks])
        scaled = float((squares / j).sum()) * self.mean_square
        df: float = self.df
        if own is not None and self.random.readers:
            parts = [within_blocks(self.theta[at], of) for at, of in zip(self.members, blocks, strict=True)]
            if any(df_of == 0 for _, df_of in parts):
                return NO_SPREAD._replace(notes=(ONE_READER,))
            each = squares / j * np.array([square for square, _ in parts])
            scaled = float(each.sum())
            df = scaled**2 / float((each**2 / [df_of for _, df_of in parts]).sum()) if scaled > 0 else self.df
        if not self.random.cases:
            return Spread(scaled, df)
        assert self.covariance is not None
        if own is not None:
            spread = np.zeros((len(j), len(j)))
            for a, at in enumerate(self.members):
                near = sharing(blocks[a])
                block = self.covariance[np.ix_(at, at)]
                shared = mean_known(block[near])
                spread[a, a] = r[a] * shared / j[a]
                if not self.random.readers:
                    spread[a, a] = (mean_known(np.diag(block)) + (r[a] - 1) * shared) / j[a]
                for b, other in enumerate(self.members):
                    if a != b:
                        spread[a, b] = mean_known(self.covariance[np.ix_(at, other)])
            part = float(own @ spread @ own)
        elif self.random.readers:
            part = float((squares * r / j).sum()) * self.cov2 - across * self.cov3
        else:
            part = float((squares * (self.error + (r - 1) * self.cov2) / j).sum()) - across * self.cov3
        if math.isnan(part):
            return NO_SPREAD._replace(notes=(ONE_CASE,))
        kept = part if part > self.floor else 0.0
        if not self.random.readers:
            return Spread(kept, math.inf)
        notes = (NEGATIVE,) if part < -self.floor else ()
        return Spread(scaled + kept, satterthwaite(scaled, kept, 1) * df, notes)
