"""The report as a tagged PDF, and a figure as a PNG: both set by typst.

No text passes through the template: Jinja2 writes only which block stands where, and typst reads every word, label
and number as data, by ``json()``. A label is therefore never executed, whatever it says.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

from readerstudy import _shipped
from readerstudy.report import contents, glyphs
from readerstudy.report.document import Block, Document, Drawn, Figure, Listing, Paragraph
from readerstudy.report.tables import Cell, Table
from readerstudy.results import Results

_STANDARDS = ["a-3a", "ua-1"]
# A results file holds no clock, so neither does its report; PDF/A-3 wants a date for the attached file all the same.
_TIMESTAMP = 0
# The width of the text on an upright page, in widths of a digit of the tables' type; what a column adds to its
# content; the width to which a long label is folded; and the characters that are not as wide as a digit.
_UPRIGHT = 129.0
_GUTTER = 1.9
_FOLDED = 15.0
_WIDTHS = {"%": 1.6, "(": 0.6, ")": 0.6, "/": 0.5, ".": 0.5, ",": 0.5, " ": 0.5}


def pdf(results: Results, drawn: Sequence[Drawn], results_json: bytes) -> bytes:
    """The report as PDF/A-3a and PDF/UA-1.

    Parameters
    ----------
    results
        What the analysis found.
    drawn
        The figures, as `readerstudy.figures.draw` returns them.
    results_json
        The bytes of results.json, attached under that name.

    Returns
    -------
    bytes
        The same bytes for the same input. A character for which neither font has a glyph is printed as its code point.
    """
    import jinja2

    document = contents.build(results, drawn)
    data = _document(document)
    source = json.dumps(data, ensure_ascii=False)
    shown = glyphs.printable(source)
    data["substituted"] = shown != source
    template = _shipped.path("reports", "templates", "report.typ.j2").read_text(encoding="utf-8")
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    main = environment.from_string(template).render(sections=data["sections"])
    files = {"main": main.encode(), "data.json": _encoded(data), "results.json": results_json}
    for section in document.sections:
        for block in section.blocks:
            if isinstance(block, Figure):
                files[f"{block.id}.svg"] = glyphs.printable(block.drawn.svg).encode()
    return _compile(files, format="pdf", pdf_standards=_STANDARDS, timestamp=_TIMESTAMP)


def png(drawn: Drawn, ppi: int = 300) -> bytes:
    """A figure as pixels, in its own size at `ppi` pixels per inch, on white."""
    files = {
        "main": (
            b'#let size = json("size.json")\n'
            b"#set page(width: size.width * 1mm, height: size.height * 1mm, margin: 0mm, fill: white)\n"
            b'#image("figure.svg", width: 100%, height: 100%)\n'
        ),
        "size.json": json.dumps({"width": drawn.width_mm, "height": drawn.height_mm}).encode(),
        "figure.svg": glyphs.printable(drawn.svg).encode(),
    }
    return _with_density(_compile(files, format="png", ppi=float(ppi)), ppi)


def _with_density(image: bytes, ppi: int) -> bytes:
    """The PNG with its pixels per inch written into it, which typst leaves out and journals ask for."""
    per_metre = round(ppi / 0.0254)
    chunk = b"pHYs" + struct.pack(">IIB", per_metre, per_metre, 1)
    after_header = 8 + 12 + 13  # the signature, then the frame and the content of the chunk IHDR
    return (
        image[:after_header]
        + struct.pack(">I", 9)
        + chunk
        + struct.pack(">I", zlib.crc32(chunk))
        + image[after_header:]
    )


def _compile(files: Mapping[str, bytes], **options: Any) -> bytes:
    import typst

    fonts = [str(folder) for folder in glyphs.folders()]
    compiled: bytes = typst.compile(dict(files), ignore_system_fonts=True, font_paths=fonts, **options)
    return compiled


def _encoded(data: object) -> bytes:
    return json.dumps(_words(data), ensure_ascii=False).encode()


def _words(data: object) -> object:
    """The same structure, every text made printable."""
    if isinstance(data, str):
        return glyphs.printable(data)
    if isinstance(data, dict):
        return {name: _words(value) for name, value in data.items()}
    if isinstance(data, list):
        return [_words(value) for value in data]
    return data


def _document(document: Document) -> dict[str, Any]:
    return {
        "title": document.title,
        "notice": document.notice,
        "version": document.version,
        "sections": [
            {
                "title": section.title,
                "level": section.level,
                "opens": section.opens,
                "blocks": [_block(block) for block in section.blocks],
            }
            for section in document.sections
        ],
    }


def _block(block: Block) -> dict[str, Any]:
    if isinstance(block, Paragraph):
        return {"kind": "paragraph", "wide": False, "spans": _spans(block)}
    if isinstance(block, Listing):
        return {"kind": block.kind, "wide": False, "items": [_spans(item) for item in block.items]}
    if isinstance(block, Figure):
        drawn = block.drawn
        return {
            "kind": "figure",
            "wide": False,
            "file": f"{block.id}.svg",
            "number": block.number,
            "title": drawn.title,
            "caption": drawn.caption,
            "alt": drawn.alt,
            "width": drawn.width_mm,
            # The first page opens with words: its figure stays where it is named.
            "floats": drawn.kind != "flow",
        }
    return _table(block)


def _spans(paragraph: Paragraph) -> list[dict[str, str]]:
    return [{"text": span.text, "kind": span.kind, "url": span.url} for span in paragraph.spans]


def _table(table: Table) -> dict[str, Any]:
    notes = [["", table.note]] if table.note else []
    notes += [list(footnote) for footnote in table.footnotes]
    if table.abbreviations:
        notes.append(["", "; ".join(f"{short}, {long}" for short, long in table.abbreviations) + "."])
    return {
        "kind": "table",
        "wide": _width(table) > _UPRIGHT,
        "name": table.name,
        "number": table.number,
        "caption": table.caption,
        "columns": [{"header": column.header, "kind": column.kind} for column in table.columns],
        "rows": [
            {"summary": row.summary, "inner": row.inner, "cells": [_cell(cell) for cell in row.cells]}
            for row in sorted(table.rows, key=lambda row: row.summary)
        ],
        "notes": notes,
    }


def _cell(cell: Cell) -> dict[str, Any]:
    return {
        "text": cell.text,
        "fraction": cell.fraction,
        "detail": cell.detail,
        "mark": cell.mark,
        "code": cell.code,
    }


def _width(table: Table) -> float:
    """How wide a table is at least, in digits: labels can be folded, numbers cannot."""
    width = 0.0
    for position, column in enumerate(table.columns):
        cells = [row.cells[position] for row in table.rows]
        header = max(map(_digits, column.header.split()), default=0.0)
        content = max((max(_digits(_first_line(c)), 0.93 * _digits(c.detail)) for c in cells), default=0.0)
        width += max(min(header, _FOLDED), min(content, _FOLDED) if column.kind == "text" else content) + _GUTTER
    return width


def _first_line(cell: Cell) -> str:
    return f"{cell.text} ({cell.fraction})" if cell.fraction else cell.text


def _digits(text: str) -> float:
    return sum(_WIDTHS.get(character, 1.0) for character in text)
