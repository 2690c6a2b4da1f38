"""Free-response reads against R's RJafroc, and on the study that its data set 4 is (Zanca 2009)."""

import functools

import goldens
import numpy as np
import pandas as pd
import pytest
from test_rjafroc import compare_rjafroc

from readerstudy.marks import Marks
from readerstudy.stats.froc import froc, froc_curve, froc_model_versus_readers

RANDOM = {"RRRC": ("readers", "cases"), "FRRC": "cases", "RRFC": "readers"}


@functools.cache
def dataset04():
    """Cases, marks and lesions as RJafroc's numbers were made from."""
    folder = goldens.GOLDENS / "data"
    cases = pd.read_csv(folder / "rjafroc_dataset04_froc_cases.csv").rename(columns={"case": "case_id"})
    marks = pd.read_csv(folder / "rjafroc_dataset04_froc_marks.csv")
    marks = marks.rename(columns={"case": "case_id", "reader": "reader_id", "rating": "score"})
    marks["lesion_id"] = marks.lesion.where(marks.mark == "LL")
    listed = [(case, k + 1) for case, n in zip(cases.case_id, cases.n_lesions, strict=True) for k in range(n)]
    return cases, marks, pd.DataFrame(listed, columns=["case_id", "lesion_id"])


@goldens.each("StSignificanceTesting_FROC")
def test_figures_of_merit(case):
    figure = case.id.split("/")[1]
    found = {name: froc(*dataset04(), measure=figure, random=random) for name, random in RANDOM.items()}
    with goldens.against(case) as same:
        compare_rjafroc(found, case.result, same)
        anova = case.result["ANOVA"]
        by_name = {e.measure: e.estimate for e in found["RRRC"]}
        ours = [by_name[n] for n in ("var_reader", "var_modality_reader", "cov1", "cov2", "cov3", "var_error")]
        same("components", ours, anova["VarCom"]["Estimates"], 1e-8, 1e-14)
        of_readers = [e for e in found["RRRC"] if e.reader and e.versus is None]
        variances = pd.Series([e.std_error**2 for e in of_readers], index=[e.modality for e in of_readers])
        same("variances", variances.groupby(level=0).mean(), anova["IndividualTrt"]["varEachTrt"], 1e-8)


@goldens.each("CadVsRad_LROC")
def test_model_against_readers(case):
    """One mark a case, on the lesion where there is one, and each of these areas is the ROC curve's."""
    frame = pd.read_csv(goldens.GOLDENS / "data" / "rjafroc_dataset09_cad.csv", dtype={"reader": str})
    frame = frame.rename(columns={"case": "case_id", "reader": "reader_id", "rating": "score"})
    frame["lesion_id"] = np.where(frame.truth == 1, "1", None)
    cases = frame[["case_id", "truth"]].drop_duplicates("case_id")
    lesions = cases[cases.truth == 1].assign(lesion_id="1")
    random = RANDOM["RRFC" if "RRFC" in case.id else "RRRC"]
    theirs = case.result
    for figure in ("HrAuc", "wAFROC", "AFROC", "ALROC"):
        found = froc_model_versus_readers(cases, frame, lesions, model="0", measure=figure, random=random)
        d = next(e for e in found if e.versus == "all readers")
        model, *readers = (e.estimate for e in found if e.reader is not None and e.versus is None)
        each = theirs["fomRAD"].values() if isinstance(theirs["fomRAD"], dict) else theirs["fomRAD"]
        assert [model, *readers] == pytest.approx([theirs["fomCAD"], *each], rel=1e-8)
        assert d.estimate == pytest.approx(-theirs["avgDiffFom"], rel=1e-8)
        # RJafroc's sign is readers - model.
        ours = [-d.estimate, d.std_error, d.df, -d.statistic, d.p_value, -d.conf_high, -d.conf_low]
        if "2T" in case.id:
            wanted = list(theirs["ciDiffFom"].values())
        else:
            ours = [ours[k] for k in (3, 2, 4, 5, 6)]
            test = [theirs[name] for name in ("Tstat", "df", "pval")]
            test = [next(iter(value.values())) if isinstance(value, dict) else value for value in test]
            wanted = [*test, *theirs["CIAvgDiffFom"]]
        assert ours == pytest.approx(wanted, rel=1e-8)


@pytest.mark.peers
def test_zanca_2009(shared, tmp_path):
    """The marks of five ways of processing mammograms, through the files and every figure of merit."""
    folder = shared / "data" / "federica_froc"
    cases = pd.read_csv(folder / "cases.csv")
    marks = pd.read_csv(folder / "marks.csv").rename(columns={"rating": "score"})
    marks["lesion_id"] = marks.slot.where(marks.mark_type == "LL").astype("Int64")
    listed = [(case, k + 1) for case, n in zip(cases.case_id, cases.n_lesions, strict=True) for k in range(n)]
    lesions = pd.DataFrame(listed, columns=["case_id", "lesion_id"])
    reads = pd.read_csv(folder / "reads.csv")
    paths = {}
    for name, frame in (("cases", cases), ("marks", marks), ("lesions", lesions), ("reads", reads)):
        paths[name] = tmp_path / f"{name}.csv"
        frame.to_csv(paths[name], index=False)
    data = Marks.read(**paths)
    assert not data.warnings
    assert [entry["rows"] for entry in data.inputs] == [200, len(marks), 142, 4000]
    tables = (data.cases, data.marks, data.lesions)
    found = froc(*tables, reads=data.reads)
    everything = next(e for e in found if e.df_num == e.df_num)
    ours = (everything.statistic, everything.df, everything.p_value)
    assert ours == pytest.approx((7.80029966712504, 36.7933427334849, 0.000117105004418416), rel=1e-9)
    # The inferred ratings that stand beside the marks give the same AUCs.
    truth = cases.set_index("case_id").truth
    inferred = froc(*tables, reads=data.reads, measure="HrAuc")
    for e in inferred:
        if e.reader and e.versus is None:
            of = reads[(reads.reader_id == e.reader) & (reads.modality == e.modality)]
            high, low = (of[of.case_id.map(truth) == k].rating.to_numpy() for k in (1, 0))
            won = (high[:, None] > low).mean() + (high[:, None] == low).mean() / 2
            assert e.estimate == pytest.approx(won, rel=1e-12)
    # Five levels: as many points, and the two ends.
    assert set(froc_curve(*tables, reads=data.reads).groupby(["reader", "modality"]).size()) <= set(range(4, 8))
    assert (
        Marks.read(paths["cases"], paths["marks"], paths["lesions"]).warnings[0].startswith("no file lists the reads")
    )
