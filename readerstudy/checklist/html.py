"""A checklist as one HTML file, under a policy that allows nothing but its own style."""

from __future__ import annotations

import base64
import hashlib

from readerstudy import _shipped
from readerstudy.checklist.model import STATUSES, Checklist


def html(checklist: Checklist) -> str:
    """The checklist as one self-contained page; the same text for the same input.

    Every number carries the key of its record, or its place in results.json.
    """
    import jinja2
    from markupsafe import Markup

    templates = _shipped.path("reports", "templates")
    style = "".join((templates / name).read_text(encoding="utf-8") for name in ("style.css", "checklist.css"))
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(templates),
        # The default of select_autoescape looks at the last suffix only, which is .j2 here.
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    digest = base64.b64encode(hashlib.sha256(style.encode("utf-8")).digest()).decode("ascii")
    return environment.get_template("checklist.html.j2").render(
        checklist=checklist,
        guideline=checklist.guideline,
        statuses=STATUSES,
        # The style is ours and may hold > and &; the policy admits exactly these bytes.
        style=Markup(style),
        policy=f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'",
    )
