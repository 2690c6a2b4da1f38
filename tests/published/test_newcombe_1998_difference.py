"""Newcombe 1998, Statistics in Medicine 17:873-890, Table II: 95 % limits of eight differences.

doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I. Method 10 squares and adds the distances of
Wilson's limits, method 11 those with continuity correction.
"""

import pytest

from readerstudy.stats.independent import proportion_difference

HALF = 0.00005 + 1e-12
"""Half a unit of the last printed digit."""


@pytest.mark.parametrize(
    ("counts", "method_10", "method_11"),
    [
        ((56, 70, 48, 80), (0.0524, 0.3339), (0.0428, 0.3422)),
        ((9, 10, 3, 10), (0.1705, 0.8090), (0.1013, 0.8387)),
        ((6, 7, 2, 7), (0.0582, 0.8062), (-0.0290, 0.8423)),
        ((5, 56, 0, 29), (-0.0381, 0.1926), (-0.0667, 0.2037)),
        ((0, 10, 0, 20), (-0.1611, 0.2775), (-0.2005, 0.3445)),
        ((0, 10, 0, 10), (-0.2775, 0.2775), (-0.3445, 0.3445)),
        ((10, 10, 0, 20), (0.6791, 1.0000), (0.6014, 1.0000)),
        ((10, 10, 0, 10), (0.6075, 1.0000), (0.5128, 1.0000)),
    ],
)
def test_limits(counts, method_10, method_11):
    for method, printed in (("newcombe", method_10), ("newcombe-cc", method_11)):
        e = proportion_difference(*counts, method=method)
        assert (e.conf_low, e.conf_high) == pytest.approx(printed, abs=HALF), method
