"""Shrout and Fleiss 1979, Intraclass correlations: uses in assessing rater reliability, doi:10.1037/0033-2909.86.2.420.

Table 2: four judges rate six targets. Table 3: mean squares 11.24 between targets, 6.26 within, 32.49 between judges,
1.02 residual. Table 4: ICC(1,1) .17, ICC(2,1) .29, ICC(3,1) .71, ICC(1,4) .44, ICC(2,4) .62, ICC(3,4) .91.
"""

import numpy as np
import pytest

from readerstudy.stats.icc import icc, mean_squares

JUDGES = [[9, 6, 8, 7, 10, 6], [2, 1, 4, 1, 5, 2], [5, 3, 6, 2, 6, 4], [8, 2, 8, 6, 9, 7]]


def test_mean_squares():
    ms = mean_squares(np.array(JUDGES, dtype=float))
    assert (ms.cases, ms.within, ms.readers, ms.residual) == pytest.approx((11.24, 6.26, 32.49, 1.02), abs=0.005)


@pytest.mark.parametrize(
    ("model", "unit", "printed"),
    [
        ("icc1", "single", 0.17),
        ("icc2", "single", 0.29),
        ("icc3", "single", 0.71),
        ("icc1", "average", 0.44),
        ("icc2", "average", 0.62),
        ("icc3", "average", 0.91),
    ],
)
def test_six_forms(model, unit, printed):
    assert icc(JUDGES, model=model, unit=unit).estimate == pytest.approx(printed, abs=0.005)
