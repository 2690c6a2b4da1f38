"""Correction of verification bias, Begg and Greenes 1983, doi:10.2307/2530820.

Liver scintigraphy of 650 patients, Drum and Christacopoulos 1972; the verified 344 are also those of Altman and Bland
1994, doi:10.1136/bmj.308.6943.1552 (sensitivity 231/258 = 0.90, specificity 54/86 = 0.63).
"""

import pytest

from readerstudy.stats.verification import verification_corrected

CALL = [1] * 429 + [0] * 221
TRUTH = [1] * 231 + [0] * 32 + [None] * 166 + [1] * 27 + [0] * 54 + [None] * 140


def test_corrected():
    """429 x 231/263 and 221 x 27/81 expected with disease, 429 x 32/263 and 221 x 54/81 without."""
    found = {e.measure: e for e in verification_corrected(TRUTH, CALL)}
    with_disease, without = (429 * 231 / 263, 221 * 27 / 81), (429 * 32 / 263, 221 * 54 / 81)
    assert found["sensitivity"].estimate == pytest.approx(with_disease[0] / sum(with_disease))
    assert found["specificity"].estimate == pytest.approx(without[1] / sum(without))
    assert found["sensitivity"].estimate == pytest.approx(0.84, abs=0.005)
    assert found["specificity"].estimate == pytest.approx(0.74, abs=0.005)
