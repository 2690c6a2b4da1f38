"""Several cases a patient: proportions, ratios, indices and kappa."""

import functools
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import readerstudy as rs
from readerstudy.measures import MEASURES, METHOD_NAMES
from readerstudy.stats._patients import patients_of
from readerstudy.stats.clustered import METHODS
from readerstudy.stats.proportion import CONTINUOUS

FRACTIONS = ("sensitivity", "specificity", "ppv", "npv", "accuracy")
OTHERS = ("balanced_accuracy", "youden", "dor", "f1", "mcc", "plr", "nlr", "kappa")
CASES = {"sensitivity": 0, "specificity": 1, "ppv": 2, "npv": 3, "accuracy": 4}


def study(seed=5, patients=40, most=5):
    """Truth, calls and ratings that are alike in a patient, and whose they are."""
    rng = np.random.default_rng(seed)
    patient = np.repeat(np.arange(patients), rng.integers(1, most + 1, patients))
    mood = rng.normal(size=patients)[patient]
    truth = rng.random(len(patient)) < 0.5
    call = rng.normal(size=len(patient)) + mood + 1.2 * truth > 0.6
    return truth, call, patient


def counted(measure, truth, call):
    return (truth, ~truth, call, ~call, np.ones(len(truth), dtype=bool))[CASES[measure]]


@pytest.mark.parametrize("measure", FRACTIONS)
def test_standard_error_by_a_loop_over_patients(measure):
    truth, call, patient = study()
    cases = counted(measure, truth, call)
    p = np.mean((truth == call)[cases])
    squares, m = 0.0, 0
    for number in set(patient[cases]):
        own = cases & (patient == number)
        squares += (np.sum((truth == call)[own]) - p * np.sum(own)) ** 2
        m += 1
    e = getattr(rs, measure)(truth, call, patients=patient)
    assert e.std_error == pytest.approx(math.sqrt(m / (m - 1) * squares) / cases.sum(), rel=1e-12)
    assert e.df == m - 1
    assert (e.n_cases, e.n_patients) == (len(truth), 40)
    assert (e.method, e.estimate) == ("ratio-estimator-wilson", p)


def weighted(name, truth, call, weight):
    """The measure when each case counts `weight` times."""
    tp, fp, fn, tn = (weight[cell].sum() for cell in (truth & call, ~truth & call, truth & ~call, ~truth & ~call))
    se, sp, n = tp / (tp + fn), tn / (tn + fp), weight.sum()
    expected = ((tp + fn) * (tp + fp) + (fp + tn) * (fn + tn)) / n**2
    return {
        "balanced_accuracy": (se + sp) / 2,
        "youden": se + sp - 1,
        "dor": math.log(tp * tn / (fp * fn)),
        "plr": math.log(se / (1 - sp)),
        "nlr": math.log((1 - se) / sp),
        "f1": tp / (tp + fp + fn),
        "mcc": (tp * tn - fp * fn) / math.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)),
        "kappa": ((tp + tn) / n - expected) / (1 - expected),
    }[name]


@functools.cache
def design_by_derivatives(name):
    """Square root of the design effect, from numerical derivatives in the weight of each case and patient."""
    truth, call, patient = study()

    def influence(group):
        effects = []
        for number in range(group.max() + 1):
            step = np.where(group == number, 1e-5, 0.0)
            rise = weighted(name, truth, call, 1 + step) - weighted(name, truth, call, 1 - step)
            effects.append(rise / 2e-5)
        return np.array(effects)

    by_patient, by_case = influence(patient), influence(np.arange(len(truth)))
    m, n = len(by_patient), len(by_case)
    return math.sqrt((by_patient**2).sum() * m / (m - 1) / ((by_case**2).sum() * n / (n - 1)))


@pytest.mark.parametrize("name", ["dor", "plr", "nlr", "mcc", "kappa", "youden", "balanced_accuracy"])
def test_design_effect_by_numerical_derivatives(name):
    truth, call, patient = study()
    options = {"method": "wald"} if name in ("youden", "balanced_accuracy", "mcc") else {}
    plain = getattr(rs, name)(truth, call, **options)
    wide = getattr(rs, name)(truth, call, patients=patient, **options)
    whose = patients_of(patient, len(patient))
    stretch = design_by_derivatives(name) * whose.reach(0.025) / 1.959963984540054
    assert wide.estimate == plain.estimate
    if name in ("dor", "plr", "nlr"):
        assert math.log(wide.conf_high / wide.conf_low) == pytest.approx(
            stretch * math.log(plain.conf_high / plain.conf_low), rel=1e-5
        )
    else:
        assert wide.conf_high - wide.conf_low == pytest.approx(stretch * (plain.conf_high - plain.conf_low), rel=1e-5)


def test_f1_is_carried_over_from_its_share():
    truth, call, patient = study()
    e, share = rs.f1(truth, call, patients=patient), rs.accuracy(
        (truth & call)[truth | call], np.ones((truth | call).sum(), dtype=bool), patients=patient[truth | call]
    )  # fmt: skip
    assert (e.conf_low, e.conf_high) == pytest.approx([2 * s / (1 + s) for s in (share.conf_low, share.conf_high)])


def test_newcombe_adds_the_classes_with_the_correlation_of_the_patients():
    """Each class's Wilson limits, and the correlation of what patients add to the two proportions."""
    truth, call, patient = study()
    se, sp = rs.sensitivity(truth, call, patients=patient), rs.specificity(truth, call, patients=patient)
    adds = np.zeros((2, 40))
    for number in range(40):
        own = patient == number
        adds[0, number] = np.sum(call[own & truth] - se.estimate)
        adds[1, number] = np.sum(~call[own & ~truth] - sp.estimate)
    correlation = adds[0] @ adds[1] / math.sqrt((adds[0] @ adds[0]) * (adds[1] @ adds[1]))
    below = se.estimate - se.conf_low, sp.estimate - sp.conf_low
    above = se.conf_high - se.estimate, sp.conf_high - sp.estimate
    e = rs.youden(truth, call, patients=patient)
    for limit, (u, v), sign in ((e.conf_low, below, -1), (e.conf_high, above, 1)):
        expected = e.estimate + sign * math.sqrt(u * u + v * v + 2 * correlation * u * v)
        assert limit == pytest.approx(expected, rel=1e-12)


SAME = [
    *((name, {"method": method}) for name in (*FRACTIONS, "f1") for method in CONTINUOUS),
    *((name, {"method": method}) for name in ("balanced_accuracy", "youden") for method in ("newcombe", "wald")),
    *(("dor", {"method": method}) for method in ("log", "haldane")),
    *(("mcc", {"method": method}) for method in ("fisher-z", "wald")),
    ("plr", {}),
    ("nlr", {}),
    ("kappa", {}),
]


@pytest.mark.parametrize(("name", "options"), SAME)
def test_one_case_a_patient_is_no_patients(name, options):
    truth, call, _ = study()
    function = getattr(rs, name)
    plain = function(truth, call, **options)
    patients = [f"P{k}" for k in range(len(truth))]
    e = function(truth, call, patients=patients, **options)
    assert (e.conf_low, e.conf_high) == pytest.approx((plain.conf_low, plain.conf_high), rel=1e-9)
    assert e.note == plain.note
    assert e.n_patients == e.n_cases == len(truth)
    assert e.method in METHOD_NAMES
    if name == "kappa":
        assert (e.statistic, e.p_value) == pytest.approx((plain.statistic, plain.p_value), rel=1e-9)


@pytest.mark.parametrize("method", [method for method in METHODS if method not in CONTINUOUS])
def test_other_intervals_draw_near_those_of_independent_cases(method):
    truth, call = np.ones(4000, dtype=bool), np.repeat([True, False], [3000, 1000])
    plain = rs.sensitivity(truth, call)
    e = rs.sensitivity(truth, call, method=method, patients=range(4000))
    assert (e.conf_low, e.conf_high) == pytest.approx((plain.conf_low, plain.conf_high), abs=4e-4)
    assert e.method in METHOD_NAMES


def test_null_value():
    truth, call, patient = study()
    e = rs.sensitivity(truth, call, null=0.5, patients=patient)
    wilson = rs.sensitivity(truth, call, conf_level=1 - e.p_value, patients=patient)
    # The score test and Wilson's interval are one: at a level of 1 - P the limit is the null value.
    assert wilson.conf_low == pytest.approx(0.5, abs=1e-9)
    assert e.test_method == "rao-scott-score"
    alone = rs.sensitivity(truth, call, null=0.5, patients=range(len(truth)))
    plain = rs.sensitivity(truth, call, null=0.5)
    assert (alone.statistic, alone.p_value) == pytest.approx((plain.statistic, plain.p_value))


def test_copies_of_a_case_are_one_case():
    """Every case three times over: the interval of the cases themselves, but for Student's distribution."""
    truth, call, _ = study()
    once = rs.sensitivity(truth, call, method="ratio-estimator", patients=np.arange(len(truth)))
    thrice = rs.sensitivity(
        *(np.repeat(a, 3) for a in (truth, call)), method="ratio-estimator", patients=np.repeat(range(len(truth)), 3)
    )
    assert (thrice.std_error, thrice.conf_low) == pytest.approx((once.std_error, once.conf_low), rel=1e-12)


def test_labels_and_order_do_not_matter():
    truth, call, patient = study()
    order = np.random.default_rng(1).permutation(len(truth))
    frame = pd.DataFrame({"truth": truth, "call": call, "patient": [f"p{k}" for k in patient]}).iloc[order]
    for name in (*FRACTIONS, *OTHERS):
        e, moved = (
            getattr(rs, name)(*arrays[:2], patients=arrays[2])
            for arrays in ((truth, call, patient), (frame.truth, frame.call, frame.patient))
        )
        assert (e.conf_low, e.conf_high) == pytest.approx((moved.conf_low, moved.conf_high), rel=1e-12)


def test_table():
    truth, call, patient = study()
    table = rs.diagnostic_table(truth, call, method="clopper-pearson", patients=patient)
    for e in table:
        options = {} if e.measure in ("plr", "nlr") else {"method": "clopper-pearson"}
        assert e == getattr(rs, e.measure)(truth, call, patients=patient, **options)


def test_several_classes():
    rng = np.random.default_rng(3)
    patient = np.repeat(np.arange(30), 4)
    truth = rng.choice(list("abc"), 120)
    call = np.where(rng.random(120) < 0.7, truth, rng.choice(list("abc"), 120))
    for name in ("accuracy", "balanced_accuracy", "mcc", "kappa"):
        e = getattr(rs, name)(truth, call, patients=patient)
        assert e.conf_low < e.estimate < e.conf_high
        assert e.n_patients == 30
    weights = rs.kappa(truth, call, weights="linear", patients=patient)
    assert weights.method == "yang-zhou-linear"


def test_cases_that_one_did_not_read_are_left_out_of_kappa_with_their_patients():
    e = rs.kappa([0, 0, 1, 1, None], [0, 1, 1, 1, 0], patients=["a", "a", "b", "c", "d"])
    assert (e.n_cases, e.n_patients, e.df) == (4, 3, 2)


@pytest.mark.parametrize("name", FRACTIONS)
@pytest.mark.parametrize("method", METHODS)
def test_no_variance_takes_a_patients_cases_as_copies(name, method):
    patient = np.repeat([0, 1, 2, 3], [1, 2, 3, 4])
    truth = np.tile([True, False], 5)
    e = getattr(rs, name)(truth, truth, method=method, patients=patient)
    if name == "accuracy":  # Kish: 10 ** 2 / 30 cases
        if method in CONTINUOUS:
            assert (
                rs.proportion(3, 3, method=method).conf_low < e.conf_low < rs.proportion(4, 4, method=method).conf_low
            )
        assert "3.33 independent cases" in e.note
    assert e.estimate == e.conf_high == 1
    assert 0 < e.conf_low < 1
    assert "the patients leave no variance" in e.note
    assert e.method in METHOD_NAMES


def test_the_same_share_in_every_patient_is_no_certainty():
    patient, call = np.repeat(range(6), 2), np.tile([True, False], 6)
    e = rs.sensitivity(np.ones(12), call, patients=patient)
    plain = rs.proportion(3, 6)
    assert (e.conf_low, e.conf_high) == pytest.approx((plain.conf_low, plain.conf_high))
    assert e.std_error == 0


def test_one_patient():
    truth, call = [1, 1, 0, 0, 1, 0], [1, 0, 0, 1, 1, 0]
    for name in (*FRACTIONS, *OTHERS):
        e = getattr(rs, name)(truth, call, patients=["p"] * 6)
        assert not math.isnan(e.estimate)
        assert math.isnan(e.conf_low)
        assert math.isnan(e.conf_high)
        assert "one patient" in e.note
        assert e.n_patients == 1


def test_one_patient_has_all_cases_of_a_class():
    e = rs.balanced_accuracy([1, 1, 0, 0, 0], [1, 0, 0, 1, 0], patients=[1, 1, 2, 3, 4])
    assert math.isnan(e.conf_low)
    assert "one patient has all cases of 1" in e.note
    assert "one patient" in rs.sensitivity([1, 1, 0], [1, 0, 0], patients=[1, 1, 2]).note


def test_nothing_to_count():
    e = rs.sensitivity([0, 0, 0], [0, 1, 0], patients=[1, 1, 2])
    assert math.isnan(e.estimate)
    assert (e.note, e.n_patients, e.total) == ("0 of 0: no positive case", 2, 0)
    for name in ("plr", "nlr", "dor", "youden", "balanced_accuracy"):
        assert "undefined" in getattr(rs, name)([0, 0, 0], [0, 1, 0], patients=[1, 1, 2]).note
    assert rs.f1([0, 0], [0, 0], patients=[1, 1]).note == "0 of 0: no positive case and no positive call"
    assert math.isnan(rs.mcc([0, 0], [0, 1], patients=[1, 1]).estimate)
    assert math.isnan(rs.kappa([0, 0], [0, 0], patients=[1, 2]).estimate)
    assert rs.nlr([1, 1, 0, 0], [1, 1, 0, 1], patients=[1, 1, 2, 2]).estimate == 0


def test_wrong_input():
    with pytest.raises(ValueError, match="not one length: patients has 2, the other arrays have 3"):
        rs.sensitivity([1, 0, 1], [1, 0, 1], patients=[1, 2])
    with pytest.raises(ValueError, match="patients is missing at position 1"):
        rs.accuracy([1, 0, 1], [1, 0, 1], patients=["a", None, "b"])
    with pytest.raises(ValueError, match="'blaker', which is for independent cases; with patients it must be one of"):
        rs.ppv([1, 0, 1], [1, 0, 1], method="blaker", patients=[1, 2, 3])
    with pytest.raises(ValueError, match="Did you mean 'wilson'"):
        rs.ppv([1, 0, 1], [1, 0, 1], method="wilsom", patients=[1, 2, 3])
    with pytest.raises(ValueError, match="'koopman', which is for independent cases"):
        rs.plr([1, 0, 1], [1, 0, 1], method="koopman", patients=[1, 2, 3])
    with pytest.raises(ValueError, match="null must lie strictly between 0 and 1"):
        rs.npv([1, 0, 1], [1, 0, 1], null=1.0, patients=[1, 2, 3])


few_cases = st.lists(st.tuples(st.booleans(), st.booleans(), st.integers(0, 4)), min_size=1, max_size=14)


@settings(max_examples=60)
@given(few_cases)
def test_whatever_the_cases_limits_are_in_range_or_absent_with_a_note(cases):
    truth, call, patient = (np.array(column) for column in zip(*cases, strict=True))
    for name in (*FRACTIONS, *OTHERS):
        methods = METHODS if name in ("sensitivity", "f1") else (None,)
        for method in methods:
            options = {} if method is None else {"method": method}
            e = getattr(rs, name)(truth, call, patients=patient, **options)
            fact = MEASURES[e.measure]
            for value in (e.estimate, e.conf_low, e.conf_high):
                assert math.isnan(value) or fact.low <= value <= fact.high
                assert not math.isinf(value)
            if math.isnan(e.conf_low) or math.isnan(e.conf_high):
                assert e.note
            else:
                assert e.conf_low <= e.estimate <= e.conf_high
            assert e.n_patients == len(set(patient.tolist()))


def beta_binomial(rng, patients, rate, correlation):
    """Patients of one to six cases whose calls are alike."""
    size = rng.integers(1, 7, patients)
    weight = 1 / correlation - 1
    share = rng.beta(rate * weight, (1 - rate) * weight, patients)
    patient = np.repeat(np.arange(patients), size)
    return rng.random(len(patient)) < share[patient], patient


@pytest.mark.parametrize(("patients", "rate"), [(25, 0.8), (60, 0.9)])
def test_coverage_and_what_ignoring_the_patients_costs(patients, rate):
    """600 studies, an error of about 0.9 %."""
    rng = np.random.default_rng(2024)
    held = {"wilson": 0, "clopper-pearson": 0, "logit": 0, "ignored": 0, "rejected": 0}
    for _ in range(600):
        call, patient = beta_binomial(rng, patients, rate, 0.4)
        truth = np.ones(len(call), dtype=bool)
        for method in ("wilson", "clopper-pearson", "logit"):
            e = rs.sensitivity(truth, call, method=method, null=rate, patients=patient)
            held[method] += e.conf_low <= rate <= e.conf_high
        held["rejected"] += rs.sensitivity(truth, call, null=rate, patients=patient).p_value < 0.05
        plain = rs.sensitivity(truth, call)
        held["ignored"] += plain.conf_low <= rate <= plain.conf_high
    shares = {name: count / 600 for name, count in held.items()}
    assert 0.92 < shares["wilson"] < 0.985
    assert 0.93 < shares["clopper-pearson"] < 0.995
    assert 0.91 < shares["logit"] < 0.985
    assert shares["rejected"] < 0.085
    assert shares["ignored"] < 0.86


@pytest.mark.parametrize("method", METHODS)
def test_one_sided_limit_at_half_is_a_number(method):
    truth, call = [1] * 12, [1, 0, 1, 1, 0, 1, 1, 1, 0, 1, 1, 0]
    patients = [1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6]
    e = rs.sensitivity(truth, call, patients=patients, method=method, conf_level=0.5, alternative="greater")
    assert e.conf_low <= e.estimate
    assert e.conf_low == pytest.approx(e.estimate, abs=0.06)
    assert e.conf_high == 1


@pytest.mark.parametrize("method", ["tango", "newcombe", "bonett-price", "agresti-min", "wald", "wald-cc"])
def test_one_sided_difference_at_half_is_a_number(method):
    rng = np.random.default_rng(0)
    call, versus, patients = *rng.integers(0, 2, (2, 30)), np.arange(30) // 2
    options = {"patients": patients, "conf_level": 0.5, "method": method}
    for alternative in ("greater", "less"):
        e = rs.paired_difference(call, versus, alternative=alternative, **options)
        near = e.conf_low if alternative == "greater" else e.conf_high
        assert near == pytest.approx(e.estimate, abs=0.04)
    assert rs.kappa(call, versus, patients=patients, conf_level=0.5, alternative="less").conf_high < 1


@pytest.mark.parametrize("measure", ["sensitivity", "specificity", "ppv", "npv", "accuracy"])
def test_goal_one_sided(measure):
    rng = np.random.default_rng(5)
    truth = rng.integers(0, 2, 80)
    call = np.where(rng.random(80) < 0.8, truth, 1 - truth)
    of = getattr(rs, measure)
    for patients in (None, np.arange(80) // 2):
        both = of(truth, call, null=0.7, patients=patients)
        greater, less = (of(truth, call, null=0.7, patients=patients, alternative=name) for name in ("greater", "less"))
        assert greater.p_value + less.p_value == pytest.approx(1)
        assert both.p_value == pytest.approx(2 * min(greater.p_value, less.p_value))
        assert (greater.alternative, less.alternative, both.alternative) == ("greater", "less", "two-sided")
        wide = of(truth, call, conf_level=0.9, patients=patients)
        assert (greater.conf_low, greater.conf_high) == (pytest.approx(wide.conf_low), 1)
        assert (less.conf_low, less.conf_high) == (0, pytest.approx(wide.conf_high))
    plain = of(truth, call, null=0.7, alternative="greater")
    same = rs.proportion(plain.count, plain.total, null=0.7, alternative="greater")
    assert (plain.p_value, plain.conf_low) == (same.p_value, same.conf_low)
    alone = of(truth, call, null=0.7, alternative="greater", patients=np.arange(80))
    assert alone.p_value == pytest.approx(plain.p_value)
