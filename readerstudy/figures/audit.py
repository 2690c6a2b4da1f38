"""Figures held against a journal's rules, by what their files hold rather than by what was meant."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from readerstudy.figures import _inspect_eps, _inspect_pdf, _inspect_raster, _inspect_svg
from readerstudy.figures._seen import Colour, Seen
from readerstudy.figures._vision import nearest
from readerstudy.figures.journal import Journal

VERDICTS = ("pass", "look", "fail")
"""``"look"``: nothing that another drawing could mend, but to be known."""
LEAST_DISTANCE = 10.0
"""Least CIEDE2000 between the colours of two series in any kind of vision: the palette's own least is 11.6."""
_OUR_FACE = "liberationsans"
_ALIKE = ("Arial", "Helvetica")
"""Typefaces for which Liberation Sans passes: it was made with their widths."""
_MM, _PT = 0.06, 0.006
"""What rounding in a file may take."""
_RASTER = ("tiff", "png")
_VECTOR = {"pdf": _inspect_pdf.inspect, "eps": _inspect_eps.inspect, "svg": _inspect_svg.inspect}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Finding:
    """One rule and one file: what was found, what is asked, and the verdict, one of `VERDICTS`."""

    figure: str
    file: str
    check: str
    found: str
    asked: str
    verdict: str


def inspect(data: bytes, form: str) -> Seen:
    """What a file of a format holds.

    Raises
    ------
    UnreadableError
        If it is none of that format, or of a form that drawing programs do not write.
    """
    if form in _RASTER:
        return _inspect_raster.inspect(data, form)
    return _VECTOR[form](data)


def examine(
    path: Path, *, figure: str, journal: Journal, width: float, dpi: int, drawing: bytes | None = None
) -> list[Finding]:
    """Hold one file against the rules of a journal.

    Parameters
    ----------
    path
        The file; its suffix is its format.
    figure
        What the figure is called.
    journal, width, dpi
        The rules, the width in mm that was asked for, and the resolution in which pictures are asked.
    drawing
        The same drawing as a PDF, where the file is a picture: for sizes of text, lines and colours, which pixels
        no longer tell.
    """
    form = path.suffix[1:]
    seen = inspect(path.read_bytes(), form)
    as_vector = seen if form not in _RASTER else None if drawing is None else inspect(drawing, "pdf")
    where = "" if as_vector is seen else " (in the drawing)"
    rows = _size(seen, journal, width)
    if as_vector is not None:
        rows += [(f"{check}{where}", found, asked, ok) for check, found, asked, ok in _vector(as_vector, journal)]
    rows += _colours(seen, journal)
    rows += _raster(seen, width, dpi) if form in _RASTER else _pictures(seen, journal)
    return [
        Finding(figure=figure, file=path.name, check=check, found=found, asked=asked, verdict=verdict)
        for check, found, asked, verdict in rows
    ]


Row = tuple[str, str, str, str]


def _row(check: str, found: str, asked: str, ok: bool) -> Row:
    return check, found, asked, "pass" if ok else "fail"


def _size(seen: Seen, journal: Journal, width: float) -> list[Row]:
    within = _MM if seen.pixels is None else max(_MM, 25.4 / max(seen.pictures[0], 1.0))
    return [
        _row("width", f"{seen.width:.2f} mm", f"{width:g} mm", abs(seen.width - width) <= within),
        _row(
            "height", f"{seen.height:.1f} mm", f"at most {journal.height:g} mm",
            0 < seen.height <= journal.height + within,
        ),
    ]  # fmt: skip


def _vector(seen: Seen, journal: Journal) -> list[Row]:
    least, most = journal.text
    most = max(most, journal.letters.size)  # of a composite figure's letters
    rows = []
    if seen.text:
        rows.append(
            _row("smallest text", f"{min(seen.text):.2f} pt", f"at least {least:g} pt", min(seen.text) >= least - _PT)
        )
        if most < float("inf"):
            rows.append(
                _row("largest text", f"{max(seen.text):.2f} pt", f"at most {most:g} pt", max(seen.text) <= most + _PT)
            )
    if seen.lines:
        thin = min(seen.lines)
        rows.append(
            _row("thinnest line", f"{thin:.2f} pt", f"at least {journal.line:g} pt", thin >= journal.line - _PT)
        )
    rows += _faces(seen, journal)
    found = nearest(seen.colours)
    if found is not None:
        said = f"{found.distance:.1f} ({_hex(found.one)} and {_hex(found.other)}, {found.vision})"
        ok = found.distance >= LEAST_DISTANCE
        rows.append(_row("colours apart", said, f"CIEDE2000 of at least {LEAST_DISTANCE:g}", ok))
    return rows


def _hex(colour: Colour) -> str:
    return "#" + "".join(f"{round(c * 255):02x}" for c in colour)


def _faces(seen: Seen, journal: Journal) -> list[Row]:
    if not seen.faces:
        return []
    faces = sorted(seen.faces)
    kinds = ", ".join(sorted({face.kind for face in faces}))
    embedded = all(face.embedded for face in faces)
    named = sorted({_family(face.name) for face in faces})
    accepted = {_family(name) for name in journal.fonts}
    accepted |= {_OUR_FACE} if any(name in journal.fonts for name in _ALIKE) else set()
    return [
        _row("fonts embedded", "yes" if embedded else "no", "yes", embedded),
        _row("kind of fonts", kinds, "no Type 3", all(face.kind != "Type 3" for face in faces)),
        _row("typeface", ", ".join(named), " or ".join(journal.fonts), set(named) <= accepted),
    ]


def _family(name: str) -> str:
    """``LiberationSans-Bold`` and ``Liberation Sans`` are one family."""
    return name.partition("-")[0].replace(" ", "").lower()


def _colours(seen: Seen, journal: Journal) -> list[Row]:
    spaces = sorted(seen.spaces)
    return [
        _row("colour space", ", ".join(spaces), journal.colour, seen.spaces <= {journal.colour, "grey"}),
        _row("transparency", "yes" if seen.transparent else "none", "none", not seen.transparent),
    ]


def _raster(seen: Seen, width: float, dpi: int) -> list[Row]:
    assert seen.pixels is not None
    wide = int(width / 25.4 * dpi)
    found = seen.pictures[0]
    rows = [
        _row("resolution", f"{found:.0f} dpi", f"at least {dpi} dpi", found >= dpi - 0.5),
        _row("pixels", "{} x {}".format(*seen.pixels), f"{wide} across", abs(seen.pixels[0] - wide) <= 1),
    ]
    if seen.form == "tiff":
        rows.append(_row("compression", seen.compression or "none", "LZW", seen.compression == "tiff_lzw"))
    return rows


def _pictures(seen: Seen, journal: Journal) -> list[Row]:
    """Pictures of cases have the pixels that they have: more would be invented."""
    if not seen.pictures:
        return []
    least, asked = min(seen.pictures), journal.dpi["halftone"]
    verdict = "pass" if least >= asked - 0.5 else "look"
    return [("pictures within", f"{least:.0f} dpi", f"at least {asked} dpi", verdict)]


def lacking(figure: str, file: str, characters: Iterable[str]) -> list[Finding]:
    """A finding where the typeface lacks characters, which are drawn as empty boxes."""
    said = " ".join(f"{c} (U+{ord(c):04X})" for c in sorted(characters))
    if not said:
        return []
    return [
        Finding(figure=figure, file=file, check="characters", found=f"no shape for {said}", asked="all", verdict="fail")
    ]


def failures(findings: Iterable[Finding]) -> list[Finding]:
    """Those that break a rule."""
    return [finding for finding in findings if finding.verdict == "fail"]


def table(findings: Sequence[Finding]) -> str:
    """A line for each file with what matters most, and then what failed or is to be looked at."""
    columns = ["width", "height", "smallest text", "thinnest line", "kind of fonts", "colours apart"]
    rows = [["file", *columns, "verdict"]]
    for file, own in _by_file(findings).items():
        by_check = {f.check.removesuffix(" (in the drawing)"): f.found for f in own}
        cells = [by_check.get(column, "").partition(" (")[0] for column in columns]
        worst = max((f.verdict for f in own), key=VERDICTS.index)
        rows.append([file, *cells, worst])
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(size) for cell, size in zip(row, widths, strict=True)).rstrip() for row in rows]
    said = [f for f in findings if f.verdict != "pass"]
    lines += ["", *(f"{f.verdict}: {f.file}: {f.check}: {f.found}; asked: {f.asked}" for f in said)] if said else []
    return "\n".join(lines)


def _by_file(findings: Iterable[Finding]) -> dict[str, list[Finding]]:
    found: dict[str, list[Finding]] = {}
    for finding in findings:
        found.setdefault(finding.file, []).append(finding)
    return found


def to_csv(findings: Iterable[Finding]) -> str:
    """A row for each finding."""
    buffer = io.StringIO()
    names = [field.name for field in dataclasses.fields(Finding)]
    rows = csv.DictWriter(buffer, names, lineterminator="\n")
    rows.writeheader()
    rows.writerows(dataclasses.asdict(finding) for finding in findings)
    return buffer.getvalue()


def to_json(findings: Sequence[Finding], about: Mapping[str, Any]) -> str:
    """What `about` says, and every finding."""
    content = {**about, "passed": not failures(findings), "findings": [dataclasses.asdict(f) for f in findings]}
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"
