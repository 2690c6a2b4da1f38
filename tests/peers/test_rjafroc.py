"""Analyses of two modalities, and of a model against readers, against R's RJafroc."""

import math

import goldens
import numpy as np
import pandas as pd
from mrmc_tables import RANDOM, reads_of, select

from readerstudy.stats.mrmc import model_versus_readers, mrmc


def wide(name, modality="modality"):
    frame = pd.read_csv(goldens.GOLDENS / "data" / name)
    return reads_of(frame.rename(columns={modality: "treatment"}))


def compare_rjafroc(found, theirs, same):
    """Every part of RJafroc's three analyses of one study; `found` has ours by the name of the analysis."""
    measured = select(found["RRRC"], reader=True, versus=False)
    foms = np.array([theirs["FOMs"]["foms"][name] for name in theirs["FOMs"]["foms"]])
    same("foms", [e.estimate for e in measured], foms.T.ravel())
    names = {"Estimate": "estimate", "StdErr": "std_error", "DF": "df", "CILower": "conf_low", "CIUpper": "conf_high"}
    tests = {**names, "t": "statistic", "z": "statistic", "PrGTt": "p_value", "PrGTz": "p_value"}
    for analysis, ours in found.items():
        block = theirs[analysis]
        parts = {
            "ciDiffTrt": select(ours, reader=False, versus=True),
            "ciAvgRdrEachTrt": select(ours, reader=False, versus=False),
            "ciDiffTrtEachRdr": select(ours, reader=True, versus=True),
        }
        for part, records in parts.items():
            for column, values in block.get(part, {}).items():
                of = tests if "Diff" in part else names
                # Of a normal interval RJafroc prints the cases less one beside it.
                normal = column == "DF" and all(math.isnan(e.df) for e in records)
                if column in of and not normal:
                    same(
                        f"{analysis} {part} {column}", [getattr(e, of[column]) for e in records], np.atleast_1d(values)
                    )
        everything = next(e for e in ours if e.df_num == e.df_num)
        ratio = next(block["FTests"][name][0] for name in ("F", "FStat", "Chisq") if name in block["FTests"])
        same(f"{analysis} F", everything.statistic, ratio)
        same(f"{analysis} p", everything.p_value, block["FTests"]["p"][0])


@goldens.each("StSignificanceTesting")
def test_rjafroc(case):
    name = "rjafroc_dataset02.csv" if "dataset02" in case.id else "franken.csv"
    truth, scores, *_ = wide(name, "modality" if "dataset02" in case.id else "treatment")
    options = {"method": "dbm" if "/DBM/" in case.id else "or"}
    options["covariance"] = "delong" if "DeLong" in case.id else "jackknife"
    found = {name: mrmc(truth, scores, random=RANDOM[name], **options) for name in RANDOM}
    with goldens.against(case) as same:
        compare_rjafroc(found, case.result, same)
        components = [e.estimate for e in found["RRRC"] if e.measure.startswith(("var", "cov"))]
        if options["method"] == "or":
            components = np.array(components)[[0, 1, 3, 4, 5, 2]]
        else:
            components = np.array(components)[[0, 2, 1, 3, 4, 5]]
        same("components", components, case.result["ANOVA"]["VarCom"]["Estimates"], 1e-8, 1e-13)


@goldens.each("UtilORVarComponentsFactorial")
def test_rjafroc_components(case):
    truth, scores, *_ = wide("rjafroc_dataset02.csv")
    by_name = {e.measure: e.estimate for e in mrmc(truth, scores)}
    with goldens.against(case) as same:
        ours = [by_name[name] for name in ("var_reader", "var_modality_reader", "cov1", "cov2", "cov3", "var_error")]
        same("components", ours, case.result["VarCom"]["Estimates"])


@goldens.each("CadVsRad", "CadVsRad_LROC")
def test_model_against_readers(case):
    """The LROC data, with the Wilcoxon figure of merit, are the ROC data; RJafroc's sign is readers - model."""
    truth, scores, *_ = wide_panel()
    method = case.id.split("/")[1]
    random = "readers" if method == "1T-RRFC" else ("readers", "cases")
    found = model_versus_readers(truth, scores[0], scores[1:], random=random)
    d = next(e for e in found if e.versus == "all readers")
    panel = next(e for e in found if e.reader_group == "all readers")
    model, *readers = (e for e in found if e.measure == "auc" and e.reader is not None)
    theirs = case.result
    each = theirs["fomRAD"].values() if isinstance(theirs["fomRAD"], dict) else theirs["fomRAD"]
    with goldens.against(case) as same:
        same("fomCAD", model.estimate, theirs["fomCAD"])
        same("fomRAD", [e.estimate for e in readers], list(each))
        same("avgRadFom", panel.estimate, theirs["avgRadFom"])
        if method == "2T-RRRC":
            ci = theirs["ciDiffFom"]
            ours = [-d.estimate, d.std_error, d.df, -d.statistic, d.p_value, -d.conf_high, -d.conf_low]
            same("ciDiffFom", ours, list(ci.values()))
            means = theirs["ciAvgRdrEachTrt"]
            for k, e in enumerate((model, panel)):
                ours = [e.estimate, e.std_error, e.conf_low, e.conf_high]
                same(f"mean {k}", ours, [means[name][k] for name in ("Estimate", "StdErr", "CILower", "CIUpper")])
            same("df of the readers' mean", panel.df, means["DF"][1])
            same("varDiffFom", np.var([model.estimate - e.estimate for e in readers], ddof=1), theirs["varDiffFom"])
        else:
            numbers = [next(iter(theirs[name].values())) if isinstance(theirs[name], dict) else theirs[name]
                       for name in ("Tstat", "df", "pval")]  # fmt: skip
            same("test", [-d.statistic, d.df, d.p_value], numbers)
            same("CIAvgDiffFom", [-d.conf_high, -d.conf_low], theirs["CIAvgDiffFom"])
            by_name = {e.measure: e.estimate for e in found}
            if "cov2" in theirs:
                same("varError", by_name["var_error"], theirs["varError"])
                same("cov2", by_name["cov2"], theirs["cov2"])


def wide_panel():
    frame = pd.read_csv(goldens.GOLDENS / "data" / "rjafroc_dataset09_cad.csv")
    table = frame.pivot_table(index="reader", columns="case", values="rating")
    return frame.groupby("case").truth.first().loc[table.columns], table.to_numpy(), table.index
