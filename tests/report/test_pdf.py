"""The PDF: tags, fonts, attachment, and the same bytes again."""

from __future__ import annotations

import json
from io import BytesIO

import pikepdf
import pytest

from readerstudy.report import glyphs
from readerstudy.report.pdf import pdf, png


@pytest.fixture(scope="module")
def content(results):
    return json.dumps(results.to_dict()).encode()


@pytest.fixture(scope="module")
def made(results, drawn, content):
    return pdf(results, drawn, content)


@pytest.fixture
def file(made):
    with pikepdf.open(BytesIO(made)) as opened:
        yield opened


def elements(node):
    """Every element of the structure tree."""
    if isinstance(node, pikepdf.Array):
        for child in node:
            yield from elements(child)
    elif isinstance(node, pikepdf.Dictionary):
        if "/S" in node:
            yield node
        if "/K" in node:
            yield from elements(node.K)


def tag(element):
    return str(element.S)


def attributes(element):
    found = element.get("/A", [])
    return list(found) if isinstance(found, pikepdf.Array) else [found]


def test_tagged_and_titled(file):
    assert file.Root.MarkInfo.Marked
    assert str(file.Root.Lang) == "en"
    assert str(file.docinfo.Title) == "Focal liver lesions on MRI"
    with file.open_metadata() as metadata:
        assert metadata["pdfuaid:part"] == "1"
        assert metadata.pdfa_status == "3A"
    headings = [tag(e) for e in elements(file.Root.StructTreeRoot.K) if tag(e) in ("/Title", "/H1", "/H2")]
    assert headings.count("/H2") == 7
    with file.open_outline() as outline:
        titles = [item.title for item in outline.root]
    assert titles[-3:] == ["Statistical methods", "Protocol", "Provenance"]


def test_every_figure_has_its_alternative_text(file, drawn):
    figures = [e for e in elements(file.Root.StructTreeRoot.K) if tag(e) == "/Figure"]
    assert [str(e.Alt) for e in figures] == [figure.alt for figure in drawn]


def test_every_header_cell_has_a_scope(file):
    headers = [e for e in elements(file.Root.StructTreeRoot.K) if tag(e) == "/TH"]
    assert len(headers) > 100
    assert all(any(str(a.get("/Scope")) == "/Column" for a in attributes(e)) for e in headers)


def test_fonts_are_embedded(file):
    descriptors = [o for o in file.objects if isinstance(o, pikepdf.Dictionary) and o.get("/Type") == "/FontDescriptor"]
    names = {str(descriptor.FontName).partition("+")[2] for descriptor in descriptors}
    assert {"LiberationSans", "LiberationSans-Bold"} <= names
    assert all({"/FontFile", "/FontFile2", "/FontFile3"} & set(descriptor.keys()) for descriptor in descriptors)


def test_results_are_attached(file, content):
    assert list(file.attachments) == ["results.json"]
    assert file.attachments["results.json"].get_file().read_bytes() == content


def test_same_bytes_twice(results, drawn, content, made):
    assert pdf(results, drawn, content) == made


def test_png_has_the_size_of_the_figure(drawn):
    image = png(drawn[0], ppi=300)
    assert image[:8] == b"\x89PNG\r\n\x1a\n"
    width = int.from_bytes(image[16:20], "big")
    assert width == pytest.approx(drawn[0].width_mm / 25.4 * 300, abs=1)
    density = image.index(b"pHYs")
    assert int.from_bytes(image[density + 4 : density + 8], "big") == 11811
    assert png(drawn[0]) == image


@pytest.mark.parametrize(
    ("label", "printed"),
    [
        ("κ ≥ 0.6 − Müller", "κ ≥ 0.6 − Müller"),
        ("كبد", "كبد"),
        ("a\U0001fac1\U0001fac0b", "a[U+1FAC1 U+1FAC0]b"),
        ("肝", "[U+809D]"),
        ("bell\x07", "bell[U+0007]"),
        ("\ue000", "[U+E000]"),
    ],
)
def test_characters_without_a_glyph_become_their_numbers(label, printed):
    assert glyphs.printable(label) == printed
