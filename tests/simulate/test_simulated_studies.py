"""Roe and Metz's model: what is drawn, what is said to be true of it, who reads what."""

import itertools
import math

import numpy as np
import pytest
from scipy import stats

import readerstudy
from readerstudy.simulate import LEVELS, STRUCTURES, RoeMetz, frames, published, roe_metz
from readerstudy.stats._bivariate import both_below
from readerstudy.stats.mrmc import measure as measures
from readerstudy.stats.mrmc.design import design_of
from readerstudy.stats.mrmc.left_out import values_of
from readerstudy.stats.roc import auc

GENERAL = RoeMetz(
    [1.2, 1.6], reader=[0.02, 0.04], modality_reader=[[0.01, 0.02], [0.04, 0.05]], case=[0.3, 0.5],
    modality_case=0.1, reader_case=0.2, modality_reader_case=[[0.3, 0.4], [0.5, 0.6]],
)  # fmt: skip


@pytest.mark.parametrize("structure", STRUCTURES)
def test_roe_and_metz_own(structure):
    """Variances within a reader add up to 1, so that the AUC of a reader who does not vary is the level's."""
    for level, separation in zip(LEVELS, (0.75, 1.5, 2.5), strict=True):
        model = published(structure, level)
        within = model.case + model.modality_case + model.reader_case + model.modality_reader_case
        assert within == pytest.approx(np.ones((2, 2)))
        assert model.separation == pytest.approx(separation)
        assert stats.norm.cdf(separation / math.sqrt(2)) == pytest.approx(level, abs=1e-3)
        reader = 0.0055 if structure[1] == "L" else {0.702: 0.011, 0.855: 0.03, 0.962: 0.056}[level]
        assert model.reader == pytest.approx(reader)
        assert model.modality_reader == pytest.approx(reader)
        assert model.case == pytest.approx({"H": 0.3, "L": 0.1}[structure[0]])
        assert model.reader_case == pytest.approx(0.2)


@pytest.mark.parametrize("correlation", [-0.9, -0.3, 0, 0.2, 0.7, 0.99, 0.9999])
def test_bivariate_normal_probabilities(correlation):
    both = stats.multivariate_normal([0, 0], [[1, correlation], [correlation, 1]])
    for h, k in itertools.product((-1.3, 0, 0.4, 2.2), repeat=2):
        assert both_below(h, k, correlation) == pytest.approx(both.cdf([h, k]), abs=1e-9)
    assert both_below(0.3, 1.2, 1.0) == pytest.approx(stats.norm.cdf(0.3))
    assert both_below(0, 0, correlation) == pytest.approx(0.25 + math.asin(correlation) / (2 * math.pi), abs=1e-12)


@pytest.mark.parametrize("versus", [0, 1])
def test_moments_counted(versus):
    """Successes of pairs that share a reader or cases, drawn a few hundred thousand times."""
    made = [roe_metz(2, 2, 2, parameters=GENERAL, rng=rng) for rng in np.random.default_rng(1).spawn(6000)]
    scores = np.array([m.scores for m in made])  # study, modality, reader, case: positive 0 and 1, negative 2 and 3
    won = scores[..., :2, None] > scores[..., None, 2:]
    expected = GENERAL.moments(0, versus)
    for r, p, n in itertools.product((0, 1), repeat=3):
        # Over all ways to choose what is shared and what is not.
        chosen = [
            won[:, 0, a, i, j] & won[:, versus, (a + r) % 2, (i + p) % 2, (j + n) % 2]
            for a, i, j in itertools.product((0, 1), repeat=3)
        ]
        of_studies = np.mean(chosen, axis=0)
        assert abs(of_studies.mean() - expected[r, p, n]) < 4.5 * of_studies.std() / math.sqrt(len(made))


def test_components_are_those_of_simulated_studies():
    rng, n, area = np.random.default_rng(2), 3000, measures.auc()
    studies = (roe_metz(4, 20, 25, parameters=GENERAL, rng=rng) for _ in range(n))
    values = np.array([values_of(area, made.truth, made.scores.reshape(8, -1)) for made in studies])
    means = values.reshape(n, 2, 4).mean(axis=2)
    assert (np.abs(means.mean(axis=0) - GENERAL.auc) < 4 * means.std(axis=0) / math.sqrt(n)).all()
    c, same = GENERAL.components(20, 25), np.eye(4, dtype=bool)
    covariance = np.cov(values.T).reshape(2, 4, 2, 4)
    within = [covariance[i, :, i, :] for i in range(2)]
    found = (
        np.mean([of[same].mean() for of in within]), np.mean([of[~same].mean() for of in within]),
        covariance[0, :, 1, :][same].mean(), covariance[0, :, 1, :][~same].mean(),
    )  # fmt: skip
    expected = (
        c["var_reader"] + c["var_modality_reader"] + c["var_error"], c["cov2"], c["var_reader"] + c["cov1"], c["cov3"],
    )  # fmt: skip
    # A covariance of n values errs by about sqrt(2 / n) of the variance.
    assert found == pytest.approx(expected, abs=4 * math.sqrt(2 / n) * expected[0] / 2)


def test_components_make_up_the_variance_of_means():
    c, j = GENERAL.components(20, 25), 4
    own = np.mean([GENERAL.auc_covariance(j, 20, 25, modality=i) for i in range(2)])
    of_reader = c["var_reader"] + c["var_modality_reader"]
    assert own == pytest.approx((of_reader + c["var_error"] + (j - 1) * c["cov2"]) / j, rel=1e-12)
    both = GENERAL.auc_covariance(j, 20, 25, modality=0, versus=1)
    assert both == pytest.approx((c["var_reader"] + c["cov1"] + (j - 1) * c["cov3"]) / j, rel=1e-12)
    alone = RoeMetz(
        1.5, reader=0.03, modality_reader=0.03, case=0.1, modality_case=0.1, reader_case=0.2, modality_reader_case=0.6
    )
    both = published("LH").components(20, 25)
    expected = {"var_reader": both["var_reader"] + both["var_modality_reader"]}
    assert alone.components(20, 25) == pytest.approx(
        expected | {name: both[name] for name in ("var_error", "cov2")}, rel=1e-12
    )


def test_what_scores_have_in_common():
    made = roe_metz(2, 60_000, 60_000, parameters=GENERAL, rng=3)
    for of_class, truth in ((0, ~made.truth), (1, made.truth)):
        rows = made.scores[:, :, truth].reshape(4, -1)
        covariance = np.cov(rows)
        case, reader_case = GENERAL.case[of_class], GENERAL.reader_case[of_class]
        own_case = GENERAL.modality_case[0, of_class]
        within = GENERAL.variance[:, of_class] - GENERAL.reader[of_class] - GENERAL.modality_reader[:, of_class]
        assert np.diag(covariance) == pytest.approx(np.repeat(within, 2), abs=0.03)
        assert covariance[0, 1] == pytest.approx(case + own_case, abs=0.02)
        assert covariance[0, 2] == pytest.approx(case + reader_case, abs=0.02)
        assert covariance[0, 3] == pytest.approx(case, abs=0.02)


def test_readers_vary_between_studies():
    rng = np.random.default_rng(4)
    made = [roe_metz(3, 200, 200, parameters=GENERAL, rng=rng) for _ in range(400)]
    gap = np.array([m.scores[..., m.truth].mean(axis=2) - m.scores[..., ~m.truth].mean(axis=2) for m in made])
    of_cases = (GENERAL.variance - GENERAL.reader - GENERAL.modality_reader).sum(axis=1) / 200
    expected = (GENERAL.reader + GENERAL.modality_reader).sum(axis=1) + of_cases
    assert gap.mean(axis=(0, 2)) == pytest.approx(GENERAL.separation, abs=0.05)
    assert gap.var(axis=0).mean(axis=1) == pytest.approx(expected, rel=0.2)


def test_aucs_that_were_asked_for():
    model = GENERAL.at([0.7, 0.9])
    assert model.auc == pytest.approx([0.7, 0.9])
    assert model.variance == pytest.approx(GENERAL.variance)
    assert GENERAL.at(0.8).auc == pytest.approx([0.8, 0.8])
    wider = published("HL").unequal(0.7)
    assert wider.auc == pytest.approx(published("HL").auc)
    assert wider.variance[:, 1] == pytest.approx(wider.variance[:, 0] / 0.49)
    made = roe_metz(parameters=GENERAL, auc=[0.75, 0.85], rng=1)
    assert made.auc == pytest.approx([0.75, 0.85])
    assert made.parameters.auc == pytest.approx([0.75, 0.85])


def averages(n, rng, **options):
    """Mean AUC of readers over studies, with its error, and the last study."""
    rng, found = np.random.default_rng(rng), []
    for _ in range(n):
        made = roe_metz(3, 25, 25, rng=rng, **options)
        rows = made.scores.reshape(-1, 50)
        found.append(values_of(measures.auc(), made.truth, rows).reshape(made.scores.shape[:2]).mean(axis=1))
    return np.mean(found, axis=0), np.std(found, axis=0) / math.sqrt(n), made


@pytest.mark.parametrize("levels", [2, 5, (0.2, 1.1, 1.7)])
def test_categories(levels):
    mean, error, made = averages(600, 5, parameters=GENERAL, levels=levels)
    assert (np.abs(mean - made.auc) < 4 * error).all()
    assert (made.auc < GENERAL.auc).all()
    n_levels = levels if isinstance(levels, int) else 4
    assert set(np.unique(made.scores)) <= set(range(1, n_levels + 1))
    if levels == 5:
        many = roe_metz(5, 2000, 2000, parameters=GENERAL, levels=5, rng=1).scores
        shares = np.bincount(many.astype(int).ravel(), minlength=6)[1:] / many.size
        assert shares == pytest.approx(0.2, abs=0.06)


def test_calls():
    rng, found = np.random.default_rng(6), []
    for _ in range(500):
        made = roe_metz(3, 30, 30, parameters=GENERAL, threshold=0.7, model_auc=0.9, rng=rng)
        rows = np.concatenate((made.scores.mean(axis=1), made.model_score[None]))
        found.append(np.concatenate((rows[:, made.truth].mean(axis=1), 1 - rows[:, ~made.truth].mean(axis=1))))
    expected = [
        *made.sensitivity, made.model_sensitivity, *made.specificity, made.model_specificity
    ]  # fmt: skip
    error = np.std(found, axis=0) / math.sqrt(500)
    assert (np.abs(np.mean(found, axis=0) - expected) < 4 * error).all()
    assert set(np.unique(made.scores)) == {0, 1}
    assert made.auc == pytest.approx((made.sensitivity + made.specificity) / 2)
    assert made.model_auc == pytest.approx((made.model_sensitivity + made.model_specificity) / 2)


@pytest.mark.parametrize("share", [0.0, 0.6, 1.0])
def test_the_model_shares_the_cases(share):
    made = roe_metz(1, 40_000, 40_000, parameters=GENERAL, model_auc=0.8, model_share=share, rng=7)
    assert auc(made.truth, made.model_score).estimate == pytest.approx(0.8, abs=0.01)
    for of_class, truth in ((0, ~made.truth), (1, made.truth)):
        model, reader = made.model_score[truth], made.scores[0, 0, truth]
        assert model.var() == pytest.approx(1, abs=0.04)
        assert np.cov(model, reader)[0, 1] == pytest.approx(math.sqrt(share * GENERAL.case[of_class]), abs=0.03)


def test_patients():
    made = roe_metz(1, 30_000, 30_001, parameters=GENERAL, cases_per_patient=2, patient_share=0.7, rng=8)
    sizes = np.bincount(made.patients)
    assert (sizes.max(), sizes.sum(), (sizes == 1).sum()) == (2, 60_001, 1)
    order = np.argsort(made.patients, kind="stable")[:60_000].reshape(-1, 2)
    both = order[made.truth[order].all(axis=1)]
    first, second = made.scores[0, 0, both].T
    shared = 0.7 * (GENERAL.case[1] + GENERAL.modality_case[0, 1])
    assert np.cov(first, second)[0, 1] == pytest.approx(shared, abs=0.03)
    mixed = order[made.truth[order].sum(axis=1) == 1]
    assert len(mixed) > 10_000
    alone = roe_metz(1, 10, 10, rng=8)
    assert alone.patients.tolist() == list(range(20))


DESIGNS = {
    "fully crossed": {},
    "cases nested in blocks of readers (split-plot)": {"design": "split-plot", "n_blocks": 3},
    "cases nested in readers": {"design": "split-plot", "n_blocks": 6},
    "readers nested in modality": {"design": "readers-nested"},
    "cases nested in modality": {"design": "cases-nested"},
    "crossed with missing reads": {"missing": 0.1},
    "cases nested in blocks of readers (split-plot), missing reads": {"design": "split-plot", "missing": 0.1},
}


@pytest.mark.parametrize("words", DESIGNS)
def test_who_reads_what(words):
    made = roe_metz(6, 30, 36, rng=9, **DESIGNS[words])
    read = ~np.isnan(made.scores)
    assert design_of(read).words == words
    if "missing" in DESIGNS[words]:
        complete = roe_metz(6, 30, 36, rng=9, **{k: v for k, v in DESIGNS[words].items() if k != "missing"})
        assert 0.85 < read.sum() / (~np.isnan(complete.scores)).sum() < 0.95
    else:  # both classes are dealt out evenly
        for truth in (made.truth, ~made.truth):
            counts = read[:, :, truth].sum(axis=2)
            assert set(counts[counts > 0]) == {counts.max()}


def test_patients_stay_in_their_block():
    made = roe_metz(4, 40, 41, design="split-plot", cases_per_patient=3, rng=10)
    first = ~np.isnan(made.scores[0, 0])
    by_patient = [set(first[made.patients == p]) for p in np.unique(made.patients)]
    assert all(len(blocks) == 1 for blocks in by_patient)
    assert design_of(~np.isnan(made.scores)).words == "cases nested in blocks of readers (split-plot)"


def test_a_design_of_ones_own():
    wanted = np.random.default_rng(1).random((2, 3, 20)) < 0.5
    made = roe_metz(3, 10, 10, design=wanted, rng=2)
    assert (~np.isnan(made.scores) == wanted).all()


def test_seeds():
    first, again, other = (roe_metz(rng=seed, model_auc=0.8, missing=0.1) for seed in (1, 1, 2))
    assert np.array_equal(first.scores, again.scores, equal_nan=True)
    assert np.array_equal(first.model_score, again.model_score)
    assert not np.array_equal(first.scores, other.scores, equal_nan=True)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"n_readers": 0}, "n_readers"),
        ({"n_positive": -1}, "n_positive"),
        ({"parameters": "HM"}, "structure"),
        ({"auc": 1.0}, "between 0 and 1"),
        ({"auc": [0.7, 0.8, 0.9]}, "one number, or 2"),
        ({"design": "nested"}, "design"),
        ({"design": np.ones((2, 2), dtype=bool)}, "boolean array of shape"),
        ({"design": "split-plot", "n_blocks": 9}, "n_blocks"),
        ({"missing": 1.5}, "missing"),
        ({"cases_per_patient": 0}, "cases_per_patient"),
        ({"patient_share": -0.1}, "patient_share"),
        ({"levels": 1}, "2 or more"),
        ({"levels": (2.0, 1.0)}, "rising order"),
        ({"levels": 3, "threshold": 1.0}, "not both"),
        ({"model_auc": 1.0}, "model_auc"),
        ({"model_share": 2.0}, "model_share"),
    ],
)
def test_what_is_impossible(options, said):
    with pytest.raises(ValueError, match=said):
        roe_metz(**options, rng=1)


def test_parameters_that_are_impossible():
    given = dict.fromkeys(
        ("reader", "modality_reader", "case", "modality_case", "reader_case", "modality_reader_case"), 0.1
    )
    with pytest.raises(ValueError, match="0 or more"):
        RoeMetz(1, **given | {"case": -0.1})
    with pytest.raises(ValueError, match="of shape"):
        RoeMetz([1, 2], **given | {"modality_case": [[0.1, 0.1]] * 3})
    with pytest.raises(ValueError, match="all 0"):
        RoeMetz(1, **dict.fromkeys(given, 0))
    with pytest.raises(ValueError, match="separation"):
        RoeMetz([], **given)
    with pytest.raises(ValueError, match="at\\(auc\\)"):
        published("HL", 0.8)
    with pytest.raises(ValueError, match="b must"):
        published("HL").unequal(0)


@pytest.mark.parametrize(
    "options", [{}, {"levels": 5, "model_auc": 0.8}, {"threshold": 0.7, "model_auc": 0.8, "missing": 0.1}], ids=str
)
def test_files_that_are_read_again(options, tmp_path):
    made = roe_metz(4, 20, 22, cases_per_patient=2, rng=11, **options)
    files = frames(made)
    paths = {}
    for name, frame in files._asdict().items():
        paths[name] = None
        if frame is not None:
            paths[name] = tmp_path / f"{name}.csv"
            frame.to_csv(paths[name], index=False)
    results = readerstudy.evaluate(readerstudy.Study.read(**paths))
    assert (files.preds is None) == ("model_auc" not in options)
    assert len(files.reads) == (~np.isnan(made.scores)).sum()
    assert files.cases.patient_id.nunique() == 21
    measure = "sensitivity" if "threshold" in options else "auc"
    e = next(e for e in results.estimates if (e.measure, e.reader, e.modality) == (measure, "R2", "M1"))
    there = ~np.isnan(made.scores[0, 1])
    value = getattr(readerstudy, measure)(made.truth[there], made.scores[0, 1, there]).estimate
    assert e.estimate == pytest.approx(value)


def test_one_modality_has_no_column_of_it():
    one = RoeMetz(
        1, reader=0.1, modality_reader=0, case=0.1, modality_case=0, reader_case=0.1, modality_reader_case=0.7
    )
    files = frames(roe_metz(2, 3, 3, parameters=one, rng=1))
    assert list(files.reads) == ["case_id", "reader_id", "score"]
    assert files.preds is None


def test_it_is_public():
    assert readerstudy.simulate.roe_metz is roe_metz
    assert readerstudy.simulate.frames is frames
