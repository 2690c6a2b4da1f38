"""Bland and Altman 1996, doi:10.1136/bmj.313.7059.744, Table 1: four peak flow readings of 20 children.

Residual mean square 460.52, within-subject standard deviation 21.5 l/min.
"""

import numpy as np
import pytest

from readerstudy.stats.repeatability import intra_reader

PEAK_FLOW = np.array([
    [190, 220, 200, 200], [220, 200, 240, 230], [260, 260, 240, 280], [210, 300, 280, 265], [270, 265, 280, 270],
    [280, 280, 270, 275], [260, 280, 280, 300], [275, 275, 275, 305], [280, 290, 300, 290], [320, 290, 300, 290],
    [300, 300, 310, 300], [270, 250, 330, 370], [320, 330, 330, 330], [335, 320, 335, 375], [350, 320, 340, 365],
    [360, 320, 350, 345], [330, 340, 380, 390], [335, 385, 360, 370], [400, 420, 425, 420], [430, 460, 480, 470],
])  # fmt: skip


def test_within_subject_standard_deviation():
    sd, _, coefficient, _ = intra_reader([PEAK_FLOW.T], measure="within_reader_sd")
    assert sd.estimate**2 == pytest.approx(460.52, abs=0.005)
    assert sd.estimate == pytest.approx(21.5, abs=0.05)
    assert coefficient.estimate == pytest.approx(2.77 * 21.46, abs=0.05)
