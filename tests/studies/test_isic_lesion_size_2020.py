"""Two scores, a network's and a crowd's, on 1295 consecutive biopsies; subgroups and characteristics; nobody reads.

Data: github.com/ISIC-Research/lesion-size-2020, doi:10.34970/151324. The numbers held against ours come from
scikit-learn, SciPy, statsmodels and placements counted one by one.
"""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

pytestmark = pytest.mark.peers

PROTOCOL = """
[study]
title = "Melanoma among consecutive biopsies"
[tasks.melanoma]
classes = ["benign", "melanoma"]
map = {"0" = "benign", "1" = "melanoma"}
positive = ["melanoma"]
threshold = 0.5
[subgroups]
columns = ["tiny", "sex", "diameter"]
cut = {diameter = [6, 10]}
[characteristics]
columns = ["age", "sex", "diameter", "anatom_site_general", "mpath"]
by = "truth"
"""


@pytest.fixture(scope="module")
def results(evaluated):
    return evaluated("isic_lesion_size_2020", True, False, PROTOCOL)[0]


@pytest.fixture(scope="module")
def data(shared):
    folder = shared / "data" / "isic_lesion_size_2020"
    wide = pd.read_csv(folder / "preds.csv").pivot_table(index="case_id", columns="model", values="prob_melanoma")
    return pd.read_csv(folder / "cases.csv").set_index("case_id").join(wide)


def one(results, **identity):
    found = results.select(**identity)
    assert len(found) == 1, found
    return found[0]


def pairs_of(truth, score):
    ill, well = score[truth == 1], score[truth == 0]
    return (ill[:, None] > well) + 0.5 * (ill[:, None] == well)


def deviation(pairs):
    """DeLong's standard error from the placements of the ill and of the well."""
    return np.sqrt(sum(pairs.mean(axis=axis).var(ddof=1) / pairs.shape[1 - axis] for axis in (0, 1)))


def test_areas_and_their_difference(results, data):
    from sklearn.metrics import roc_auc_score

    pairs = {name: pairs_of(data.truth.to_numpy(), data[name].to_numpy()) for name in ("adae", "crowd")}
    for name in pairs:
        area = one(results, measure="auc", reader=name)
        assert area.estimate == pytest.approx(roc_auc_score(data.truth, data[name]), rel=1e-12)
        assert area.std_error == pytest.approx(deviation(pairs[name]), rel=1e-10)
    apart = pairs["adae"] - pairs["crowd"]
    d = one(results, measure="auc_difference")
    assert (d.reader, d.versus) == ("adae", "crowd")
    assert d.estimate == pytest.approx(apart.mean(), abs=1e-12)
    assert d.std_error == pytest.approx(deviation(apart), rel=1e-10)
    assert d.p_value == pytest.approx(2 * stats.norm.sf(abs(apart.mean() / deviation(apart))), rel=1e-8)
    limits = apart.mean() + stats.norm.ppf([0.025, 0.975]) * deviation(apart)
    assert (d.conf_low, d.conf_high) == pytest.approx(tuple(limits), rel=1e-9)


def test_calls_compared(results, data):
    from statsmodels.stats.contingency_tables import mcnemar

    for measure, rows in (("sensitivity", data.truth == 1), ("specificity", data.truth == 0)):
        right = [((data[name] >= 0.5) == (data.truth == 1))[rows] for name in ("adae", "crowd")]
        d = one(results, measure=f"{measure}_difference")
        assert d.estimate == pytest.approx(right[0].mean() - right[1].mean(), abs=1e-12)
        assert d.p_value == pytest.approx(mcnemar(pd.crosstab(*right).to_numpy(), exact=True).pvalue, rel=1e-8)


@pytest.fixture(scope="module")
def levels(data):
    """Name of each subgroup and its lesions."""
    return {
        "tiny: 0": data.tiny == 0,
        "tiny: 1": data.tiny == 1,
        "sex: female": data.sex == "female",
        "sex: male": data.sex == "male",
        "diameter: < 6": data.diameter < 6,
        "diameter: 6 to < 10": (data.diameter >= 6) & (data.diameter < 10),
        "diameter: ≥ 10": data.diameter >= 10,
    }


@pytest.mark.parametrize("model", ["adae", "crowd"])
def test_accuracy_of_subgroups(results, data, levels, model):
    from statsmodels.stats.proportion import proportion_confint

    right = (data[model] >= 0.5) == (data.truth == 1)
    found = [e for e in results.select(measure="accuracy", reader=model) if e.subgroup is not None]
    assert {e.subgroup for e in found} == set(levels)
    for e in found:
        rows = levels[e.subgroup]
        assert (e.count, e.total) == (right[rows].sum(), rows.sum())
        limits = proportion_confint(e.count, e.total, method="wilson")
        assert (e.conf_low, e.conf_high) == pytest.approx(limits, rel=1e-9)


@pytest.mark.parametrize("model", ["adae", "crowd"])
def test_two_levels_are_compared_and_three_are_not(results, data, levels, model):
    from statsmodels.stats.proportion import confint_proportions_2indep

    right = (data[model] >= 0.5) == (data.truth == 1)
    differences = results.select(measure="accuracy_difference", reader=model, versus_kind="subgroup")
    assert [(d.subgroup, d.versus) for d in differences] == [
        ("tiny: 1", "tiny: 0"),
        ("sex: male", "sex: female"),
    ]
    for d in differences:
        counts = [(int(right[levels[name]].sum()), int(levels[name].sum())) for name in (d.subgroup, d.versus)]
        (a, n), (b, m) = counts
        assert d.estimate == pytest.approx(a / n - b / m, abs=1e-12)
        assert d.p_value == pytest.approx(stats.fisher_exact([[a, n - a], [b, m - b]]).pvalue, rel=1e-7)
        limits = confint_proportions_2indep(a, n, b, m, method="newcomb")
        assert (d.conf_low, d.conf_high) == pytest.approx(limits, rel=1e-9)


def rows_of(results, variable):
    return [row for row in results.tables["characteristics"] if row["variable"] == variable]


@pytest.mark.parametrize("variable", ["age", "diameter"])
def test_numbers_described(results, data, variable):
    (row,) = rows_of(results, variable)
    groups = [data[variable][data.truth == truth] for truth in (0, 1)]
    # With hundreds of lesions nothing is normal to Shapiro and Wilk.
    assert min(stats.shapiro(group).pvalue for group in groups) < 0.05
    assert (row["kind"], row["test"]) == ("median-iqr", "mann-whitney")
    for name, group in (("0", groups[0]), ("1", groups[1]), ("all", data[variable])):
        values = row["values"][name]
        assert (values["n"], values["missing"]) == (len(group), 0)
        assert values["median"] == pytest.approx(group.median())
        assert (values["q1"], values["q3"]) == pytest.approx((group.quantile(0.25), group.quantile(0.75)))
    expected = stats.mannwhitneyu(*groups, method="asymptotic")
    assert row["p_value"] == pytest.approx(expected.pvalue, rel=1e-8)


def test_frequencies_described(results, data):
    for variable in ("sex", "anatom_site_general"):
        table = pd.crosstab(data[variable], data.truth)
        rows = rows_of(results, variable)
        assert {row["level"] for row in rows if row["level"] is not None} == set(table.index)
        for row in rows:
            if row["level"] is not None:
                counts = [row["values"][name]["count"] for name in ("0", "1")]
                assert counts == table.loc[row["level"]].tolist()
        assert rows[0]["test"] == "chi2"
        expected = stats.chi2_contingency(table)  # Yates's correction of a two-by-two table, as the note says
        assert rows[0]["p_value"] == pytest.approx(expected.pvalue, rel=1e-8)
        assert rows[0]["df"] == expected.dof
        assert ("Yates" in rows[0]["note"]) == (table.shape == (2, 2))


def test_what_is_missing_is_counted(results, data):
    rows = rows_of(results, "mpath")
    assert rows[0]["values"]["all"]["missing"] == data.mpath.isna().sum() == 243
