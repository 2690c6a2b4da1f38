"""The two papers' analyses as protocols: everything that they name is in the results."""

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from typer.testing import CliRunner

import readerstudy as rs
from readerstudy.cli import app

EXAMPLES = Path(__file__).parents[2] / "examples"
PROTOCOLS = EXAMPLES / "protocols"
LIVER = EXAMPLES / "liver"
SEVEN = ["cyst", "FNH", "haemangioma", "abscess", "HCC", "ICC", "metastasis"]
GROUPS = {"residents": "R", "general radiologists": "G", "academic radiologists": "A"}


@pytest.fixture(scope="module")
def simulated(tmp_path_factory):
    folder = tmp_path_factory.mktemp("simulated")
    subprocess.run([sys.executable, PROTOCOLS / "simulate.py", folder], check=True)
    return folder


def evaluated(out, *files):
    done = CliRunner().invoke(app, ["evaluate", *map(str, files), "--out", str(out)])
    assert done.exit_code == 0, done.stderr
    return rs.Results.read(out / "results.json")


@pytest.fixture(scope="module")
def wang(simulated):
    cases = simulated / "wang2021" / "cases.csv"
    files = (LIVER / "preds.csv", LIVER / "reads.csv", "--cases", cases, "--protocol", PROTOCOLS / "wang2021.toml")
    return evaluated(simulated / "out-wang", *files)


@pytest.fixture(scope="module")
def zhen(simulated):
    """With fewer iterations of t-SNE, which is all that differs from the file."""
    data = simulated / "zhen2020"
    text = (PROTOCOLS / "zhen2020.toml").read_text(encoding="utf-8")
    assert text.count("iterations = 10000") == 1
    (data / "quick.toml").write_text(text.replace("iterations = 10000", "iterations = 300"), encoding="utf-8")
    files = (data / "preds.csv", data / "reads.csv", "--cases", data / "cases.csv")
    more = ("--features", data / "features.npz", "--protocol", data / "quick.toml")
    return evaluated(simulated / "out-zhen", *files, *more)


def one(results, **identity):
    found = results.select(**identity)
    assert len(found) == 1, found
    return found[0]


def differing(asked, carried_out, where=""):
    """Keys of the file that were not carried out as they stand there."""
    for key, value in asked.items():
        if isinstance(value, dict):
            yield from differing(value, carried_out[key], f"{where}{key}.")
        elif carried_out.get(key) != value:
            yield f"{where}{key}", carried_out.get(key)


def test_a_second_simulation_writes_the_same_bytes(simulated, tmp_path):
    subprocess.run([sys.executable, PROTOCOLS / "simulate.py", tmp_path], check=True)
    for name in ("wang2021/cases.csv", "zhen2020/preds.csv", "zhen2020/reads.csv", "zhen2020/cases.csv"):
        assert (tmp_path / name).read_bytes() == (simulated / name).read_bytes()


@pytest.mark.parametrize(("paper", "changed"), [("wang", {}), ("zhen", {"embedding.iterations": 300})])
def test_every_key_is_carried_out(request, paper, changed):
    results = request.getfixturevalue(paper)
    (path,) = PROTOCOLS.glob(f"{paper}*.toml")
    asked = tomllib.loads(path.read_text(encoding="utf-8"))
    found = dict(differing(asked, results.protocol))
    # A derived task has the classes of its source.
    assert found == changed
    assert results.protocol["study"]["notice"].startswith("SIMULATED DATA")


def test_wang_tasks_and_readers(wang):
    kinds = {name: task["kind"] for name, task in wang.protocol["tasks"].items()}
    assert kinds == {"seven-way": "classes", "malignant": "group"}
    accuracy = one(wang, measure="accuracy", task="seven-way", reader="model", target=None, subgroup=None)
    assert (accuracy.count, accuracy.total, accuracy.method) == (90, 113, "wilson-hmisc")
    assert {e.target for e in wang.select(measure="auc", task="seven-way")} == set(SEVEN)
    assert one(wang, measure="auc", task="malignant").method == "delong"
    for group, letter in GROUPS.items():
        members = [
            one(wang, measure="accuracy", task="seven-way", reader=f"{letter}{i}", target=None, subgroup=None)
            for i in (1, 2)
        ]
        mean = one(wang, measure="accuracy", task="seven-way", reader=None, reader_group=group, target=None)
        assert mean.estimate == pytest.approx(np.mean([e.estimate for e in members]))
        assert mean.method == "or-jackknife"
        # Table 4: kappa of the two readers of a group, with z and P.
        kappa = one(wang, measure="kappa", task="seven-way", reader=f"{letter}1", versus=f"{letter}2")
        assert kappa.statistic > 0
        assert kappa.p_value < 0.01


def test_wang_thresholds_of_the_classes_are_optimistic(wang):
    """Beside the most probable class, for all that Table 3 has."""
    for target in SEVEN:
        for measure in ("accuracy", "sensitivity", "specificity", "ppv", "npv", "plr", "nlr"):
            found = wang.select(measure=measure, task="seven-way", reader="model", target=target, subgroup=None)
            plain, chosen = sorted(found, key=lambda e: np.isfinite(e.threshold))
            assert "optimistic" in chosen.note
            assert not (plain.note and "optimistic" in plain.note)
    assert any("optimistic" in sentence for sentence in wang.warnings)


@pytest.mark.parametrize("group", GROUPS)
def test_wang_fisher_beside_mcnemar(wang, group):
    letter = GROUPS[group]
    reads = pd.read_csv(LIVER / "reads.csv").merge(pd.read_csv(LIVER / "preds.csv")[["case_id", "truth"]], on="case_id")
    right = (reads.label == reads.truth).groupby(reads.reader_id).sum()
    mean = int(np.floor((right[f"{letter}1"] + right[f"{letter}2"]) / 2 + 0.5))
    e = one(wang, method="as-published", task="seven-way", versus=group)
    assert e.p_value == pytest.approx(stats.fisher_exact([[90, 23], [mean, 113 - mean]]).pvalue, rel=1e-9)
    assert e.note.startswith("as published, not recommended")
    for i in (1, 2):
        d = one(
            wang, measure="accuracy_difference", task="seven-way", versus=f"{letter}{i}", target=None, subgroup=None
        )
        assert (d.method, d.test_method) == ("tango", "mcnemar-exact")
    assert any("readings of the same cases as readings of different ones" in s for s in wang.warnings)


def test_wang_subgroups(wang):
    levels = {e.subgroup for e in wang.select(measure="accuracy", reader="model", task="seven-way") if e.subgroup}
    assert {"cirrhosis: yes", "cirrhosis: no", "fatty_liver: yes", "diameter_mm: 16 to < 32"} <= levels
    assert any(level.startswith("scanner: ") for level in levels)
    for column in ("cirrhosis", "fatty_liver"):
        for task in ("seven-way", "malignant"):
            between = {"subgroup": f"{column}: yes", "versus_kind": "subgroup"}
            d = one(wang, measure="accuracy_difference", task=task, reader="model", **between)
            a, b = (
                one(wang, measure="accuracy", task=task, reader="model", subgroup=f"{column}: {level}", target=None)
                for level in ("yes", "no")
            )
            table = [[a.count, a.total - a.count], [b.count, b.total - b.count]]
            assert d.test_method == "chi2-cc"
            assert d.p_value == pytest.approx(stats.chi2_contingency(table, correction=True).pvalue, rel=1e-9)
    assert wang.warnings[0].startswith("113 cases come from 89 patients")


def test_wang_characteristics(wang, simulated):
    rows = {row["variable"]: row for row in reversed(wang.tables["characteristics"])}  # the first row of each
    assert set(rows) == {"age", "sex", "scanner", "truth", "diameter_mm"}
    assert {name: row["unit"] for name, row in rows.items()}["age"] == "patient"
    cases = pd.read_csv(simulated / "wang2021" / "cases.csv")
    for name, n in (("development", 452), ("test", 113)):
        values = rows["diameter_mm"]["values"][name]
        assert (values["n"], values["median"]) == (n, pytest.approx(cases.diameter_mm[cases.set == name].median()))
    assert rows["diameter_mm"]["test"] == "kruskal-wallis"
    diameters = [cases.diameter_mm[cases.set == name] for name in ("development", "test")]
    assert rows["diameter_mm"]["p_value"] == pytest.approx(stats.kruskal(*diameters).pvalue, rel=1e-9)
    assert rows["sex"]["test"] == "chi2"


def test_zhen_tasks_and_models(zhen, simulated):
    kinds = {name: task["kind"] for name, task in zhen.protocol["tasks"].items()}
    assert kinds == {"seven-way": "classes", "malignant": "group", "malignancy-type": "restricted"}
    models = {name: {e.reader for e in zhen.select(measure="auc", task=name)} for name in kinds}
    assert models["seven-way"] == {"Model A", "Model B"}
    assert models["malignant"] >= {"Model C", "Model D"}
    assert models["malignancy-type"] >= {"Model E", "Model F", "Model G"}
    d = one(zhen, measure="auc_difference", task="malignant", reader="Model C", versus="Model D")
    assert d.method == "delong"
    assert one(zhen, measure="auc_difference", task="malignancy-type", target="HCC", reader="Model E", versus="Model G")


def test_zhen_groups_of_images_are_summed(zhen, simulated):
    preds = pd.read_csv(simulated / "zhen2020" / "preds.csv")
    truth = pd.read_csv(simulated / "zhen2020" / "cases.csv").set_index("case_id").truth
    columns = [f"prob_{name}" for name in zhen.protocol["tasks"]["seven-way"]["classes"]]
    summed = preds[preds.model == "Model A"].groupby("case_id")[columns].sum()
    right = summed.idxmax(axis=1).str.removeprefix("prob_") == truth[summed.index]
    e = one(zhen, measure="accuracy", task="seven-way", reader="Model A", target=None)
    assert (e.count, e.total) == (right.sum(), 60)
    limits = stats.binomtest(int(right.sum()), 60).proportion_ci(method="exact")
    assert (e.conf_low, e.conf_high) == pytest.approx((limits.low, limits.high), rel=1e-9)


def test_zhen_consensus_beside_the_readers(zhen):
    tested = [
        ("seven-way", "Model A", "HCC"),
        ("malignant", "Model D", None),
        ("malignancy-type", "Model G", "primary"),
    ]
    for task, model, target in tested:
        for versus in ("consensus", "R1", "R2", "R3"):
            for measure in ("sensitivity_difference", "specificity_difference"):
                d = one(zhen, measure=measure, task=task, reader=model, versus=versus, target=target)
                assert d.test_method == "mcnemar-exact"
        assert one(zhen, measure="kappa", task=task, reader=model, versus="truth").p_value <= 1
        assert one(zhen, measure="kappa", task=task, reader="consensus", versus="truth").reader_kind == "consensus"
        group = "experienced radiologists"
        mean = one(zhen, measure="sensitivity", task=task, reader=None, reader_group=group, target=target)
        assert (mean.n_readers, mean.method) == (3, "or-jackknife")


def test_zhen_a_benign_call_of_a_malignant_tumour_is_wrong(zhen, simulated):
    (table,) = [c for c in zhen.confusion if (c["task"], c["reader"]) == ("malignancy-type", "R1")]
    reads = pd.read_csv(simulated / "zhen2020" / "reads.csv").merge(pd.read_csv(simulated / "zhen2020" / "cases.csv"))
    part = reads[(reads.reader_id == "R1") & reads.truth.isin(table["classes"])]
    assert np.sum(table["counts"]) == len(part) == 32
    if not part.label.isin(table["classes"]).all():
        assert table["columns"][-1] == "other"
        assert sum(row[-1] for row in table["counts"]) == (~part.label.isin(table["classes"])).sum()


def test_zhen_embedding_characteristics_errors_and_times(zhen, simulated):
    for row in zhen.tables["embedding"]:
        assert (row["theta"], row["n_iter"], row["seed"], row["method"]) == (0.5, 300, 0, "t-SNE")
        assert len(row["x"]) == len(row["class"]) == row["n"]
        # 120 image groups are too few for a perplexity of 50, if 3 x perplexity must be below their number.
        assert row["perplexity"] == 50 or row["note"]
    assert {row["variable"] for row in zhen.tables["characteristics"]} == {"age", "sex", "cirrhosis", "truth"}
    false = [row for row in zhen.tables["errors"] if (row["reader"], row["target"]) == ("Model A", "HCC")]
    (matrix,) = [c for c in zhen.confusion if (c["task"], c["reader"]) == ("seven-way", "Model A")]
    k = matrix["classes"].index("HCC")
    column = sum(row[k] for row in matrix["counts"]) - matrix["counts"][k][k]
    assert sum(row["kind"] == "false positive" for row in false) == min(column, 12)
    assert all(row["thumbnail"] for row in false)
    assert {row["reader"] for row in zhen.tables["reading_times"]} == {"R1", "R2", "R3"}


def test_the_reports_say_what_is_not_recommended(wang, zhen, simulated):
    report = (simulated / "out-wang" / "report.html").read_text(encoding="utf-8")
    assert "not recommended" in report
    assert "optimistic" in report
    manifest = json.loads((simulated / "out-zhen" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest
    assert "consensus" in (simulated / "out-zhen" / "report.html").read_text(encoding="utf-8")
