"""Newcombe 1998, Statistics in Medicine 17:857-872, Table I: 95 % limits of four proportions.

doi:10.1002/(SICI)1097-0258(19980430)17:8<857::AID-SIM777>3.0.CO;2-E. Method 3 is Wilson's score interval, method 5
Clopper and Pearson's.
"""

import pytest

from readerstudy.stats.proportion import proportion

HALF = 0.00005 + 1e-12
"""Half a unit of the last printed digit."""


@pytest.mark.parametrize(
    ("count", "total", "wilson", "exact"),
    [
        (81, 263, (0.2553, 0.3662), (0.2527, 0.3676)),
        (15, 148, (0.0624, 0.1605), (0.0578, 0.1617)),
        (0, 20, (0.0000, 0.1611), (0.0000, 0.1684)),
        (1, 29, (0.0061, 0.1718), (0.0009, 0.1776)),
    ],
)
def test_limits(count, total, wilson, exact):
    for method, printed in (("wilson", wilson), ("clopper-pearson", exact)):
        e = proportion(count, total, method=method)
        assert (e.conf_low, e.conf_high) == pytest.approx(printed, abs=HALF), method
