"""Zhen et al. 2020, Frontiers in Oncology 10:680, doi:10.3389/fonc.2020.00680, Results: exact intervals."""

import json

import pytest

from readerstudy.stats.proportion import proportion

HALF = 0.0005 + 1e-12
"""Half a unit of the last printed digit."""


@pytest.mark.peers
def test_proportions_in_the_text(shared):
    read = json.loads((shared / "published" / "zhen2020_text.json").read_text(encoding="utf-8"))
    assert len(read["rows"]) == 6
    for row in read["rows"]:
        e = proportion(row["count"], row["total"], method=read["method"])
        for field, value in row["printed"].items():
            assert getattr(e, field) == pytest.approx(value, abs=HALF), (row["what"], field)


def test_model_a_as_printed():
    """Sensitivity for other primary malignancies 53.3 % (26.6-78.7), for FNH 100 % (66.4-100)."""
    for count, total, printed in ((8, 15, (0.533, 0.266, 0.787)), (9, 9, (1, 0.664, 1))):
        e = proportion(count, total, method="clopper-pearson")
        assert (e.estimate, e.conf_low, e.conf_high) == pytest.approx(printed, abs=HALF)
