"""Which characters the fonts of the PDF can print, and what stands in for the others.

PDF/A and PDF/UA forbid a character without a glyph, so a label with one would stop the whole report.
"""

from __future__ import annotations

import functools
import unicodedata
from pathlib import Path

from readerstudy import _shipped

# Marks and joiners that shape their neighbours and need no glyph of their own.
_INVISIBLE = frozenset("\u200b\u200c\u200d\u200e\u200f\u2060\ufeff")


def folders() -> tuple[Path, ...]:
    """Where the fonts lie: the shipped Liberation Sans, and matplotlib's DejaVu Sans for other scripts."""
    import matplotlib

    return _shipped.path("reports", "templates", "fonts"), Path(matplotlib.get_data_path(), "fonts", "ttf")


@functools.cache
def _covered() -> frozenset[int]:
    """The code points that one of the two families has in every style that the report uses."""
    from matplotlib.ft2font import FT2Font

    shipped, others = folders()
    families = (
        [shipped / f"LiberationSans-{style}.ttf" for style in ("Regular", "Bold", "Italic")],
        [others / f"{name}.ttf" for name in ("DejaVuSans", "DejaVuSans-Bold")],
    )
    covered: set[int] = set()
    for files in families:
        covered |= set.intersection(*(set(FT2Font(file).get_charmap()) for file in files))
    return frozenset(covered)


def printable(text: str) -> str:
    """`text` with every run of characters that has no glyph written as code points.

    Examples
    --------
    >>> printable("κ ≥ 0.6"), printable("A\U0001fac1B")
    ('κ ≥ 0.6', 'A[U+1FAC1]B')
    """
    if text.isascii() and text.isprintable():
        return text
    pieces: list[str] = []
    missing: list[str] = []
    for character in text:
        if _has_glyph(character):
            pieces += [_codes(missing), character]
            missing = []
        else:
            missing.append(character)
    return "".join([*pieces, _codes(missing)])


def _has_glyph(character: str) -> bool:
    if character in "\n\t" or character in _INVISIBLE:
        return True
    # PDF/A forbids the private areas, and a control character is no text.
    return unicodedata.category(character) not in ("Cc", "Cn", "Co", "Cs") and ord(character) in _covered()


def _codes(missing: list[str]) -> str:
    return f"[{' '.join(f'U+{ord(character):04X}' for character in missing)}]" if missing else ""
