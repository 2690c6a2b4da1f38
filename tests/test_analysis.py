"""`evaluate` on a study small enough to count by hand, and on every kind of gap."""

import dataclasses
import math

import numpy as np
import pandas as pd
import pytest

import readerstudy as rs
from readerstudy.measures import MEASURES

CASES = 12
TRUTH = np.array(list("aaaabbbbcccc"))


def small_study(**plan):
    rng = np.random.default_rng(3)
    probs = rng.dirichlet([1, 1, 1], CASES).round(3)
    probs[:, 2] = (1 - probs[:, 0] - probs[:, 1]).round(3)
    preds = pd.DataFrame({"case_id": range(CASES), "truth": TRUTH})
    preds[["prob_a", "prob_b", "prob_c"]] = probs
    second = preds.assign(model="second", prob_a=probs[:, 1], prob_b=probs[:, 0])
    preds = pd.concat([preds.assign(model="first"), second])
    reads = []
    for reader, group in (("R1", "x"), ("R2", "x"), ("R3", "y")):
        labels = np.where(rng.random(CASES) < 0.7, TRUTH, rng.choice(list("abc"), CASES))
        reads.append(
            pd.DataFrame({"case_id": range(CASES), "reader_id": reader, "reader_group": group, "label": labels})
        )
    reads = pd.concat(reads)
    reads.loc[(reads.reader_id == "R3") & (reads.case_id < 2), "label"] = ""
    plan = {"tasks": {"kind": {"classes": ["a", "b", "c"]}, "bad": {"from": "kind", "positive": ["b", "c"]}}} | plan
    return rs.Study.read(preds, reads, protocol=plan), preds, reads


@pytest.fixture(scope="module")
def results():
    return rs.evaluate(small_study()[0])


def one(results, **identity):
    found = results.select(**identity)
    assert len(found) == 1, found
    return found[0]


def test_keys_are_unique_and_say_who(results):
    keys = [e.key for e in results.estimates]
    assert len(set(keys)) == len(keys)
    kinds = {e.reader_kind for e in results.estimates if e.measure != "net_benefit_treat_all"}
    assert kinds == {"model", "human"}
    assert {e.measure for e in results.estimates} <= set(MEASURES)


def test_counts_are_those_of_a_cross_tabulation(results):
    _, _, reads = small_study()
    read = reads[(reads.reader_id == "R3") & (reads.label != "")]
    truth, label = TRUTH[read.case_id.to_numpy()], read.label.to_numpy()
    table = pd.crosstab(truth, label).to_numpy()
    confusion = next(c for c in results.confusion if c["task"] == "kind" and c["reader"] == "R3")
    assert confusion["counts"] == table.tolist()
    accuracy = one(results, measure="accuracy", task="kind", target=None, reader="R3")
    assert (accuracy.count, accuracy.total) == (np.trace(table), 10)
    sensitivity = one(results, measure="sensitivity", task="kind", target="b", reader="R3")
    assert (sensitivity.count, sensitivity.total) == (table[1, 1], table[1].sum())
    ppv = one(results, measure="ppv", task="bad", reader="R3")
    assert (ppv.count, ppv.total) == (table[1:, 1:].sum(), table[:, 1:].sum())
    missing = next(r for r in results.tables["readers"] if r["task"] == "bad" and r["reader"] == "R3")
    assert (missing["n_read"], missing["n_missing"]) == (10, 2)


def test_areas_are_scikit_learn_s(results):
    from sklearn.metrics import roc_auc_score

    _, preds, _ = small_study()
    first = preds[preds.model == "first"]
    for target in "abc":
        area = one(results, measure="auc", task="kind", target=target, reader="first")
        assert area.estimate == pytest.approx(roc_auc_score(target == TRUTH, first[f"prob_{target}"]), rel=1e-12)
    grouped = one(results, measure="auc", task="bad", reader="first")
    assert grouped.estimate == pytest.approx(roc_auc_score(TRUTH != "a", first.prob_b + first.prob_c), rel=1e-12)
    assert not [e for e in results.estimates if e.measure == "auc" and e.reader_kind == "human"]


def test_differences_are_the_difference_of_what_they_compare(results):
    seen = set()
    for d in results.estimates:
        if not d.measure.endswith("_difference") or d.versus_kind == "group":
            continue
        measure = d.measure.removesuffix("_difference")
        same = {"measure": measure, "task": d.task, "target": d.target}
        if measure == "net_benefit":
            same["threshold"] = d.threshold
        mine, other = (one(results, **same, reader=name) for name in (d.reader, d.versus))
        if "R3" not in (d.reader, d.versus):  # who did not read all
            assert d.estimate == pytest.approx(mine.estimate - other.estimate, abs=1e-12)
        seen.add((d.measure, d.reader, d.versus))
    assert ("auc_difference", "first", "second") in seen
    assert ("accuracy_difference", "first", "R3") in seen
    assert not [key for key in seen if key[1].startswith("R")]


def test_paired_numbers_use_the_cases_both_read(results):
    d = one(results, measure="accuracy_difference", task="kind", target=None, reader="first", versus="R3")
    assert d.n_cases == 10
    kappa = one(results, measure="kappa", task="kind", reader="R1", versus="R3")
    assert kappa.n_cases == 10


def test_kappa_is_scikit_learn_s(results):
    from sklearn.metrics import cohen_kappa_score

    _, _, reads = small_study()
    a, b = (reads[reads.reader_id == name].sort_values("case_id").label.to_numpy() for name in ("R1", "R2"))
    kappa = one(results, measure="kappa", task="kind", reader="R1", versus="R2")
    assert kappa.estimate == pytest.approx(cohen_kappa_score(a, b), rel=1e-12)
    with_truth = one(results, measure="kappa", task="kind", reader="R1", versus_kind="truth")
    assert with_truth.estimate == pytest.approx(cohen_kappa_score(a, TRUTH), rel=1e-12)
    pairs = results.select(measure="kappa", task="kind", versus_kind="reader")
    assert len(pairs) == 5 * 4 / 2


def test_group_means_take_readers_and_cases_as_samples(results):
    mean = one(results, measure="accuracy", task="kind", target=None, reader_group="x", reader=None)
    parts = [one(results, measure="accuracy", task="kind", target=None, reader=r).estimate for r in ("R1", "R2")]
    assert mean.estimate == pytest.approx(np.mean(parts))
    assert (mean.n_readers, mean.method, mean.random) == (2, "or-jackknife", "readers and cases")
    assert mean.conf_low < mean.estimate < mean.conf_high
    assert one(results, measure="accuracy", task="kind", target=None, reader_group="all readers").n_readers == 3
    alone = one(results, measure="accuracy", task="kind", target=None, reader_group="y", reader=None)
    assert math.isnan(alone.conf_low)
    assert "one reader" in alone.note


def test_curves_end_where_they_must_and_enclose_the_area(results):
    for key, curve in results.curves.items():
        x, y = 1 - np.array(curve["specificity"]), np.array(curve["sensitivity"])
        assert (x[0], y[0], x[-1], y[-1]) == (0, 0, 1, 1)
        assert curve["threshold"][0] is None
        assert np.trapezoid(y, x) == pytest.approx(results.by_key[key].estimate, abs=1e-12)


@pytest.mark.parametrize(
    "methods",
    [
        {"proportion": "clopper-pearson", "paired": "mcnemar-mid-p", "paired_interval": "newcombe"},
        {"proportion": "modified-wilson", "auc": "logit", "agreement_weights": "linear"},
        {"proportion": "wilson-hmisc", "auc": "bootstrap", "bootstrap": 200, "agreement_weights": "quadratic"},
    ],
)
def test_the_protocol_s_methods_are_the_ones_run(methods):
    study, _, _ = small_study(methods=methods, study={"conf_level": 0.9})
    results = rs.evaluate(study)
    assert {e.method for e in results.select(measure="sensitivity")} <= {methods["proportion"], "or-jackknife"}
    if "auc" in methods:
        assert {e.method for e in results.select(measure="auc")} <= {methods["auc"], "newcombe", "or-jackknife"}
    if "paired" in methods:
        assert {e.test_method for e in results.select(measure="sensitivity_difference", versus_kind="reader")} == {
            methods["paired"]
        }
        assert {e.method for e in results.select(measure="sensitivity_difference", versus_kind="reader")} == {
            methods["paired_interval"]
        }
    assert {e.conf_level for e in results.estimates if not math.isnan(e.conf_low)} == {0.9}
    again = rs.evaluate(study)
    assert [e.to_dict() for e in again.estimates] == [e.to_dict() for e in results.estimates]


def test_another_seed_changes_bootstrap_limits_only():
    study, _, _ = small_study(methods={"auc": "bootstrap", "bootstrap": 200})
    a, b = rs.evaluate(study, rng=1), rs.evaluate(study, rng=2)
    changed = {e.measure for e in a.estimates if e.to_dict() != b.by_key[e.key].to_dict()}
    assert changed == {"auc", "auc_macro", "auc_hand_till", "net_benefit", "net_benefit_difference"}
    assert (a.provenance["seed"], b.provenance["seed"]) == (1, 2)


def test_a_bootstrap_interval_does_not_depend_on_what_else_is_analysed():
    methods = {"auc": "bootstrap", "bootstrap": 200}
    both = rs.evaluate(small_study(methods=methods)[0])
    alone = rs.evaluate(small_study(methods=methods, tasks={"kind": {"classes": ["a", "b", "c"]}})[0])
    for e in alone.select(measure="auc", task="kind"):
        assert e.to_dict() == both.by_key[e.key].to_dict()


@pytest.mark.parametrize(
    ("preds", "reads"),
    [
        ({"score": [0.1, 0.2, 0.3, 0.4]}, None),  # scores without a threshold
        ({"label": ["0", "0", "0", "0"]}, None),  # one class called
        ({"score": [0.5, 0.5, 0.5, 0.5]}, {"score": [1, 1, 1, 1]}),  # all tied
        ({"score": [0.9, 0.9, 0.1, 0.1]}, {"label": [1, 1, 0, 0]}),  # the wrong way round
        ({"score": [0.1, None, None, 0.9]}, {"label": [None, 0, 1, None]}),  # no case in common that counts
        ({"label": [0, 0, 1, 1]}, {"label": [0, 0, 1, 1]}),  # everybody right
    ],
)
def test_degenerate_studies_give_numbers_or_notes(preds, reads):
    base = {"case_id": [1, 2, 3, 4], "truth": [0, 0, 1, 1]}
    reads = None if reads is None else pd.DataFrame({**base, "reader_id": "R", **reads})
    results = rs.evaluate(rs.Study.read(pd.DataFrame({**base, **preds}), reads))
    for e in results.estimates:
        values = [e.estimate, e.conf_low, e.conf_high, e.p_value, e.statistic]
        assert not any(math.isinf(v) for v in values), e
        if math.isnan(e.estimate):
            assert e.note, e


def test_an_area_below_one_half_is_a_warning():
    preds = pd.DataFrame({"case_id": range(6), "truth": [1, 1, 1, 0, 0, 0], "score": range(6)})
    results = rs.evaluate(rs.Study.read(preds))
    assert "below 0.5. Scores are never flipped" in " ".join(results.warnings)
    assert one(results, measure="auc").estimate == 0


def test_results_refuse_another_schema_and_a_double_key(results, tmp_path):
    path = tmp_path / "results.json"
    path.write_text('{"schema": "other"}')
    with pytest.raises(ValueError, match="readerstudy-results/1"):
        rs.Results.read(path)
    with pytest.raises(ValueError, match="two estimates have the key"):
        dataclasses.replace(results, estimates=results.estimates[:1] * 2)


def test_no_group_can_take_the_name_of_the_mean_over_everybody():
    from readerstudy.estimate import ALL_READERS

    reads = pd.DataFrame({"case_id": [1, 2], "reader_id": "R", "truth": [0, 1], "label": [0, 1]})
    with pytest.raises(rs.DataError, match=ALL_READERS):
        rs.Study.read(None, reads.assign(reader_group=ALL_READERS))
