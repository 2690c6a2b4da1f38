"""Agreement without a truth: Fleiss 1971, Krippendorff 2011 and irr's artificial ordinal ratings.

There is nothing to evaluate against, so that these are the functions on the files.
"""

import json

import pandas as pd
import pytest

import readerstudy as rs

pytestmark = pytest.mark.peers


def ratings(shared, name, column="label"):
    reads = pd.read_csv(shared / "data" / name / "reads.csv")
    return reads.pivot_table(index="reader_id", columns="case_id", values=column, aggfunc="first").to_numpy()


def golden(shared, case_id):
    cases = json.loads((shared / "goldens" / "agreement.json").read_text(encoding="utf-8"))["cases"]
    return next(case["result"] for case in cases if case["id"] == case_id)


def test_fleiss_diagnoses(shared):
    """Fleiss 1971 prints kappa .430."""
    reads = ratings(shared, "fleiss_diagnoses")
    e = rs.fleiss_kappa(reads)
    assert round(e.estimate, 3) == 0.430
    assert e.estimate == pytest.approx(golden(shared, "irr_fleiss/diagnoses")["value"], rel=1e-8)
    assert rs.unanimous_agreement(reads).count == 5
    # Of complete reads alpha is Fleiss's kappa less its small-sample bias (Krippendorff 2011), with 180 reads here.
    assert rs.krippendorff_alpha(reads).estimate == pytest.approx(1 - (1 - e.estimate) * 179 / 180, rel=1e-12)


def test_krippendorff_four_raters_with_missing_reads(shared):
    """Krippendorff 2011 prints .743 (nominal) and .849 (interval)."""
    reads = ratings(shared, "krippendorff_4raters")
    assert pd.isna(reads).sum() == 7
    assert round(rs.krippendorff_alpha(reads).estimate, 3) == 0.743
    assert round(rs.krippendorff_alpha(reads, metric="interval").estimate, 3) == 0.849
    ordinal = rs.krippendorff_alpha(reads, metric="ordinal")
    assert ordinal.estimate == pytest.approx(golden(shared, "irr_kripp_ordinal/raw4raters")["alpha"], rel=1e-8)


def test_anxiety_ordinal_ratings(shared):
    reads = ratings(shared, "irr_anxiety", "rating")
    single = golden(shared, "irr_icc/twoway_consistency_single/anxiety")
    e = rs.icc(reads, model="icc3")
    assert (e.estimate, e.conf_low, e.conf_high) == pytest.approx(
        (single["icc"], single["lower"], single["upper"]), rel=1e-8
    )
    assert rs.light_kappa(reads).estimate == pytest.approx(golden(shared, "irr_light/anxiety")["value"], rel=1e-8)
    pair = rs.kappa(reads[0], reads[1], weights="quadratic")
    theirs = golden(shared, "irr_kappa2_squared/anxiety_r1_r2")
    assert (pair.estimate, pair.statistic) == pytest.approx((theirs["kappa"], theirs["z"]), rel=1e-8)
