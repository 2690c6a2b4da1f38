"""Figures of merit of marks: against definitions written out mark by mark, the ROC curve where they coincide, laws."""

import itertools
import math
import re

import numpy as np
import pandas as pd
import pytest

from readerstudy.stats.froc import froc, froc_curve, froc_model_versus_readers
from readerstudy.stats.froc.marked import marked_of
from readerstudy.stats.froc.measure import question_of
from readerstudy.stats.mrmc import model_versus_readers, mrmc
from stats.mrmc_studies import pick

FIGURES = [
    *("wAFROC", "wAFROC1", "AFROC", "AFROC1", "FROC", "HrAuc", "HrSe", "HrSp"),
    *("MaxLLF", "MaxNLF", "MaxNLFAllCases", "ExpTrnsfmSp", "PCL", "ALROC"),
]
OF_CLASS = {"HrSe": True, "MaxLLF": True, "PCL": True, "HrSp": False, "MaxNLF": False, "ExpTrnsfmSp": False}
CURVE_OF = {"HrAuc": "ROC", "ALROC": "LROC"}


def study(rng, n=16, readers=("R1", "R2", "R3"), modalities=("A", "B"), levels=6):
    """Cases with none to three lesions of unequal weight; a lesion may be marked twice, a case have several marks."""
    n_lesions = [k % 4 if k % 2 else 0 for k in range(n)]
    lesions = []
    for case, count in enumerate(n_lesions):
        weight = rng.dirichlet(np.ones(count)) if count else []
        lesions += [(f"c{case}", f"L{k}", w) for k, w in enumerate(weight)]
    rows = []
    for reader, modality, (case, count) in itertools.product(readers, modalities, enumerate(n_lesions)):
        for k in range(count):
            rows += [
                (f"c{case}", reader, modality, f"L{k}", float(rng.integers(1, levels + 1)))
                for _ in range(rng.choice([0, 1, 2], p=[0.3, 0.6, 0.1]))
            ]
        rows += [(f"c{case}", reader, modality, None, float(rng.integers(0, levels))) for _ in range(rng.poisson(0.6))]
    marks = pd.DataFrame(rows, columns=["case_id", "reader_id", "modality", "lesion_id", "score"])
    cases = pd.DataFrame({"case_id": [f"c{k}" for k in range(n)]})
    return cases, marks, pd.DataFrame(lesions, columns=["case_id", "lesion_id", "weight"])


def psi(low, high):
    return float(high > low) + (high == low) / 2


def naive(figure, cases, marks, lesions, fpf=1.0):
    """One reader in one modality, by the definitions."""
    minus = -math.inf
    ids = list(cases.case_id)
    weights = {c: dict(zip(of.lesion_id, of.weight, strict=True)) for c, of in lesions.groupby("case_id")}
    diseased = [c for c in ids if c in weights]
    others = [c for c in ids if c not in weights]
    false = {c: [] for c in ids}
    found = {(c, name): minus for c in diseased for name in weights[c]}
    for row in marks.itertuples():
        if row.lesion_id is None or row.lesion_id != row.lesion_id:
            false[row.case_id].append(row.score)
        else:
            found[row.case_id, row.lesion_id] = max(found[row.case_id, row.lesion_id], row.score)
    fp = {c: max(false[c], default=minus) for c in ids}
    hit = {c: max(found[c, name] for name in weights[c]) for c in diseased}
    top = {c: max(fp[c], hit.get(c, minus)) for c in ids}
    each = [(weights[c][name], score) for (c, name), score in found.items()]
    of_x = ids if figure.endswith("1") else others
    try:
        if figure.startswith("wAFROC"):
            return sum(w * psi(fp[c], s) for c in of_x for w, s in each) / (len(of_x) * len(diseased))
        if figure.startswith("AFROC"):
            return sum(psi(fp[c], s) for c in of_x for _, s in each) / (len(of_x) * len(each))
        if figure == "FROC":
            return sum(psi(x, s) for c in ids for x in false[c] for _, s in each) / (len(ids) * len(each))
        if figure == "HrAuc":
            return sum(psi(top[a], top[b]) for a in others for b in diseased) / (len(others) * len(diseased))
        if figure == "HrSe":
            return sum(top[c] > minus for c in diseased) / len(diseased)
        if figure == "HrSp":
            return sum(top[c] == minus for c in others) / len(others)
        if figure == "MaxLLF":
            return sum(s > minus for _, s in each) / len(each)
        if figure in ("MaxNLF", "ExpTrnsfmSp"):
            share = sum(len(false[c]) for c in others) / len(others)
            return share if figure == "MaxNLF" else math.exp(-share)
        if figure == "MaxNLFAllCases":
            return sum(map(len, false.values())) / len(ids)
        right = {c: hit[c] > fp[c] for c in diseased}
        if figure == "PCL" and fpf == 1:
            return sum(right.values()) / len(diseased)
        x, y = [0.0], [0.0]
        for t in sorted(set(top.values()), reverse=True):
            x.append(sum(top[c] >= t for c in others) / len(others))
            y.append(sum(right[c] and top[c] >= t for c in diseased) / len(diseased))
        last = max(k for k in range(len(x)) if x[k] <= fpf)
        height = y[last]
        if last + 1 < len(x):
            height += (y[last + 1] - y[last]) * (fpf - x[last]) / (x[last + 1] - x[last])
        if figure == "PCL":
            return height
        return np.trapezoid([*y[: last + 1], height], [*x[: last + 1], fpf])
    except ZeroDivisionError:
        return math.nan


def of_reader(marks, reader, modality):
    return marks[(marks.reader_id == reader) & (marks.modality == modality)]


def left_out(figure, tables, reader, modality, units, **options):
    """The definition with each unit of cases deleted from the tables, one after the other."""
    cases, marks, lesions = tables
    values = []
    for unit in units:
        kept = [t[~t.case_id.isin(unit)] for t in (cases, of_reader(marks, reader, modality), lesions)]
        values.append(naive(figure, *kept, **options))
    return np.array(values)


@pytest.fixture(scope="module")
def tables():
    return study(np.random.default_rng(5))


@pytest.mark.parametrize("clustered", [False, True])
@pytest.mark.parametrize(("figure", "fpf"), [*((name, 1.0) for name in FIGURES), ("PCL", 0.2), ("ALROC", 0.3)])
def test_values_and_jackknife(tables, figure, fpf, clustered):
    """Values, standard errors and Cov1 as the definition gives them when cases, or patients, are deleted by hand."""
    cases, marks, lesions = tables
    diseased = cases.case_id.isin(lesions.case_id).to_numpy()
    # Patients of two cases of both classes, and one of four.
    patients = np.minimum(np.arange(len(cases)) // 2, 6) if clustered else np.arange(len(cases))
    options = {"fpf": fpf} if fpf != 1 else {}
    found = froc(*tables, measure=figure, patients=patients if clustered else None, **options)
    wanted = OF_CLASS.get(figure) if not options else None
    relevant = np.ones(len(cases), dtype=bool) if wanted is None else diseased == wanted
    units = [cases.case_id[(patients == p) & relevant] for p in np.unique(patients[relevant])]
    own = {e.modality: e for e in found if e.reader == "R2" and e.versus is None}
    rows = {}
    for modality, e in own.items():
        value = naive(figure, cases, of_reader(marks, "R2", modality), lesions, **options)
        assert e.estimate == pytest.approx(value, rel=1e-12)
        rows[modality] = left_out(figure, tables, "R2", modality, units, **options)
        n = len(units)
        assert e.std_error**2 == pytest.approx((n - 1) ** 2 / n * rows[modality].var(ddof=1), rel=1e-9)
    d = next(e for e in found if e.reader == "R2" and e.versus)
    assert d.estimate == pytest.approx(own["A"].estimate - own["B"].estimate, rel=1e-12, abs=1e-15)
    mean = {e.measure: e for e in found}["cov1"]
    pairs = []
    for reader in ("R1", "R2", "R3"):
        a, b = (left_out(figure, tables, reader, modality, units, **options) for modality in "AB")
        pairs.append((n - 1) ** 2 / n * np.cov(a, b)[0, 1])
    assert mean.estimate == pytest.approx(np.mean(pairs), rel=1e-8, abs=1e-15)


@pytest.mark.parametrize("figure", ["wAFROC", "AFROC1", "FROC", "MaxLLF", "ExpTrnsfmSp", "ALROC"])
def test_cases_drawn_several_times(tables, figure):
    """Weights of the bootstrap are as many copies of a case."""
    cases, marks, lesions = tables
    marked = marked_of(cases, marks, lesions, None)
    asked = question_of(figure, marked, 1.0)
    rng = np.random.default_rng(1)
    for _ in range(3):
        times = rng.integers(0, 3, len(cases))
        copies = [
            [
                t[t.case_id == case].assign(case_id=f"{case}-{k}")
                for case, n in zip(cases.case_id, times, strict=True)
                for k in range(n)
            ]
            for t in (cases, of_reader(marks, "R1", "B"), lesions)
        ]
        wanted = naive(figure, *(pd.concat(parts) for parts in copies))
        relevant = asked.measure.relevant(marked.diseased)
        row, weight = asked.scores[1, 0][relevant], times[None, relevant].astype(float)
        ours = asked.measure.resampled(marked.diseased[relevant], row, weight)
        assert ours == pytest.approx([wanted], rel=1e-12)


def test_bootstrap_is_near_the_jackknife():
    tables = study(np.random.default_rng(8), n=60)
    by = {name: froc(*tables, covariance=name, n_boot=2000) for name in ("jackknife", "bootstrap")}
    for one, other in zip(*by.values(), strict=True):
        assert one.estimate == pytest.approx(other.estimate, rel=0.3, abs=1e-3, nan_ok=True)
        if one.reader:
            assert one.std_error == pytest.approx(other.std_error, rel=0.15)
    assert {e.method for e in by["bootstrap"]} == {"or-bootstrap"}


@pytest.mark.parametrize("figure", ["wAFROC", "wAFROC1", "AFROC", "AFROC1", "FROC", "HrAuc", "ALROC"])
def test_area_under_the_curve(tables, figure):
    name = CURVE_OF.get(figure, figure)
    curves = froc_curve(*tables, curve=name)
    x, y = curves.columns[-2:]
    values = {(e.reader, e.modality): e.estimate for e in froc(*tables, measure=figure) if e.reader and not e.versus}
    for key, points in curves.groupby(["reader", "modality"]):
        assert np.trapezoid(points[y], points[x]) == pytest.approx(values[key], rel=1e-12)
        assert (np.diff(points[[x, y]], axis=0) >= 0).all()
        assert points[["threshold", x, y]].iloc[0].tolist() == [math.inf, 0, 0]
        assert (np.diff(points.threshold) < 0).all()
        if name not in ("FROC", "LROC"):
            assert points[[x, y]].iloc[-1].to_numpy() == pytest.approx([1, 1])
        elif name == "LROC":
            assert points[x].iloc[-1] == 1
    ends = froc_curve(*tables, curve="FROC").groupby(["reader", "modality"]).last()
    for figure, column in (("MaxLLF", "llf"), ("MaxNLFAllCases", "nlf")):
        for e in froc(*tables, measure=figure):
            if e.reader and not e.versus:
                assert ends.loc[(e.reader, e.modality), column] == pytest.approx(e.estimate, rel=1e-12)


def rated(rng, n=30, readers=3, modalities=2):
    """One mark a case, on the lesion of each diseased case: an ROC study."""
    truth = np.arange(n) % 2 == 0
    scores = rng.normal(size=(modalities, readers, n)) + truth
    rows = [
        (f"c{k}", f"R{j + 1}", str(i + 1), "1" if truth[k] else None, scores[i, j, k])
        for i, j, k in itertools.product(range(modalities), range(readers), range(n))
    ]
    marks = pd.DataFrame(rows, columns=["case_id", "reader_id", "modality", "lesion_id", "score"])
    cases = pd.DataFrame({"case_id": [f"c{k}" for k in range(n)]})
    return truth, scores, (cases, marks, cases[truth].assign(lesion_id="1"))


@pytest.mark.parametrize("figure", ["wAFROC", "AFROC", "HrAuc", "ALROC"])
def test_one_located_mark_a_case_is_an_roc_study(figure):
    """Every record is that of `mrmc`, and of `model_versus_readers`, on the scores."""
    truth, scores, tables = rated(np.random.default_rng(3))
    ours = froc(*tables, measure=figure, margin=0.1)
    for one, other in zip(ours, mrmc(truth, scores, readers=["R1", "R2", "R3"], margin=0.1), strict=True):
        assert (one.reader, one.modality, one.versus, one.verdict) == (
            other.reader, other.modality, other.versus, other.verdict,
        )  # fmt: skip
        for name in ("estimate", "std_error", "conf_low", "conf_high", "df", "statistic", "p_value"):
            assert getattr(one, name) == pytest.approx(getattr(other, name), rel=1e-9, abs=1e-12, nan_ok=True)
    ours = froc_model_versus_readers(*tables, model="R1", modality="2", measure=figure)
    theirs = model_versus_readers(truth, scores[1, 0], scores[1, 1:], readers=["R2", "R3"], model="R1")
    name = figure.lower() if figure != "HrAuc" else "hr_auc"
    assert {e.measure for e in ours} == {name, f"{name}_difference", "var_reader", "var_error", "cov2"}
    for one, other in zip(ours, theirs, strict=True):
        assert (one.reader, one.versus, one.reader_group) == (other.reader, other.versus, other.reader_group)
        for name in ("estimate", "std_error", "conf_low", "conf_high", "df", "statistic", "p_value"):
            assert getattr(one, name) == pytest.approx(getattr(other, name), rel=1e-9, abs=1e-12, nan_ok=True)


def test_order_of_rows_and_scale_of_scores_change_nothing(tables):
    cases, marks, lesions = tables
    shuffled = (cases, marks.sample(frac=1, random_state=4), lesions.sample(frac=1, random_state=4))
    stretched = (cases, marks.assign(score=np.exp(marks.score)), lesions)
    as_columns = tuple({name: frame[name].tolist() for name in frame} for frame in tables)
    for figure in FIGURES:
        first = {e.key: e for e in froc(*tables, measure=figure)}
        for other in (shuffled, stretched, as_columns):
            for e in froc(*other, measure=figure):
                if e.key in first:
                    for name in ("estimate", "conf_low", "conf_high", "p_value"):
                        mine = getattr(first[e.key], name)
                        assert getattr(e, name) == pytest.approx(mine, rel=1e-9, abs=1e-12, nan_ok=True)


def test_fewer_false_marks_are_better():
    tables = study(np.random.default_rng(2), n=80)
    cases, marks, lesions = tables
    dropped = marks[~((marks.modality == "A") & marks.lesion_id.isna())]
    d = pick(froc(cases, dropped, lesions, measure="MaxNLF", margin=0.2), modality="A", versus="B")
    assert d.estimate < 0
    assert d.verdict == "non-inferior"
    turned = pick(froc(cases, dropped, lesions, measure="FROC", margin=0.2), modality="A", versus="B")
    assert "grows with false marks" in turned.note
    with pytest.raises(ValueError, match="a lower value is better"):
        froc(*tables, measure="MaxNLF", margin=0.2, alternative="greater")


def test_who_read_what():
    """A reader without a mark is known by the reads, and a case that was not read counts for nothing."""
    cases, marks, lesions = study(np.random.default_rng(6), n=40)
    everyone = list(itertools.product(cases.case_id, ("R1", "R2", "R3", "silent"), "AB"))
    reads = pd.DataFrame(everyone, columns=["case_id", "reader_id", "modality"])
    silent = pick(froc(cases, marks, lesions, reads=reads), reader="silent", modality="A")
    assert silent.estimate == pytest.approx(0.5)
    assert pick(froc(cases, marks, lesions, reads=reads, measure="MaxLLF"), reader="silent", modality="A").estimate == 0
    block = {reader: k for k, reader in enumerate(("R1", "R2", "R3", "silent"))}
    split = reads[[block[r] % 2 == int(c[1:]) // 2 % 2 for r, c in zip(reads.reader_id, reads.case_id, strict=True)]]
    of_split = marks.merge(split, on=["case_id", "reader_id", "modality"])
    found = froc(cases, of_split, lesions, reads=split)
    mean = pick(found, modality="A")
    assert "split-plot" in mean.note
    own = cases[cases.case_id.isin(split[split.reader_id == "R1"].case_id)]
    value = naive("wAFROC", own, of_reader(of_split, "R1", "A"), lesions[lesions.case_id.isin(own.case_id)])
    assert pick(found, reader="R1", modality="A").estimate == pytest.approx(value)
    with pytest.raises(ValueError, match="reads has no such read"):
        froc(cases, marks, lesions, reads=split)


def test_lroc_of_a_small_study():
    """Six cases: localised at 5 and 3, not at 4 (the false mark is higher); others rated 2, none, 4."""
    lesions = {"case_id": ["a", "b", "c"], "lesion_id": [1, 1, 1]}
    marks = {
        "case_id": ["a", "a", "b", "c", "c", "d", "f"],
        "reader_id": ["R"] * 7,
        "lesion_id": [1, None, 1, 1, None, None, None],
        "score": [5, 1, 3, 2, 4, 2, 4],
    }
    tables = ({"case_id": list("abcdef")}, marks, lesions)
    points = froc_curve(*tables, curve="LROC")
    assert points.fpf.tolist() == pytest.approx([0, 0, 1 / 3, 1 / 3, 2 / 3, 1])
    assert points.pcl.tolist() == pytest.approx([0, 1 / 3, 1 / 3, 2 / 3, 2 / 3, 2 / 3])

    def value(**options):
        return froc(*tables, random="cases", **options)[0]

    assert value(measure="PCL").estimate == pytest.approx(2 / 3)
    assert (value(measure="PCL").count, value(measure="PCL").total) == (2, 3)
    assert value(measure="PCL", fpf=0.2).estimate == pytest.approx(1 / 3)
    assert value(measure="PCL", fpf=0.5).estimate == pytest.approx(2 / 3)
    assert value(measure="ALROC").estimate == pytest.approx(1 / 3 * 1 / 3 + 2 / 3 * 2 / 3)
    partial = value(measure="ALROC", fpf=0.5)
    assert partial.estimate == pytest.approx(1 / 3 * 1 / 3 + 1 / 6 * 2 / 3)
    assert partial.conf_high <= 0.5
    assert "over FPF 0 to 0.5" in partial.note


def test_weights_and_repeated_marks():
    """A lesion of weight .8 counts four times one of .2; the highest of its marks counts, and the other is nothing."""
    lesions = {"case_id": ["a", "a"], "lesion_id": ["big", "small"], "weight": [0.8, 0.2]}
    marks = {"case_id": ["a", "a", "b"], "reader_id": ["R"] * 3, "lesion_id": ["big", "big", ""], "score": [1, 3, 2]}
    tables = ({"case_id": ["a", "b"]}, marks, lesions)
    assert froc(*tables)[0].estimate == pytest.approx(0.8)
    assert froc(*tables, measure="AFROC")[0].estimate == 0.5
    assert froc(*tables, measure="MaxNLFAllCases")[0].estimate == 0.5
    rounded = lesions | {"weight": [0.7999, 0.2]}
    assert froc(tables[0], marks, rounded)[0].estimate == pytest.approx(0.7999 / 0.9999)


CASES = {"case_id": ["a", "b"]}
LESIONS = {"case_id": ["a", "a"], "lesion_id": [1, 2]}
MARKS = {"case_id": ["a", "b"], "reader_id": ["R", "R"], "lesion_id": [1, None], "score": [2, 1]}


@pytest.mark.parametrize(
    ("cases", "marks", "lesions", "options", "said"),
    [
        ({"case": ["a"]}, MARKS, LESIONS, {}, "cases has no column 'case_id', only 'case'"),
        ({"case_id": ["a", "a"]}, MARKS, LESIONS, {}, "case_id 'a' twice"),
        ({"case_id": ["a"]}, MARKS, LESIONS, {}, "marks: case_id 'b' at position 1 is not in cases"),
        ({"case_id": ["b"]}, MARKS, LESIONS, {}, "lesions: case_id 'a'"),
        ({"case_id": ["a", None]}, MARKS, LESIONS, {}, "cases: case_id is missing at position 1"),
        (CASES, MARKS, None, {}, "lesions must be a DataFrame or a mapping of columns, got NoneType"),
        (CASES, MARKS | {"score": [1, math.nan]}, LESIONS, {}, "score must be a finite number, got nan at position 1"),
        (CASES, MARKS | {"score": ["x", 1]}, LESIONS, {}, "score must hold numbers"),
        (CASES, MARKS | {"score": [1]}, LESIONS, {}, "score must have 2 values"),
        (CASES, MARKS | {"lesion_id": [3, None]}, LESIONS, {}, "case 'a' has no lesion '3', marked at position 0"),
        (CASES, MARKS | {"lesion_id": [1]}, LESIONS, {}, "lesion_id must have 2 values"),
        (CASES, MARKS | {"reader_id": ["R"]}, LESIONS, {}, "must have one length"),
        (CASES, MARKS, LESIONS | {"lesion_id": [1, 1]}, {}, "lesion '1' of case 'a' stands there twice"),
        (CASES, MARKS, LESIONS | {"lesion_id": [1]}, {}, "must have one length"),
        (CASES, MARKS, LESIONS | {"weight": [1, None]}, {}, "only some lesions of case 'a' have a weight"),
        (CASES, MARKS, LESIONS | {"weight": [1, -1]}, {}, "weight must be a positive number, got -1 at position 1"),
        (CASES, MARKS, LESIONS | {"weight": [0.5, 0.4]}, {}, "the weights of case 'a' sum to 0.9, not to 1"),
        (CASES, MARKS, LESIONS, {"measure": "wafroc"}, "Did you mean 'wAFROC'"),
        (CASES, MARKS, LESIONS, {"covariance": "delong"}, "covariance is 'delong'; it must be one of"),
        (CASES, MARKS, LESIONS, {"method": "u-statistic"}, "method is 'u-statistic'; it must be one of"),
        (CASES, MARKS, LESIONS, {"measure": "PCL", "fpf": 0}, "fpf must lie above 0"),
        (CASES, MARKS, LESIONS, {"fpf": 0.5}, "fpf is for PCL and ALROC"),
        (CASES, MARKS, LESIONS, {"patients": [1]}, "patients has 1, the other arrays have 2"),
    ],
)
def test_refused(cases, marks, lesions, options, said):
    with pytest.raises(ValueError, match=re.escape(said)):
        froc(cases, marks, lesions, **options)


def test_which_modality_of_the_model():
    _, _, (cases, marks, lesions) = rated(np.random.default_rng(1))
    with pytest.raises(ValueError, match="no mark or read is the model's: model is 'R4', known: 'R1', 'R2', 'R3'"):
        froc_model_versus_readers(cases, marks, lesions, model="R4", modality="1")
    with pytest.raises(ValueError, match="the readers read in several modalities, 1, 2: say which with modality="):
        froc_model_versus_readers(cases, marks, lesions, model="R1")
    with pytest.raises(ValueError, match="the readers read nothing"):
        froc_model_versus_readers(cases, marks[marks.reader_id == "R1"], lesions, model="R1")
    apart = marks[(marks.reader_id == "R1") == (marks.modality == "2")]  # the model has a modality of its own
    e, *_ = froc_model_versus_readers(cases, apart, lesions, model="R1", modality="1")
    alone = froc(cases, marks, lesions)
    assert e.estimate == pytest.approx(pick(alone, reader="R1", modality="2").estimate)


def test_identical_modalities_and_nobody_who_is_silent():
    cases, marks, lesions = study(np.random.default_rng(9))
    first = marks[marks.modality == "A"]
    same = pd.concat([first, first.assign(modality="B")])
    for figure in FIGURES:
        d = pick(froc(cases, same, lesions, measure=figure), modality="A", versus="B")
        assert (d.estimate, d.p_value) == (0, 1)
        assert "the same values" in d.note
    reads = pd.DataFrame(itertools.product(cases.case_id, ("R1", "R2")), columns=["case_id", "reader_id"])
    for figure, value in (("wAFROC", 0.5), ("HrAuc", 0.5), ("MaxLLF", 0), ("FROC", 0), ("HrSp", 1), ("ALROC", 0)):
        found = froc(cases, marks[:0], lesions, reads=reads, measure=figure)
        assert {round(e.estimate, 12) for e in found if e.modality} == {value}
        assert all(e.note for e in found if e.modality)
