"""The journals' rules as data: what is shipped, what is refused, and how a sheet follows from them."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from readerstudy import _shipped
from readerstudy.figures._sheet import FULL_WIDTH
from readerstudy.figures.journal import FORMATS, Journal, shipped

NATURE = _shipped.path("reports", "journals", "nature.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["bmc", "elsevier", "frontiers", "nature", "radiology", "springer", "wiley"])
def test_every_preset_says_where_it_is_from(name: str) -> None:
    rules = Journal.read(name)
    assert rules.source_url.startswith("https://")
    assert rules.checked >= datetime.date(2026, 1, 1)
    assert rules.status in ("verified", "unverified")
    assert rules.note
    assert set(rules.formats) <= set(FORMATS)
    assert "single" in rules.widths
    assert "full" in rules.widths


def test_what_was_seen_and_what_was_not() -> None:
    assert {name for name in shipped() if Journal.read(name).status == "verified"} == {
        "bmc", "elsevier", "nature", "springer",
    }  # fmt: skip


def test_the_rules_that_the_publishers_print() -> None:
    nature, elsevier, springer, bmc = (Journal.read(name) for name in ("nature", "elsevier", "springer", "bmc"))
    assert (nature.widths, nature.text, nature.height) == ({"single": 89, "full": 183}, (5, 7), 170)
    assert (elsevier.widths, elsevier.text[0]) == ({"single": 90, "onehalf": 140, "full": 190}, 7)
    assert elsevier.dpi == {"line": 1000, "combination": 500, "halftone": 300}
    assert (springer.widths, springer.text) == ({"single": 84, "full": 174}, (8, 12))
    assert springer.dpi == {"line": 1200, "combination": 600, "halftone": 300}
    assert (bmc.widths, bmc.text[0], bmc.line) == ({"single": 85, "full": 170}, 8, 0.5)


@pytest.mark.parametrize("name", shipped())
def test_a_sheet_scaled_has_the_width_and_the_text_of_the_journal(name: str) -> None:
    rules = Journal.read(name)
    for mm in rules.widths.values():
        sheet, scale = rules.sheet(mm), rules.scale(mm)
        assert sheet.width * scale == pytest.approx(mm)
        assert sheet.height * scale == pytest.approx(rules.height)
        assert 6 * scale >= rules.text[0] - 1e-9
        assert sheet.least * scale == pytest.approx(rules.text[0])
        assert 60 - 1e-9 <= sheet.width <= 190


def test_a_journal_without_rules_of_text_keeps_the_sheet_of_the_report(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(NATURE.replace("single = 89", f"single = {FULL_WIDTH:g}"), encoding="utf-8")
    own = Journal.read(str(path))
    assert own.scale(own.widths["single"]) == 1
    assert own.sheet(own.widths["single"]).width == FULL_WIDTH


def test_letters_in_the_style_of_the_journal() -> None:
    said = {name: Journal.read(name).letters.of("b") for name in ("nature", "radiology", "wiley")}
    assert said == {"nature": "b", "radiology": "B", "wiley": "(b)"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("single = 89", "simple = 89"), "Did you mean 'single'"),
        (("single = 89", "single = -89"), "above 0"),
        (("least = 5", "least = 9"), "text.least is 9 and text.most 7"),
        (("height = 170", "heigth = 170"), "Did you mean 'height'"),
        (("height = 170", ""), "lacks 'height'"),
        (('status = "verified"', 'status = "sure"'), "the status"),
        (('formats = ["pdf", "eps"]', 'formats = ["pdf", "esp"]'), "Did you mean 'eps'"),
        (('style = "a"', 'style = "i"'), "letters.style"),
        (('colour = "RGB"', 'colour = "CMYK"'), "colour space"),
        (("checked = 2026-11-22", 'checked = "today"'), "a date"),
        (("line = 600", "lines = 600"), "a key of dpi is 'lines'.*Did you mean 'line'"),
        (("line = 600", ""), "lacks 'line'"),
        (("line = 600", "line = inf"), "dpi.line is inf"),
        (("single = 89", "single = inf"), "single is inf"),
        (("most = 7", "mots = 7"), "Did you mean 'most'"),
        (("bold = true", 'bold = "no"'), "letters.bold is 'no'"),
        (('formats = ["pdf", "eps"]', "formats = []"), "formats is"),
        (('fonts = ["Arial", "Helvetica"]', 'fonts = "Arial"'), "fonts is 'Arial'"),
    ],
)
def test_a_file_with_a_slip_says_which(tmp_path: Path, change: tuple[str, str], message: str) -> None:
    path = tmp_path / "own.toml"
    assert change[0] in NATURE
    path.write_text(NATURE.replace(*change, 1), encoding="utf-8")
    with pytest.raises(ValueError, match=message):
        Journal.read(str(path))


def test_no_resolution_is_rounded_to_none_and_no_format_stands_twice(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    text = NATURE.replace("line = 600", "line = 0.5").replace('["pdf", "eps"]', '["pdf", "eps", "pdf"]')
    path.write_text(text, encoding="utf-8")
    own = Journal.read(str(path))
    assert (own.dpi["line"], own.formats) == (1, ("pdf", "eps"))


def test_unknown_names_get_the_nearest() -> None:
    with pytest.raises(ValueError, match="Did you mean 'nature'"):
        Journal.read("natur")
    with pytest.raises(ValueError, match="the width for Nature is 'onehalf'"):
        Journal.read("nature").width_of("onehalf")
    assert Journal.read("elsevier").wider("single") == "onehalf"
    assert Journal.read("nature").wider("full") is None
