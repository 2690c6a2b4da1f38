"""A folder of saliency maps in `evaluate`: numbers, panels, report; without a network."""

from __future__ import annotations

import base64
import hashlib
import json
import math
import statistics
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import readerstudy as rs
from readerstudy import saliency
from readerstudy.figures import draw
from readerstudy.report.document import Paragraph
from readerstudy.report.tables import Table
from readerstudy.report.writer import write
from readerstudy.stats.mean import mean

CLASSES = ("cyst", "HCC", "metastasis")
SEQUENCES = ("T2", "DWI")
NOTICE = "Trained on a digital phantom: no evidence of clinical performance."
SIDE = 32


def shares(n: int) -> np.ndarray:
    return np.round(np.random.default_rng(3).uniform(0.1, 0.9, n), 3)


def panel(shade: int) -> bytes:
    """Two tiles beside each other: grey of one shade, and red."""
    import io

    pixels = np.zeros((SIDE, 2 * SIDE, 3), dtype=np.uint8)
    pixels[:, :SIDE] = shade
    pixels[:, SIDE:] = (200, 0, 0)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "png")
    return buffer.getvalue()


def study_of(n=18, patients=None, protocol=None):
    """Every case called right but the last of each class."""
    truth = [CLASSES[i % 3] for i in range(n)]
    calls = [name if i < n - 3 else CLASSES[(CLASSES.index(name) + 1) % 3] for i, name in enumerate(truth)]
    preds = pd.DataFrame({"case_id": [f"c{i:02d}" for i in range(n)], "model": "net", "truth": truth})
    for name in CLASSES:
        preds[f"prob_{name}"] = [0.8 if call == name else 0.1 for call in calls]
    if patients is not None:
        preds["patient_id"] = patients
    return rs.Study.read(preds, protocol=protocol or {"tasks": {"kind": {"classes": list(CLASSES)}}})


def folder_of(path, n=18, *, task="kind", model="net", masked=True, panels=True, weights=True, **changes):
    (path / "panels").mkdir(parents=True)
    cases = []
    for i, share in enumerate(shares(n)):
        data = panel(10 * i)
        name = f"panels/c{i:02d}.png"
        (path / name).write_bytes(data)
        cases.append(
            {
                "case_id": f"c{i:02d}", "task": task, "predicted": CLASSES[i % 3], "truth": CLASSES[i % 3],
                "share_inside": float(share) if masked else None, "mask_share": 0.1 if masked else None,
                "pointing": bool(share > 0.4) if masked else None,
                "weights": {"T2": 0.25 + 0.5 * float(share), "DWI": 0.75 - 0.5 * float(share)} if weights else None,
                "panel": name if panels else None, "sha256": hashlib.sha256(data).hexdigest() if panels else None,
            }
        )  # fmt: skip
    tiles = [
        {"label": label, "left": i * SIDE, "top": 0, "width": SIDE, "height": SIDE} for i, label in enumerate("ab")
    ]
    content = {
        "schema": saliency.SCHEMA, "readerstudy": "0", "card": model, "method": "gradient", "phantom": True,
        "notice": NOTICE, "sequences": list(SEQUENCES), "tasks": {task: list(CLASSES)}, "tolerance": 0,
        "dark": False, "tiles": tiles, "cases": cases, **changes,
    }  # fmt: skip
    (path / "saliency.json").write_text(json.dumps(content), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """Results, and the folder they were made with."""
    path = folder_of(tmp_path_factory.mktemp("saliency") / "maps")
    return rs.evaluate(study_of(), saliency=saliency.read(path)), path


def one(results, **identity):
    (e,) = results.select(**{"task": "kind", "target": None, "subgroup": None, **identity})
    return e


def test_the_mean_has_students_interval_and_the_pointing_game_wilsons(found):
    results, _ = found
    values = shares(18)
    e = one(results, measure="saliency_inside")
    half = 2.109816 * statistics.stdev(values) / math.sqrt(18)  # t of 17 degrees of freedom, from a table
    assert (e.reader, e.reader_kind, e.method, e.n_cases) == ("net", "model", "student-t", 18)
    assert [e.estimate, e.conf_low, e.conf_high] == pytest.approx(
        [values.mean(), values.mean() - half, values.mean() + half], abs=1e-6
    )
    hits = int((values > 0.4).sum())
    pointing, wilson = one(results, measure="pointing_game"), rs.proportion(hits, 18)
    assert (pointing.count, pointing.total, pointing.method) == (hits, 18, "wilson")
    assert [pointing.conf_low, pointing.conf_high] == [wilson.conf_low, wilson.conf_high]
    assert one(results, measure="lesion_area").estimate == pytest.approx(0.1)


def test_classes_are_true_classes_and_weights_sum_to_one(found):
    results, _ = found
    values = shares(18)
    for i, name in enumerate(CLASSES):
        assert one(results, measure="saliency_inside", target=name).estimate == pytest.approx(values[i::3].mean())
        weights = results.select(measure="sequence_weight", target=name)
        assert [e.subgroup for e in weights] == ["sequence: T2", "sequence: DWI"]
        assert sum(e.estimate for e in weights) == pytest.approx(1)
        assert weights[0].estimate == pytest.approx(0.25 + 0.5 * values[i::3].mean())


def test_the_panel_is_that_of_the_median_right_case(found):
    results, path = found
    rows = results.tables["saliency_panels"]
    assert [row["class"] for row in rows] == list(CLASSES)
    values = shares(18)
    for i, row in enumerate(rows):
        right = sorted(range(i, 15, 3), key=lambda case: values[case])  # the last three were called wrong
        typical = right[(len(right) - 1) // 2]
        assert row["share_inside"] == values[typical]
        assert base64.b64decode(row["png_base64"]) == (path / f"panels/c{typical:02d}.png").read_bytes()
        assert row["n"] == 5
    assert "c0" not in json.dumps({name: results.tables[name] for name in ("saliency", "saliency_panels")})


def test_cases_of_a_patient_are_not_taken_as_independent(tmp_path):
    patients = [f"p{i // 3}" for i in range(18)]
    plan = {"tasks": {"kind": {"classes": list(CLASSES)}}, "clusters": {"patient": "patient_id"}}
    results = rs.evaluate(study_of(patients=patients, protocol=plan), saliency=saliency.read(folder_of(tmp_path / "s")))
    e, pointing = one(results, measure="saliency_inside"), one(results, measure="pointing_game")
    values = shares(18)
    sums = (values - values.mean()).reshape(6, 3).sum(axis=1)
    assert (e.method, e.n_patients, e.df) == ("cluster-t", 6, 5)
    assert e.std_error == pytest.approx(math.sqrt(6 / 5 * (sums**2).sum()) / 18)
    assert pointing.method == "ratio-estimator-wilson"


def test_the_mean_of_little():
    assert mean([0.3], "saliency_inside").note == "one case: no interval"
    assert math.isnan(mean([], "saliency_inside").estimate)
    assert mean([0.2, 0.4], "saliency_inside", patients=["a", "a"]).note == "one patient: no interval"
    same = mean([0.3] * 5, "saliency_inside", low=0, high=1)
    assert (same.conf_low, same.conf_high) == pytest.approx((0.3, 0.3))
    assert "no variation" in same.note
    assert mean([0.2, 0.4], "saliency_inside", patients=["a", "b"]) == mean([0.2, 0.4], "saliency_inside")
    wide = mean([0.0, 1.0], "saliency_inside", low=0, high=1)
    assert (wide.conf_low, wide.conf_high) == (0, 1)
    with pytest.raises(ValueError, match="not one length"):
        mean([0.2, 0.4], "saliency_inside", patients=["a"])


def test_the_figures_show_what_the_panels_hold_and_no_case(found):
    results, _ = found
    panels, weights = [figure for figure in draw(results) if figure.kind == "saliency"]
    assert panels.svg.count("<image") == 6
    assert "c0" not in panels.caption + panels.alt
    assert NOTICE in panels.caption
    assert NOTICE in weights.caption
    assert set(weights.keys) == {e.key for e in results.select(measure="sequence_weight")}
    for e in results.select(measure="sequence_weight"):
        assert f"{100 * e.estimate:.1f}%" in weights.svg


def test_each_tile_is_cut_from_its_place(found):
    from readerstudy.figures import saliency as figures
    from readerstudy.figures._pick import Picked

    results, _ = found
    panels = figures.displays(Picked(results), "kind")[0]
    images = [image for axes in panels.figure.axes for image in axes.images]
    grey, red = images[0].get_array(), images[1].get_array()
    assert grey.shape == red.shape == (SIDE, SIDE, 3)
    assert np.ptp(grey) == 0
    assert (red == (200, 0, 0)).all()


def test_the_report_says_it_first_and_all_of_it(found, tmp_path):
    results, _ = found
    from readerstudy.report import contents, methods

    document = contents.build(results, draw(results))
    assert document.notice == NOTICE
    blocks = [block for section in document.sections for block in section.blocks]
    tables = {block.name: block for block in blocks if isinstance(block, Table)}
    assert [row.cells[0].text for row in tables["saliency"].rows] == ["All cases", *CLASSES]
    assert tables["saliency"].headers == (
        "Saliency inside the lesion",
        "Lesion's share of the area",
        "Maximum on the lesion",
    )
    assert tables["sequence-weights"].headers == SEQUENCES
    assert "further" not in tables
    said = " ".join(span.text for block in blocks if isinstance(block, Paragraph) for span in block.spans)
    assert "no proof" in said
    assert "gradient of the cross-entropy" in said
    assert methods.untold(results.estimates) == []
    results.to_json(tmp_path / "results.json")
    assert (tmp_path / "results.json").stat().st_size < 400_000
    for name in ("first", "again"):
        (tmp_path / name).mkdir()
    write(results, tmp_path / "first")
    write(rs.Results.read(tmp_path / "results.json"), tmp_path / "again")
    for file in (tmp_path / "first").rglob("*.svg"):
        assert file.read_bytes() == (tmp_path / "again" / file.relative_to(tmp_path / "first")).read_bytes()


def test_a_card_of_another_task_name_is_matched_by_its_classes(tmp_path):
    results = rs.evaluate(study_of(), saliency=saliency.read(folder_of(tmp_path / "s", task="seven-way")))
    assert one(results, measure="saliency_inside").n_cases == 18


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"model": "other"}, "predictions are of others (net): left out"),
        ({"task": "x", "tasks": {"x": [*CLASSES, "FNH"]}}, "no task of the study has the classes"),
    ],
)
def test_what_belongs_to_nothing_is_left_out_with_a_warning(tmp_path, changes, said):
    results = rs.evaluate(study_of(), saliency=saliency.read(folder_of(tmp_path / "s", **changes)))
    assert any(said in warning for warning in results.warnings)
    assert "saliency" not in results.tables


def test_cases_that_are_not_analysed_are_left_out(tmp_path):
    results = rs.evaluate(study_of(n=9), saliency=saliency.read(folder_of(tmp_path / "s")))
    assert one(results, measure="saliency_inside").n_cases == 9


def test_maps_without_masks_weights_or_panels(tmp_path):
    maps = saliency.read(folder_of(tmp_path / "s", masked=False, panels=False, weights=False))
    results = rs.evaluate(study_of(), saliency=maps)
    assert not results.select(measure="saliency_inside")
    assert "saliency_panels" not in results.tables
    assert not [figure for figure in draw(results) if figure.kind == "saliency"]
    first = saliency.read(folder_of(tmp_path / "t", masked=False))
    row = rs.evaluate(study_of(), saliency=first).tables["saliency_panels"][1]
    assert row["share_inside"] is None
    assert base64.b64decode(row["png_base64"]) == panel(10)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"schema": "readerstudy-saliency/9"}, "this version reads"),
        ({"method": "magic"}, "none of gradient, activation"),
        ({"tasks": {"kind": ["cyst"]}}, "'HCC' is no class of task 'kind'"),
        ({"sequences": ["T2"]}, "weights of other sequences"),
        ({"cases": [{}]}, "no entry 'case_id'"),
        ({"cases": 3}, "no index of saliency maps"),
    ],
)
def test_a_folder_that_is_not_whole_is_refused(tmp_path, changes, said):
    with pytest.raises(rs.DataError, match=r"RS402") as refused:
        saliency.read(folder_of(tmp_path / "s", **changes))
    assert said in str(refused.value)


def test_a_panel_that_was_changed_is_refused_and_a_huge_one_left_out(tmp_path, monkeypatch):
    path = folder_of(tmp_path / "s")
    maps = saliency.read(path)
    monkeypatch.setattr(saliency, "MOST_BYTES", 10)
    assert maps.picture(maps.cases[0]) is None
    results = rs.evaluate(study_of(), saliency=maps)
    assert any("too large for a report" in warning for warning in results.warnings)
    (path / "panels/c00.png").write_bytes(b"another")
    with pytest.raises(rs.DataError, match=r"c00\.png is missing or was changed"):
        maps.picture(maps.cases[0])
    index = json.loads((path / "saliency.json").read_text())
    index["cases"][0]["panel"] = "../outside.png"
    (path / "saliency.json").write_text(json.dumps(index))
    with pytest.raises(rs.DataError, match="lies outside the folder"):
        saliency.read(path)
    with pytest.raises(rs.DataError, match="no such file"):
        saliency.read(tmp_path / "nowhere")


def test_marks_alone_have_no_saliency(tmp_path):
    maps = saliency.read(folder_of(tmp_path / "s"))
    with pytest.raises(ValueError, match="nothing to analyse"):
        rs.evaluate(saliency=maps)


def test_from_the_command_line(tmp_path):
    n = 12
    truth = [CLASSES[i % 3] for i in range(n)]
    preds = pd.DataFrame({"case_id": [f"c{i:02d}" for i in range(n)], "model": "net", "truth": truth})
    for name in CLASSES:
        preds[f"prob_{name}"] = [0.8 if call == name else 0.1 for call in truth]
    preds.to_csv(tmp_path / "preds.csv", index=False)
    folder_of(tmp_path / "maps", task="truth")
    command = [sys.executable, "-m", "readerstudy", "evaluate", tmp_path / "preds.csv", "-", "--saliency"]
    done = subprocess.run([*command, tmp_path / "maps", "--out", tmp_path / "out"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert NOTICE in (tmp_path / "out/report.html").read_text(encoding="utf-8")
    results = rs.Results.read(tmp_path / "out/results.json")
    assert {"role": "saliency", "rows": 18}.items() <= results.provenance["inputs"][-1].items()
    refused = subprocess.run([*command, tmp_path, "--out", tmp_path / "no"], capture_output=True, text=True)
    assert refused.returncode == 1
    assert "error[RS402]" in refused.stderr


def test_on_a_narrow_sheet_the_figures_fit_or_say_what_they_need(found):
    from readerstudy.figures import saliency as figures
    from readerstudy.figures._pick import Picked
    from readerstudy.figures._sheet import Sheet, TooNarrowError, laid_out_on

    picked = Picked(found[0])
    with laid_out_on(Sheet(width=85.0)):
        for display in figures.displays(picked, "kind"):
            assert display.width_mm == 85
    with laid_out_on(Sheet(width=35.0)), pytest.raises(TooNarrowError):
        figures.displays(picked, "kind")
