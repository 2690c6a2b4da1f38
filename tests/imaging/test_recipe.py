"""Recipes: what they refuse, and that equal ones have equal digests."""

import hashlib
import subprocess
import sys

import pytest

from readerstudy.imaging.recipe import Recipe
from readerstudy.problems import DataError

ZHEN = {"name": "zhen2020", "spacing": [0.7, 0.7, 7], "margin_mm": [30, 30, 0]}


def test_a_recipe_comes_back_from_its_dictionary():
    recipe = Recipe.from_dict(ZHEN)
    assert recipe.spacing == (0.7, 0.7, 7.0)
    assert Recipe.from_dict(recipe.to_dict()) == recipe
    assert recipe == Recipe(name="zhen2020", spacing=(0.7, 0.7, 7.0), margin_mm=(30.0, 30.0, 0.0))


def test_the_digest_is_of_the_json_with_sorted_keys():
    text = (
        '{"image_interpolation":"linear","margin_mm":[30.0,30.0,0.0],"mask_interpolation":"nearest","name":"zhen2020",'
        '"orientation":"reference","percentiles":[0.5,99.5],"reference":"T2","spacing":[0.7,0.7,7.0]}'
    )
    assert Recipe.from_dict(ZHEN).digest == hashlib.sha256(text.encode()).hexdigest()
    whole = {**ZHEN, "spacing": (0.7, 0.7, 7.0)}
    assert Recipe.from_dict(whole).digest == Recipe.from_dict(ZHEN).digest
    assert Recipe.from_dict({**ZHEN, "percentiles": [1, 99]}).digest != Recipe.from_dict(ZHEN).digest


def test_an_unknown_key_gets_the_nearest_back():
    with pytest.raises(DataError, match=r"(?s)no 'margins_mm'.*did you mean 'margin_mm'"):
        Recipe.from_dict({**ZHEN, "margins_mm": [1, 1, 1]})


def test_all_problems_at_once_and_with_the_file():
    content = {"spacing": [1, 1], "percentiles": [99, 1], "reference": "T3"}
    with pytest.raises(DataError) as raised:
        Recipe.from_dict(content, "model.toml")
    assert [problem.message for problem in raised.value.problems] == [
        "the recipe does not say 'name'",
        "the recipe does not say 'margin_mm'",
        "spacing of a recipe cannot be [1, 1]",
        "percentiles of a recipe cannot be [99, 1]",
        "reference of a recipe cannot be 'T3'",
    ]
    assert {problem.place.file for problem in raised.value.problems} == {"model.toml"}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("name", ""),
        ("name", "../up"),
        ("name", 3),
        ("spacing", [0.7, 0.7, 0]),
        ("spacing", [0.7, 0.7, float("nan")]),
        ("spacing", [True, 1, 1]),
        ("spacing", "1,1,1"),
        ("margin_mm", [-1, 0, 0]),
        ("margin_mm", 30),
        ("image_interpolation", "cubic"),
        ("mask_interpolation", None),
        ("percentiles", [0, 101]),
        ("percentiles", [5, 5]),
        ("orientation", "ras"),
        ("orientation", ["reference"]),
    ],
)
def test_a_value_that_cannot_be(key, value):
    with pytest.raises(DataError, match=rf"{key} of a recipe cannot be"):
        Recipe.from_dict({**ZHEN, key: value})
    with pytest.raises(DataError, match=rf"{key} of a recipe cannot be"):
        Recipe(**{**ZHEN, key: value})


def test_recipes_and_crops_do_without_the_imaging_packages():
    code = "import sys, readerstudy.imaging.recipe, readerstudy.imaging.crops; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"SimpleITK", "pydicom", "torch", "scipy", "pandas"} & set(loaded)
