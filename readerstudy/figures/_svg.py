"""A matplotlib figure as an SVG element that may stand in a page beside others."""

from __future__ import annotations

import io
import re
import warnings
from typing import Any

from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from readerstudy.figures._canvas import FONT, house_style

FAMILY = f"'{FONT}', Arial, Helvetica, sans-serif"
_NO_METADATA = {"Date": None, "Creator": None, "Format": None, "Type": None}
_TAG = re.compile(r"<[^>]*>")
_ID = re.compile(r' id="([^"]*)"')
_REFERENCE = re.compile(r'(url\(#|href="#)([^)"]*)')
_STYLE = re.compile(r' style="([^"]*)"')
_DIGITS = re.compile(r"(\.\d{3})\d+")
_NO_ROTATION = re.compile(r' transform="rotate\(-?0 [^"]*"')
_STYLESHEET = re.compile(r"<defs>\s*<style.*?</style>\s*</defs>", re.DOTALL)


def to_svg(figure: Figure, prefix: str) -> str:
    """The figure as one ``<svg>`` element, the same bytes for the same figure.

    Parameters
    ----------
    figure
        A figure of a display; matplotlib's own settings of the user play no part.
    prefix
        Put before every id, so that two figures in one page do not take each other's markers.

    Returns
    -------
    str
        Text stays text, set in Liberation Sans or a face of the same widths. There is no ``style``, as an attribute or
        as an element: a strict content security policy would ignore it, and an element would reach the whole page.
    """
    if not re.fullmatch(r"[a-z][a-z0-9-]*", prefix):
        raise ValueError(f"prefix {prefix!r} is not made of lower-case letters, digits and hyphens")
    buffer = io.StringIO()
    canvas: Any = FigureCanvasSVG(figure)
    with house_style(), warnings.catch_warnings():
        # The reader's own fonts draw what Liberation Sans lacks (Chinese, emoji); matplotlib only measures it.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        warnings.filterwarnings("ignore", message="Matplotlib currently does not support")
        canvas.print_svg(buffer, metadata=_NO_METADATA)
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = _STYLESHEET.sub("", svg, count=1)
    # In a label "<" is always escaped, so what is between "<" and ">" is a tag of matplotlib's.
    used = {match[2] for tag in _TAG.findall(svg) for match in _REFERENCE.finditer(tag)}

    kept: list[bool] = []

    def clean(tag: re.Match[str]) -> str:
        text = tag[0]
        if text == "</g>":
            return text if kept.pop() else ""
        text = _ID.sub(lambda m: f' id="{prefix}-{m[1]}"' if m[1] in used else "", text)
        if text.startswith("<g") and not text.endswith("/>"):
            # A group that has lost its id groups nothing.
            kept.append(text != "<g>")
            if not kept[-1]:
                return ""
        if "=" not in text:
            return text
        text = _REFERENCE.sub(rf"\1{prefix}-\2", text)
        text = _NO_ROTATION.sub("", text)
        text = _STYLE.sub(lambda m: _presentation(m[1]), text)
        # A picture's scale is small and its pixels are many: there every digit counts.
        return text if text.startswith("<image") else _DIGITS.sub(r"\1", text)

    svg = _TAG.sub(clean, svg)
    svg = re.sub(r"\n\s*", "\n", svg).strip() + "\n"
    return re.sub("<svg[^>]*>", _root(figure), svg, count=1)


def _presentation(style: str) -> str:
    """CSS declarations as attributes.

    The family is left out, for it stands on the root, and so is the demand for hard pixels: a picture that is shown
    smaller than it is would lose some of them.
    """
    attributes = []
    for declaration in style.split(";"):
        name, _, value = declaration.partition(":")
        if name.strip() not in ("", "font-family", "image-rendering"):
            attributes.append(f' {name.strip()}="{value.strip()}"')
    return "".join(attributes)


def _root(figure: Figure) -> str:
    width, height = (float(inches) for inches in figure.get_size_inches())
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'width="{round(width * 25.4, 2):g}mm" height="{round(height * 25.4, 2):g}mm" '
        f'viewBox="0 0 {round(width * 72, 3):g} {round(height * 72, 3):g}" '
        f'font-family="{FAMILY}" stroke-linejoin="round" stroke-linecap="butt">'
    )
