"""Krippendorff 2011, Computing Krippendorff's alpha-reliability, section D, https://repository.upenn.edu/asc_papers/43.

Four observers, twelve units, seven values missing: alpha .743 nominal, .815 ordinal, .849 interval, .797 ratio.
"""

import pandas as pd
import pytest

from readerstudy.stats.krippendorff import krippendorff_alpha
from readerstudy.stats.multirater import gwet_ac


@pytest.mark.peers
def test_four_observers(shared):
    reads = pd.read_csv(shared / "data" / "krippendorff_4raters" / "reads.csv")
    ratings = reads.pivot_table(index="reader_id", columns="case_id", values="label")
    for metric, printed in {"nominal": 0.743, "ordinal": 0.815, "interval": 0.849, "ratio": 0.797}.items():
        e = krippendorff_alpha(ratings, metric=metric)
        assert e.estimate == pytest.approx(printed, abs=0.0005)
        assert (e.n_cases, e.n_readers) == (11, 4)
    assert gwet_ac(ratings).n_cases == 12  # the unit that one observer alone read counts for the frequencies
