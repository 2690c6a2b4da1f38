"""Numbers as text: half up, once; P-values that cannot cross alpha by rounding."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from readerstudy import text
from readerstudy.estimate import Estimate
from readerstudy.measures import MEASURES


@pytest.mark.parametrize(
    ("value", "decimals", "expected"),
    [
        (0.5, 0, "1"),
        (1.5, 0, "2"),
        (0.0625, 3, "0.063"),
        (2.675, 2, "2.68"),
        (-0.125, 2, "−0.13"),
        (-0.0001, 3, "0.000"),
    ],
)
def test_rounding_is_half_up_of_the_shortest_decimal(value, decimals, expected):
    assert text.fixed(value, decimals) == expected


def test_undefined_and_infinite_are_a_dash():
    assert [text.fixed(v, 2) for v in (math.nan, math.inf, -math.inf)] == ["–"] * 3
    assert text.percent(math.nan) == "–"
    assert text.p_value(math.nan) == "–"


@pytest.mark.parametrize(
    ("p", "expected"),
    [
        (0.00099, "<.001"), (0.001, ".001"), (0.0096, ".010"), (0.01, ".01"), (0.0496, ".0496"), (0.04999, ".04999"),
        (0.05, ".05"), (0.0501, ".0501"), (0.051, ".051"), (0.056, ".06"), (0.994, ">.99"), (0.99, ".99"),
        (1.0, ">.99"),
    ],
)  # fmt: skip
def test_p_values(p, expected):
    assert text.p_value(p) == expected


@given(st.floats(0.001, 0.99))
def test_a_printed_p_is_on_the_side_of_alpha_that_the_exact_one_is(p):
    printed = float("0" + text.p_value(p))
    assert (printed < 0.05) == (p < 0.05)
    assert (printed > 0.05) == (p > 0.05)


def test_phrases():
    assert text.p_phrase(0.0002) == "P < .001"
    assert text.p_phrase(0.03) == "P = .03"
    e = Estimate(measure="auc", estimate=0.9685, conf_low=0.9444, conf_high=0.9936, conf_level=0.975)
    assert text.full(e) == "0.969 (97.5% CI 0.944, 0.994)"
    difference = Estimate(measure="accuracy_difference", estimate=-0.0531, conf_low=-0.1421, conf_high=0.0339)
    assert text.interval(difference) == "−14.2%, 3.4%"
    assert text.interval(Estimate(measure="nlr", estimate=0, conf_low=0)) == "0.000, –"


def test_every_measure_can_be_printed():
    for measure in MEASURES:
        assert text.full(Estimate(measure=measure, estimate=0.5, conf_low=0.25, conf_high=0.75, conf_level=0.95))
