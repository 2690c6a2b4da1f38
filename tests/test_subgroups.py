"""What is known about the cases: subgroups, characteristics, reading times, and analyses as they were published."""

import base64

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import readerstudy as rs
from readerstudy import features
from readerstudy.analysis.subgroups import levels_of

N = 40
RNG = np.random.default_rng(8)
CASES = pd.DataFrame(
    {
        "case_id": np.arange(N),
        "patient_id": np.arange(N) // 2,
        "truth": RNG.integers(0, 2, N),
        "cirrhosis": RNG.choice(["no", "yes"], N),
        "diameter": RNG.uniform(5, 60, N).round(1),
        "sex": np.repeat(RNG.choice(["f", "m"], N // 2), 2),
        "set": np.where(np.arange(N) < 16, "development", "test"),
    }
)
CASES.loc[20, "cirrhosis"] = None


def reads(readers=("R1", "R2"), modalities=("unaided",)):
    rows = [(c, r, m) for c in range(16, N) for r in readers for m in modalities]
    frame = pd.DataFrame(rows, columns=["case_id", "reader_id", "modality"])
    frame["label"] = RNG.integers(0, 2, len(frame))
    frame["time_s"] = RNG.lognormal(3, 0.5, len(frame)).round(1) * np.where(frame.modality == "aided", 0.5, 1)
    return frame


READS = reads()


def test_accuracy_of_each_level_and_the_difference_of_two():
    plan = {"subgroups": {"columns": ["cirrhosis", "diameter"], "cut": {"diameter": [20, 40]}}}
    results = rs.evaluate(rs.Study.read(None, READS, CASES, plan))
    frame = READS[READS.reader_id == "R1"].merge(CASES, on="case_id")
    right = frame.label == frame.truth
    levels = {}
    for level in ("no", "yes"):
        (e,) = results.select(measure="accuracy", reader="R1", subgroup=f"cirrhosis: {level}")
        chosen = frame.cirrhosis == level
        assert (e.count, e.total) == (right[chosen].sum(), chosen.sum())
        levels[level] = (e.count, e.total)
    (d,) = results.select(measure="accuracy_difference", reader="R1", subgroup="cirrhosis: yes")
    (a, n), (b, m) = levels["yes"], levels["no"]
    assert d.versus == "cirrhosis: no"
    assert d.estimate == pytest.approx(a / n - b / m)
    assert d.p_value == pytest.approx(stats.fisher_exact([[a, n - a], [b, m - b]]).pvalue, rel=1e-9)
    sizes = [e.total for e in results.select(measure="accuracy", reader="R1") if (e.subgroup or "").startswith("dia")]
    assert sum(sizes) == N - 16
    assert not [e for e in results.select(measure="accuracy_difference") if (e.subgroup or "").startswith("diameter")]


def test_levels_of_numbers():
    levels, codes = levels_of(np.array(["16", "15.9", "", "32", "40"], dtype=object), (16.0, 32.0))
    assert levels == ["< 16", "16 to < 32", "≥ 32"]
    assert codes.tolist() == [1, 0, -1, 2, 2]


def test_what_is_not_there_or_no_number_is_refused():
    with pytest.raises(rs.DataError, match=r"no column 'cirhosis'.*\n.*\n?.*did you mean 'cirrhosis'"):
        rs.Study.read(None, READS, CASES, {"subgroups": {"columns": ["cirhosis"]}})
    with pytest.raises(rs.DataError, match="'sex' must hold numbers"):
        rs.Study.read(None, READS, CASES, {"subgroups": {"cut": {"sex": [1]}}})


def test_characteristics_of_patients_once_and_of_cases():
    plan = {"characteristics": {"columns": ["diameter"], "patient_columns": ["sex"], "by": "set"}}
    results = rs.evaluate(rs.Study.read(None, READS, CASES, plan))
    rows = results.tables["characteristics"]
    sex = [row for row in rows if row["variable"] == "sex"]
    patients = CASES.drop_duplicates("patient_id")
    assert sex[0]["unit"] == "patient"
    assert sex[0]["values"]["development"]["total"] == (patients.set == "development").sum()
    table = pd.crosstab(patients.sex, patients.set)
    assert [row["values"]["test"]["count"] for row in sex] == table["test"].tolist()
    (diameter,) = [row for row in rows if row["variable"] == "diameter"]
    assert diameter["values"]["all"]["n"] == N
    assert 0 < diameter["p_value"] <= 1


def test_reading_times_and_their_ratio():
    both = reads(modalities=("unaided", "aided"))
    results = rs.evaluate(rs.Study.read(None, both, CASES))
    rows = {(row["reader"], row["modality"]): row for row in results.tables["reading_times"]}
    part = both[(both.reader_id == "R2") & (both.modality == "aided")].time_s
    assert rows["R2", "aided"]["median"] == pytest.approx(part.median())
    assert rows["R2", "aided"]["geometric_mean"] == pytest.approx(stats.gmean(part))
    (ratio,) = results.select(measure="time_ratio")
    wide = both.pivot_table(index=["reader_id", "case_id"], columns="modality", values="time_s")
    assert (ratio.modality, ratio.versus) == ("aided", "unaided")
    assert ratio.estimate == pytest.approx(np.exp(np.log(wide.aided / wide.unaided).mean()), rel=1e-9)
    with pytest.raises(rs.DataError, match="a reading time must be above 0"):
        rs.Study.read(None, both.assign(time_s=0), CASES)


def test_a_test_as_published_comes_with_its_warning():
    preds = CASES[["case_id"]].assign(label=RNG.integers(0, 2, N), model="M")
    plan = {"readers": {"groups": {"residents": ["R1", "R2"]}}, "as_published": {"model_versus_groups": "fisher"}}
    results = rs.evaluate(rs.Study.read(preds, READS, CASES, plan))
    (e,) = results.select(method="as-published")
    frame = READS.merge(CASES, on="case_id").merge(preds, on="case_id", suffixes=("", "_model"))
    n = N - 16
    model = int((frame.label_model == frame.truth)[frame.reader_id == "R1"].sum())
    mean = int(np.floor((frame.label == frame.truth).sum() / 2 + 0.5))
    assert e.p_value == pytest.approx(stats.fisher_exact([[model, n - model], [mean, n - mean]]).pvalue, rel=1e-9)
    assert "not recommended" in e.note
    assert "as published" in " ".join(results.warnings)
    assert not rs.evaluate(rs.Study.read(preds, READS, CASES)).select(method="as-published")


def test_errors_are_listed_by_case_only_on_request(tmp_path):
    cases = pd.DataFrame({"case_id": ["c1", "c2", "c3", "c4"], "truth": [0, 1, 1, 0], "picture": ["", "a.png", "", ""]})
    cases.to_csv(tmp_path / "cases.csv", index=False)
    png = b"\x89PNG\r\n\x1a\n" + b"rest"
    (tmp_path / "a.png").write_bytes(png)
    preds = pd.DataFrame({"case_id": ["c1", "c2", "c3", "c4"], "score": [0.9, 0.2, 0.8, 0.6]})
    plan = {"tasks": {"t": {"positive": ["1"], "threshold": 0.5}}}
    path = tmp_path / "cases.csv"
    assert "errors" not in rs.evaluate(rs.Study.read(preds, None, path, plan)).tables
    results = rs.evaluate(rs.Study.read(preds, None, path, plan | {"errors": {"images": "picture", "most": 1}}))
    rows = results.tables["errors"]
    assert [(r["kind"], r["case_id"], r["n"]) for r in rows] == [
        ("false positive", "c1", 2),
        ("false negative", "c2", 1),
    ]
    assert base64.b64decode(rows[1]["thumbnail"]) == png
    (tmp_path / "a.png").write_bytes(b"no picture")
    with pytest.raises(rs.DataError, match="is no PNG picture"):
        rs.Study.read(preds, None, path, plan | {"errors": {"images": "picture"}})


def test_an_embedding_has_an_inset_of_each_class_that_has_pictures(tmp_path):
    n = 24
    rng = np.random.default_rng(1)
    truth = np.repeat(["a", "b"], n // 2)
    picture = ["a.png" if i == 3 else "b.png" if i in (14, 20) else "" for i in range(n)]
    cases = pd.DataFrame({"case_id": [f"{i:02}" for i in range(n)], "truth": truth, "picture": picture})
    cases.to_csv(tmp_path / "cases.csv", index=False)
    for name in "ab":
        (tmp_path / f"{name}.png").write_bytes(b"\x89PNG\r\n\x1a\n" + name.encode())
    ids = cases.case_id.to_numpy().astype(str)
    np.savez(tmp_path / "f.npz", case_id=ids, features=rng.normal(size=(n, 4)) + 9 * (truth == "b")[:, None])
    plan = {
        "tasks": {"t": {"classes": ["a", "b"]}},
        "embedding": {"iterations": 260, "perplexity": 5, "images": "picture"},
    }
    study = rs.Study.read(cases[["case_id"]].assign(label="a"), None, tmp_path / "cases.csv", plan)
    (entry,) = rs.evaluate(study, features=features.read(tmp_path / "f.npz")).tables["embedding"]
    insets = {
        entry["class"][inset["index"]]: base64.b64decode(inset["png_base64"])[-1:] for inset in entry["thumbnails"]
    }
    assert insets == {0: b"a", 1: b"b"}
    assert entry["thumbnails"][0]["index"] == 3


def test_as_published_keeps_modalities_apart():
    rows = {"case_id": [1, 2, 3] * 2, "modality": ["CT"] * 3 + ["MR"] * 3, "truth": [0, 1, 1] * 2}
    preds = pd.DataFrame(rows | {"model": "net", "label": [0, 1, 0, 1, 1, 1]})
    readings = pd.DataFrame(rows | {"reader_id": "R", "label": [0, 1, 1, 0, 0, 1]})
    results = rs.evaluate(rs.Study.read(preds, readings, protocol={"as_published": {"model_versus_groups": "fisher"}}))
    assert [(e.reader, e.modality) for e in results.select(method="as-published")] == [
        ("net (CT)", "CT"),
        ("net (MR)", "MR"),
    ]


def test_two_levels_are_two_of_the_column_not_of_the_reader():
    cases = pd.DataFrame({"case_id": range(6), "truth": [0, 1] * 3, "site": list("xxyyzz")})
    readings = pd.DataFrame({"case_id": range(4), "reader_id": "R", "label": [0, 1, 1, 1]})
    preds = pd.DataFrame({"case_id": range(6), "label": 1, "model": "M"})
    results = rs.evaluate(rs.Study.read(preds, readings, cases, {"subgroups": {"columns": ["site"]}}))
    assert not results.select(versus_kind="subgroup")


def test_a_weighted_kappa_is_unweighted_where_a_label_left_out_was_given():
    cases = pd.DataFrame({"case_id": range(6), "truth": list("bcdbcd")})
    readings = pd.DataFrame({"case_id": range(6), "reader_id": "R", "label": list("bcdaab")})
    plan = {
        "tasks": {"k": {"classes": list("abcd")}, "late": {"from": "k", "restrict": list("bcd")}},
        "methods": {"agreement_weights": "linear"},
    }
    results = rs.evaluate(rs.Study.read(None, readings, cases, plan))
    (late,) = results.select(measure="kappa", task="late")
    assert (late.method, late.note) == (
        "cohen",
        "unweighted: a label outside the task has no distance from those in it",
    )
    assert results.select(measure="kappa", task="k")[0].method == "cohen-linear"
