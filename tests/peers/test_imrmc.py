"""One-shot analyses against R's iMRMC."""

import functools
import math

import goldens
import numpy as np
import pandas as pd

from readerstudy.stats.mrmc import mrmc
from readerstudy.stats.mrmc.records import p_value, quantile

METHODS = {"Ustat": "u-statistic", "MLEstat": "v-statistic"}
NO_MODALITY = "NO_MOD"


@functools.cache
def reads_of(name):
    """Truth, scores (modality, reader, case) and names as iMRMC was given them."""
    frame = pd.read_csv(goldens.GOLDENS / name)
    if "modalityID" in frame:
        of_truth = frame.modalityID == "truth"
        truth = frame[of_truth].set_index("caseID").score
        frame = frame[~of_truth].rename(
            columns={"modalityID": "treatment", "readerID": "reader", "caseID": "case", "score": "rating"}
        )
    else:
        truth = frame.groupby("case").truth.first()
        frame = frame.rename(columns={"test": "treatment"})
        frame = frame.assign(treatment="m" + frame.treatment.astype(str), reader="r" + frame.reader.astype(str))
    wide = frame.pivot_table(index=["treatment", "reader"], columns="case", values="rating")
    modalities, readers = (list(level) for level in wide.index.levels)
    wide = wide.reindex(pd.MultiIndex.from_product([modalities, readers]))
    scores = wide.to_numpy().reshape(len(modalities), len(readers), -1)
    return truth.loc[wide.columns].to_numpy() > 0, scores, modalities, readers


@functools.cache
def analysed(case_id, method):
    case = goldens.every_case()[case_id]
    truth, scores, modalities, readers = reads_of(case.data)
    if case.id.endswith("binary3"):
        scores = np.where(np.isnan(scores), np.nan, scores >= 3)
    return mrmc(truth, scores, method=method, modalities=modalities, readers=readers), truth, scores


def pick(found, measure, modality, versus=None, reader=None):
    named = [e for e in found if (e.measure, e.modality, e.versus, e.reader) == (measure, modality, versus, reader)]
    assert len(named) == 1
    return named[0]


def covariance(found, modality, versus=None):
    """From the moments, as it is where it is negative and there is no standard error."""
    own = {e.measure: e.estimate for e in found if (e.modality, e.versus) == (modality, versus)}
    return sum(own[f"bdg_m{k}_weight"] * own[f"bdg_m{k}"] for k in range(1, 9))


def reads(scores, truth, modalities):
    """Cases of a class and readers who read in some of the modalities."""
    there = ~np.isnan(scores[modalities])
    some = there.any(axis=(0, 1))
    return int(there.any(axis=(0, 2)).sum()), int((some & ~truth).sum()), int((some & truth).sum())


def numbers_of_test(value, error, null, df):
    """P and limits of a test at 5 %, with theirs in the place of our cut at the ends of the range."""
    half = quantile(0.025, df) * error
    p = p_value((value - null) / error, df, "two-sided")
    return [p, value - half, value + half, float(p <= 0.05)]


def whole(df):
    return math.inf if df > 50 else math.floor(df)


@goldens.each("doIMRMC")
def test_means_and_differences(case):
    with goldens.against(case) as same:
        for name, method in METHODS.items():
            found, truth, scores = analysed(case.id, method)
            theirs = pd.DataFrame(case.result[name])
            names = list(dict.fromkeys(theirs.modalityA))
            for k, row in theirs.iterrows():
                alone = row.modalityB == NO_MODALITY
                used = [names.index(m) for m in (row.modalityA, row.modalityB) if m != NO_MODALITY]
                first = pick(found, "auc", row.modalityA)
                assert row.UstatOrMLE == {"Ustat": "Ustat", "MLEstat": "MLE"}[name]
                same(f"{name} {k} n", reads(scores, truth, used), [row.NR, row.N0, row.N1])
                same(f"{name} {k} A", [first.estimate, first.std_error**2], [row.AUCA, row.varAUCA])
                e, null = first, 0.5
                if alone:
                    same(
                        f"{name} {k} B",
                        [math.nan] * 4,
                        [row.AUCB, row.varAUCB, row.AUCAminusAUCB, row.varAUCAminusAUCB],
                    )
                else:
                    second = pick(found, "auc", row.modalityB)
                    e, null = pick(found, "auc_difference", row.modalityA, row.modalityB), 0.0
                    same(f"{name} {k} B", [second.estimate, second.std_error**2], [row.AUCB, row.varAUCB])
                    same(f"{name} {k} difference", e.estimate, row.AUCAminusAUCB)
                    own = [covariance(found, row.modalityA), covariance(found, row.modalityB)]
                    both = covariance(found, row.modalityA, row.modalityB)
                    same(f"{name} {k} variance", sum(own) - 2 * both, row.varAUCAminusAUCB)
                    if row.varAUCAminusAUCB > 0:
                        same(f"{name} {k} error", e.std_error**2, row.varAUCAminusAUCB)
                normal = [row.pValueNormal, row.botCInormal, row.topCInormal, row.rejectNormal]
                student = [row.pValueBDG, row.botCIBDG, row.topCIBDG, row.rejectBDG]
                same(f"{name} {k} df", e.df, row.dfBDG)
                if math.isnan(e.df):
                    same(f"{name} {k} tests", [e.p_value, e.conf_low, e.conf_high], [math.nan] * 3)
                    assert np.isnan([*normal, *student]).all()
                    continue
                # 1 - (1 - P) there: nothing is left below 1e-16.
                of_normal = numbers_of_test(e.estimate, e.std_error, null, math.inf)
                same(f"{name} {k} normal", of_normal, normal, absolute=5e-16)
                of_student = numbers_of_test(e.estimate, e.std_error, null, whole(e.df))
                same(f"{name} {k} student", of_student, student, absolute=5e-16)
                same(f"{name} {k} limits", [e.conf_low, e.conf_high], np.clip(student[1:3], 0 if alone else -1, 1))
                if not alone:
                    same(f"{name} {k} P", e.p_value, row.pValueBDG)


@goldens.each("doIMRMC")
def test_readers(case):
    found, truth, scores = analysed(case.id, "u-statistic")
    theirs = pd.DataFrame(case.result["perReader"])
    names, readers = list(dict.fromkeys(theirs.modalityA)), list(dict.fromkeys(theirs.readerID))
    with goldens.against(case) as same:
        for k, row in theirs.iterrows():
            j, i = readers.index(row.readerID), names.index(row.modalityA)
            first = pick(found, "auc", row.modalityA, reader=row.readerID)
            there = ~np.isnan(scores[i, j])
            if row.modalityB != NO_MODALITY:
                there &= ~np.isnan(scores[names.index(row.modalityB), j])
                second = pick(found, "auc", row.modalityB, reader=row.readerID)
                e = pick(found, "auc_difference", row.modalityA, row.modalityB, row.readerID)
                same(f"perReader {k} B", [second.estimate, second.std_error**2], [row.AUCB, row.varAUCB])
                same(f"perReader {k}", [e.estimate, e.std_error**2], [row.AUCAminusAUCB, row.varAUCAminusAUCB])
            else:
                alone = [row.AUCB, row.varAUCB, row.AUCAminusAUCB, row.varAUCAminusAUCB]
                same(f"perReader {k} B", [math.nan] * 4, alone)
            same(f"perReader {k} n", [(there & ~truth).sum(), (there & truth).sum()], [row.N0, row.N1])
            same(f"perReader {k} A", [first.estimate, first.std_error**2], [row.AUCA, row.varAUCA])


@goldens.each("doIMRMC", where=lambda case: "varDecomp_BDG" in (case.result or {}))
def test_moments_and_components(case):
    parts = {"BDG": ("bdg_", case.result["varDecomp_BDG"]["BDG"]), "BCK": ("bck_", case.result["varDecomp_BCK"]["BCK"])}
    with goldens.against(case) as same:
        for name, method in (("Ustat", "u-statistic"), ("MLE", "v-statistic")):
            found, _, _ = analysed(case.id, method)
            for prefix, theirs in parts.values():
                for kind, suffix in (("comp", ""), ("coeff", "_weight")):
                    for k, row in pd.DataFrame(theirs[name][kind]).iterrows():
                        first, second, *values = row
                        columns = list(row.index[2:])
                        ours = [
                            pick(
                                found, f"{prefix}{letters.lower()}{suffix}", first, None if first == second else second
                            )
                            for letters in columns
                        ]
                        same(f"{name} {prefix}{kind} {k}", [e.estimate for e in ours], values)
