"""Fagerland, Lydersen and Laake: McNemar's tests and intervals of a paired difference.

P-values of 21 children before and after stem cell transplantation (1 both times, 1 before only, 7 after only, 12
never): BMC Medical Research Methodology 2013, 13:91, doi:10.1186/1471-2288-13-91. Intervals of 161 patients before and
after consolidation therapy (59, 6, 16, 80): Statistical Analysis of Contingency Tables, 2017, chapter 8, as printed by
the R package of the book, contingencytables 3.0.0.
"""

import numpy as np
import pytest

from readerstudy.stats.paired import mcnemar, paired_difference


def calls(a, b, c, d):
    return np.repeat([1, 1, 0, 0], [a, b, c, d]), np.repeat([1, 0, 1, 0], [a, b, c, d])


@pytest.mark.parametrize(
    ("method", "printed"), [("chi2", 0.034), ("chi2-cc", 0.077), ("exact", 0.070), ("mid-p", 0.039)]
)
def test_p_values(method, printed):
    assert mcnemar(*calls(1, 1, 7, 12), method=method).p_value == pytest.approx(printed, abs=0.0005)


@pytest.mark.parametrize(
    ("method", "low", "high"),
    [
        ("wald", -0.1184, -0.0058),
        ("agresti-min", -0.1182, -0.0045),
        ("bonett-price", -0.1195, -0.0032),
        ("newcombe", -0.1186, -0.0046),
        ("tango", -0.1240, -0.0054),
    ],
)
def test_intervals(method, low, high):
    e = paired_difference(*calls(59, 6, 16, 80), method=method)
    assert e.estimate == pytest.approx(-0.0621, abs=0.00005 + 1e-12)
    assert (e.conf_low, e.conf_high) == pytest.approx((low, high), abs=0.00005 + 1e-12)
