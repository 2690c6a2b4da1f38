"""The report as one HTML file that needs no network and runs under a policy that allows nothing else."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from readerstudy import _shipped
from readerstudy.report import contents
from readerstudy.report.document import Drawn, Figure, Listing, Paragraph
from readerstudy.report.tables import Table
from readerstudy.results import Results

if TYPE_CHECKING:
    import jinja2


def html(results: Results, drawn: Sequence[Drawn]) -> str:
    """The report as one self-contained page.

    Parameters
    ----------
    results
        What the analysis found.
    drawn
        The figures, as `readerstudy.figures.draw` returns them.

    Returns
    -------
    str
        The same text for the same input. Every number carries the key of its record in results.json.
    """
    from markupsafe import Markup

    templates = _shipped.path("reports", "templates")
    style = (templates / "style.css").read_text(encoding="utf-8")
    script = (templates / "report.js").read_text(encoding="utf-8")
    template = _environment().get_template("report.html.j2")
    return template.render(
        document=contents.build(results, drawn),
        # The two files are ours and may hold > and &; the policy admits exactly these bytes.
        style=Markup(style),
        script=Markup(script),
        policy=_policy(style, script),
    )


def _environment() -> jinja2.Environment:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_shipped.path("reports", "templates")),
        # The default of select_autoescape looks at the last suffix only, which is .j2 here.
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters["kind"] = _kind
    environment.filters["inline_svg"] = _inline_svg
    return environment


def _kind(block: object) -> str:
    """Which macro prints a block."""
    kinds: dict[type, str] = {Paragraph: "paragraph", Listing: "listing", Table: "table", Figure: "figure"}
    return kinds[type(block)]


def _inline_svg(drawn: Drawn) -> str:
    """The figure as it is: markup of our own making, without styles, its labels already escaped."""
    from markupsafe import Markup

    return Markup(drawn.svg)


def _policy(style: str, script: str) -> str:
    return (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _hash(content: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(content.encode("utf-8")).digest()).decode("ascii")
