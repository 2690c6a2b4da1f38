"""Altman and Bland 1994, BMJ 308:1552 and 309:102, doi:10.1136/bmj.308.6943.1552: 344 liver scans.

Of 258 patients with disease 231 had an abnormal scan, of 86 without disease 32. Printed: sensitivity 0.90,
specificity 0.63, positive predictive value 0.88, negative predictive value 0.67.
"""

import pytest

from readerstudy.stats.diagnostic import diagnostic_counts


def test_liver_scans():
    ours = {e.measure: e for e in diagnostic_counts(tp=231, fp=32, fn=27, tn=54)}
    fractions = {
        "sensitivity": 231 / 258,
        "specificity": 54 / 86,
        "ppv": 231 / 263,
        "npv": 54 / 81,
        "accuracy": 285 / 344,
    }
    printed = {"sensitivity": 0.90, "specificity": 0.63, "ppv": 0.88, "npv": 0.67}
    for measure, value in fractions.items():
        assert ours[measure].estimate == value
    for measure, value in printed.items():
        assert ours[measure].estimate == pytest.approx(value, abs=0.005)
