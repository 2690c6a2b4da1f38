"""Is this installation whole? Each part is tried, not looked up."""

from __future__ import annotations

import platform
import sys
import tempfile
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, NamedTuple

from readerstudy import _shipped
from readerstudy._version import __version__

_REQUIRED = ("numpy", "scipy", "pandas", "scikit-learn", "matplotlib", "typer", "jinja2", "typst")
_OPTIONAL = {
    "openTSNE": "another engine of t-SNE, pip install 'readerstudy[opentsne]'",
    **dict.fromkeys(
        ("torch", "safetensors", "lightning-fabric", "monai", "SimpleITK", "pydicom", "dicom-anonymizer"),
        "images and networks, pip install 'readerstudy[models]'",
    ),
    "python-docx": "checklists as docx, pip install 'readerstudy[docx]'",
    "ray": "prediction on many machines, pip install 'readerstudy[cluster]'",
}


class Finding(NamedTuple):
    """One part of the installation."""

    name: str
    works: bool
    detail: str
    needed: bool = True


def examine() -> list[Finding]:
    """Try every part."""
    found = [
        Finding("readerstudy", True, f"{__version__} in {Path(__file__).parent}"),
        Finding("Python", sys.version_info >= (3, 11), f"{platform.python_version()} on {platform.platform()}"),
    ]
    found += [_package(name, True) for name in _REQUIRED] + [_package(name, False) for name in _OPTIONAL]
    found.append(_device())
    found += [_tried("templates and fonts", _templates), _tried("figures", _figure), _tried("PDF", _pdf)]
    return [*found, _tried("writing to the current folder", _writing)]


def _package(name: str, needed: bool) -> Finding:
    try:
        return Finding(name, True, version(name), needed)
    except PackageNotFoundError:
        how = "missing: pip install readerstudy" if needed else f"not installed: {_OPTIONAL[name]}"
        return Finding(name, False, how, needed)


def _device() -> Finding:
    """Whether the networks would run on a graphics card."""
    try:
        import torch
    except ImportError:
        return Finding("graphics card", False, "unknown without torch", needed=False)
    if not torch.cuda.is_available():
        return Finding("graphics card", False, "none that torch sees: networks run on the processor", needed=False)
    return Finding("graphics card", True, torch.cuda.get_device_name(0), needed=False)


def _tried(name: str, attempt: Callable[[], str]) -> Finding:
    try:
        return Finding(name, True, attempt())
    except Exception as error:  # whatever goes wrong here is the answer
        return Finding(name, False, f"{type(error).__name__}: {error}")


def _templates() -> str:
    folder = _shipped.path("reports", "templates")
    for name in ("report.html.j2", "report.typ.j2", "fonts"):
        _shipped.path("reports", "templates", name)
    return str(folder)


def _figure() -> str:
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    with tempfile.TemporaryFile() as file:
        FigureCanvasSVG(Figure()).print_svg(file)  # type: ignore[no-untyped-call]
    return "drawn"


def _pdf() -> str:
    import typst

    options: dict[str, Any] = {"font_paths": [str(_shipped.path("reports", "templates", "fonts"))]}
    compiled: bytes = typst.compile(b'#set text(font: "Liberation Sans")\nreaderstudy', **options)
    return f"compiled, {len(compiled)} bytes"


def _writing() -> str:
    with tempfile.TemporaryDirectory(dir=".") as folder:
        return f"done in {Path(folder).parent.resolve()}"
