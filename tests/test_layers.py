"""Who may import whom: the rooms of the package and what each may know."""

import ast
from pathlib import Path

import pytest

import readerstudy

PACKAGE = Path(readerstudy.__file__).parent
ALLOWED = {
    "_choice": set(),
    "_shipped": set(),
    "_version": set(),
    "estimate": {"pandas"},
    "measures": set(),
    "problems": set(),
    "results": {"estimate"},
    "text": {"estimate", "measures"},
    "folder": {"_version"},
    "tabular": {"_choice", "problems", "numpy", "pandas"},
    "marks": {"_choice", "marks", "tabular", "problems", "protocol", "numpy", "pandas"},
    "protocol": {"_choice", "problems", "protocol"},
    "consensus": {"numpy"},
    "features": {"problems", "numpy"},
    "saliency": {"problems"},
    "starter": {"tabular", "problems", "protocol", "study"},
    "doctor": {"_shipped", "_version", "matplotlib", "torch", "typst"},
    "study": {"tabular", "problems", "protocol", "pairing", "consensus", "task", "numpy", "pandas"},
    "task": {"numpy"},
    "pairing": {"_choice", "estimate", "tabular", "problems", "protocol", "task", "pairing", "numpy"},
    "simulate": {"_choice", "simulate", "stats", "numpy", "scipy", "pandas"},
    "stats": {"_choice", "estimate", "stats", "numpy", "scipy", "statsmodels", "sklearn", "pandas"},
    "analysis": {
        "_version", "analysis", "estimate", "features", "marks", "measures", "protocol", "results", "saliency", "stats",
        "study", "task", "numpy", "scipy",
    },
    "figures": {
        "_choice", "_shipped", "estimate", "measures", "results", "text", "figures", "PIL", "fontTools", "matplotlib",
        "numpy",
    },
    "power": {"_choice", "estimate", "power", "stats", "numpy", "scipy", "pandas"},
    "sizing": {"estimate", "figures", "power", "problems", "report", "results", "sizing", "text"},
    "cli_status": {"problems", "typer"},
    "cli_simulate": {"cli_status", "folder", "problems", "simulate", "typer"},
    "cli_figures": {"_choice", "cli_status", "figures", "folder", "results", "typer"},
    "cli_lock": {"_version", "cli_status", "protocol", "typer"},
    "cli_marks": {"marks", "protocol", "study", "typer"},
    "cli_size": {"_version", "cli_status", "folder", "power", "problems", "sizing", "typer"},
    "imaging": {
        "_choice", "_version", "folder", "imaging", "problems", "tabular",
        "SimpleITK", "dicomanonymizer", "matplotlib", "numpy", "pydicom", "scipy", "tqdm",
    },
    "inference": {
        "_choice", "_shipped", "_version", "imaging", "inference", "problems", "saliency", "tabular",
        "lightning_fabric", "matplotlib", "monai", "numpy", "ray", "safetensors", "scipy", "threadpoolctl", "torch",
        "tqdm",
    },
    "cli_prepare": {"_version", "cli_status", "imaging", "inference", "problems", "typer"},
    "cli_phantom": {"_version", "cli_status", "folder", "imaging", "problems", "typer"},
    "cli_models": {"_version", "cli_status", "folder", "inference", "problems", "typer"},
    "cli_train": {"_version", "cli_status", "imaging", "inference", "problems", "typer"},
    "cli_predict": {"cli_status", "imaging", "inference", "problems", "saliency", "typer"},
    "report": {
        "_shipped", "_version", "estimate", "measures", "results", "text", "figures", "report",
        "jinja2", "markupsafe", "matplotlib", "typst",
    },
    "checklist": {
        "_shipped", "_version", "checklist", "estimate", "measures", "problems", "report", "results", "text",
        "docx", "jinja2", "markupsafe",
    },
    "cli_checklist": {"checklist", "cli_status", "folder", "results", "typer"},
    "cli": {
        "_version", "analysis", "cli_checklist", "cli_figures", "cli_lock", "cli_marks", "cli_models", "cli_phantom",
        "cli_predict", "cli_prepare", "cli_simulate", "cli_size", "cli_status", "cli_train", "doctor", "features",
        "folder", "problems", "protocol", "report", "results", "saliency", "starter", "study", "typer",
    },
    "__main__": {"cli"},
    "__init__": {"_version"},
}  # fmt: skip
HEAVY = {
    "pandas", "scipy.stats", "statsmodels", "sklearn", "matplotlib", "jinja2", "typst", "torch", "lightning_fabric",
    "monai", "ray", "SimpleITK", "pydicom", "dicomanonymizer", "docx",
}  # fmt: skip
WITHOUT_TORCH = {"__init__.py", "card.py", "clinical.py", "bundle.py"}  # of the networks: read where torch is missing


def rooms():
    for path in sorted(PACKAGE.rglob("*.py")):
        if "_share" not in path.parts:
            yield path, path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(tree, *, top_level=False):
    """Dotted names that a module imports; with `top_level` only those made when the module itself is imported."""
    nodes = tree.body if top_level else ast.walk(tree)
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "absolute imports only"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def known_as(name):
    """The room or the package that an import leads to; None for the standard library."""
    import sys

    parts = name.split(".")
    if parts[0] == "readerstudy":
        return parts[1]
    return None if parts[0] in sys.stdlib_module_names else parts[0]


@pytest.mark.parametrize(("path", "room"), list(rooms()), ids=lambda value: getattr(value, "stem", value))
def test_a_room_imports_only_what_it_may(path, room):
    found = {known_as(name) for name in imports(ast.parse(path.read_text(encoding="utf-8")))} - {None}
    assert found <= ALLOWED[room], f"{path.name} must not import {sorted(found - ALLOWED[room])}"


@pytest.mark.parametrize(("path", "room"), list(rooms()), ids=lambda value: getattr(value, "stem", value))
def test_heavy_packages_wait_for_a_function(path, room):
    names = set(imports(ast.parse(path.read_text(encoding="utf-8")), top_level=True))
    heavy = {name for name in names for package in HEAVY if name == package or name.startswith(package + ".")}
    if room in ("figures",):
        heavy = {name for name in heavy if not name.startswith("matplotlib")}
    if room in ("report",):
        heavy = {name for name in heavy if not name.startswith("jinja2")}
    if room == "inference" and path.name not in WITHOUT_TORCH:
        heavy = {name for name in heavy if not name.startswith("torch")}
    assert not heavy, f"{path.name} imports {sorted(heavy)} when it is imported"


def test_importing_the_package_is_cheap():
    import subprocess
    import sys

    code = "import sys, readerstudy; print(' '.join(sorted({name.partition('.')[0] for name in sys.modules})))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"numpy", "pandas", "scipy", "matplotlib", "typer"} & set(loaded)


def test_every_public_name_loads_and_is_in_the_stub():
    stub = ast.parse((PACKAGE / "__init__.pyi").read_text(encoding="utf-8"))
    assert {alias.asname for node in stub.body for alias in node.names} == set(readerstudy.__all__)
    for name in readerstudy.__all__:
        assert getattr(readerstudy, name) is not None
    with pytest.raises(AttributeError, match="has no attribute 'nonsense'"):
        readerstudy.nonsense  # noqa: B018
