"""Readers x cases: against the analysis itself, scipy's non-central distributions, and simulated studies."""

import math

import numpy as np
import pytest
from scipy import stats

import readerstudy as rs
from readerstudy import power
from readerstudy.power import Components, PanelComponents
from readerstudy.power._tests import power_of

VAN_DYKE = Components(
    var_modality_reader=0.000208, error=0.000803, cov1=0.000347, cov2=0.000344, cov3=0.000239, n_cases=114
)
ROE_METZ = {
    "reader": 0.02, "modality_reader": 0.02, "case": 0.3, "modality_case": 0.1, "reader_case": 0.2, "error": 0.4,
}  # fmt: skip


def study(rng, *, apart=0.0, readers=5, cases=100, modalities=2):
    """Roe and Metz's model, written out: every component drawn by itself."""
    truth = np.arange(cases) % 2 == 0
    shift = np.zeros((modalities, readers, 2))
    for part, shape in (("reader", (1, readers, 2)), ("modality_reader", (modalities, readers, 2))):
        shift = shift + rng.normal(size=shape) * math.sqrt(ROE_METZ[part])
    shift[0, :, 1] += 1.4 + apart
    shift[1:, :, 1] += 1.4
    scores = np.where(truth, shift[..., 1:], shift[..., :1])
    for part, shape in (
        ("case", (1, 1, cases)),
        ("modality_case", (modalities, 1, cases)),
        ("reader_case", (1, readers, cases)),
        ("error", (modalities, readers, cases)),
    ):
        scores = scores + rng.normal(size=shape) * math.sqrt(ROE_METZ[part])
    return truth, scores


def planned(apart, **sizes):
    return power.roe_metz(1.4 + apart, versus=1.4, n_positive=50, n_negative=50, **ROE_METZ, **sizes)


def difference(found):
    return next(e for e in found if e.versus is not None and e.reader is None)


@pytest.mark.parametrize("random", [("readers", "cases"), "readers", "cases"])
def test_the_planned_error_is_that_of_the_analysis(random):
    """A study of the pilot's size has the pilot's standard error and degrees of freedom."""
    pilot = rs.mrmc(*study(np.random.default_rng(3), apart=0.3))
    components = Components.of(pilot)
    assert min(components.var_modality_reader, components.cov2 - components.cov3) > 0
    e = difference(rs.mrmc(*study(np.random.default_rng(3), apart=0.3), random=random))
    found = power.mrmc(pilot, effect=e.estimate, n_readers=5, n_cases=100, random=random)
    assert found.std_error == pytest.approx(e.std_error, rel=1e-12)
    assert found.df == pytest.approx(e.df, rel=1e-12, nan_ok=True)


def test_a_negative_covariance_is_taken_as_the_analysis_takes_it():
    """The component of modality and reader changes with it."""
    for seed in range(200):
        data = study(np.random.default_rng(seed), readers=3, cases=20)
        pilot = rs.mrmc(*data)
        components = Components.of(pilot)
        if components.cov2 < components.cov3 and components.var_modality_reader > 0:
            break
    e = difference(pilot)
    found = power.mrmc(pilot, effect=0.1, n_readers=3, n_cases=20)
    assert found.std_error == pytest.approx(e.std_error, rel=1e-12)
    assert found.df == pytest.approx(e.df, rel=1e-12)
    assert "covariance" in found.note


@pytest.mark.parametrize("random", [("readers", "cases"), "readers", "cases"])
def test_the_planned_error_of_a_panel_is_that_of_the_analysis(random):
    for seed in range(50):
        truth, scores = study(np.random.default_rng(seed), apart=0.2)
        pilot = rs.model_versus_readers(truth, scores[0, 0], scores[1])
        if PanelComponents.of(pilot).var_reader > 0:
            break
    found = rs.model_versus_readers(truth, scores[0, 0], scores[1], random=random)
    e = next(e for e in found if e.versus == "all readers")
    plan = power.model_versus_readers(pilot, effect=0.05, n_readers=5, n_cases=100, random=random)
    assert plan.std_error == pytest.approx(e.std_error, rel=1e-12)
    assert plan.df == pytest.approx(e.df, rel=1e-12, nan_ok=True)


@pytest.mark.parametrize("blocks", [2, 3])
def test_the_planned_error_of_a_split_plot_is_that_of_the_analysis(blocks):
    """With the components of the analysis, which are those of a block's cases."""
    for seed in range(50):
        truth, scores = study(np.random.default_rng(seed), readers=6, cases=120)
        unread = np.arange(6)[:, None] % blocks != np.arange(120) // 2 % blocks
        found = rs.mrmc(truth, np.where(unread, np.nan, scores))
        values = {e.measure: e.estimate for e in found if e.measure.startswith(("var", "cov"))}
        shared = values["cov2"] - values["cov3"]
        if values["var_modality_reader"] > min(shared, 0):
            break
    components = Components(
        var_modality_reader=values["var_modality_reader"] - min(shared, 0), error=values["var_error"],
        cov1=values["cov1"], cov2=values["cov2"], cov3=values["cov3"], n_cases=120 // blocks,
    )  # fmt: skip
    e = difference(found)
    plan = power.mrmc(components, effect=0.05, n_readers=6, n_cases=120, n_blocks=blocks)
    assert plan.std_error == pytest.approx(e.std_error, rel=1e-12)
    assert plan.df == pytest.approx(e.df, rel=1e-12)
    with pytest.raises(ValueError, match="split-plot"):
        Components.of(found)


@pytest.mark.parametrize("df", [1.0, 3.7, 15.2596, 61.7, 4000.0])
@pytest.mark.parametrize("d", [-0.7, 0.0, 1.5, 3.2])
def test_power_of_t_and_f(df, d):
    both = power_of(d, 1.0, df, 0.05, "two-sided", None, "superiority")
    critical = stats.f.isf(0.05, 1, df)
    assert both == pytest.approx(stats.ncf.sf(critical, 1, df, d * d) if d else 0.05, rel=1e-8)
    for alternative, sign in (("greater", 1), ("less", -1)):
        one = power_of(d, 1.0, df, 0.05, alternative, None, "superiority")
        assert one == pytest.approx(stats.nct.sf(stats.t.isf(0.05, df), df, sign * d), rel=1e-6, abs=1e-9)
    margin = power_of(d, 1.0, df, 0.05, "two-sided", 2.0, "non-inferiority")
    assert margin == pytest.approx(stats.nct.sf(stats.t.isf(0.025, df), df, d + 2), rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("df", [2.5, 12.0, math.inf])
def test_power_of_equivalence_is_that_of_both_tests(df):
    rng = np.random.default_rng(1)
    n = 400_000
    s = np.ones(n) if math.isinf(df) else np.sqrt(rng.chisquare(df, n) / df)
    t = stats.norm.isf(0.025) if math.isinf(df) else stats.t.isf(0.025, df)
    seen = 0.4 + rng.normal(size=n)
    simulated = np.mean((seen - t * s > -4) & (seen + t * s < 4))
    found = power_of(0.4, 1.0, df, 0.05, "two-sided", 4.0, "equivalence")
    assert found == pytest.approx(simulated, abs=4 * math.sqrt(simulated * (1 - simulated) / n))


def test_sizes_that_are_found_are_the_least():
    for sizes in ({"n_readers": 7}, {"n_cases": 150}):
        for how in ({}, {"margin": 0.05, "effect": 0.01}, {"margin": 0.08, "effect": 0.0, "hypothesis": "equivalence"}):
            asked = {"effect": 0.05, **how}
            found = power.mrmc(VAN_DYKE, power=0.85, **sizes, **asked)
            unknown = "n_cases" if "n_readers" in sizes else "n_readers"
            n = getattr(found, unknown)
            assert found.wanted == 0.85
            assert power.mrmc(VAN_DYKE, **sizes, **{unknown: n}, **asked).power == found.power >= 0.85
            assert power.mrmc(VAN_DYKE, **sizes, **{unknown: n - 1}, **asked).power < 0.85


def test_readers_alone_limit_the_power():
    found = power.mrmc(VAN_DYKE, effect=0.02, n_readers=4, power=0.9)
    assert found.n_cases is None
    assert found.n_readers == 4
    assert math.isnan(found.power)
    most = power.mrmc(VAN_DYKE, effect=0.02, n_readers=4, n_cases=100_000_000).power
    assert f"{most:.3f} at most" in found.note
    found = power.mrmc(VAN_DYKE, effect=0.01, n_cases=50, power=0.9)
    assert found.n_readers is None
    assert "with 50 cases" in found.note


def test_directions_and_signs():
    sizes = {"n_readers": 8, "n_cases": 150}
    up = power.mrmc(VAN_DYKE, effect=0.04, alternative="greater", **sizes)
    down = power.mrmc(VAN_DYKE, effect=-0.04, alternative="less", **sizes)
    assert up.power == pytest.approx(down.power)
    assert up.power > power.mrmc(VAN_DYKE, effect=0.04, **sizes).power
    assert power.mrmc(VAN_DYKE, effect=0.04, alternative="less", **sizes).power < 0.05
    worse = power.mrmc(VAN_DYKE, effect=-0.01, margin=0.05, **sizes)
    assert worse.power < power.mrmc(VAN_DYKE, margin=0.05, **sizes).power
    lower_is_better = power.mrmc(VAN_DYKE, effect=0.01, margin=0.05, alternative="less", **sizes)
    assert lower_is_better.power == pytest.approx(worse.power)
    assert power.mrmc(VAN_DYKE, effect=0.0, **sizes).power == pytest.approx(0.05)


def test_more_modalities_and_blocks():
    two = power.mrmc(VAN_DYKE, effect=0.05, n_readers=6, n_cases=114)
    three = power.mrmc(VAN_DYKE, effect=0.05, n_readers=6, n_cases=114, n_modalities=3)
    assert three.df == pytest.approx(2 * two.df)
    assert three.power > two.power
    split = power.mrmc(VAN_DYKE, effect=0.05, n_readers=6, n_cases=114, n_blocks=2)
    assert split.n_blocks == 2
    assert split.power < two.power
    # The same number of reads of each reader: twice the cases in two blocks vary less.
    assert power.mrmc(VAN_DYKE, effect=0.05, n_readers=6, n_cases=228, n_blocks=2).std_error < two.std_error


def test_components_of_roe_and_metz_are_what_is_estimated():
    """Mean estimates of 300 simulated studies against the exact components, within four standard errors."""
    rng = np.random.default_rng(11)
    found = [rs.mrmc(*study(rng, apart=0.3, readers=4, cases=60)) for _ in range(300)]
    exact = power.roe_metz(1.7, versus=1.4, n_positive=30, n_negative=30, **ROE_METZ)
    names = {
        "var_modality_reader": "var_modality_reader", "error": "var_error", "cov1": "cov1", "cov2": "cov2",
        "cov3": "cov3",
    }  # fmt: skip
    for ours, theirs in names.items():
        values = np.array([next(e.estimate for e in one if e.measure == theirs) for one in found])
        # The jackknife of a U-statistic overestimates its variance a little: of order 1 / n.
        allowed = 4 * values.std(ddof=1) / math.sqrt(len(values)) + 0.03 * abs(getattr(exact, ours))
        assert values.mean() == pytest.approx(getattr(exact, ours), abs=allowed), ours
    effects = np.array([difference(one).estimate for one in found])
    assert effects.mean() == pytest.approx(exact.effect, abs=4 * effects.std(ddof=1) / math.sqrt(len(effects)))


@pytest.mark.parametrize(("apart", "margin"), [(0.5, None), (0.0, 0.1)])
def test_the_power_of_the_formula_is_that_of_simulated_studies(apart, margin):
    """Within four Monte-Carlo standard errors, and 0.02 for what the normal theory leaves out."""

    def analyse(data):
        return difference(rs.mrmc(*data, margin=margin))

    simulated = power.simulate(lambda rng: study(rng, apart=apart), analyse, n_studies=600, rng=4)
    formula = power.mrmc(planned(apart), n_readers=5, n_cases=100, margin=margin)
    assert 0.5 < formula.power < 0.9
    error = math.sqrt(formula.power * (1 - formula.power) / 600)
    assert simulated.power == pytest.approx(formula.power, abs=4 * error + 0.02)


def test_components_of_pseudovalues():
    data = study(np.random.default_rng(3), apart=0.3)
    values = {e.measure: e.estimate for e in rs.mrmc(*data, method="dbm") if e.measure.startswith("var")}
    components = Components.dbm(
        modality_reader=values["var_modality_reader"], modality_case=values["var_modality_case"],
        error=values["var_error"], n_cases=100,
    )  # fmt: skip
    sizes = {"effect": 0.08, "n_readers": 7, "n_cases": 150}
    assert power.mrmc(components, **sizes).power == pytest.approx(power.mrmc(rs.mrmc(*data), **sizes).power, rel=1e-10)


def test_another_mix_of_cases():
    same = VAN_DYKE.with_cases(45, 69, auc=0.9, pilot=(45, 69))
    assert same.error == pytest.approx(VAN_DYKE.error)
    assert same.n_cases == 114
    rare = VAN_DYKE.with_cases(20, 94, auc=0.9, pilot=(45, 69))
    assert rare.error > VAN_DYKE.error
    assert rare.cov3 / VAN_DYKE.cov3 == pytest.approx(rare.error / VAN_DYKE.error)
    assert rare.var_modality_reader == VAN_DYKE.var_modality_reader
    with pytest.raises(ValueError, match=r"45 \+ 70 cases"):
        VAN_DYKE.with_cases(20, 94, auc=0.9, pilot=(45, 70))


def test_an_equal_panel_is_a_comparison_with_its_mean():
    """Many identical readers without error of their own: the model's difference to one of them."""
    components = PanelComponents(var_reader=0.0, error=0.002, cov2=0.002, n_cases=100)
    with pytest.raises(ValueError, match="without variance"):
        power.model_versus_readers(components, effect=0.05, n_readers=5, n_cases=100)
    found = power.model_versus_readers(components, effect=0.05, n_readers=5, n_cases=100, random="cases")
    assert found.std_error == pytest.approx(math.sqrt(0.002))
    assert found.power == pytest.approx(
        stats.norm.sf(1.959964 - 0.05 / found.std_error) + stats.norm.cdf(-1.959964 - 0.05 / found.std_error), abs=1e-6
    )


def test_what_is_missing_is_said():
    with pytest.raises(ValueError, match="no estimate of var_modality_reader"):
        Components.of([rs.Estimate(measure="cov1", estimate=1.0, n_cases=3)])
    with pytest.raises(ValueError, match="cov2 is there twice"):
        PanelComponents.of([rs.Estimate(measure="cov2", estimate=1.0, n_cases=3)] * 2)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"effect": 0.05, "n_readers": 5}, "n_cases, power are left out"),
        ({"effect": 0.05, "n_readers": 5, "n_cases": 100, "power": 0.8}, "none of them is left out"),
        ({"n_readers": 5, "n_cases": 100}, "effect is missing"),
        ({"effect": 0.05, "n_readers": 1, "n_cases": 100}, "n_readers must be a whole number of 2"),
        ({"effect": 0.05, "n_readers": 5, "n_cases": 99.5}, "n_cases must be a whole number"),
        ({"effect": 0.05, "n_readers": 5, "power": 80}, "power must lie strictly between 0 and 1"),
        ({"effect": 0.05, "n_readers": 5, "n_cases": 100, "alpha": 0}, "alpha must lie"),
        ({"effect": 0.05, "n_readers": 5, "n_cases": 100, "alternative": "grater"}, "Did you mean 'greater'"),
        ({"effect": 0.05, "n_readers": 5, "n_cases": 100, "margin": -0.05}, "margin must be greater than 0"),
        ({"effect": 0.05, "n_readers": 5, "n_cases": 100, "random": "patients"}, "random must be"),
        ({"effect": math.nan, "n_readers": 5, "n_cases": 100}, "effect must be a finite number"),
        ({"effect": 0.05, "n_readers": 8, "n_cases": 5, "n_blocks": 4}, "5 cases cannot be dealt out"),
        (
            {"n_readers": 5, "n_cases": 9, "margin": 0.1, "hypothesis": "equivalence", "alternative": "less"},
            "equivalence has no direction",
        ),
    ],
)
def test_wrong_requests(wrong, said):
    with pytest.raises(ValueError, match=said):
        power.mrmc(VAN_DYKE, **wrong)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"error": 0.0}, "error must be greater than 0"),
        ({"cov1": 0.01}, "cov1 must lie between"),
        ({"n_cases": 1}, "n_cases must be a whole number of 2"),
        ({"var_modality_reader": math.nan}, "var_modality_reader must be a finite"),
    ],
)
def test_impossible_components(changed, said):
    values = {"var_modality_reader": 0.0002, "error": 0.0008, "cov1": 0.0003, "cov2": 0.0003, "cov3": 0.0002}
    with pytest.raises(ValueError, match=said):
        Components(**{**values, "n_cases": 114, **changed})


def test_a_negative_component_is_said():
    odd = Components(var_modality_reader=-0.0001, error=0.0008, cov1=0.0003, cov2=0.0003, cov3=0.0002, n_cases=114)
    found = power.mrmc(odd, effect=0.05, n_readers=5, n_cases=114)
    assert "negative variance" in found.note
    even = Components(var_modality_reader=0.0, error=0.0008, cov1=0.0003, cov2=0.0003, cov3=0.0002, n_cases=114)
    assert found.power == power.mrmc(even, effect=0.05, n_readers=5, n_cases=114).power


def test_simulation_counts_what_has_no_result():
    answers = iter([math.nan, 0.01, 0.2, True, rs.Estimate(measure="auc_difference", p_value=0.03)])
    found = power.simulate(lambda rng: None, lambda study: next(answers), n_studies=5)
    assert found.power == 0.6
    assert found.note.startswith("1 of 5 studies")
    assert found.low < 0.6 < found.high
    with pytest.raises(ValueError, match="P-value between 0 and 1"):
        power.simulate(lambda rng: None, lambda study: 3.0, n_studies=1)
    draws = [power.simulate(lambda rng: rng.random(), lambda p: p, n_studies=200, rng=7).power for _ in range(2)]
    assert draws[0] == draws[1]


def test_a_table_has_a_row_for_each_combination():
    found = power.table(power.mrmc, VAN_DYKE, over={"n_readers": [5, 10], "n_cases": [100, 200, 300]}, effect=0.05)
    assert found.shape[0] == 6
    assert found.n_readers.tolist() == [5, 5, 5, 10, 10, 10]
    assert found.power.is_monotonic_increasing or found.power.max() < 1
    assert "margin" not in found
    with pytest.raises(ValueError, match="effect cannot both"):
        power.table(power.mrmc, VAN_DYKE, over={"effect": [0.05]}, effect=0.1, n_readers=5, n_cases=100)
