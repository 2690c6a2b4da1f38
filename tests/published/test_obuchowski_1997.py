"""Obuchowski 1997, Biometrics 53:567-578, Table 3: two readers of MR angiographies of the carotid arteries.

doi:10.2307/2533958. One or two arteries of 36 patients. The numbers are those that the Cleveland Clinic prints for this
table in the help of its software (clusteredROC_help.pdf): areas, standard errors, the components of the covariance.
"""

import numpy as np
import pytest

from readerstudy.stats.roc import auc, auc_covariance, compare_auc

# Patient, significant stenosis, confidence of reader 1, of reader 2.
ARTERIES = """
1 1 87 87  1 1 79 83  2 1 88 94  2 1 95 93  3 1 100 100  3 1 68 79  4 1 65 61  4 1 89 91  5 1 97 97  5 1 100 100
6 1 100 99  6 1 89 88  7 1 77 77  8 1 94 89  8 0 45 44  9 1 89 92  9 0 -11 -17  10 1 95 91  10 0 30 14
11 1 95 95  11 0 10 -122  12 1 100 100  12 0 19 -3  13 1 75 75  14 0 70 73  14 1 70 81  15 0 26 27  15 1 86 93
16 0 0 8  16 1 65 70  17 0 6 23  17 1 100 100  18 0 76 79  18 1 96 95  19 0 44 55  19 1 100 100  20 0 73 67
20 1 97 94  21 1 85 86  22 0 58 60  22 1 100 99  23 0 -2 -2  23 1 100 100  24 0 -3 -14  24 0 0 -11  25 0 47 -3
25 0 -94 -90  26 0 -16 17  26 0 75 85  27 0 5 -22  27 0 -1 -14  28 0 -6 -52  29 0 37 38  29 0 47 35  30 0 42 40
30 0 4 6  31 0 55 23  31 0 55 45  32 0 4 -87  32 0 -13 -65  33 0 49 24  33 0 35 9  34 0 53 66  35 0 2 -15  36 0 -48 -78
"""
PATIENT, TRUTH, FIRST, SECOND = np.array([int(word) for word in ARTERIES.split()]).reshape(-1, 4).T
HALF = 0.00005 + 1e-12
"""Half a unit of the last printed digit."""


def test_areas_and_standard_errors():
    for score, area, error in ((FIRST, 0.9837, 0.0108), (SECOND, 0.9852, 0.0097)):
        e = auc(TRUTH, score, patients=PATIENT)
        assert (e.estimate, e.std_error) == pytest.approx((area, error), abs=HALF)
        assert (e.method, e.n_cases, e.n_patients) == ("obuchowski", 65, 36)
    assert auc(TRUTH, FIRST, patients=PATIENT).conf_low == pytest.approx(0.9625, abs=HALF)


def test_covariance_by_its_printed_components():
    within_positive = np.array([[0.0013151307, 0.0008484357], [0.0008484357, 0.0009284122]])
    within_negative = np.array([[0.0022375873, 0.0019241250], [0.0019241250, 0.0022598583]])
    between = np.array([[0.0051785478, 0.0028648340], [-0.0015136931, -0.0005015760]])
    printed = within_positive / 29 + within_negative / 36 + (between + between.T) / (29 * 36)
    covariance = auc_covariance(TRUTH, [FIRST, SECOND], patients=PATIENT)[1]
    assert covariance == pytest.approx(printed, abs=1e-11)


def test_difference():
    e = compare_auc(TRUTH, SECOND, FIRST, patients=PATIENT)
    assert (e.estimate, e.std_error) == pytest.approx((0.0014, 0.0066), abs=HALF)
    assert (e.conf_low, e.conf_high, e.p_value) == pytest.approx((-0.0115, 0.0143, 0.8271), abs=HALF)
