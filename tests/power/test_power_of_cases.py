"""AUCs and proportions: against sums over all outcomes, the package's own tests, and simulation."""

import itertools
import math

import numpy as np
import pytest
from scipy import stats

import readerstudy as rs
from readerstudy import power
from readerstudy.power import AucPair
from readerstudy.stats._bivariate import both_below


@pytest.mark.parametrize(
    ("h", "k", "r"), [(0.3, 1.1, 0.5), (-0.4, 0.9, -0.3), (1.2, 1.2, 0.95), (0, 0.5, 0.2), (0, -0.5, 0.2), (0, 0, 0.7)]
)
def test_two_correlated_normal_deviates(h, k, r):
    exact = stats.multivariate_normal(cov=[[1, r], [r, 1]]).cdf([h, k])
    assert both_below(h, k, r) == pytest.approx(exact, abs=1e-7)
    assert both_below(h, k, 1.0) == pytest.approx(stats.norm.cdf(min(h, k)))
    assert both_below(h, k, -1.0) == pytest.approx(max(0.0, stats.norm.cdf(h) - stats.norm.cdf(-k)))


def normal_scores(rng, n_positive, n_negative, areas, correlation, b=1.0):
    """Two normal scores of the same cases, with the same correlation in both classes."""
    spread = np.array([[1, correlation], [correlation, 1]])
    a = stats.norm.ppf(areas) * math.sqrt(1 + b * b)
    negative = rng.multivariate_normal([0, 0], spread, n_negative)
    positive = (rng.multivariate_normal([0, 0], spread, n_positive) + a) / b
    return np.arange(n_positive + n_negative) < n_positive, np.concatenate((positive, negative)).T


@pytest.mark.parametrize("b", [1.0, 0.7])
def test_planned_variances_of_areas_are_those_of_simulated_studies(b):
    rng = np.random.default_rng(2)
    areas = [rs.auc_covariance(*normal_scores(rng, 40, 60, (0.9, 0.8), 0.6, b))[0] for _ in range(3000)]
    curves = [(stats.norm.ppf(area) * math.sqrt(1 + b * b), b) for area in (0.9, 0.8)]
    pair = AucPair.binormal(*curves, correlation=(0.6, 0.6))
    assert (pair.auc, pair.versus) == (pytest.approx(0.9), pytest.approx(0.8))
    seen = np.cov(np.transpose(areas))
    one, two, both = pair.variances(40, 60)
    # The planned ones leave out terms of order 1 / (m n); a variance of 3000 values errs by 2.6 %.
    assert [seen[0, 0], seen[1, 1], seen[0, 1]] == pytest.approx([one, two, both], rel=0.13)


def test_planned_variance_of_one_area_is_that_of_simulated_studies():
    rng = np.random.default_rng(5)
    areas = [rs.auc(*pick(normal_scores(rng, 25, 40, (0.85, 0.85), 0.0))).estimate for _ in range(3000)]
    planned = power.auc(0.85, n_positive=25, n_negative=40, method="binormal").std_error ** 2
    assert np.var(areas) == pytest.approx(planned, rel=0.11)


def pick(study):
    truth, scores = study
    return truth, scores[0]


def test_a_pilot_has_delongs_variances():
    truth, scores = normal_scores(np.random.default_rng(8), 30, 50, (0.85, 0.75), 0.4)
    pair = AucPair.of(truth, *scores)
    area, covariance = rs.auc_covariance(truth, scores)
    assert [pair.auc, pair.versus] == pytest.approx(area)
    assert pair.variances(30, 50) == pytest.approx((covariance[0, 0], covariance[1, 1], covariance[0, 1]))
    assert pair.ratio == pytest.approx(50 / 30)
    e = rs.compare_auc(truth, *scores)
    found = power.compare_auc(pair, n_positive=30, n_negative=50)
    assert found.std_error == pytest.approx(e.std_error)
    with pytest.raises(ValueError, match="two cases of each class"):
        AucPair.of([0, 0, 1], [1, 2, 3], [1, 2, 3])


@pytest.mark.parametrize("margin", [None, 0.1])
def test_the_power_of_two_areas_is_that_of_simulated_studies(margin):
    areas = (0.9, 0.8) if margin is None else (0.85, 0.85)
    pair = AucPair.conjectured(*areas, correlation=(0.5, 0.5))
    formula = power.compare_auc(pair, n_positive=60, n_negative=60, margin=margin)

    def analyse(study):
        return rs.compare_auc(study[0], *study[1], margin=margin)

    simulated = power.simulate(lambda rng: normal_scores(rng, 60, 60, areas, 0.5), analyse, n_studies=1000)
    assert simulated.power == pytest.approx(formula.power, abs=4 * math.sqrt(0.25 / 1000))


def test_cases_for_areas():
    for how in ({}, {"margin": 0.05, "effect": 0.0}, {"margin": 0.06, "effect": 0.0, "hypothesis": "equivalence"}):
        pair = AucPair.conjectured(0.9, 0.85, correlation=(0.5, 0.4))
        found = power.compare_auc(pair, power=0.8, ratio=1.5, **how)
        assert found.n_negative == math.ceil(1.5 * found.n_positive)
        assert found.n_cases == found.n_positive + found.n_negative
        less = power.compare_auc(pair, n_positive=found.n_positive - 1, ratio=1.5, **how)
        assert less.power < 0.8 <= found.power
    apart = power.compare_auc(AucPair.conjectured(0.9, 0.85, paired=False), power=0.8)
    assert apart.n_cases == 4 * apart.n_positive
    assert "each of the two groups" in apart.note
    paired = power.compare_auc(AucPair.conjectured(0.9, 0.85, correlation=(0.5, 0.5)), power=0.8)
    assert apart.n_positive > paired.n_positive


def test_a_part_of_the_curve_is_less_than_the_whole():
    whole = AucPair.binormal((1.5, 1.0), (1.2, 0.9), method="obuchowski")
    same = AucPair.binormal((1.5, 1.0), (1.2, 0.9), specificity=(0.0, 1.0))
    assert same.auc == pytest.approx(whole.auc, abs=1e-8)
    assert same.positive == pytest.approx(whole.positive, rel=1e-8)
    part = AucPair.binormal((1.5, 1.0), (1.2, 0.9), specificity=(0.8, 1.0))
    x = np.linspace(1e-9, 0.2, 200_001)
    assert part.auc == pytest.approx(np.trapezoid(stats.norm.cdf(1.5 + stats.norm.ppf(x)), x), abs=1e-6)
    assert part.positive[0] < whole.positive[0]


@pytest.mark.parametrize("method", ["obuchowski", "hanley-mcneil", "binormal"])
def test_cases_for_one_area(method):
    found = power.auc(0.8, null=0.7, power=0.9, ratio=2.0, method=method)
    assert (
        found.power >= 0.9 > power.auc(0.8, null=0.7, n_positive=found.n_positive - 1, ratio=2.0, method=method).power
    )
    assert power.auc(0.6, null=0.7, n_positive=50, alternative="less").power > 0.1
    assert "normal approximation" in power.auc(0.95, power=0.8, method=method).note


@pytest.mark.parametrize("method", ["clopper-pearson", "wilson", "mid-p", "jeffreys", "blaker", "normal"])
@pytest.mark.parametrize("alternative", ["two-sided", "greater"])
def test_power_of_one_proportion_is_a_sum_over_outcomes(method, alternative):
    n, p, null = 37, 0.85, 0.7
    found = power.proportion(p, null=null, n_cases=n, method=method, alternative=alternative)
    if method == "normal":
        return
    intervals = [rs.proportion(x, n, method=method, alternative=alternative).conf_low for x in range(n + 1)]
    naive = sum(stats.binom.pmf(x, n, p) for x in range(n + 1) if intervals[x] > null)
    assert found.power == pytest.approx(naive, rel=1e-10)
    down = power.proportion(1 - p, null=1 - null, n_cases=n, method=method,
                            alternative="less" if alternative == "greater" else alternative)  # fmt: skip
    assert down.power == pytest.approx(found.power, rel=1e-10)


def test_cases_for_a_goal_hold_for_more_cases():
    found = power.proportion(0.95, null=0.85, power=0.8)
    more = [power.proportion(0.95, null=0.85, n_cases=n).power for n in range(found.n_cases, 3 * found.n_cases)]
    assert min(more) >= 0.8
    assert power.proportion(0.95, null=0.85, n_cases=found.n_cases - 1).power < 0.8
    fewest = int(found.note.partition(" ")[0])
    assert fewest < found.n_cases
    assert power.proportion(0.95, null=0.85, n_cases=fewest).power >= 0.8
    assert all(power.proportion(0.95, null=0.85, n_cases=n).power < 0.8 for n in range(1, fewest))


@pytest.mark.parametrize("method", ["exact", "mid-p", "chi2", "chi2-cc"])
def test_power_of_mcnemar_is_a_sum_over_outcomes(method):
    n, first, second = 14, 0.45, 0.1
    naive = 0.0
    for b, c in itertools.product(range(n + 1), repeat=2):
        if b + c <= n and b > c:
            pairs = [1] * b + [0] * (n - b), [0] * b + [1] * c + [0] * (n - b - c)
            if rs.mcnemar(*pairs, method=method).p_value <= 0.05:
                naive += stats.multinomial.pmf([b, c, n - b - c], n, [first, second, 1 - first - second])
    found = power.paired_proportions(first - second, discordant=first + second, n_cases=n, method=method)
    assert found.power == pytest.approx(naive, rel=1e-9)
    turned = power.paired_proportions(second - first, discordant=first + second, n_cases=n, method=method)
    assert turned.power == pytest.approx(naive, rel=1e-9)


@pytest.mark.parametrize("hypothesis", ["non-inferiority", "equivalence"])
def test_power_of_tango_is_a_sum_over_outcomes(hypothesis):
    n, first, second, margin = 13, 0.12, 0.1, 0.35
    naive = 0.0
    for b, c in itertools.product(range(n + 1), repeat=2):
        if b + c <= n:
            pairs = [1] * b + [0] * (n - b), [0] * b + [1] * c + [0] * (n - b - c)
            if rs.paired_difference(*pairs, margin=margin, hypothesis=hypothesis).p_value < 0.025:
                naive += stats.multinomial.pmf([b, c, n - b - c], n, [first, second, 1 - first - second])
    found = power.paired_proportions(
        first - second, discordant=first + second, n_cases=n, margin=margin, hypothesis=hypothesis
    )
    assert found.power == pytest.approx(naive, rel=1e-9)


@pytest.mark.parametrize("method", ["exact", "chi2", "connor", "miettinen"])
def test_cases_for_pairs(method):
    found = power.paired_proportions(0.12, discordant=0.25, power=0.85, method=method)
    assert found.power >= 0.85
    assert power.paired_proportions(0.12, discordant=0.25, n_cases=found.n_cases - 1, method=method).power < 0.85
    assert 130 < found.n_cases < 185


def test_formulas_for_pairs_are_near_the_exact_power():
    for margin, method, exact in ((None, "connor", "chi2"), (0.08, "normal", "tango")):
        one, two = (
            power.paired_proportions(
                0.1 if margin is None else 0.0, discordant=0.2, n_cases=200, method=m, margin=margin
            )
            for m in (method, exact)
        )
        assert one.power == pytest.approx(two.power, abs=0.04)
    beyond = power.paired_proportions(-0.1, discordant=0.2, power=0.8, margin=0.1)
    assert beyond.n_cases is None
    assert "beyond the margin" in beyond.note


def test_discordance():
    assert power.discordant(0.9, 0.8) == pytest.approx(0.9 * 0.2 + 0.1 * 0.8)
    assert power.discordant(0.9, 0.9, correlation=1.0) == pytest.approx(0.0, abs=1e-12)
    with pytest.raises(ValueError, match="cannot have the correlation"):
        power.discordant(0.9, 0.5, correlation=0.9)


@pytest.mark.parametrize("alternative", ["two-sided", "greater"])
def test_power_of_fisher_is_a_sum_over_tables(alternative):
    n, n2, p, p2 = 12, 9, 0.8, 0.3
    naive = 0.0
    for x, y in itertools.product(range(n + 1), range(n2 + 1)):
        tails = [stats.hypergeom(n + n2, x + y, n).sf(x - 1), stats.hypergeom(n + n2, x + y, n).cdf(x)]
        shown = tails[0] <= 0.05 if alternative == "greater" else min(tails) <= 0.025
        naive += shown * stats.binom.pmf(x, n, p) * stats.binom.pmf(y, n2, p2)
    found = power.proportion_difference(p, p2, n_first=n, ratio=0.75, method="fisher", alternative=alternative)
    assert found.note == "12 and 9 cases"
    assert found.power == pytest.approx(naive, rel=1e-9)


def test_cases_for_two_groups():
    plain = power.proportion_difference(0.9, 0.8, power=0.8)
    corrected = power.proportion_difference(0.9, 0.8, power=0.8, method="chi2-cc")
    exact = power.proportion_difference(0.5, 0.2, power=0.8, method="fisher")
    assert plain.n_cases < corrected.n_cases
    # Fleiss, Tytun and Ury's formula for the corrected size.
    n = 198.963413283821
    assert corrected.n_cases == 2 * math.ceil(n / 4 * (1 + math.sqrt(1 + 4 / (n * 0.1))) ** 2)
    assert exact.power >= 0.8
    assert exact.n_cases >= power.proportion_difference(0.5, 0.2, power=0.8).n_cases
    margin = power.proportion_difference(0.85, 0.85, power=0.8, margin=0.1)
    # Equal proportions: little more than the formula with the variance at no difference.
    simple = 2 * 0.85 * 0.15 * ((1.959964 + 0.841621) / 0.1) ** 2
    assert margin.n_cases / 2 == pytest.approx(simple, rel=0.05)
    with pytest.raises(ValueError, match="beyond the margin"):
        power.proportion_difference(0.7, 0.85, power=0.8, margin=0.1)


def test_constrained_proportions_are_the_likeliest():
    from readerstudy.power.groups import constrained

    first, second = constrained(0.85, 0.8, -0.1, 1.5)
    assert first - second == pytest.approx(-0.1)
    grid = np.linspace(1e-6, 0.9 - 1e-6, 400_001)
    likelihood = 0.85 * np.log(grid) + 0.15 * np.log(1 - grid)
    likelihood += 1.5 * (0.8 * np.log(grid + 0.1) + 0.2 * np.log(1 - grid - 0.1))
    assert first == pytest.approx(grid[np.argmax(likelihood)], abs=1e-5)


@pytest.mark.parametrize("method", ["wilson", "clopper-pearson", "agresti-coull"])
def test_expected_width_is_a_mean_over_outcomes(method):
    n, p = 43, 0.9
    halves = [(e.conf_high - e.conf_low) / 2 for e in (rs.proportion(x, n, method=method) for x in range(n + 1))]
    masses = stats.binom.pmf(range(n + 1), n, p)
    found = power.precision(p, n_cases=n, half_width=0.1, method=method)
    assert found.half_width == pytest.approx(masses @ halves, rel=1e-9)
    assert found.assured == pytest.approx(sum(masses[i] for i in range(n + 1) if halves[i] <= 0.1), rel=1e-9)


def test_cases_for_a_width():
    found = power.precision(0.9, half_width=0.06, method="clopper-pearson")
    assert (
        found.half_width <= 0.06 < power.precision(0.9, n_cases=found.n_cases - 1, method="clopper-pearson").half_width
    )
    sure = power.precision(0.9, half_width=0.06, method="clopper-pearson", assurance=0.9)
    assert sure.n_cases > found.n_cases
    assert sure.assured >= 0.9
    with pytest.raises(ValueError, match="assurance needs half_width"):
        power.precision(0.9, n_cases=50, assurance=0.9)


def test_sensitivity_and_specificity_share_the_patients():
    both = power.sensitivity_specificity(0.9, 0.85, prevalence=0.2, half_width=0.1)
    assert [e.n_cases for e in both] == [173, 62]  # Buderer: 34.57 / 0.2 and 48.98 / 0.8
    relative = power.sensitivity_specificity(0.9, prevalence=0.2, half_width=0.1, relative=True)
    assert relative[0].wanted == pytest.approx(0.09)
    exact = power.sensitivity_specificity(0.9, prevalence=0.2, half_width=0.1, method="wilson")
    assert exact[0].n_cases == math.ceil(exact[0].n_positive / 0.2)
    with pytest.raises(ValueError, match="give sensitivity"):
        power.sensitivity_specificity(prevalence=0.2, half_width=0.1)


def test_width_of_kappa_is_that_of_the_estimate():
    counts = np.array([[36, 9], [4, 51]])
    first, second = np.array([(i, j) for i in (0, 1) for j in (0, 1) for _ in range(counts[i, j])]).T
    e = rs.kappa(first, second)
    found = power.kappa(e.estimate, prevalence=55 / 100, versus_prevalence=60 / 100, n_cases=100)
    assert found.half_width == pytest.approx(1.959963984540054 * e.std_error, rel=1e-9)
    assert power.kappa(e.estimate, prevalence=0.55, versus_prevalence=0.6, half_width=found.half_width).n_cases in (
        100,
        101,
    )
    assert "no interval" in power.kappa(1.0, prevalence=0.3, half_width=0.1).note
    with pytest.raises(ValueError, match="impossible"):
        power.kappa(0.9, prevalence=0.5, versus_prevalence=0.2, n_cases=50)


def test_a_prediction_model_needs_a_possible_fit():
    with pytest.raises(ValueError, match=r"less than 0\.\d+, the most at a prevalence of 0.1"):
        power.prediction_model(0.6, prevalence=0.1, n_parameters=5)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: power.auc(0.4, n_positive=20, alternative="greater"), "must lie above null"),
        (lambda: power.auc(0.8, n_positive=20, n_negative=30, ratio=2), "say the same"),
        (lambda: power.auc(0.8, n_negative=30, power=0.8), "n_negative without n_positive"),
        (lambda: power.auc(0.8, n_positive=20, method="delong"), "method is 'delong'"),
        (lambda: power.compare_auc(AucPair.conjectured(0.8, 0.8), power=0.8), "no difference to be shown"),
        (
            lambda: power.compare_auc(AucPair.conjectured(0.9, 0.8), n_positive=9, margin=0.1, null_variance="first"),
            "null_variance must be 'difference'",
        ),
        (lambda: AucPair.conjectured(0.9, 0.8, correlation=(0.5, 0.5), paired=False), "leave correlation out"),
        (lambda: AucPair.binormal((1, 0), (1, 1)), "must be greater than 0"),
        (lambda: AucPair.binormal((1, 1), (1, 1), specificity=(0.9, 0.8)), "low < high"),
        (lambda: AucPair.binormal((1, 1), (1, 1), specificity=(0.8, 1), method="empirical"), "for whole areas"),
        (lambda: power.proportion(0.8, null=0.8, power=0.8), "must lie apart from null"),
        (lambda: power.proportion(0.9, null=0.8, power=1.0), "power must lie strictly"),
        (lambda: power.paired_proportions(0.3, discordant=0.2, n_cases=50), "absolute effect"),
        (lambda: power.paired_proportions(0.0, discordant=0.2, n_cases=50), "effect is 0"),
        (lambda: power.paired_proportions(0.1, discordant=0.2, n_cases=50, method="tango"), "method is 'tango'"),
        (lambda: power.paired_proportions(0.1, discordant=0.2, n_cases=50, alternative="less"), "other side"),
        (lambda: power.proportion_difference(0.8, 0.8, power=0.8), "do not differ"),
        (lambda: power.proportion_difference(0.8, 0.7, n_first=9000, method="fisher"), "use method 'chi2-cc'"),
        (lambda: power.precision(0.9), "give n_cases"),
    ],
)
def test_wrong_requests(call, said):
    with pytest.raises(ValueError, match=said):
        call()


def test_records_are_plain():
    record = power.proportion(0.9, null=0.8, n_cases=100).to_dict()
    assert record["n_cases"] == 100
    assert record["margin"] is None
    assert set(record) == set(power.Power.__slots__)
