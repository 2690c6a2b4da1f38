"""The coding table of the clinical data: fifteen columns of Zhen 2020 to zeros and ones."""

import numpy as np
import pytest

from readerstudy.imaging.phantom.clinical import UNITS, draw
from readerstudy.inference.card import Card
from readerstudy.inference.clinical import Clinical
from readerstudy.problems import DataError

COLUMNS = [
    "age", "sex", "cirrhosis_history", "other_cancer", "afp", "cea", "ca125", "ca199", "psa", "ferritin", "albumin",
    "bilirubin", "pt", "encephalopathy", "ascites",
]  # fmt: skip


@pytest.fixture(scope="module")
def table():
    return Clinical.of(Card.read("zhen2020-f"))


def on(table, **values):
    """Names of the inputs that are 1."""
    row = dict.fromkeys(COLUMNS, "") | values
    return {name for name, value in zip(table.names, table.vector(row), strict=True) if value}


def read(tmp_path, text):
    (tmp_path / "clinical.toml").write_text(text, encoding="utf-8")
    return Clinical.read(tmp_path / "clinical.toml")


def test_the_columns_are_the_papers(table):
    assert [column.name for column in table.columns] == COLUMNS == list(UNITS)
    assert table == Clinical.of(Card.read("zhen2020-g"))
    assert Clinical.of(Card.read("zhen2020-e")) is None


def test_gender_is_coded_as_the_paper_says(table):
    """[0,1] for male and [1,0] for female."""
    at = table.names.index("sex: female")
    codes = {word: table.vector(dict.fromkeys(COLUMNS, "") | {"sex": word})[at : at + 2] for word in ("male", "F", "")}
    assert codes == {"male": (0, 1), "F": (1, 0), "": (0, 0)}


@pytest.mark.parametrize(("column", "value"), [("bilirubin", "1.2"), ("albumin", "4.1"), ("pt", "85"), ("pt", "1.1")])
def test_a_value_in_another_usual_unit_is_refused(table, column, value):
    """mg/dL, g/dL, percent of normal, INR."""
    with pytest.raises(DataError, match="is it in another unit"):
        on(table, **{column: value})


def test_every_column_has_one_category_or_is_missing(table):
    known = {
        "age": "62", "sex": "M", "cirrhosis_history": "hepatitis B", "other_cancer": "no", "afp": ">1210",
        "cea": "<0.5", "ca125": "35", "ca199": "36.9", "psa": "1e1", "ferritin": "120.5", "albumin": "35",
        "bilirubin": "20.9", "pt": "12", "encephalopathy": "Grade 1", "ascites": " none ",
    }  # fmt: skip
    assert on(table, **known) == {
        "age: 60 to <70 years", "sex: male", "cirrhosis_history: yes", "other_cancer: no", "afp: >=400 ng/mL",
        "cea: <5 ng/mL", "ca125: 35 to <100 U/mL", "ca199: <37 U/mL", "psa: >=10 ng/mL", "ferritin: 30 to <400 ng/mL",
        "albumin: >=35 g/L", "bilirubin: <21 µmol/L (total)", "pt: <14 s", "encephalopathy: mild", "ascites: none",
    }  # fmt: skip
    assert on(table) == {f"{name}: missing" for name in COLUMNS if name != "sex"}
    assert on(table, afp="Unknown") == on(table)


def test_against_a_second_way_for_numbers(table):
    rng = np.random.default_rng(1)
    for column in table.columns:
        if column.kind == "number":
            edges = np.array([-np.inf, *column.cut, np.inf])
            for value in (*rng.uniform(*np.clip(column.plausible, 5, 70), 20), *column.cut):
                place = int(np.flatnonzero((edges[:-1] <= value) & (value < edges[1:]))[0])
                assert column.category(f"{value:.17g}") == place


def test_phantom_patients_can_be_coded(table):
    for seed in range(40):
        vector = table.vector(draw("ICC", np.random.default_rng(seed)).columns)
        assert len(vector) == len(table.names)
        assert 14 <= sum(vector) <= 15
        assert set(vector) == {0.0, 1.0}


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("albumin", "4.2", "another unit"),
        ("afp", "1,5", "decimal point"),
        ("afp", "high", "a number in ng/mL"),
        ("cea", "<10", "several categories"),
        ("afp", ">100", "several categories"),
        ("afp", "1.2.3", "a number"),
        ("ascites", "a lot", "one of 'none', 'slight', 'moderate'"),
    ],
)
def test_a_value_without_category_is_refused_by_column(table, column, value, words):
    with pytest.raises(DataError) as caught:
        table.vector(dict.fromkeys(COLUMNS, "") | {column: value})
    (problem,) = caught.value.problems
    assert problem.code == "RS908"
    assert column in problem.message
    assert words in problem.message
    assert repr(value) not in str(caught.value), "patients' values stay out of messages"


def test_a_column_that_is_not_there_is_named(table):
    row = dict.fromkeys(COLUMNS, "")
    row["albumine"] = row.pop("albumin")
    with pytest.raises(DataError, match="no column 'albumin'") as caught:
        table.vector(row)
    assert caught.value.problems[0].help == "did you mean 'albumine'?"


def test_what_a_missing_value_becomes_can_be_chosen(tmp_path):
    text = """
schema = "readerstudy-clinical/1"
source = "a test"
[[columns]]
kind = "number"
name = "afp"
unit = "ng/mL"
cut = [20]
plausible = [0, 1000]
normal = "below 20"
missing = "HOW"
"""
    assert read(tmp_path, text.replace("HOW", "category")).vector({"afp": ""}) == (0, 0, 1)
    assert read(tmp_path, text.replace("HOW", "zeros")).vector({"afp": ""}) == (0, 0)
    with pytest.raises(DataError, match="must be known"):
        read(tmp_path, text.replace("HOW", "refuse")).vector({"afp": ""})
    with pytest.raises(DataError, match="'category' or 'zeros' or 'refuse'"):
        read(tmp_path, text)
    twice = text.replace("HOW", "zeros") + text.replace("HOW", "zeros").partition('test"\n')[2]
    with pytest.raises(DataError, match="two columns are called 'afp'"):
        read(tmp_path, twice)
    with pytest.raises(DataError, match="each above the one before"):
        read(tmp_path, text.replace("[20]", "[20, 20]"))
    with pytest.raises(DataError, match="clinical/1"):
        read(tmp_path, text.replace("clinical/1", "clinical/2"))
