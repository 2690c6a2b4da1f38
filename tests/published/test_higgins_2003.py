"""Higgins, Thompson, Deeks and Altman 2003, doi:10.1136/bmj.327.7414.557, Table: Q, df, I2 with its interval.

Tamoxifen, streptokinase, selective serotonin reuptake inhibitors, electromagnetic fields.
"""

import pytest
from scipy import stats

from readerstudy.stats.heterogeneity import i2_limits

TABLE = [
    (55.9, 54, 3, 0, 28),
    (39.5, 32, 19, 0, 48),
    (179.9, 134, 26, 7, 40),
    (15.9, 5, 69, 26, 87),
]


@pytest.mark.parametrize(("chi2", "df", "i2", "low", "high"), TABLE)
def test_inconsistency(chi2, df, i2, low, high):
    found = i2_limits(chi2, df + 1, stats.norm.ppf(0.975))
    assert 100 * (chi2 - df) / chi2 == pytest.approx(i2, abs=0.5)
    assert (100 * found[0], 100 * found[1]) == pytest.approx((low, high), abs=0.5)
