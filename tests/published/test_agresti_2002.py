"""Agresti 2002, Categorical Data Analysis, 2nd edition, chapter 10.

Table 10.1, approval of the Prime Minister at two surveys of 1600 people: 794 both times, 150 at the first only, 86 at
the second only, 570 never. McNemar's z is -4.17, its square 17.36; the difference -0.04 has Wald's interval (-0.06,
-0.02). Table 10.8, two pathologists' diagnoses of carcinoma in 118 slides: kappa 0.493, standard error 0.057.
"""

import numpy as np
import pytest

from readerstudy.stats.agreement import kappa_of_table
from readerstudy.stats.paired import mcnemar, paired_difference


def test_two_surveys():
    first, second = np.repeat([1, 1, 0, 0], [794, 150, 86, 570]), np.repeat([1, 0, 1, 0], [794, 150, 86, 570])
    assert mcnemar(second, first, method="chi2").statistic == pytest.approx(17.36, abs=0.005)
    assert paired_difference(second, first, method="tango").statistic == pytest.approx(-4.17, abs=0.005)
    e = paired_difference(second, first, method="wald")
    assert e.estimate == pytest.approx(-0.04, abs=0.005)
    assert (e.conf_low, e.conf_high) == pytest.approx((-0.06, -0.02), abs=0.005)


def test_two_pathologists():
    e = kappa_of_table(np.array([[22, 2, 2, 0], [5, 7, 14, 0], [0, 2, 36, 0], [0, 1, 17, 10]]))
    assert e.n_cases == 118
    assert e.estimate == pytest.approx(0.493, abs=0.0005)
    assert e.std_error == pytest.approx(0.057, abs=0.0005)
