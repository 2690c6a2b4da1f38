"""Writes everything that one analysis gives into a folder."""

from __future__ import annotations

from pathlib import Path

from readerstudy.results import Results


def write(results: Results, folder: Path) -> list[str]:
    """Write results.json, the two reports, the tables as CSV and the figures as SVG and PNG.

    Parameters
    ----------
    results
        What the analysis found.
    folder
        An existing folder. Files of the same names are replaced.

    Returns
    -------
    list of str
        The paths that were written, relative to `folder`, with forward slashes.
    """
    from readerstudy.figures import draw
    from readerstudy.report import contents
    from readerstudy.report.html import html
    from readerstudy.report.pdf import pdf, png
    from readerstudy.report.spreadsheet import csv_text

    written: list[str] = []

    def put(name: str, content: bytes) -> None:
        target = folder / name
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(content)
        written.append(name)

    results.to_json(folder / "results.json")
    written.append("results.json")
    drawn = draw(results)
    put("report.html", html(results, drawn).encode("utf-8"))
    put("report.pdf", pdf(results, drawn, (folder / "results.json").read_bytes()))
    for table in contents.build(results, drawn).tables:
        # The mark at the start is what makes a spreadsheet read the file as UTF-8.
        put(f"tables/{table.file_name}", csv_text(table).encode("utf-8-sig"))
    for figure in drawn:
        put(f"figures/{figure.name}.svg", figure.svg.encode("utf-8"))
        put(f"figures/{figure.name}.png", png(figure))
    return written
