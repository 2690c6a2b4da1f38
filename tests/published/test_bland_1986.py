"""Bland and Altman 1986, Statistical methods for assessing agreement, doi:10.1016/S0140-6736(86)90837-8.

Peak expiratory flow of 17 people by a large and a mini Wright meter: mean difference -2.1 l/min with the interval -22.0
to 17.8, standard deviation of the differences 38.8. Their limits of agreement, -79.7 and 75.5, are mean -+ 2 standard
deviations, with intervals of +- 2.12 standard errors of sqrt(3 / n) standard deviations: -114.3 to -45.1 and 40.9 to
110.1; with 1.96 and their formula of 1999 these become a little narrower.
"""

import math

import pytest
from scipy import stats

from readerstudy.stats.limits_of_agreement import limits_of_agreement

LARGE = [494, 395, 516, 434, 476, 557, 413, 442, 650, 433, 417, 656, 267, 478, 178, 423, 427]
MINI = [512, 430, 520, 428, 500, 600, 364, 380, 658, 445, 432, 626, 260, 477, 259, 350, 451]


def test_bias():
    bias, *_ = limits_of_agreement(LARGE, MINI)
    assert bias.estimate == pytest.approx(-2.1, abs=0.05)
    assert (bias.conf_low, bias.conf_high) == pytest.approx((-22.0, 17.8), abs=0.05)
    assert bias.std_error * math.sqrt(17) == pytest.approx(38.8, abs=0.05)


def test_limits_of_two_standard_deviations():
    coverage = 1 - 2 * stats.norm.sf(2)
    _, lower, upper = limits_of_agreement(LARGE, MINI, coverage=coverage, method="bland-altman")
    assert (lower.estimate, upper.estimate) == pytest.approx((-79.7, 75.5), abs=0.1)
    assert (lower.conf_low, lower.conf_high) == pytest.approx((-114.3, -45.1), abs=1)
    assert (upper.conf_low, upper.conf_high) == pytest.approx((40.9, 110.1), abs=1)
