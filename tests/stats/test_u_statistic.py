"""One-shot variances: written out pair by pair, against the model that made the scores, designs, degenerate input."""

import itertools
import math

import numpy as np
import pytest
from scipy import stats

from readerstudy.simulate import RoeMetz, published, roe_metz
from readerstudy.stats.mrmc import measure as measures
from readerstudy.stats.mrmc import model_versus_readers, mrmc
from readerstudy.stats.mrmc.left_out import values_of
from readerstudy.stats.mrmc.u_statistic import Cells, OneShot
from readerstudy.stats.mrmc.unbiased import sums_of
from tests.stats.mrmc_studies import pick, readers_nested, split, study, without

BOTH = ["u-statistic", "v-statistic"]
SAMPLES = {"auc": "rdn", "sensitivity": "rc", "specificity": "rc", "accuracy": "rc"}


def difference(found):
    """The first difference of two means."""
    return next(e for e in found if e.measure.endswith("_difference") and e.reader is None)


def successes(truth, scores, measure):
    """Every success of one modality with its members: reader, positive, negative; or reader, case."""
    found = []
    for r, row in enumerate(scores):
        read = ~np.isnan(row)
        if measure == "auc":
            for i, j in itertools.product(np.flatnonzero(truth & read), np.flatnonzero(~truth & read)):
                found.append(((r, i, j), (row[i] > row[j]) + (row[i] == row[j]) / 2))
        else:
            wanted = {"sensitivity": truth, "specificity": ~truth, "accuracy": np.ones(len(truth), dtype=bool)}[measure]
            found += [((r, i), float((row[i] == 1) == truth[i])) for i in np.flatnonzero(wanted & read)]
    return found


def moments(first, second):
    """Sum and number of products by what differs; of U-statistics, then of V-statistics."""
    n = len(first[0][0])
    product, number = np.zeros((2,) * n), np.zeros((2,) * n)
    for (a, s), (b, t) in itertools.product(first, second):
        place = tuple(int(x != y) for x, y in zip(a, b, strict=True))
        product[place] += s * t
        number[place] += 1
    any_product, any_number = product.copy(), number.copy()
    for place in itertools.product((0, 1), repeat=n):
        below = [p for p in itertools.product((0, 1), repeat=n) if all(x <= y for x, y in zip(p, place, strict=True))]
        any_product[place] = sum(product[p] for p in below)
        any_number[place] = sum(number[p] for p in below)
    weight = number / number.sum()
    weight[(1,) * n] -= 1
    with np.errstate(invalid="ignore", divide="ignore"):
        return product / number, any_product / any_number, weight


def written_out(truth, scores, measure, weights, *, biased):
    """Variance and degrees of freedom of a contrast, and each modality's mean."""
    of = [successes(truth, of_modality, measure) for of_modality in scores]
    n = len(SAMPLES[measure])
    variance, alone, degrees = 0.0, np.zeros(n), np.full(n, np.inf)
    for a, b in itertools.product(np.flatnonzero(weights), repeat=2):
        unbiased, also, weight = moments(of[a], of[b])
        used = weight != 0
        factor = weights[a] * weights[b]
        variance += factor * ((also if biased else unbiased)[used] * weight[used]).sum()
        for k in range(n):
            only = tuple(int(axis != k) for axis in range(n))
            alone[k] += factor * np.nan_to_num(also[only] - also[(1,) * n])
            if a == b:
                degrees[k] = min(degrees[k], round(1 / weight.take(0, k).sum() - 1))
    df = max(variance**2 / (alone**2 / degrees**3).sum(), degrees.min())
    return variance, df, [np.mean([s for _, s in of_modality]) for of_modality in of]


def small(rng, *, calls=False, readers=3, cases=10, modalities=2):
    truth, scores = study(rng, modalities=modalities, readers=readers, cases=cases, apart=0.3)
    scores = (scores > 0.5).astype(float) if calls else np.round(scores)
    return truth, scores


LOSSES = {
    "crossed": lambda scores: scores,
    "missing": lambda scores: without(scores, np.random.default_rng(4).random(scores.shape) < 0.2),
    "split-plot": lambda scores: split(scores, 2),
    "readers nested": readers_nested,
}


@pytest.mark.parametrize("lost", LOSSES)
@pytest.mark.parametrize("method", BOTH)
@pytest.mark.parametrize("measure", SAMPLES)
def test_written_out(measure, method, lost):
    truth, scores = small(np.random.default_rng(8), calls=measure != "auc", readers=4, cases=12)
    scores = LOSSES[lost](scores)
    found = mrmc(truth, scores, measure=measure, method=method)
    biased = method == "v-statistic"
    for weights, e in (
        ((1, -1), difference(found)),
        ((1, 0), pick(found, modality="1", measure=measure)),
        ((0, 1), pick(found, modality="2", measure=measure)),
    ):
        variance, df, means = written_out(truth, scores, measure, np.array(weights, dtype=float), biased=biased)
        assert e.estimate == pytest.approx(np.dot(weights, means), rel=1e-12)
        if variance < 1e-14:
            assert math.isnan(e.std_error)
            assert "not positive" in e.note
            continue
        assert (e.std_error**2, e.df) == pytest.approx((variance, df), rel=1e-9)
        if e.versus is not None:
            reference = stats.norm if df > 50 else stats.t(math.floor(df))
            assert e.p_value == pytest.approx(2 * reference.sf(abs(e.statistic)), rel=1e-9)


@pytest.mark.parametrize("measure", SAMPLES)
def test_moments_and_components_add_up(measure):
    truth, scores = small(np.random.default_rng(2), calls=measure != "auc", cases=14)
    scores = LOSSES["missing"](scores)
    found = mrmc(truth, scores, measure=measure, method="u-statistic")
    for modality, versus in (("1", None), ("1", "2")):
        pair = (scores[int(name) - 1] for name in (modality, versus or modality))
        unbiased, _, weight = moments(*(successes(truth, of_modality, measure) for of_modality in pair))
        for kind in ("bdg_m", "bck_"):
            own = {
                e.measure: e.estimate
                for e in found
                if (e.modality, e.versus) == (modality, versus) and e.measure.startswith(kind)
            }
            values = {name: value for name, value in own.items() if not name.endswith("_weight")}
            if kind == "bdg_m":
                assert list(values.values()) == pytest.approx(unbiased.ravel())
                assert [own[f"{name}_weight"] for name in values] == pytest.approx(weight.ravel())
            total = sum(own[f"{name}_weight"] * value for name, value in values.items())
            assert total == pytest.approx((unbiased * weight).sum(), rel=1e-9)


def test_readers_alone_have_the_unbiased_covariance():
    truth, scores = small(np.random.default_rng(3), cases=20)
    of_cases = mrmc(truth, scores, covariance="unbiased", pooled=False)
    one_shot = mrmc(truth, scores, method="u-statistic")
    for e in one_shot:
        if e.reader is not None:
            other = pick(of_cases, reader=e.reader, modality=e.modality, versus=e.versus, measure=e.measure)
            for name in ("estimate", "std_error", "conf_low", "conf_high"):
                assert getattr(e, name) == pytest.approx(getattr(other, name), rel=1e-9, nan_ok=True)


@pytest.mark.parametrize("method", BOTH)
@pytest.mark.parametrize("lost", ["crossed", "missing", "split-plot"])
@pytest.mark.parametrize("measure", ["auc", "sensitivity", "specificity"])
def test_a_model_is_a_modality_that_all_readers_read_alike(measure, lost, method):
    truth, scores = small(np.random.default_rng(5), calls=measure != "auc", readers=4, cases=24, modalities=1)
    panel = LOSSES[lost](scores)[0]
    model = truth + np.random.default_rng(6).normal(size=24)
    model = (model > 0.5).astype(float) if measure != "auc" else model
    found = model_versus_readers(truth, model, panel, measure=measure, method=method)
    d = next(e for e in found if e.versus_kind == "group")
    copies = np.where(np.isnan(panel), np.nan, model)
    expected = difference(mrmc(truth, np.stack((copies, panel)), measure=measure, method=method))
    for name in ("estimate", "std_error", "df", "p_value", "conf_low", "conf_high"):
        assert getattr(d, name) == pytest.approx(getattr(expected, name), rel=1e-9, nan_ok=True)


def test_moments_of_a_models_differences_add_up():
    truth, scores = small(np.random.default_rng(5), readers=4, cases=30, modalities=1)
    found = model_versus_readers(
        truth, truth + np.random.default_rng(6).normal(size=30), scores[0], method="u-statistic"
    )
    d = next(e for e in found if e.versus_kind == "group")
    for kind in ("bdg_m", "bck_"):
        own = {e.measure: e.estimate for e in found if e.measure.startswith(kind)}
        total = sum(own[f"{name}_weight"] * value for name, value in own.items() if not name.endswith("_weight"))
        assert total == pytest.approx(d.std_error**2, rel=1e-9)
    assert all("model - reader" in e.note for e in found if e.measure.startswith("bdg"))


def test_any_contrast():
    truth, scores = small(np.random.default_rng(7), readers=4, cases=16, modalities=3)
    weights = np.array([1, -0.5, -0.5])
    found = mrmc(truth, scores, method="u-statistic", contrasts=[weights])
    variance, df, means = written_out(truth, scores, "auc", weights, biased=False)
    d = next(e for e in found if e.measure == "auc_difference" and e.reader is None)
    assert (d.estimate, d.std_error**2, d.df) == pytest.approx((weights @ means, variance, df), rel=1e-9)


def test_readers_who_read_in_some_modalities_only():
    truth, scores = small(np.random.default_rng(9), readers=6, cases=16, modalities=3)
    scores[0, :2] = scores[1, 2:4] = scores[2, 4:] = np.nan
    d = difference(mrmc(truth, scores, method="u-statistic"))
    variance, df, _ = written_out(truth, scores, "auc", np.array([1.0, -1, 0]), biased=False)
    assert "readers partly crossed" in d.note
    assert (d.std_error**2, d.df, d.n_readers) == pytest.approx((variance, df, 6), rel=1e-9)
    with pytest.raises(ValueError, match="none in all of them"):
        mrmc(truth, scores)


def test_readers_count_by_their_reads():
    truth, scores = small(np.random.default_rng(10), cases=20, modalities=1)
    scores[0, 0, 5:15] = np.nan
    e = pick(mrmc(truth, scores, method="u-statistic"), modality="1", measure="auc")
    values = [s for _, s in successes(truth, scores[0], "auc")]
    assert e.estimate == pytest.approx(np.mean(values))
    assert "numbers of reads" in e.note


@pytest.mark.parametrize("design", ["crossed", "split-plot"])
def test_the_variance_is_unbiased(design):
    """Its mean over studies is the variance of the means over the same studies, and the model's own."""
    rng, n, area = np.random.default_rng(11), 1500, measures.auc()
    model = RoeMetz(
        [1.2, 1.6], reader=[0.02, 0.04], modality_reader=[[0.01, 0.02], [0.04, 0.05]], case=[0.3, 0.5],
        modality_case=0.1, reader_case=0.2, modality_reader_case=[[0.3, 0.4], [0.5, 0.6]],
    )  # fmt: skip
    cells = [Cells(np.arange(4), np.arange(4)), Cells(np.arange(4), np.arange(4, 8))]
    variances, values = np.empty((n, 3)), np.empty((n, 3))
    for k in range(n):
        made = roe_metz(4, 12, 14, parameters=model, design=design, rng=rng)
        rows = made.scores.reshape(8, -1)
        found = OneShot(sums_of(area, made.truth, rows), values_of(area, made.truth, rows), cells, biased=False)
        first, second, both = (found.moments[pair].covariance(biased=False) for pair in ((0, 0), (1, 1), (0, 1)))
        variances[k] = first, second, first + second - 2 * both
        values[k] = *found.means, found.means[0] - found.means[1]
    error = variances.std(axis=0) / math.sqrt(n)
    if design == "crossed":
        own = [model.auc_covariance(4, 12, 14, modality=a, versus=b) for a, b in ((0, 0), (1, 1), (0, 1))]
        expected = np.array([own[0], own[1], own[0] + own[1] - 2 * own[2]])
        assert (np.abs(variances.mean(axis=0) - expected) < 4 * error).all()
    # The variance of n values errs by sqrt(2 / n) of itself.
    assert variances.mean(axis=0) == pytest.approx(values.var(axis=0), rel=4 * math.sqrt(2 / n + 0.001))


@pytest.mark.parametrize(
    "options", [{}, {"design": "split-plot"}, {"missing": 0.2}, {"design": "readers-nested"}], ids=str
)
def test_type_i_error(options):
    """Of 250 studies without a difference, .05 +- 3 Monte-Carlo errors are .009 to .091."""
    rng, rejected = np.random.default_rng(12), []
    for _ in range(250):
        made = roe_metz(6, 25, 25, parameters="HH", rng=rng, **options)
        rejected.append(difference(mrmc(made.truth, made.scores, method="u-statistic")).p_value < 0.05)
    assert 0.009 <= np.mean(rejected) <= 0.091


def test_type_i_error_of_a_model_against_readers():
    rng, rejected = np.random.default_rng(13), []
    area = float(published("LH").auc[0])
    for _ in range(300):
        made = roe_metz(6, 25, 25, parameters="LH", model_auc=area, rng=rng)
        found = model_versus_readers(made.truth, made.model_score, made.scores[0], method="u-statistic")
        rejected.append(next(e for e in found if e.versus_kind == "group").p_value < 0.05)
    assert 0.012 <= np.mean(rejected) <= 0.088


@pytest.mark.parametrize("method", BOTH)
def test_margin(method):
    truth, scores = study(np.random.default_rng(14), readers=6, cases=80)
    plain = difference(mrmc(truth, scores, method=method))
    d = difference(mrmc(truth, scores, method=method, margin=0.1))
    reference = stats.norm if d.df > 50 else stats.t(math.floor(d.df))
    assert d.p_value == pytest.approx(reference.sf((d.estimate + 0.1) / d.std_error), rel=1e-9)
    assert (d.conf_low, d.conf_high, d.df) == (plain.conf_low, plain.conf_high, plain.df)
    assert d.verdict in ("non-inferior", "not shown non-inferior")


@pytest.mark.parametrize("method", BOTH)
def test_identical_modalities(method):
    truth, scores = small(np.random.default_rng(15), cases=20)
    d = difference(mrmc(truth, scores[[0, 0]], method=method))
    assert (d.estimate, d.std_error, d.conf_low, d.conf_high, d.p_value) == (0, 0, 0, 0, 1)
    assert "the same values" in d.note


@pytest.mark.parametrize("method", BOTH)
def test_readers_who_never_err(method):
    truth = np.arange(12) < 6
    scores = np.broadcast_to(truth.astype(float), (2, 3, 12))
    found = mrmc(truth, scores, method=method)
    e = pick(found, modality="1", measure="auc")
    assert (e.estimate, e.std_error) == (1, 0)
    assert math.isnan(e.conf_low)
    assert "no interval" in e.note
    assert difference(found).p_value == 1


def test_a_negative_variance_is_said():
    """Two modalities whose differences hardly vary, in few readers."""
    rng = np.random.default_rng(0)
    for _ in range(200):
        made = roe_metz(3, 8, 8, parameters="LL", rng=rng)
        d = difference(mrmc(made.truth, made.scores, method="u-statistic"))
        if math.isnan(d.std_error):
            break
    assert "not positive" in d.note
    assert math.isnan(d.p_value)
    assert math.isnan(d.conf_low)
    assert math.isfinite(d.estimate)


@pytest.mark.parametrize("method", BOTH)
def test_one_reader_and_one_case_of_a_class(method):
    truth, scores = small(np.random.default_rng(16), cases=12)
    d = difference(mrmc(truth, scores[:, :1], method=method))
    assert "one reader" in d.note
    assert math.isnan(d.p_value)
    one = truth & (np.cumsum(truth) == 1)
    keep = one | ~truth
    d = difference(mrmc(truth[keep], scores[:, :, keep], method=method))
    assert "one case of a class" in d.note
    assert math.isnan(d.p_value)
    assert math.isfinite(d.estimate)


def test_no_positive_case():
    _, scores = small(np.random.default_rng(17), cases=8)
    found = mrmc(np.zeros(8), scores, method="u-statistic")
    assert all(math.isnan(e.estimate) and e.note for e in found)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"measure": measures.partial_auc(specificity=(0.8, 1))}, "a mean over cases"),
        ({"random": "cases"}, "both as samples"),
        ({"random": "readers"}, "both as samples"),
        ({"patients": np.arange(12) // 2}, "cases as independent"),
        ({"covariance": "delong"}, "covariances of its own"),
    ],
)
def test_what_it_does_not_answer(options, said):
    truth, scores = small(np.random.default_rng(18), cases=12)
    with pytest.raises(ValueError, match=said):
        mrmc(truth, scores, method="u-statistic", **options)
    with pytest.raises(ValueError, match=said):
        model_versus_readers(truth, scores[0, 0], scores[1], method="v-statistic", **options)


@pytest.mark.parametrize("method", BOTH)
def test_what_is_said_beside_the_numbers(method):
    truth, scores = small(np.random.default_rng(19), cases=30)
    lost = LOSSES["missing"](scores)
    d, other = difference(mrmc(truth, scores, method=method)), difference(mrmc(truth, lost, method=method))
    assert ("overestimated" in d.note) == (method == "v-statistic")
    assert "unsteady" not in d.note
    assert "unsteady" in other.note
    found = model_versus_readers(truth, truth + 0.5 * scores[0, 0], lost[1], method=method)
    mean, d = (e for e in found if "all readers" in (e.reader_group, e.versus))
    assert "unsteady" in mean.note
    assert "unsteady" not in d.note
    assert ("overestimated" in d.note) == (method == "v-statistic")


def test_no_pooled_variance():
    truth, scores = small(np.random.default_rng(18), cases=12)
    with pytest.raises(ValueError, match="pooled="):
        mrmc(truth, scores, method="u-statistic", pooled=True)
