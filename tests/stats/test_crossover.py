import math

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from scipy import stats

from readerstudy.measures import MEASURES, METHOD_NAMES
from readerstudy.stats.crossover import METHODS, crossover


@pytest.fixture(scope="module")
def sessions():
    """Effect of aid 0.3, of the second session 0.5."""
    rng = np.random.default_rng(4)
    order = np.repeat(["aided", "unaided"], [14, 22])
    unit = rng.normal(size=36)
    first = unit + 0.3 * (order == "aided") + rng.normal(size=36) * 0.4
    second = unit + 0.3 * (order == "unaided") + 0.5 + rng.normal(size=36) * 0.4
    return first, second, order


def test_regression_of_statsmodels(sessions):
    """Units, session and modality as factors: the same effects and the same t."""
    first, second, order = sessions
    other = np.where(order == "aided", "unaided", "aided")
    frame = pd.DataFrame(
        {
            "y": np.concatenate([first, second]),
            "unit": np.tile(np.arange(36), 2),
            "session": np.repeat([0, 1], 36),
            "aided": np.concatenate([order, other]) == "aided",
        }
    )
    frame["aided"] = frame["aided"].astype(int)
    fit = smf.ols("y ~ C(unit) + session + aided", frame).fit()
    effect, period, *_ = crossover(first, second, order)
    for e, name in ((effect, "aided"), (period, "session")):
        assert (e.estimate, e.std_error, e.statistic, e.p_value) == pytest.approx(
            (fit.params[name], fit.bse[name], fit.tvalues[name], fit.pvalues[name])
        )
        assert (e.conf_low, e.conf_high) == pytest.approx(tuple(fit.conf_int().loc[name]))
        assert e.df == 34
    assert (effect.modality, effect.versus) == ("aided", "unaided")


@pytest.mark.parametrize("method", METHODS)
def test_two_sample_t(sessions, method):
    first, second, order = sessions
    lead = order == "aided"
    pooled = method == "student-t"
    effect, period, carry, early = crossover(first, second, order, method=method)
    gap, total = first - second, first + second
    expected = {
        effect: stats.ttest_ind(gap[lead], gap[~lead], equal_var=pooled),
        period: stats.ttest_ind(-gap[lead], gap[~lead], equal_var=pooled),
        carry: stats.ttest_ind(total[lead], total[~lead], equal_var=pooled),
        early: stats.ttest_ind(first[lead], first[~lead], equal_var=pooled),
    }
    for e, test in expected.items():
        assert (e.statistic, e.df, e.p_value) == pytest.approx((test.statistic, test.df, test.pvalue))
        assert e.measure in MEASURES
        assert e.method in METHOD_NAMES
    assert effect.estimate == pytest.approx((gap[lead].mean() - gap[~lead].mean()) / 2)


def test_unbiased_where_the_plain_difference_is_not():
    rng = np.random.default_rng(5)
    found, plain = [], []
    for _ in range(400):
        order = np.repeat(["A", "B"], [10, 30])
        first = 0.2 * (order == "A") + rng.normal(size=40)
        second = 0.2 * (order == "B") + 0.8 + rng.normal(size=40)
        found.append(crossover(first, second, order))
        plain.append(np.where(order == "A", first - second, second - first).mean())
    effects = np.array([[e.estimate for e in records] for records in found])
    assert effects.mean(axis=0) == pytest.approx([0.2, 0.8, 0.0, 0.2], abs=0.06)
    assert abs(np.mean(plain) - 0.2) > 0.3
    true = (0.2, 0.8, 0.0, 0.2)
    covered = [[e.conf_low <= t <= e.conf_high for e, t in zip(records, true, strict=True)] for records in found]
    assert np.mean(covered, axis=0) == pytest.approx([0.95] * 4, abs=0.045)


def test_the_other_modality_changes_the_sign(sessions):
    ours, other = crossover(*sessions), crossover(*sessions, modality="unaided")
    for e, f, sign in zip(ours, other, (-1, 1, -1, -1), strict=True):
        assert (e.estimate, e.p_value) == pytest.approx((sign * f.estimate, f.p_value))
    assert (other[0].modality, other[0].versus) == ("unaided", "aided")


def test_missing_and_degenerate(sessions):
    first, second, order = sessions
    gone = first.copy()
    gone[3] = np.nan
    keep = np.arange(36) != 3
    for e, f in zip(crossover(gone, second, order), crossover(first[keep], second[keep], order[keep]), strict=True):
        assert (e.estimate, e.p_value, e.total) == (f.estimate, f.p_value, 35)
        assert e.note == "left out, not read in both sessions: 1 of 36"
    for e in crossover([1, 2], [2, 2], ["A", "A"]):
        assert math.isnan(e.estimate)
        assert "no unit of one of the two orders" in e.note
    for method in METHODS:
        effect = crossover([1, 2], [2, 2], ["A", "B"], method=method)[0]
        assert effect.estimate == -0.5
        assert "too few units" in effect.note
        flat = crossover([1.1, 1.1, 1.1, 1.1], [1.1, 1.1, 1.1, 1.1], list("AABB"), method=method)
        assert flat[0].p_value == 1
        assert (flat[1].conf_low, flat[1].conf_high) == (0, 0)
        assert "no width" in flat[0].note


@pytest.mark.parametrize(
    ("arguments", "options", "said"),
    [
        (([1, 2], [1, 2], ["A"]), {}, "not one length"),
        (([1, 2, 3], [1, 2, 3], list("ABC")), {}, "two modalities"),
        (([1, 2], [1, 2], list("AB")), {"modality": "C"}, "modality must be one of"),
        ((["x", 2], [1, 2], list("AB")), {}, "first must be numbers"),
        (([math.inf, 2], [1, 2], list("AB")), {}, "finite"),
        (([1, 2], [1, 2], ["A", None]), {}, "order is missing"),
        (([1, 2], [1, 2], list("AB")), {"method": "anova"}, "method"),
    ],
)
def test_wrong_input(arguments, options, said):
    with pytest.raises(ValueError, match=said):
        crossover(*arguments, **options)
