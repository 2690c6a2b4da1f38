"""Multi-reader multi-case analyses against R's MRMCaov, clustered areas, and published studies."""

import math

import goldens
import numpy as np
import pandas as pd
import pytest
from mrmc_tables import RANDOM, frame_of, reads_of, select

from readerstudy.stats.binormal import binormal
from readerstudy.stats.mrmc import measure as measures
from readerstudy.stats.mrmc import mrmc
from readerstudy.stats.roc_curve import curve

COMPONENTS = {
    "reader": "var_reader",
    "treatment:reader": "var_modality_reader",
    "test:reader": "var_modality_reader",
    "Error": "var_error",
    "Cov1": "cov1",
    "Cov2": "cov2",
    "Cov3": "cov3",
}


def expected_utility(truth, score):
    """The greatest sensitivity - (1 - specificity) over the thresholds, with slope 1."""
    if truth.all() or not truth.any():
        return math.nan
    return max([0.0] + [(score[truth] >= t).mean() - (score[~truth] >= t).mean() for t in np.unique(score)])


def binormal_area(truth, score):
    if truth.all() or not truth.any():
        return math.nan
    return binormal(truth, score)[0].estimate


def farthest(x, y):
    """Each x once, with the greatest y there: MRMCaov's curve, which cuts the corner to the next edge's far end."""
    values, at = np.unique(x, return_inverse=True)
    greatest = np.full(len(values), -np.inf)
    np.maximum.at(greatest, at, y)
    return values, greatest


def their_area(x, y, low, high):
    """The curve between the ends of the part, and at the ends the line to the far end of the next edge."""
    inside = (x > low) & (x < high)
    ends = np.interp([low, high], *farthest(x, y))
    return np.trapezoid(np.r_[ends[0], y[inside], ends[1]], np.r_[low, x[inside], high])


def by_their_curve(metric, options):
    """The metric with the points that MRMCaov joins."""

    def value(truth, score):
        if truth.all() or not truth.any():
            return math.nan
        points = curve(truth, score)
        false, true = 1 - points.specificity, points.sensitivity
        if metric == "empirical_sens":
            return np.interp(1 - float(options["spec"]), *farthest(false, true))
        if metric == "empirical_spec":
            return 1 - np.interp(float(options["sens"]), *farthest(true, false))
        low, high = float(options["min"]), float(options["max"])
        if options["partial"] == "'specificity'":
            return their_area(false, true, 1 - high, 1 - low)
        return high - low - their_area(true, false, low, high)

    return measures.of(value, low=0.0, high=1.0)


def read_metric(metric):
    """Name and options of a metric of MRMCaov, written as its R call."""
    name, _, rest = metric.partition("(")
    return name, dict(part.split(" = ") for part in rest.rstrip(")").split(", ")[2:])


def measure_of(name, options):
    """Our measure for a metric of MRMCaov."""
    if "partial" in options:
        part = {options["partial"].strip("'"): (float(options["min"]), float(options["max"]))}
        return measures.partial_auc(**part)
    found = {
        "empirical_auc": lambda: "auc",
        "binary_sens": lambda: "sensitivity",
        "binary_spec": lambda: "specificity",
        "empirical_sens": lambda: measures.sensitivity_at(specificity=float(options["spec"])),
        "empirical_spec": lambda: measures.specificity_at(sensitivity=float(options["sens"])),
        "empirical_eu": lambda: measures.of(expected_utility, low=0.0, high=1.0),
        "binormal_auc": lambda: measures.of(binormal_area, low=0.0, high=1.0),
    }
    return found[name]()


def analysed(case, **options):
    frame = frame_of(case.data)
    if "filter" in case.args:
        frame = frame[goldens.rows(frame, case.args["filter"])]
    if case.args.get("derived"):
        _, _, rule = case.args["derived"].partition(" = ")
        calls = frame[rule] if rule in frame else frame.rating >= float(rule.split(">=")[1])
        frame = frame.assign(rating=calls.astype(float))
    column = case.args.get("case") or "case"
    truth, scores, modalities, readers = reads_of(frame, column)
    if column != "case":
        # Cases such as 1.1 and 1.10 were read as one number: what their jackknife left out were such pairs.
        options["patients"] = truth.index.astype(float)
    return mrmc(truth, scores, modalities=modalities, readers=readers, **options)


def compare(case, found, same, scale=1.0, rel=1e-8):
    theirs = case.result
    tables = {
        "test_diffs": select(found, reader=False, versus=True),
        "test_means": select(found, reader=False, versus=False),
        "reader_test_diffs": select(found, reader=True, versus=True),
        "reader_means": select(found, reader=True, versus=False),
    }
    one_reader = case.family == "srmc"
    if one_reader:
        tables["test_diffs"] = tables["reader_test_diffs"]
    names = {"df": "df", "t": "statistic", "z": "statistic", "p-value": "p_value"}
    for part, ours in tables.items():
        block = theirs[part]
        if block is None:
            continue
        if part == "reader_test_diffs":  # theirs go reader by reader within a comparison, or the other way round
            order = {
                (str(r), c.replace(" ", "")): k
                for k, (r, c) in enumerate(zip(block["Reader"], block["Comparison"], strict=True))
            }
            place = [order[e.reader, f"{e.modality}-{e.versus}"] for e in ours]
        else:
            place = list(range(len(ours)))
        # Where nothing varies theirs has no width and no P, ours another interval, or P = 1.
        made = np.array([e.std_error > 0 for e in ours])
        for column in ("Estimate", "StdErr", *names):
            if column not in block:
                continue
            values = np.atleast_1d(np.array(block[column], dtype=float))[place]
            compared = made if column == "p-value" else np.ones(len(ours), dtype=bool)
            factor = scale if column in ("Estimate", "StdErr") else 1.0
            mine = np.array(
                [
                    getattr(e, {"Estimate": "estimate", "StdErr": "std_error"}.get(column, names.get(column)))
                    for e in ours
                ]
            )
            same(f"{part} {column}", (mine * factor)[compared], values[compared], rel, 1e-12)
        limits = np.array(block["CI"]["matrix"], dtype=float)[place]
        mine = np.array([[e.conf_low, e.conf_high] for e in ours]) * scale
        same(f"{part} CI", mine[made], limits[made], rel, 1e-12)
    everything = [e for e in found if e.df_num == e.df_num]
    if theirs["test_equality"] is not None:
        block, e = theirs["test_equality"], everything[0]
        same("test_equality statistic", e.statistic, block.get("F", block.get("X2")), rel)
        same("test_equality df_num", e.df_num, block.get("df1", block.get("df")), rel)
        if "df2" in block:
            same("test_equality df", e.df, block["df2"], rel)
        same("test_equality p-value", e.p_value, block["p-value"], rel)
    if theirs["vcov_comps"] is not None:
        by_name = {e.measure: e.estimate for e in found}
        for name, value in zip(theirs["vcov_comps"]["component"], theirs["vcov_comps"]["Estimate"], strict=True):
            if not (one_reader and name in ("Cov2", "Cov3")):
                same(name, by_name[COMPONENTS[name]] * scale**2, value, rel, 1e-14)


def options_of(case):
    random = {"random": RANDOM[case.args["factors"]], "pooled": True}
    return random if case.args["factors"] == "RRFC" else {**random, "covariance": case.args["cov"].lower()}


@goldens.each("mrmc", where=lambda case: case.error is None)
def test_mrmcaov(case):
    name, options = read_metric(case.args["metric"])
    scale = 1 / (float(options["max"]) - float(options["min"])) if "normalize" in options else 1.0
    found = analysed(case, measure=measure_of(name, options), **options_of(case))
    with goldens.against(case) as same:
        compare(case, found, same, scale, 1e-6 if name == "binormal_auc" else 1e-8)


@goldens.each("mrmc", where=lambda case: any(word in case.id for word in ("pauc", "at_s")))
def test_mrmcaov_with_its_own_curve(case):
    """With the points that it joins, their partial areas and operating points are ours: only the curve differs."""
    name, options = read_metric(case.args["metric"])
    scale = 1 / (float(options["max"]) - float(options["min"])) if "normalize" in options else 1.0
    found = analysed(case, measure=by_their_curve(name, options), **options_of(case))
    problems = []

    def same(part, ours, theirs, rel, absolute=1e-12):
        recycled = part.startswith("reader_test_diffs") and "synth" in case.id
        cut = part.endswith("CI") and scale != 1
        if not recycled and not cut and not goldens.close(ours, theirs, rel, absolute):
            problems.append(f"{part}: ours {ours}, theirs {theirs}")

    compare(case, found, same, scale)
    assert not problems, "\n".join(problems)


@goldens.each("mrmc", where=lambda case: case.error is not None)
def test_what_mrmcaov_refuses(case):
    """DeLong's covariance where modalities have other cases: those have none in common, and nothing is in the way."""
    found = analysed(case, **options_of(case))
    jackknife = analysed(case, **{**options_of(case), "covariance": "jackknife"})
    for one, other in zip(found, jackknife, strict=True):
        assert one.estimate == pytest.approx(other.estimate, rel=0.1, nan_ok=True)
        assert one.std_error == pytest.approx(other.std_error, rel=0.05, nan_ok=True)


@goldens.each("srmc")
def test_one_reader(case):
    covariance = case.id.rpartition("/")[2].lower()
    with goldens.against(case) as same:
        compare(case, analysed(case, random="cases", covariance=covariance), same)


@goldens.each("cluster_auc_obuchowski")
def test_lesions_of_one_patient(case):
    """Obuchowski's covariance of two clustered areas is DeLong's of the analysis with patients."""
    frame = pd.read_csv(goldens.GOLDENS / "data" / "synth_clustered.csv")
    scores = frame[["score1", "score2"]].to_numpy().T[:, None]
    patients = np.arange(len(frame)) if "singletons" in case.id else frame.patient
    found = mrmc(frame.truth, scores, covariance="delong", random="cases", patients=patients)
    covariance = np.array(case.result["cov"]["matrix"])
    with goldens.against(case) as same:
        each = select(found, reader=True, versus=False)
        same("auc", [e.estimate for e in each], case.result["auc"])
        same("variances", [e.std_error**2 for e in each], np.diag(covariance))
        d = select(found, reader=False, versus=True)[0]
        same("variance of the difference", d.std_error**2, covariance.trace() - 2 * covariance[0, 1])
        same("patients", d.n_patients, case.result["n_clusters"])


@goldens.each("stmc")
def test_one_reader_in_one_modality(case):
    frame = frame_of(case.data)
    frame = frame[goldens.rows(frame, case.args["filter"])]
    truth, scores, *_ = reads_of(frame)
    binary = "derived" in case.args
    with goldens.against(case) as same:
        for name in ("jackknife",) if binary else ("jackknife", "DeLong"):
            theirs = case.result if binary else case.result[name]
            measure = measures.sensitivity(threshold=3) if binary else "auc"
            e, *_ = mrmc(truth, scores, measure=measure, covariance=name.lower(), random="cases")
            same(f"{name} est", e.estimate, theirs["est"])
            same(f"{name} se", e.std_error, theirs["se"])
            if not binary:
                same(f"{name} ci", [e.conf_low, e.conf_high], theirs["ci95_wald_truncated"])


@pytest.mark.peers
def test_real_studies(shared):
    """Four published studies: the design that is found, and numbers printed for Van Dyke's by several programs."""
    expected = {"vandyke": "fully crossed", "franken": "fully crossed", "ruschin": "fully crossed"}
    expected["kundel"] = "cases partly shared by the modalities"
    for name, words in expected.items():
        folder = shared / "data" / name
        reads, cases = (pd.read_csv(folder / f"{part}.csv") for part in ("reads", "cases"))
        frame = reads.merge(cases, on="case_id")
        wide = frame.pivot_table(index=["modality", "reader_id"], columns="case_id", values="rating")
        shape = (frame.modality.nunique(), frame.reader_id.nunique(), -1)
        truth = frame.groupby("case_id").truth.first().loc[wide.columns]
        for covariance in ("jackknife", "delong", "unbiased"):
            found = mrmc(truth, wide.to_numpy().reshape(shape), covariance=covariance)
            everything = next(e for e in found if e.df_num == e.df_num)
            assert f"design: {words}" in everything.note
            if name == "vandyke" and covariance != "unbiased":
                f, df, p = {
                    "delong": (4.48485432182, 15.0661079388731, 0.05123303082),
                    "jackknife": (4.45631869316, 15.25967458914, 0.05166568582),
                }[covariance]
                assert (everything.statistic, everything.df, everything.p_value) == pytest.approx((f, df, p), rel=1e-9)
        if name == "kundel":  # hard and soft copy on the same patients, film on others
            differences = select(found, reader=False, versus=True)
            paired = next(e for e in differences if (e.modality, e.versus) == ("1", "3"))
            assert paired.std_error < 0.5 * min(e.std_error for e in differences if e is not paired)
