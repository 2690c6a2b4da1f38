"""The files for a journal, and the audit that reads them: what is right passes, and each planted violation fails."""

from __future__ import annotations

import dataclasses
import io
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pikepdf
import pytest
from matplotlib.backends.backend_pdf import FigureCanvasPdf
from matplotlib.backends.backend_ps import FigureCanvasPS
from matplotlib.collections import LineCollection
from PIL import Image

from readerstudy.figures import _vision, audit, roc
from readerstudy.figures._canvas import Canvas, house_style
from readerstudy.figures._files import written
from readerstudy.figures._pick import Picked
from readerstudy.figures._resize import resize
from readerstudy.figures._seen import UnreadableError
from readerstudy.figures._sheet import laid_out_on
from readerstudy.figures.journal import FORMATS, Journal
from readerstudy.results import Results

WIDTH, DPI = 89.0, 150
RULES = Journal.read("nature")


@pytest.fixture(autouse=True)
def _style() -> Iterator[None]:
    """What is drawn here is set as our figures are."""
    with house_style():
        yield


def a_roc(results: Results) -> Any:
    """A ROC plot of its final size."""
    with laid_out_on(RULES.sheet(WIDTH)):
        display = roc.displays(Picked(results), "malignant")[0]
    with house_style():
        resize(display.figure, RULES.scale(WIDTH), least_line=RULES.line)
    return display.figure


@pytest.fixture(scope="module")
def files(liver: Results) -> dict[str, bytes]:
    """The same figure in each format."""
    return {form: written(a_roc(liver), form, name="roc-malignant", dpi=DPI).content for form in FORMATS}


def plain_sheet(**line: Any) -> Canvas:
    """A sheet with a line and a word: the least that there is to audit."""
    canvas = Canvas(WIDTH, 40.0)
    canvas.line([5.0, 80.0], [5.0, 30.0], **{"color": "#0072B2", "linewidth": 1.0, **line})
    canvas.text(5.0, 35.0, "Sensitivity", size=6.0)
    return canvas


def examined(
    content: bytes, form: str, folder: Path, rules: Journal = RULES, drawing: bytes | None = None
) -> dict[str, audit.Finding]:
    path = folder / f"figure.{form}"
    path.write_bytes(content)
    found = audit.examine(path, figure="figure", journal=rules, width=WIDTH, dpi=DPI, drawing=drawing)
    return {finding.check: finding for finding in found}


def failed(findings: dict[str, audit.Finding]) -> set[str]:
    return {check for check, finding in findings.items() if finding.verdict == "fail"}


def test_what_is_drawn_for_a_journal_passes(files: dict[str, bytes], tmp_path: Path) -> None:
    for form in FORMATS:
        found = examined(files[form], form, tmp_path, drawing=files["pdf"])
        assert not failed(found), form
        assert float(found["width"].found.removesuffix(" mm")) == pytest.approx(WIDTH, abs=0.17)
    vector = {form: examined(files[form], form, tmp_path) for form in ("pdf", "eps", "svg")}
    for check in ("smallest text", "largest text", "height"):
        assert len({found[check].found for found in vector.values()}) == 1, check
    assert vector["pdf"]["smallest text"].found == "5.00 pt"
    assert vector["eps"]["kind of fonts"].found == "Type 42"


def test_the_same_bytes_again(liver: Results, files: dict[str, bytes]) -> None:
    figure = a_roc(liver)
    for form in FORMATS:
        assert written(figure, form, name="roc-malignant", dpi=DPI).content == files[form], form
        assert not re.search(rb"CreationDate|\d{4}-\d\d-\d\dT", files[form]), form


def test_another_reader_agrees_about_the_pdf(files: dict[str, bytes]) -> None:
    with pikepdf.open(io.BytesIO(files["pdf"])) as pdf:
        (page,) = pdf.pages
        assert float(page.mediabox[2]) / 72 * 25.4 == pytest.approx(WIDTH, abs=0.01)
        for font in page.resources.Font.values():
            descendant = font.DescendantFonts[0]
            assert (font.Subtype, descendant.Subtype) == ("/Type0", "/CIDFontType2")
            assert "/FontFile2" in descendant.FontDescriptor
        used = {str(o.operands[0]) for o in pikepdf.parse_content_stream(page) if str(o.operator) == "w"}
    seen = audit.inspect(files["pdf"], "pdf")
    assert {round(float(w), 3) for w in used} >= seen.lines


def test_pictures_have_three_channels_and_their_resolution(files: dict[str, bytes]) -> None:
    for form in ("tiff", "png"):
        with Image.open(io.BytesIO(files[form])) as picture:
            assert picture.mode == "RGB"
            assert picture.info["dpi"] == pytest.approx((DPI, DPI), abs=0.02)
            assert picture.width == int(WIDTH / 25.4 * DPI)


def test_the_letters_stand_in_the_svg(files: dict[str, bytes]) -> None:
    assert files["svg"].count(b"@font-face") == 1
    assert b"<text" in files["svg"]
    bare = re.sub(rb"<style>.*?</style>", b"", files["svg"], flags=re.DOTALL)
    assert not all(face.embedded for face in audit.inspect(bare, "svg").faces)


@pytest.mark.parametrize("form", ["pdf", "eps", "svg"])
def test_planted_in_the_drawing(form: str, tmp_path: Path) -> None:
    def findings(canvas: Canvas) -> set[str]:
        return failed(examined(written(canvas.figure, form, name="figure", dpi=DPI).content, form, tmp_path))

    assert findings(plain_sheet()) == set()
    small = plain_sheet()
    small.text(5.0, 38.0, "tiny", size=4.5)
    assert findings(small) == {"smallest text"}
    large = plain_sheet()
    large.text(5.0, 20.0, "large", size=9.0)
    assert findings(large) == {"largest text"}
    assert findings(plain_sheet(linewidth=0.1)) == {"thinnest line"}
    assert findings(Canvas(120.0, 40.0)) == {"width"}
    assert findings(Canvas(WIDTH, 171.0)) == {"height"}
    alike = plain_sheet(color="#2f9e2f")
    alike.line([5.0, 80.0], [30.0, 5.0], color="#b87a1e", linewidth=1.0)
    assert findings(alike) == {"colours apart"}
    if form != "eps":  # where matplotlib paints it solid
        assert findings(plain_sheet(alpha=0.5)) == {"transparency"}
    axes = (clear := plain_sheet()).panel(10.0, 5.0, 20.0, 20.0, (0, 1), (0, 1))
    axes.add_collection(LineCollection([[(0, 0), (1, 1)]], linewidths=0.1, colors="#000000"))
    assert findings(clear) == {"thinnest line"}


def test_planted_fonts(tmp_path: Path) -> None:
    import matplotlib as mpl

    canvas = plain_sheet()
    with house_style(), mpl.rc_context({"pdf.fonttype": 3, "ps.fonttype": 3}):
        pdf, eps = io.BytesIO(), io.BytesIO()
        as_pdf: Any = FigureCanvasPdf(canvas.figure)
        as_pdf.print_pdf(pdf)
        as_ps: Any = FigureCanvasPS(canvas.figure)
        as_ps.print_eps(eps)
    assert failed(examined(pdf.getvalue(), "pdf", tmp_path)) == {"kind of fonts"}
    assert failed(examined(eps.getvalue(), "eps", tmp_path)) == {"kind of fonts"}
    good = written(canvas.figure, "pdf", name="figure", dpi=DPI).content
    assert failed(examined(good.replace(b"/FontFile2", b"/FontFile9"), "pdf", tmp_path)) == {"fonts embedded"}
    rules = dataclasses.replace(RULES, fonts=("Times New Roman",))
    assert failed(examined(good, "pdf", tmp_path, rules)) == {"typeface"}
    bare = re.sub(rb"<style>.*?</style>", b"", written(canvas.figure, "svg", name="figure", dpi=DPI).content)
    assert failed(examined(bare, "svg", tmp_path)) == {"fonts embedded"}


def test_planted_colours_and_transparency(tmp_path: Path) -> None:
    canvas = plain_sheet()
    pdf = written(canvas.figure, "pdf", name="figure", dpi=DPI).content
    assert failed(examined(_with_content(pdf, b"\n0 1 0 0 K 5 5 m 9 9 l S\n"), "pdf", tmp_path)) == {"colour space"}
    eps = written(canvas.figure, "eps", name="figure", dpi=DPI).content
    end = eps.rindex(b"showpage")
    cmyk = eps[:end] + b"0 1 0 0 setcmykcolor 5 5 m 9 9 l stroke\n" + eps[end:]
    assert failed(examined(cmyk, "eps", tmp_path)) == {"colour space"}
    clear = eps[:end] + b"0.5 .setfillconstantalpha\n" + eps[end:]
    assert failed(examined(clear, "eps", tmp_path)) == {"transparency"}


def _with_content(pdf: bytes, more: bytes) -> bytes:
    """The PDF with something more drawn on its page."""
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        page = opened.pages[0]
        page.Contents = opened.make_stream(page.Contents.read_bytes() + more)
        buffer = io.BytesIO()
        opened.save(buffer, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    return buffer.getvalue()


def test_planted_in_pictures(files: dict[str, bytes], tmp_path: Path) -> None:
    def picture(mode: str, columns: int, dpi: int, form: str = "tiff", **options: Any) -> bytes:
        buffer = io.BytesIO()
        Image.new(mode, (columns, 400)).save(buffer, form.upper(), dpi=(dpi, dpi), **options)
        return buffer.getvalue()

    wide = int(WIDTH / 25.4 * DPI)
    lzw = {"compression": "tiff_lzw"}
    assert failed(examined(picture("RGB", wide, DPI, **lzw), "tiff", tmp_path)) == set()
    assert failed(examined(picture("RGB", wide, DPI), "tiff", tmp_path)) == {"compression"}
    assert failed(examined(picture("RGBA", wide, DPI, **lzw), "tiff", tmp_path)) == {"transparency"}
    assert failed(examined(picture("RGBA", wide, DPI, "png"), "png", tmp_path)) == {"transparency"}
    assert failed(examined(picture("CMYK", wide, DPI, **lzw), "tiff", tmp_path)) == {"colour space"}
    assert failed(examined(picture("RGB", wide // 2, DPI // 2, **lzw), "tiff", tmp_path)) == {"resolution", "pixels"}
    assert "width" in failed(examined(picture("RGB", wide + 40, DPI, **lzw), "tiff", tmp_path))
    small = plain_sheet()
    small.text(5.0, 38.0, "tiny", size=4.5)
    drawing = written(small.figure, "pdf", name="figure", dpi=DPI).content
    assert failed(examined(files["tiff"], "tiff", tmp_path, drawing=drawing)) >= {"smallest text (in the drawing)"}


def test_a_coarse_picture_within_a_figure_is_to_be_looked_at(tmp_path: Path) -> None:
    canvas = plain_sheet()
    canvas.image((40.0, 5.0, 25.4, 25.4), np.zeros((50, 50, 3), dtype=np.uint8))
    for form in ("pdf", "eps", "svg"):
        found = examined(written(canvas.figure, form, name="figure", dpi=DPI).content, form, tmp_path)
        assert (found["pictures within"].found, found["pictures within"].verdict) == ("50 dpi", "look"), form
        assert not failed(found)


def test_a_character_without_a_shape_is_told() -> None:
    canvas = plain_sheet()
    canvas.text(5.0, 20.0, "肝 cyst", size=6.0)
    for form in ("pdf", "svg", "png"):
        assert written(canvas.figure, form, name="figure", dpi=DPI).lacking == {"肝"}, form
    (finding,) = audit.lacking("figure", "figure.pdf", {"肝"})
    assert (finding.verdict, finding.check) == ("fail", "characters")


@pytest.mark.parametrize("form", FORMATS)
def test_a_file_of_another_kind_is_refused(form: str, files: dict[str, bytes]) -> None:
    for content in (b"", b"GIF89a", files["eps" if form != "eps" else "pdf"]):
        with pytest.raises(UnreadableError):
            audit.inspect(content, form)


def test_a_pdf_of_two_pages_or_damaged_is_refused(files: dict[str, bytes]) -> None:
    with pikepdf.open(io.BytesIO(files["pdf"])) as opened:
        opened.pages.append(opened.pages[0])
        buffer = io.BytesIO()
        opened.save(buffer, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    with pytest.raises(UnreadableError, match="one page"):
        audit.inspect(buffer.getvalue(), "pdf")
    with pytest.raises((UnreadableError, zlib.error)):
        audit.inspect(files["pdf"].replace(b"endobj", b"endXbj", 1)[:-60], "pdf")


def test_how_far_apart_colours_are() -> None:
    # Pairs 1, 7, 17 and 25 of the table that tests CIEDE2000 (doi:10.1002/col.20070).
    for one, other, expected in (
        ((50.0, 2.6772, -79.7751), (50.0, 0.0, -82.7485), 2.0425),
        ((50.0, 0.0, 0.0), (50.0, -1.0, 2.0), 2.3669),
        ((50.0, 2.5, 0.0), (73.0, 25.0, -18.0), 27.1492),
        ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
    ):
        assert _vision.distance(one, other) == pytest.approx(expected, abs=5e-5)
        assert _vision.distance(other, one) == pytest.approx(expected, abs=5e-5)


def test_what_counts_as_a_series() -> None:
    orange, blue = (0.902, 0.624, 0.0), (0.0, 0.447, 0.698)
    pale = (0.941, 0.776, 0.404)  # orange mixed with white
    grey = (0.3, 0.3, 0.3)
    assert _vision.series_of([orange, blue, pale, grey]) == sorted([orange, blue])
    scale = [(1 - s, 1 - 0.6 * s, 1 - 0.2 * s) for s in np.linspace(0.2, 1, 40).tolist()]
    assert _vision.series_of([orange, *scale]) == [orange]
    assert _vision.nearest([orange, grey]) is None
    found = _vision.nearest([(0.18, 0.62, 0.18), (0.72, 0.48, 0.12)])
    assert found is not None
    assert found.vision != "normal vision"
    assert found.distance < audit.LEAST_DISTANCE


def test_every_colour_of_the_palette_can_be_told_from_every_other() -> None:
    from readerstudy.figures._palette import class_styles

    colours = {style.colour for style in class_styles(8)}
    found = _vision.nearest(
        tuple(round(int(colour[i : i + 2], 16) / 255, 3) for i in (1, 3, 5))  # type: ignore[misc]
        for colour in colours
    )
    assert found is not None
    assert found.distance > audit.LEAST_DISTANCE
