"""Hanley and McNeil 1982, Radiology 143:29-36, doi:10.1148/radiology.143.1.7063747, Table I: 109 CT images.

One reader's ratings from 1 (definitely normal) to 5 (definitely abnormal). Printed area: 0.893.
"""

import numpy as np
import pytest

from readerstudy.stats.roc import auc

NORMAL = [33, 6, 6, 11, 2]
ABNORMAL = [3, 2, 2, 11, 33]


def test_area():
    truth = np.repeat([0, 1], [sum(NORMAL), sum(ABNORMAL)])
    rating = np.repeat([1, 2, 3, 4, 5] * 2, NORMAL + ABNORMAL)
    assert auc(truth, rating).estimate == pytest.approx(0.893, abs=0.0005)
