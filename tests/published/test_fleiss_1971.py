"""Fleiss 1971, Measuring nominal scale agreement among many raters, doi:10.1037/h0031619.

Table 1: 30 patients, six psychiatrists each, five categories. Kappa .430. Of the categories R's irr gives depression
.245, personality disorder .245, schizophrenia .520, neurosis .471, other .566; the paper took rounded proportions, and
is off by up to .003 (.248, .248, .517, .470, .565).
"""

import pandas as pd
import pytest

from readerstudy.stats.krippendorff import krippendorff_alpha
from readerstudy.stats.multirater import fleiss_kappa
from readerstudy.stats.observed_agreement import pairwise_agreement

BY_IRR = {"1": 0.245, "2": 0.245, "3": 0.520, "4": 0.471, "5": 0.566}


@pytest.mark.peers
def test_thirty_patients(shared):
    reads = pd.read_csv(shared / "data" / "fleiss_diagnoses" / "reads.csv")
    ratings = reads["label"].to_numpy().reshape(6, 30)
    assert fleiss_kappa(ratings).estimate == pytest.approx(0.430, abs=0.0005)
    assert pairwise_agreement(ratings).estimate == pytest.approx(0.556, abs=0.0005)
    for category in sorted(set(ratings.ravel())):
        assert fleiss_kappa(ratings == category).estimate == pytest.approx(BY_IRR[category[0]], abs=0.0006)
    # Six reads each of 30 cases: alpha is kappa but for the small-sample factor.
    alpha = krippendorff_alpha(ratings).estimate
    assert 1 - alpha == pytest.approx((1 - fleiss_kappa(ratings).estimate) * 179 / 180)
