"""Studies of many readers and cases out of the golden data, and one kind of records out of an analysis."""

import functools

import goldens
import pandas as pd

RANDOM = {"RRRC": ("readers", "cases"), "FRRC": "cases", "RRFC": "readers"}


@functools.cache
def frame_of(name):
    frame = pd.read_csv(goldens.GOLDENS / name, dtype={"case2": str, "case3": str})
    return frame.rename(columns={"test": "treatment"})


def reads_of(frame, case="case"):
    """Truth, scores (modality, reader, case) and the two sets of names."""
    wide = frame.pivot_table(index=["treatment", "reader"], columns=case, values="rating", sort=True)
    modalities, readers = (list(level) for level in wide.index.levels)
    wide = wide.reindex(pd.MultiIndex.from_product([modalities, readers]))
    truth = frame.groupby(case).truth.first().loc[wide.columns]
    return truth, wide.to_numpy().reshape(len(modalities), len(readers), -1), modalities, readers


def select(found, *, reader, versus, measure=None):
    """Records of readers or means, of differences or values; the variance components and the test of all apart."""
    return [
        e
        for e in found
        if (e.reader is not None) == reader
        and (e.versus is not None) == versus
        and e.modality is not None
        and measure in (None, e.measure)
    ]
