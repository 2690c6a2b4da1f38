"""A checklist as an editable document (docx): a table with a repeated header, the same bytes each time.

It takes python-docx, the extra ``docx``.
"""

from __future__ import annotations

import datetime
import io
import re
import unicodedata
import zipfile
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from readerstudy.checklist.model import STATUSES, Checklist, Entry, Line, Link
from readerstudy.checklist.table import harmless

if TYPE_CHECKING:
    from docx.document import Document
    from docx.table import Table, _Cell, _Row
    from docx.text.paragraph import Paragraph

# A zip holds no earlier day; a document of ours holds no clock.
_DAY = datetime.datetime(1980, 1, 1)
_COLUMNS = (("Item", 1.3), ("What is asked", 6.2), ("Status", 2.2), ("Answer", 12.6), ("In the report", 3.2))
_WIDTH_CM = 25.5
# A row with more characters than this is cut at the end of a page.
_LONG = 900
_INVALID = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_RIGHT_TO_LEFT = ("R", "AL", "AN")
_SHADES = {"filled": "DCEFE1", "confirm": "FDF3DC", "author": "E3ECF6", "not applicable": "EEEEEE"}


def docx(checklist: Checklist) -> bytes:
    """The checklist as a document on A4 pages turned on their side.

    Raises
    ------
    ModuleNotFoundError
        If python-docx is not installed.
    """
    import docx as package
    from docx.enum.section import WD_ORIENT
    from docx.shared import Cm, Pt

    document = package.Document()
    page = document.sections[0]
    page.orientation = WD_ORIENT.LANDSCAPE
    page.page_width, page.page_height = Cm(29.7), Cm(21.0)
    page.left_margin = page.right_margin = Cm((29.7 - _WIDTH_CM) / 2)
    page.top_margin = page.bottom_margin = Cm(1.8)
    style: Any = document.styles["Normal"]
    style.font.name, style.font.size = "Arial", Pt(9)
    style.paragraph_format.space_after = Pt(3)
    _plain(document.styles["Heading 1"])
    _properties(document, checklist)
    _opening(document, checklist)
    table = document.add_table(rows=1, cols=len(_COLUMNS))
    table.style = "Table Grid"
    table.autofit = False
    _header(table)
    for name, entries in checklist.sections:
        _section(table, name)
        for entry in entries:
            _entry(table, entry)
    for column, (_, width) in zip(table.columns, _COLUMNS, strict=True):
        column.width = Cm(width)
        for cell in column.cells:
            cell.width = Cm(width)
    stream = io.BytesIO()
    document.save(stream)
    return _without_clock(stream.getvalue())


def _plain(style: Any) -> None:
    """A heading in the face of the text, black, whatever fonts the reader's theme has."""
    from docx.oxml.ns import qn
    from docx.shared import Pt, RGBColor

    style.font.name, style.font.size, style.font.color.rgb = "Arial", Pt(16), RGBColor(0, 0, 0)
    faces = style.element.rPr.rFonts
    for name in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        faces.attrib.pop(qn(f"w:{name}"), None)


def _properties(document: Document, checklist: Checklist) -> None:
    properties = document.core_properties
    properties.title = _valid(f"{checklist.guideline.title}: {checklist.title}")[:255]
    properties.author = f"readerstudy {checklist.version}"
    properties.language = "en"
    properties.comments = properties.keywords = properties.subject = ""
    properties.last_modified_by = ""
    properties.revision = 1
    properties.created = properties.modified = _DAY


def _opening(document: Document, checklist: Checklist) -> None:
    guideline = checklist.guideline
    document.add_heading(f"{guideline.title}: reporting checklist", level=1)
    study = document.add_paragraph()
    study.add_run(_text(checklist.title)).bold = True
    if checklist.notice:
        document.add_paragraph(_text(checklist.notice))
    if checklist.caution:
        document.add_paragraph(checklist.caution)
    counts = ", ".join(f"{n} {status}" for status, n in checklist.counts.items())
    document.add_paragraph(f"{guideline.count} items in {guideline.rows} rows: {counts}.")
    told = "; ".join(f"{status}: {meaning}" for status, meaning in STATUSES.items())
    document.add_paragraph(f"{told}. No status says that a paper complies: that is for its readers to judge.")
    source = document.add_paragraph(f"{guideline.citation}. ")
    if guideline.link is not None:
        _linked(source, Link(text=f"doi:{guideline.doi}" if guideline.doi else guideline.link, href=guideline.link))
    document.add_paragraph(f"{guideline.licence} {guideline.said_of_source}")


def _header(table: Table) -> None:
    row = table.rows[0]
    for cell, (name, _) in zip(row.cells, _COLUMNS, strict=True):
        cell.paragraphs[0].add_run(name).bold = True
    _of_row(row, "tblHeader")
    _of_row(row, "cantSplit")


def _section(table: Table, name: str) -> None:
    row: _Row = table.add_row()  # type: ignore[no-untyped-call]
    cell = row.cells[0].merge(row.cells[-1])
    cell.paragraphs[0].add_run(name).bold = True
    cell.paragraphs[0].paragraph_format.keep_with_next = True
    _of_row(row, "cantSplit")
    _shaded(cell, "F4F6F8")


def _entry(table: Table, entry: Entry) -> None:
    row: _Row = table.add_row()  # type: ignore[no-untyped-call]
    number, asked, status, answer, places = row.cells
    number.paragraphs[0].add_run(entry.item.id).bold = True
    asked.paragraphs[0].add_run(f"{entry.item.title}. ").bold = True
    asked.paragraphs[0].add_run(entry.item.asks)
    status.paragraphs[0].add_run(entry.answer.status)
    _shaded(status, _SHADES[entry.answer.status])
    for position, line in enumerate(entry.answer.lines):
        _said(answer.paragraphs[0] if position == 0 else answer.add_paragraph(), line)
    if entry.write:
        paragraph = answer.add_paragraph() if entry.answer.lines else answer.paragraphs[0]
        paragraph.add_run("To write: ").bold = True
        paragraph.add_run(entry.write).italic = True
    _links(places, entry.links)
    if sum(map(len, entry.texts)) < _LONG:
        _of_row(row, "cantSplit")


def _said(paragraph: Paragraph, line: Line) -> None:
    """A paragraph of an answer; one that begins like a formula has an apostrophe before it."""
    texts = [_text(piece.text) for piece in line]
    whole = "".join(texts)
    guarded = harmless(whole)
    for text in (guarded[: len(guarded) - len(whole)], *texts):
        paragraph.add_run(text)


def _links(cell: _Cell, links: Sequence[Link]) -> None:
    for position, link in enumerate(links):
        paragraph = cell.paragraphs[0] if position == 0 else cell.add_paragraph()
        if link.href is None:
            paragraph.add_run(_text(link.text))
        else:
            _linked(paragraph, link)


def _linked(paragraph: Paragraph, link: Link) -> None:
    """A hyperlink, which python-docx has no call for."""
    from docx.opc.constants import RELATIONSHIP_TYPE
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    relation = paragraph.part.relate_to(link.href or "", RELATIONSHIP_TYPE.HYPERLINK, is_external=True)
    element = OxmlElement("w:hyperlink")
    element.set(qn("r:id"), relation)
    run = paragraph.add_run(_text(link.text))
    run.font.underline = True
    paragraph._p.remove(run._r)
    element.append(run._r)
    paragraph._p.append(element)


def _of_row(row: _Row, name: str) -> None:
    from docx.oxml import OxmlElement

    row._tr.get_or_add_trPr().append(OxmlElement(f"w:{name}"))


def _shaded(cell: _Cell, colour: str) -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    shade = OxmlElement("w:shd")
    for name, value in (("val", "clear"), ("color", "auto"), ("fill", colour)):
        shade.set(qn(f"w:{name}"), value)
    cell._tc.get_or_add_tcPr().append(shade)


def _text(value: str) -> str:
    """A text that XML can hold; one written from right to left turns no word around it."""
    valid = _valid(value)
    if any(unicodedata.bidirectional(character) in _RIGHT_TO_LEFT for character in valid):
        return f"\u2068{valid}\u2069"
    return valid


def _valid(value: str) -> str:
    return _INVALID.sub("\ufffd", value)


def _without_clock(content: bytes) -> bytes:
    """The same files in the same order, none with the time at which it was packed."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as packed, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as again:
        for name in packed.namelist():
            entry = zipfile.ZipInfo(name, _DAY.timetuple()[:6])
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o600 << 16
            again.writestr(entry, packed.read(name))
    return stream.getvalue()
