"""Sim and Wright 2005, The kappa statistic in reliability studies, doi:10.1093/ptj/85.3.257.

Table 1: two clinicians judge whether a lateral shift is relevant in 39 people: 22 yes by both, 2 and 4 by one alone, 11
no by both. Kappa .67; the greatest that these frequencies allow .89.
"""

import numpy as np
import pytest

from readerstudy.stats.adjusted_kappa import kappa_maximum
from readerstudy.stats.agreement import kappa

FIRST, SECOND = np.repeat([1, 1, 0, 0], [22, 2, 4, 11]), np.repeat([1, 0, 1, 0], [22, 2, 4, 11])


def test_lateral_shift():
    assert kappa(FIRST, SECOND).estimate == pytest.approx(0.67, abs=0.005)
    assert kappa_maximum(FIRST, SECOND).estimate == pytest.approx(0.89, abs=0.005)
