"""What must hold between the coefficients of agreement: most of these are theorems."""

import math

import numpy as np
import pytest
from draws import floats, grids, known, same
from hypothesis import given, settings
from hypothesis import strategies as st

import readerstudy as rs
from readerstudy.stats.icc import MODELS

CODES = [0, 1, 2]
NOMINAL = {
    "fleiss_kappa": rs.fleiss_kappa,
    "conger_kappa": rs.conger_kappa,
    "light_kappa": rs.light_kappa,
    "gwet_ac": lambda g: rs.gwet_ac(g, categories=CODES),
    "brennan_prediger": lambda g: rs.brennan_prediger(g, categories=CODES),
    "krippendorff_alpha": rs.krippendorff_alpha,
    "pairwise_agreement": rs.pairwise_agreement,
    "unanimous_agreement": rs.unanimous_agreement,
    "kappa": lambda g: rs.kappa(g[0], g[1]),
    "kappa_maximum": lambda g: rs.kappa_maximum(g[0], g[1]),
    "pabak": lambda g: rs.pabak(g[0], g[1], categories=CODES),
    "compare_kappa": lambda g: rs.compare_kappa(g[0], g[1], g[-1]),
}
ORDERED = {
    **{
        f"{name} {w}": lambda g, name=name, w=w: getattr(rs, name)(g, weights=w, categories=CODES)
        for name in ("fleiss_kappa", "conger_kappa", "light_kappa", "gwet_ac", "brennan_prediger")
        for w in ("linear", "quadratic", "ordinal")
    },
    **{f"kappa {w}": lambda g, w=w: rs.kappa(*g[:2], weights=w, categories=CODES) for w in ("linear", "quadratic")},
    **{f"krippendorff {m}": lambda g, m=m: rs.krippendorff_alpha(g, metric=m) for m in ("ordinal", "interval")},
}
CHANCE_CORRECTED = [name for name in NOMINAL if name not in ("compare_kappa", "kappa_maximum")]

some = settings(max_examples=20)
complete = grids(complete=True)
pairs = grids(readers=(2, 2), complete=True)


@pytest.mark.parametrize("name", NOMINAL)
@some
@given(grid=grids(), names=st.permutations(CODES))
def test_names_of_categories_do_not_matter(name, grid, names):
    renamed = np.where(np.isnan(grid), np.nan, np.array(names, dtype=float)[np.nan_to_num(grid).astype(int)])
    e, other = NOMINAL[name](grid), NOMINAL[name](renamed)
    assert same(e, other)
    assert e.note == other.note


@pytest.mark.parametrize("name", ORDERED)
@some
@given(grid=grids())
def test_ordered_categories_can_be_turned_round(name, grid):
    assert same(ORDERED[name](grid), ORDERED[name](2 - grid))


@pytest.mark.parametrize("name", [*CHANCE_CORRECTED, *ORDERED])
@some
@given(grid=grids())
def test_perfect_agreement_is_one(name, grid):
    grid = np.where(np.isnan(grid), np.nan, np.nanmax(np.nan_to_num(grid), axis=0))
    e = (NOMINAL | ORDERED)[name](grid)
    assert math.isnan(e.estimate) or e.estimate == pytest.approx(1)
    if math.isnan(e.estimate):
        assert e.note
    read_twice = (~np.isnan(grid)).sum(axis=0) >= 2
    everybody = not np.isnan(grid).any()
    if everybody and read_twice.any() and len(np.unique(grid)) > 1:
        assert e.estimate == pytest.approx(1)


@pytest.mark.parametrize("weights", [None, "linear", "quadratic"])
@some
@given(grid=pairs)
def test_two_readers_of_all_cases(weights, grid):
    options = {"weights": weights, "categories": CODES}
    cohen = rs.kappa(*grid, **options).estimate
    for several in (rs.conger_kappa, rs.light_kappa):
        assert several(grid, **options).estimate == pytest.approx(cohen, nan_ok=True)
    # Scott's chance agreement is never below Cohen's with these weights, whose distance is of negative type.
    scott = rs.fleiss_kappa(grid, **options).estimate
    if known(scott, cohen):
        assert scott <= cohen + 1e-9


@some
@given(grid=pairs)
def test_free_margins_of_two_readers(grid):
    pabak = rs.pabak(*grid, categories=CODES)
    free = rs.brennan_prediger(grid, categories=CODES)
    assert free.estimate == pytest.approx(pabak.estimate)
    assert rs.pairwise_agreement(grid).estimate == pytest.approx(pabak.count / pabak.total)


@some
@given(grid=complete)
def test_alpha_is_fleiss_kappa_with_a_small_sample_correction(grid):
    """Krippendorff 2004: alpha = 1 - (1 - 1 / N) (1 - pi) for N reads, with every case read by every reader."""
    fleiss, alpha = rs.fleiss_kappa(grid).estimate, rs.krippendorff_alpha(grid).estimate
    expected = 1 - (1 - 1 / grid.size) * (1 - fleiss)
    assert alpha == pytest.approx(expected, nan_ok=True)


@some
@given(grid=grids(categories=2, complete=True))
def test_order_of_coefficients_of_two_categories(grid):
    """With two categories the chance agreement of Scott is at least 1/2, that of Gwet at most, that of Bennett 1/2."""
    options = {"categories": [0, 1]}
    scott, free, gwet = (f(grid, **options).estimate for f in (rs.fleiss_kappa, rs.brennan_prediger, rs.gwet_ac))
    assert free <= gwet + 1e-12
    if known(scott):
        assert scott <= free + 1e-12


@some
@given(grid=complete)
def test_all_alike_is_rarer_than_two_alike(grid):
    all_alike, two_alike = rs.unanimous_agreement(grid).estimate, rs.pairwise_agreement(grid).estimate
    assert all_alike <= two_alike + 1e-12
    if len(grid) == 2:
        assert all_alike == pytest.approx(two_alike)


@some
@given(grid=grids(readers=(2, 2), categories=2, complete=True))
def test_kappa_by_prevalence_and_bias(grid):
    """Byrt, Bishop and Carlin 1993: kappa = (PABAK - PI^2 + BI^2) / (1 - PI^2 + BI^2)."""
    value = rs.kappa(*grid).estimate
    prevalence, bias = (e.estimate for e in rs.prevalence_and_bias(*grid, categories=[0, 1]))
    pabak = rs.pabak(*grid, categories=[0, 1]).estimate
    shift = bias**2 - prevalence**2
    if known(value):
        assert value == pytest.approx((pabak + shift) / (1 + shift))
        assert value <= rs.kappa_maximum(*grid).estimate + 1e-12


@some
@given(grid=grids(readers=(2, 2), categories=2, complete=True))
def test_agreement_on_a_category_is_f1(grid):
    positive = rs.specific_agreement(*grid, categories=[0, 1])[1]
    f1 = rs.f1(*(grid == 1))
    assert (positive.estimate, positive.conf_low) == pytest.approx((f1.estimate, f1.conf_low), nan_ok=True)
    assert positive.conf_high == pytest.approx(f1.conf_high, nan_ok=True)


@pytest.mark.parametrize("model", MODELS)
@some
@given(grid=complete, shift=st.sampled_from([-7.0, 100.0]), unit=st.sampled_from([0.1, 1000.0]))
def test_icc_knows_neither_unit_nor_origin(model, grid, shift, unit):
    e, other = rs.icc(grid, model=model), rs.icc(grid * unit + shift, model=model)
    assert same(e, other, rel=1e-6)
    if model == "icc3":
        assert same(e, rs.icc(grid + np.arange(len(grid))[:, None], model=model), rel=1e-6)


@pytest.mark.parametrize("model", MODELS)
@some
@given(grid=complete)
def test_average_of_readers_by_spearman_and_brown(model, grid):
    single, average = (rs.icc(grid, model=model, unit=unit) for unit in ("single", "average"))
    k = len(grid)
    for name in ("estimate", "conf_low", "conf_high"):
        one, mean = getattr(single, name), getattr(average, name)
        if known(mean):
            assert mean == pytest.approx(k * one / (1 + (k - 1) * one), abs=1e-9)


@some
@given(grid=pairs, shift=st.sampled_from([-7.0, 100.0]), unit=st.sampled_from([0.5, 4.0]))
def test_limits_of_agreement_move_with_the_numbers(grid, shift, unit):
    plain = rs.limits_of_agreement(*grid)
    moved = rs.limits_of_agreement(unit * grid[0] + shift, unit * grid[1])
    swapped = rs.limits_of_agreement(*grid[::-1])
    for e, other in zip(plain, moved, strict=True):
        expected = [unit * v + shift for v in (e.estimate, e.conf_low, e.conf_high)]
        assert [other.estimate, other.conf_low, other.conf_high] == pytest.approx(expected, abs=1e-9, nan_ok=True)
    for e, other in zip(plain, (swapped[0], *swapped[:0:-1]), strict=True):
        expected = (-e.estimate, -e.conf_high, -e.conf_low)
        assert (other.estimate, other.conf_low, other.conf_high) == pytest.approx(expected, abs=1e-9, nan_ok=True)


@some
@given(grid=complete, unit=st.sampled_from([0.1, 30.0]))
def test_metrics_of_krippendorff(grid, unit):
    interval, ratio = (rs.krippendorff_alpha(grid, metric=metric) for metric in ("interval", "ratio"))
    assert same(interval, rs.krippendorff_alpha(grid * unit + 5, metric="interval"), rel=1e-7)
    assert same(ratio, rs.krippendorff_alpha(grid * unit, metric="ratio"), rel=1e-7)
    stretched = np.array([0.0, 3.0, 4.0])[grid.astype(int)]
    ordinal = rs.krippendorff_alpha(grid, metric="ordinal")
    assert same(ordinal, rs.krippendorff_alpha(stretched, metric="ordinal"))
    if np.isin(grid, [0, 2]).all():  # of two values every metric is nominal
        assert ordinal.estimate == pytest.approx(rs.krippendorff_alpha(grid).estimate, nan_ok=True)


@pytest.mark.parametrize("name", ["fleiss_kappa", "conger_kappa", "light_kappa", "gwet_ac", "brennan_prediger"])
@some
@given(grid=grids())
def test_an_idle_reader_changes_nothing(name, grid):
    function = getattr(rs, name)
    e, other = function(grid), function(np.vstack([grid, np.full(grid.shape[1], np.nan)]))
    if not np.isnan(grid).all():
        assert same(e, other)
        assert "left out" in other.note
        assert floats(e).keys() == floats(other).keys()


@some
@given(grid=grids(readers=(3, 3)))
def test_difference_of_kappas(grid):
    first, truth, second = grid
    e, other = rs.compare_kappa(first, truth, second), rs.compare_kappa(second, truth, first)
    assert (e.estimate, e.conf_low, e.p_value) == pytest.approx(
        (-other.estimate, -other.conf_high, other.p_value), abs=1e-12, nan_ok=True
    )
    both = ~np.isnan(grid).any(axis=0)
    if known(e.estimate):
        expected = rs.kappa(first[both], truth[both]).estimate - rs.kappa(second[both], truth[both]).estimate
        assert e.estimate == pytest.approx(expected, abs=1e-12)
    same_pair = rs.compare_kappa(first, truth, first)
    assert math.isnan(same_pair.estimate) or (same_pair.estimate, same_pair.p_value) == (0, 1)
