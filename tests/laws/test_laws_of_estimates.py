"""What must hold for every record: JSON both ways, its key, its row in the tidy table."""

import dataclasses
import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from readerstudy.estimate import IDENTITY, Estimate, from_json, tidy, to_json

FIELDS = [field.name for field in dataclasses.fields(Estimate)]
WORDS = st.none() | st.text(max_size=6) | st.sampled_from(["a;b", "a=b", "reader=A", "%3B", "ä–ö", "model A"])
FLOATS = st.floats(allow_infinity=False)


identities = st.fixed_dictionaries(
    {"measure": st.sampled_from(["auc", "kappa", "sensitivity"])},
    optional=dict.fromkeys([name for name in IDENTITY[1:] if name != "threshold"], WORDS) | {"threshold": FLOATS},
)
values = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(("estimate", "std_error", "statistic", "df", "df_num", "null", "margin"), FLOATS)
    | {name: st.none() | st.integers(0, 10**12) for name in ("n_cases", "n_patients", "n_readers", "count", "total")}
    | {"p_value": st.floats(0, 1), "conf_low": st.floats(-1, 0), "conf_high": st.floats(0, 1), "note": WORDS}
    | {"alternative": st.sampled_from([None, "two-sided", "greater", "less"])},
)
estimates = st.builds(lambda identity, value: Estimate(**identity, **value), identities, values)


@given(st.lists(estimates, max_size=4))
def test_json_both_ways(records):
    text = to_json(records)
    again = from_json(text)
    assert [e.to_dict() for e in again] == [e.to_dict() for e in records]
    assert to_json(again) == text
    assert [e.key for e in again] == [e.key for e in records]


@given(estimates)
def test_undefined_is_null(e):
    def refuse(word):
        raise AssertionError(word)

    (record,) = json.loads(to_json([e]), parse_constant=refuse)
    assert list(record) == FIELDS
    for name, value in record.items():
        ours = getattr(e, name)
        undefined = ours is None or (isinstance(ours, float) and math.isnan(ours))
        assert (value is None) == undefined
        if not undefined:
            assert value == ours


def test_infinity_becomes_null():
    assert Estimate(measure="auc", threshold=math.inf).to_dict()["threshold"] is None


@given(identities, identities)
def test_keys_are_equal_only_for_equal_identities(first, second):
    def known(identity):
        return {n: v for n, v in identity.items() if v is not None and not (isinstance(v, float) and math.isnan(v))}

    assert (Estimate(**first).key == Estimate(**second).key) == (known(first) == known(second))


@given(identities)
def test_a_key_can_be_taken_apart(identity):
    e = Estimate(**identity)
    parts = dict(part.split("=") for part in e.key.split(";"))
    assert list(parts) == [name for name in IDENTITY if name in parts]
    assert e.key.isascii()
    assert parts["measure"] == identity["measure"]


@given(identities, values)
def test_the_key_does_not_depend_on_the_values(identity, value):
    assert Estimate(**identity, **value).key == Estimate(**identity).key


@given(st.lists(estimates, max_size=4))
def test_tidy_has_the_same_columns_always(records):
    table = tidy(records)
    assert list(table.columns) == FIELDS
    assert len(table) == len(records)
    for row, e in zip(table.itertuples(), records, strict=True):
        assert row.measure == e.measure
        assert row.estimate == e.estimate or math.isnan(e.estimate)


def test_wrong_records_are_refused():
    with pytest.raises(ValueError, match=r"conf_low 0\.7 is above conf_high 0\.6"):
        Estimate(measure="auc", conf_low=0.7, conf_high=0.6)
    with pytest.raises(ValueError, match=r"p_value 1.2 is outside \[0, 1\]"):
        Estimate(measure="auc", p_value=1.2)
    with pytest.raises(ValueError, match="alternative 'larger'"):
        Estimate(measure="auc", alternative="larger")
    with pytest.raises(ValueError, match="not fields of an Estimate: colour"):
        Estimate.from_dict({"measure": "auc", "colour": 1})
    with pytest.raises(dataclasses.FrozenInstanceError):
        Estimate(measure="auc").estimate = 1
    with pytest.raises(TypeError):
        Estimate("auc")
