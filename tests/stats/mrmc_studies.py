"""Simulated reader studies: Roe and Metz's model, and who reads what."""

import numpy as np


def study(rng, *, modalities=2, readers=5, cases=100, apart=0.0, separation=1.2):
    """Truth and scores (modality, reader, case) with random readers and cases; modality 1 is better by `apart`."""

    def effect(variance, *shape):
        return rng.normal(size=shape) * np.sqrt(variance)

    truth = np.arange(cases) % 2 == 0
    shift = separation + effect(0.02, readers, 1) + effect(0.02, modalities, readers, 1)
    shift[0] += apart
    scores = truth * shift + effect(0.3, cases) + effect(0.1, modalities, 1, cases)
    return truth, scores + effect(0.2, readers, cases) + effect(0.4, modalities, readers, cases)


def without(scores, unread):
    return np.where(unread, np.nan, scores)


def split(scores, n_blocks):
    """Readers and cases dealt out to blocks."""
    _, readers, cases = scores.shape
    return without(scores, np.arange(readers)[:, None] % n_blocks != np.arange(cases) // 2 % n_blocks)


def readers_nested(scores):
    modalities, readers, _ = scores.shape
    return without(scores, np.arange(readers)[:, None] % modalities != np.arange(modalities)[:, None, None])


def cases_nested(scores):
    modalities, _, cases = scores.shape
    return without(scores, np.arange(cases) // 2 % modalities != np.arange(modalities)[:, None, None])


def pick(found, *, reader=None, modality=None, versus=None, measure=None):
    """The one record of these names; the test of all modalities and the components have no modality."""
    records = [
        e
        for e in found
        if (e.reader, e.modality, e.versus) == (reader, modality, versus) and measure in (None, e.measure)
    ]
    assert len(records) == 1, records
    return records[0]


def difference(found, modality="1", versus="2"):
    return pick(found, modality=modality, versus=versus)


def equality(found):
    return next(
        e for e in found if e.test_method in ("or-f", "or-chi2", "dbm-f") or "one test of all" in (e.note or "")
    )
