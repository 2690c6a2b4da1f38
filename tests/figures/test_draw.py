"""The files: deterministic, well formed, safe beside each other in a page, whatever users wrote."""

from __future__ import annotations

import re
import subprocess
import sys
import xml.etree.ElementTree as ET

import matplotlib
import pytest
from figure_studies import GROUPS, several_classes
from rich_studies import everything

from readerstudy.figures import draw
from readerstudy.figures._label import plain, shorten, width
from readerstudy.figures._sheet import FULL_WIDTH
from readerstudy.results import Results

HOSTILE = [
    "<script>alert(1)</script>",
    '$x^2$ & "q" id="m1" url(#m1)',
    "שלום עולם",
    "🧠 emoji 👩‍⚕️",
    "肝细胞癌",
    "x" * 300,
    "_under\x00\u202e\n line",
]


@pytest.fixture(scope="module")
def rich_hostile() -> Results:
    groups = {"د. أحمد": ["a" * 300, "🧠"], "$": ["</svg>", "R&D"]}
    return everything(HOSTILE, [9, 9, 9, 9, 9, 9, 9], ("M" * 300, "<b>"), groups, consensus='"><script>')


@pytest.fixture(scope="module")
def hostile() -> Results:
    models = {"M" * 300: 0.85, "$\\frac{": 0.7, "<b>": 0.9}
    groups = {"د. أحمد": ["a" * 300, "🧠"], "$": ["</svg>", "R&D"]}
    return several_classes(HOSTILE, models, groups, positive=HOSTILE[:3], task="<script>", binary="שלום")


def test_figures_by_task_and_kind(liver: Results, aided: Results, alone: Results) -> None:
    kinds = ["roc", "accuracy", "confusion"]
    assert [d.name for d in draw(liver)] == [
        "roc-seven-way", "accuracy-seven-way", "confusion-seven-way", "confusion-seven-way-2",
        "roc-malignant", "accuracy-malignant", "confusion-malignant",
    ]  # fmt: skip
    assert [d.kind for d in draw(aided)] == kinds
    assert [d.kind for d in draw(alone)] == ["roc", "confusion"] * 2


def test_the_flow_comes_first_and_then_every_figure_of_the_task(rich: Results) -> None:
    figures = draw(rich)
    assert [(d.name, d.task) for d in figures] == [
        ("flow", None),
        *(
            (f"{name}-seven-way{number}", "seven-way")
            for name, number in (
                ("roc", ""), ("accuracy", ""), ("confusion", ""), ("confusion", "-2"), ("forest", ""),
                ("agreement", ""), ("reader-case", ""), ("embedding", ""), ("errors", ""),
            )
        ),
    ]  # fmt: skip
    assert all(d.caption and d.alt and d.title for d in figures)


def test_same_results_same_bytes_whatever_the_users_settings(liver: Results, rich: Results, compared: Results) -> None:
    studies = (liver, rich, compared)
    first = [d.svg for results in studies for d in draw(results)]
    settings = {"font.size": 20, "lines.linewidth": 9, "text.usetex": True, "axes.grid": True}
    with matplotlib.rc_context({**settings, "image.composite_image": True, "image.interpolation": "bicubic"}):
        assert [d.svg for results in studies for d in draw(results)] == first


def test_a_new_process_draws_the_same_bytes(rich: Results, tmp_path: object) -> None:
    path = f"{tmp_path}/results.json"
    rich.to_json(path)
    program = (
        "import sys, hashlib; from readerstudy.results import Results; from readerstudy.figures import draw;"
        "sys.stdout.write(hashlib.sha256(''.join(d.svg for d in draw(Results.read(sys.argv[1]))).encode()).hexdigest())"
    )
    runs = {
        subprocess.run([sys.executable, "-c", program, path], capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    }
    assert len(runs) == 1


def test_loading_the_package_does_not_load_matplotlib() -> None:
    program = "import sys, readerstudy.figures; sys.exit('matplotlib' in sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True)


def test_drawing_loads_neither_pyplot_nor_statistics(rich: Results, tmp_path: object) -> None:
    path = f"{tmp_path}/results.json"
    rich.to_json(path)
    program = (
        "import sys; from readerstudy.results import Results; from readerstudy.figures import draw;"
        "draw(Results.read(sys.argv[1]));"
        "sys.exit(bool({'matplotlib.pyplot', 'scipy', 'pandas'} & set(sys.modules)))"
    )
    subprocess.run([sys.executable, "-c", program, path], check=True)


def test_files_are_elements_fit_for_a_page(
    liver: Results, hostile: Results, rich_hostile: Results, compared: Results
) -> None:
    for drawn in (*draw(liver), *draw(hostile), *draw(rich_hostile), *draw(compared)):
        root = ET.fromstring(drawn.svg)
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        assert root.get("width") == f"{FULL_WIDTH:g}mm"
        assert root.get("height") == f"{drawn.height_mm:g}mm"
        assert root.get("font-family") == "'Liberation Sans', Arial, Helvetica, sans-serif"
        for element in root.iter():
            assert not element.tag.endswith(("style", "script", "metadata"))
            assert "style" not in element.attrib
            assert "opacity" not in "".join(element.attrib)
            assert float(element.get("font-size", "7px").removesuffix("px")) >= 5.5


@pytest.mark.parametrize("study", ["liver", "rich", "rich_aided", "rich_hostile", "compared"])
def test_ids_are_unique_over_all_figures_and_references_resolve(study: str, request: pytest.FixtureRequest) -> None:
    figures = draw(request.getfixturevalue(study))
    ids: list[str] = []
    for drawn in figures:
        own = [e.attrib["id"] for e in ET.fromstring(drawn.svg).iter() if "id" in e.attrib]
        assert all(name.startswith(f"{drawn.name}-") for name in own)
        tags = "".join(re.findall("<[^>]*>", drawn.svg))
        assert set(re.findall(r'(?:href="#|url\(#)([^")]+)', tags)) == set(own)
        ids += own
    assert len(ids) == len(set(ids))


def test_labels_of_users_are_drawn_as_they_are_written(hostile: Results) -> None:
    figures = {d.kind + ("" if d.task == "<script>" else "-binary"): d for d in draw(hostile)}
    words = [e.text or "" for e in ET.fromstring(figures["roc"].svg).iter("{http://www.w3.org/2000/svg}text")]
    assert HOSTILE[0] in words
    assert "$\\frac{" in words
    assert HOSTILE[1] in words
    assert any("肝细胞癌" in word for word in words)
    assert any(word.startswith("xxx") and word.endswith("…") for word in words)
    assert "x" * 300 in figures["roc"].alt
    assert "_under line" in figures["roc"].alt


def test_pictures_are_embedded_and_nothing_else_is_loaded(rich: Results, rich_hostile: Results) -> None:
    for drawn in (*draw(rich), *draw(rich_hostile)):
        for element in ET.fromstring(drawn.svg).iter():
            href = element.get("{http://www.w3.org/1999/xlink}href")
            if element.tag.endswith("}image"):
                assert href is not None
                assert href.startswith("data:image/png;base64,")
                assert "image-rendering" not in element.attrib
            elif href is not None:
                assert href.startswith("#")


def test_hostile_labels_are_text_in_every_figure(rich_hostile: Results) -> None:
    figures = {d.kind: d for d in draw(rich_hostile)}
    said = {kind: "".join(e.text or "" for e in ET.fromstring(d.svg).iter()) for kind, d in figures.items()}
    for kind in ("flow", "accuracy", "forest", "agreement", "reader-case"):
        assert '"><script>' in said[kind], kind
    assert HOSTILE[0] in said["embedding"]
    assert "x" * 300 in figures["embedding"].alt
    for drawn in figures.values():
        assert not re.search("[\x00\u202e]", drawn.caption + drawn.alt)


def test_names_are_safe_and_unique(hostile: Results) -> None:
    names = [d.name for d in draw(hostile)]
    assert len(names) == len(set(names))
    assert all(re.fullmatch("[a-z][a-z0-9-]*", name) for name in names)


def test_tasks_with_the_same_slug_get_different_names() -> None:
    results = several_classes(
        ["a", "b", "c"], {"Net": 0.8}, {}, positive=["a"], task="Lesion type", binary="lesion/type"
    )
    assert [d.name for d in draw(results)] == [
        "roc-lesion-type",
        "confusion-lesion-type",
        "roc-lesion-type-2",
        "confusion-lesion-type-2",
    ]


def test_every_key_is_a_record(liver: Results, aided: Results, rich: Results, compared: Results) -> None:
    for results in (liver, aided, rich, compared):
        for drawn in draw(results):
            assert drawn.keys or drawn.kind in ("flow", "embedding", "errors")
            assert set(drawn.keys) <= set(results.by_key)


def test_nothing_to_draw() -> None:
    assert draw(several_classes([], {}, {}, positive=[])) == []


def test_labels_are_cut_to_their_room() -> None:
    assert shorten("Net", 20, 7) == "Net"
    cut = shorten("A very long name of a reader group", 20, 7)
    assert cut.endswith("…")
    assert 17 < width(cut, 7) <= 20
    assert plain("a\u202eb\x07\ud800\tc") == "ab c"
    assert shorten("שלום", 20, 7) == "\u2068שלום\u2069"


@pytest.mark.parametrize("study", ["liver", "aided", "rich", "rich_aided", "rich_hostile", "compared"])
def test_text_stays_on_the_sheet(study: str, request: pytest.FixtureRequest) -> None:
    for results in (request.getfixturevalue(study),):
        for drawn in draw(results):
            root = ET.fromstring(drawn.svg)
            full_width, full_height = (float(v) for v in root.attrib["viewBox"].split()[2:])
            for element in root.iter("{http://www.w3.org/2000/svg}text"):
                if "rotate" in element.get("transform", ""):
                    continue
                size = float(element.attrib["font-size"].removesuffix("px"))
                bold = element.get("font-weight") == "700"
                long = width(element.text or "", size, bold=bold) * 72 / 25.4
                x, y = float(element.attrib["x"]), float(element.attrib["y"])
                left = x - {"start": 0.0, "middle": 0.5, "end": 1.0}[element.get("text-anchor", "start")] * long
                assert left >= 0, element.text
                assert left + long <= full_width, element.text
                assert size * 0.7 <= y <= full_height, element.text


def test_groups_are_drawn_in_the_order_of_the_protocol(liver: Results) -> None:
    accuracy = next(d for d in draw(liver) if d.kind == "accuracy")
    places = [accuracy.alt.index(f"{group}, mean") for group in GROUPS]
    assert places == sorted(places)
