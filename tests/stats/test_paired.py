import itertools
import math

import numpy as np
import pytest
from scipy import optimize, stats
from statsmodels.stats.contingency_tables import mcnemar as statsmodels_mcnemar
from statsmodels.stats.proportion import proportion_confint

from readerstudy.stats.paired import INTERVALS, TESTS, mcnemar, paired_difference, tango_z

TABLES = [(30, 12, 5, 53), (10, 9, 1, 40), (0, 0, 0, 10), (15, 1, 0, 14), (3, 4, 4, 2), (0, 7, 0, 0), (0, 0, 6, 0)]
TABLES += [(0, 1, 0, 0), (1, 0, 0, 0), (200, 3, 20, 500)]


def calls(a, b, c, d):
    """Both readers' calls: a both positive, b the first only, c the second only, d neither."""
    return np.repeat([1, 1, 0, 0], [a, b, c, d]), np.repeat([1, 0, 1, 0], [a, b, c, d])


@pytest.mark.parametrize("table", TABLES)
def test_mcnemar_is_that_of_statsmodels(table):
    a, b, c, d = table
    square = [[a, b], [c, d]]
    if b + c:
        assert mcnemar(*calls(*table)).p_value == pytest.approx(statsmodels_mcnemar(square, exact=True).pvalue)
        theirs = statsmodels_mcnemar(square, exact=False, correction=False)
        ours = mcnemar(*calls(*table), method="chi2")
        assert (ours.statistic, ours.p_value) == pytest.approx((theirs.statistic, theirs.pvalue))
        assert ours.df == 1
    if b != c:
        theirs = statsmodels_mcnemar(square, exact=False, correction=True)
        ours = mcnemar(*calls(*table), method="chi2-cc")
        assert (ours.statistic, ours.p_value) == pytest.approx((theirs.statistic, theirs.pvalue), abs=1e-12)


@pytest.mark.parametrize("table", TABLES)
def test_exact_and_mid_p_by_counting_all_outcomes(table):
    _, b, c, _ = table
    n = b + c
    mass = [math.comb(n, k) / 2**n for k in range(n + 1)]
    tail = sum(mass[: min(b, c) + 1])
    exact, mid = mcnemar(*calls(*table)), mcnemar(*calls(*table), method="mid-p")
    assert exact.p_value == pytest.approx(min(1, 2 * tail))
    # Half the probability of what was seen is taken off each tail; at b = c the tails share it.
    assert mid.p_value == pytest.approx(1 if n == 0 else 2 * tail - mass[b] - (mass[b] / 2 if b == c else 0))


@pytest.mark.parametrize("method", TESTS)
@pytest.mark.parametrize("table", [(0, 0, 0, 10), (5, 0, 0, 0), (2, 3, 3, 1)])
def test_equal_readers(method, table):
    e = mcnemar(*calls(*table), method=method)
    assert e.estimate == 0
    assert e.note == (None if table[1] else "no discordant pair")
    if method != "mid-p" or table[1] == 0:
        assert e.p_value == 1


def constrained_maximum(delta, b, c, n):
    """The likeliest P(first only) + P(second only) when their difference is delta, by a search.

    Of the probability that is left when the difference is delta, a share u goes to each of the two.
    """
    first, second, half = max(delta, 0), max(-delta, 0), (1 - abs(delta)) / 2

    def slope(u):
        return b / (first + u) + c / (second + u) - (n - b - c) / (half - u)

    if n == b + c:
        u = half
    elif slope(1e-14 * half) <= 0:
        u = 0.0
    else:
        u = optimize.brentq(slope, 1e-14 * half, (1 - 1e-14) * half, xtol=1e-17)
    return abs(delta) + 2 * u


def naive_tango(b, c, n, conf_level):
    z, d, step = stats.norm.ppf((1 + conf_level) / 2), (b - c) / n, 1e-10

    def excess(delta):
        variance = constrained_maximum(delta, b, c, n) - delta**2
        return abs(d - delta) - z * math.sqrt(variance / n)

    low = -1.0 if d == -1 else optimize.brentq(excess, -1 + step, d - step, xtol=1e-14)
    high = 1.0 if d == 1 else optimize.brentq(excess, d + step, 1 - step, xtol=1e-14)
    return low, high


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("conf_level", [0.9, 0.95])
def test_tango_solves_the_score_equation(table, conf_level):
    _, b, c, _ = table
    e = paired_difference(*calls(*table), conf_level=conf_level)
    assert (e.conf_low, e.conf_high) == pytest.approx(naive_tango(b, c, sum(table), conf_level), abs=1e-8)


@pytest.mark.parametrize("table", [t for t in TABLES if t[1] + t[2]])
def test_tango_at_0_is_mcnemar(table):
    e = paired_difference(*calls(*table))
    assert e.statistic**2 == pytest.approx(mcnemar(*calls(*table), method="chi2").statistic)
    assert e.p_value == pytest.approx(mcnemar(*calls(*table), method="chi2").p_value)
    one_sided = paired_difference(*calls(*table), alternative="greater")
    assert one_sided.p_value == pytest.approx(stats.norm.sf(e.statistic))
    assert one_sided.conf_high == 1


@pytest.mark.parametrize("table", TABLES)
def test_wald_and_its_adjustments_as_contrasts_of_a_multinomial(table):
    """Add to the cells, then take the variance of the contrast (0, 1, -1, 0); cut at -1 and 1."""
    z = stats.norm.ppf(0.975)
    for method, added in (("wald", (0, 0, 0, 0)), ("agresti-min", (0.5,) * 4), ("bonett-price", (0, 1, 1, 0))):
        cells = np.array(table) + added
        p, contrast = cells / cells.sum(), np.array([0, 1, -1, 0])
        variance = contrast @ (np.diag(p) - np.outer(p, p)) @ contrast / cells.sum()
        limits = contrast @ p + np.array([-z, z]) * math.sqrt(max(variance, 0))
        e = paired_difference(*calls(*table), method=method)
        assert (e.conf_low, e.conf_high) == pytest.approx(tuple(np.clip(limits, -1, 1)), abs=1e-9), method


@pytest.mark.parametrize("table", TABLES)
def test_newcombe_from_wilson_limits(table):
    a, b, c, d = table
    n = sum(table)
    p, q = (a + b) / n, (a + c) / n
    (l1, u1), (l2, u2) = (proportion_confint(x, n, method="wilson") for x in (a + b, a + c))
    margins = (a + b) * (c + d) * (a + c) * (b + d)
    product = a * d - b * c
    phi = 0 if margins == 0 else (max(product - n / 2, 0) if product > 0 else product) / math.sqrt(margins)
    low = p - q - math.sqrt((p - l1) ** 2 - 2 * phi * (p - l1) * (u2 - q) + (u2 - q) ** 2)
    high = p - q + math.sqrt((u1 - p) ** 2 - 2 * phi * (u1 - p) * (q - l2) + (q - l2) ** 2)
    e = paired_difference(*calls(*table), method="newcombe")
    assert (e.conf_low, e.conf_high) == pytest.approx((low, high), abs=1e-9)


@pytest.mark.parametrize("method", INTERVALS)
def test_every_small_table(method):
    for table in itertools.product(range(4), repeat=4):
        if sum(table):
            for alternative in ("two-sided", "greater", "less"):
                e = paired_difference(*calls(*table), method=method, alternative=alternative)
                assert -1 <= e.conf_low <= e.estimate <= e.conf_high <= 1


def test_identical_readers():
    call = [0, 1, 1, 0, 1]
    e = paired_difference(call, call)
    assert (e.estimate, e.p_value) == (0, 1)
    assert e.conf_low < 0 < e.conf_high
    wald = paired_difference(call, call, method="wald")
    assert (wald.conf_low, wald.conf_high, wald.note) == (0, 0, "no discordant pair: the interval has no width")


def test_no_case():
    for e in (mcnemar([], []), paired_difference([], [])):
        assert math.isnan(e.estimate)
        assert e.note == "no case"


def test_many_discordant_pairs():
    table = (0, 400_000, 401_000, 199_000)
    for method in TESTS:
        assert mcnemar(*calls(*table), method=method).p_value == pytest.approx(0.264, abs=0.002)


@pytest.mark.parametrize(
    ("call", "versus", "options", "message"),
    [
        ([[0, 1]], [0, 1], {}, "call must have one dimension"),
        ([0, 1], [0, 2], {}, "versus must be boolean or 0/1"),
        ([0, 1], [0, math.nan], {}, "versus is missing .nan. at position 1"),
        ([0, 1], [0], {}, "not one length: call has 2, versus has 1"),
    ],
)
def test_wrong_input(call, versus, options, message):
    for function in (mcnemar, paired_difference):
        with pytest.raises(ValueError, match=message):
            function(call, versus, **options)


def test_wrong_options():
    with pytest.raises(ValueError, match="Did you mean 'mid-p'"):
        mcnemar([0], [0], method="midp")
    with pytest.raises(ValueError, match="Did you mean 'tango'"):
        paired_difference([0], [0], method="tanga")
    with pytest.raises(ValueError, match=r"0\.95 for 95 %"):
        paired_difference([0], [0], conf_level=95)


@pytest.mark.parametrize("table", [(0, 5, 0, 0), (0, 0, 5, 0)])
def test_walds_interval_without_width_says_so(table):
    e = paired_difference(*calls(*table), method="wald")
    assert e.conf_low == e.conf_high == e.estimate
    assert e.note == "every pair is discordant in the same way: the interval has no width"


@pytest.mark.parametrize("method", INTERVALS)
@pytest.mark.parametrize("table", [(40, 3, 5, 20), (43, 0, 1, 0), (0, 0, 0, 10)])
def test_margin_is_tested_by_tangos_score(method, table):
    """P is the tail of the statistic at the margin, with the variance of the constrained maximum found by a search."""
    _, b, c, _ = table
    n, margin = sum(table), 0.12

    def z(delta):
        return ((b - c) / n - delta) / math.sqrt((constrained_maximum(delta, b, c, n) - delta**2) / n)

    call, versus = calls(*table)
    e = paired_difference(call, versus, method=method, margin=margin)
    assert (e.test_method, e.null, e.margin, e.alternative) == ("tango-score", -margin, margin, "greater")
    assert (e.statistic, e.p_value) == pytest.approx((z(-margin), stats.norm.sf(z(-margin))), rel=1e-6)
    plain = paired_difference(call, versus, method=method)
    assert (e.conf_low, e.conf_high) == (plain.conf_low, plain.conf_high)
    assert (e.verdict == "non-inferior") == (plain.conf_low > -margin)
    less = paired_difference(call, versus, method=method, margin=margin, alternative="less")
    assert less.p_value == pytest.approx(stats.norm.cdf(z(margin)), rel=1e-6)
    equal = paired_difference(call, versus, method=method, margin=margin, hypothesis="equivalence")
    assert equal.p_value == max(e.p_value, less.p_value)
    assert (equal.verdict == "equivalent") == (plain.conf_low > -margin and plain.conf_high < margin)
    disagree = (e.p_value < 0.025) != (e.verdict == "non-inferior")
    assert (e.note != plain.note) == disagree


@pytest.mark.parametrize("table", [(40, 3, 5, 20), (200, 3, 20, 500), (43, 0, 1, 0)])
def test_tangos_interval_and_margin_agree(table):
    """At a margin that is the lower limit itself, P is half of what the level leaves out."""
    e = paired_difference(*calls(*table))
    at_limit = paired_difference(*calls(*table), margin=-e.conf_low)
    assert at_limit.p_value == pytest.approx(0.025, rel=1e-9)


def test_wrong_margin():
    for margin in (0, -0.1, 1, 5, math.nan):
        with pytest.raises(ValueError, match="margin must be greater than 0 and less than 1"):
            paired_difference([0, 1], [1, 1], margin=margin)
    with pytest.raises(ValueError, match="Did you mean 'non-inferiority'"):
        paired_difference([0, 1], [1, 1], margin=0.1, hypothesis="noninferiority")


def test_level_of_the_non_inferiority_test_by_simulation():
    rng = np.random.default_rng(2)
    rejected = 0
    for a, b, c, d in rng.multinomial(120, [0.6, 0.05, 0.15, 0.2], size=2000):
        rejected += tango_z(-0.1, int(b), int(c), int(a + b + c + d)) > 1.959963984540054
    assert rejected / 2000 == pytest.approx(0.025, abs=0.011)


@pytest.mark.parametrize("table", [(30, 12, 5, 53), (10, 9, 1, 40), (3, 4, 4, 2), (200, 3, 20, 500)])
def test_walds_interval_with_a_continuity_correction(table):
    """Newcombe 1998, doi:10.1002/(SICI)1097-0258(19981130)17:22<2635::AID-SIM954>3.0.CO;2-C, method 2."""
    _, b, c, _ = table
    n, z = sum(table), stats.norm.ppf(0.975)
    reach = z * math.sqrt(b + c - (b - c) ** 2 / n) / n + 1 / n
    e = paired_difference(*calls(*table), method="wald-cc")
    expected = (max(-1, (b - c) / n - reach), min(1, (b - c) / n + reach))
    assert (e.conf_low, e.conf_high) == pytest.approx(expected)
    one = paired_difference(*calls(*table), method="wald-cc", alternative="greater", conf_level=0.975)
    assert (one.conf_low, one.conf_high) == pytest.approx((e.conf_low, 1))
