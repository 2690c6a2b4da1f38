"""Predictions: the numbers of a naive computation, rows that `evaluate` reads, and what happens to bad cases."""

import csv
import json

import numpy as np
import pytest
import torch
import typer
from small_card import random_card
from tiny import tiny_store
from typer.testing import CliRunner

from readerstudy import features as features_file
from readerstudy.cli_predict import predict as command
from readerstudy.imaging.store import Store
from readerstudy.inference import outputs
from readerstudy.inference.card import Card
from readerstudy.inference.clinical import Clinical
from readerstudy.inference.data import inputs
from readerstudy.inference.ensemble import Scorer, files_of, fold_batch_norm
from readerstudy.inference.outputs import Files
from readerstudy.inference.predict import Settings, predict
from readerstudy.inference.weights import load, save
from readerstudy.problems import DataError
from readerstudy.protocol import Protocol
from readerstudy.study import Study

app = typer.Typer(rich_markup_mode=None)
app.command()(command)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    torch.set_num_threads(1)
    root = tmp_path_factory.mktemp("predict")
    tiny_store(root / "store", n=14, recipe=["zhen2020", "wang2021"], notice="NOT REAL. A store of the tests.")
    random_card(root / "a", "zhen2020-a")
    random_card(root / "f", "zhen2020-f", folds=1, final=True)
    random_card(root / "w", "wang2021")
    return root


@pytest.fixture(scope="module")
def wrote(folder):
    """Everything that is written of the cards zhen2020-a and wang2021."""
    store = Store.open(folder / "store")
    for name in "aw":
        files = Files(
            preds=folder / f"{name}.csv", features=folder / f"{name}.npz",
            protocol=folder / f"{name}.toml", cases=folder / f"{name}-cases.csv",
        )  # fmt: skip
        predict(Card.read(folder / name), store, files)
    return folder


def rows_of(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def naive(card, store, case_id, clinical=()):
    """Mean over the networks of the softmax, one image group at a time: {task: (group, class)}, and the features."""
    found, features = {task.name: [] for task in card.tasks}, []
    networks = [load(card, path, sha256).eval() for path, sha256 in files_of(card)]
    for group in inputs(card, store, case_id):
        x = (torch.from_numpy(group)[None], *([torch.tensor([clinical])] if clinical else []))
        with torch.inference_mode():
            answers = [network(*x) for network in networks]
            features.append(networks[0].features(*x)[0].numpy())
        for task, values in found.items():
            values.append(np.mean([answer[task][0].double().softmax(0).numpy() for answer in answers], axis=0))
    return {task: np.array(values) for task, values in found.items()}, np.array(features)


def columns(row, task):
    return np.array([float(row[f"prob_{name}"]) for name in task.classes])


def test_a_patient_is_the_sum_of_the_groups_of_all_lesions(wrote):
    card, store = Card.read(wrote / "a"), Store.open(wrote / "store")
    rows = rows_of(wrote / "a.csv")
    patients = sorted({case.patient_id for case in store.cases})
    assert [row["case_id"] for row in rows] == [row["patient_id"] for row in rows] == patients
    several = next(p for p in patients if sum(case.patient_id == p for case in store.cases) == 2)
    for patient in (patients[0], several):
        cases = [case.case_id for case in store.cases if case.patient_id == patient]
        total = np.concatenate([naive(card, store, case)[0]["seven-way"] for case in cases]).sum(axis=0)
        row = next(row for row in rows if row["case_id"] == patient)
        np.testing.assert_allclose(columns(row, card.tasks[0]), total / total.sum(), atol=2e-6)
        assert row["model"] == "zhen2020-a"
        assert "task" not in row


def test_a_lesion_has_a_row_for_each_head(wrote):
    card, store = Card.read(wrote / "w"), Store.open(wrote / "store")
    rows = rows_of(wrote / "w.csv")
    assert [(row["case_id"], row["task"]) for row in rows] == [
        (case, task.name) for case in sorted(case.case_id for case in store.cases) for task in card.tasks
    ]
    expected, _ = naive(card, store, rows[0]["case_id"])
    for row, task in zip(rows, card.tasks, strict=False):
        np.testing.assert_allclose(columns(row, task), expected[task.name][0], atol=2e-6)
        others = {f"prob_{name}" for other in card.tasks for name in other.classes} - {
            f"prob_{name}" for name in task.classes
        }
        assert all(row[name] == "" for name in others)


@pytest.mark.parametrize("name", ["a", "w"])
def test_a_study_reads_what_was_written(wrote, name):
    card, store = Card.read(wrote / name), Store.open(wrote / "store")
    protocol = Protocol.read(wrote / f"{name}.toml")
    study = Study.read(wrote / f"{name}.csv", None, wrote / f"{name}-cases.csv", protocol)
    assert study.models == (card.name,)
    assert {task: tuple(found.labels) for task, found in study.tasks.items()} == {
        task.name: task.classes for task in card.tasks
    }
    assert protocol.notice == "NOT REAL. A store of the tests."
    # Truths as the card names them; the synonym of haemangioma in the store is not.
    for task in card.tasks:
        column = outputs.truth_column(card, task)
        truths = {row["case_id"]: row[column] for row in rows_of(wrote / f"{name}-cases.csv")}
        assert "hemangioma" not in truths.values()
        assert set(truths.values()) <= {*task.classes, ""}
    table = rows_of(wrote / f"{name}-cases.csv")
    assert {row["age"] for row in table} == {row["age"] for row in store.table().values()}


def test_groups_add_up_to_the_same(wrote):
    card, store = Card.read(wrote / "a"), Store.open(wrote / "store")
    path = wrote / "groups.csv"
    predict(card, store, Files(preds=path, groups=True))
    rows = rows_of(path)
    assert len(rows) > len(store.cases)
    assert len({row["group_id"] for row in rows}) == len(rows)
    protocol = Protocol.read(wrote / "a.toml")
    whole, summed = (Study.read(file, None, wrote / "a-cases.csv", protocol) for file in (wrote / "a.csv", path))
    np.testing.assert_allclose(summed.model_scores("seven-way"), whole.model_scores("seven-way"), atol=1e-9)


def test_features_are_the_first_networks_last_hidden_layer(wrote):
    card, store = Card.read(wrote / "a"), Store.open(wrote / "store")
    found = features_file.read(wrote / "a.npz")
    case = store.cases[0]
    first = found.case_id == case.patient_id
    expected = [naive(card, store, other.case_id)[1] for other in store.cases if other.patient_id == case.patient_id]
    np.testing.assert_allclose(found.values[first], np.concatenate(expected), atol=2e-5)


def test_the_final_network_and_clinical_data_are_used(folder):
    card, store = Card.read(folder / "f"), Store.open(folder / "store")
    assert [path.name for path, _ in files_of(card)] == ["final.safetensors"]
    predict(card, store, Files(preds=folder / "f.csv"))
    row = rows_of(folder / "f.csv")[0]
    cases = [case.case_id for case in store.cases if case.patient_id == row["case_id"]]
    vector = Clinical.of(card).vector(store.table()[cases[0]])
    total = np.concatenate([naive(card, store, case, tuple(vector))[0][card.tasks[0].name] for case in cases])
    np.testing.assert_allclose(columns(row, card.tasks[0]), total.mean(axis=0), atol=2e-6)


@pytest.mark.parametrize("name", ["a", "w"])
def test_folding_the_normalisation_changes_nothing(folder, name):
    card = Card.read(folder / name)
    ((path, sha256), *_) = files_of(card)
    plain, folded = load(card, path, sha256).eval(), load(card, path, sha256).eval()
    fold_batch_norm(folded)
    assert not any(isinstance(module, torch.nn.BatchNorm2d | torch.nn.BatchNorm3d) for module in folded.modules())
    x = torch.rand(2, 6, 75, 75) if name == "a" else torch.rand(2, 7, 2, 16, 16, 16)
    with torch.inference_mode():
        before, after = plain(x), folded(x)
        _, scored = Scorer(load(card, path, sha256), torch.bfloat16)(x, None)
    for task, logits in before.items():
        torch.testing.assert_close(after[task], logits, atol=1e-5, rtol=1e-4)
        assert scored[task].dtype == torch.float32  # cases must not be tied by rounding
        torch.testing.assert_close(scored[task], logits, atol=0.05, rtol=0.05)


def test_batches_do_not_change_the_numbers(wrote):
    card, store = Card.read(wrote / "w"), Store.open(wrote / "store")
    predict(card, store, Files(preds=wrote / "batch.csv"), settings=Settings(batch=5, workers=1))
    task = card.tasks[1]
    found, expected = (
        np.array([columns(row, task) for row in rows_of(wrote / file) if row["task"] == task.name])
        for file in ("batch.csv", "w.csv")
    )
    np.testing.assert_allclose(found, expected, atol=1e-6)


@pytest.fixture
def bad(folder, tmp_path):
    """A store in which one case's file is truncated and another lacks a sequence."""
    store = tiny_store(tmp_path / "store", n=8, recipe="zhen2020")
    truncated, incomplete = store.cases[0], store.cases[2]
    path = tmp_path / "store" / truncated.file
    path.write_bytes(path.read_bytes()[:-100])
    manifest = tmp_path / "store" / "store.json"
    content = json.loads(manifest.read_text(encoding="utf-8"))
    entry = next(entry for entry in content["cases"] if entry["case_id"] == incomplete.case_id)
    entry["sequences"] = [name if name != "PVP" else "IP" for name in entry["sequences"]]
    manifest.write_text(json.dumps(content), encoding="utf-8")
    return tmp_path, truncated.case_id, incomplete.case_id


def test_a_bad_case_is_listed_and_the_others_go_on(folder, bad):
    root, truncated, incomplete = bad
    result = CliRunner().invoke(
        app, [str(folder / "a"), "--store", str(root / "store"), "--out", str(root / "preds.csv")]
    )
    assert result.exit_code == 0, result.output
    listed = {row["case"]: row["reason"] for row in rows_of(root / "preds.skipped.csv")}
    assert set(listed) == {truncated, incomplete}
    assert "SHA-256" in listed[truncated]
    assert "PVP is missing" in listed[incomplete]
    for case, reason in listed.items():
        assert f"skipped: {case}: {reason}" in result.stderr
    store = Store.open(root / "store")
    left = {case.patient_id for case in store.cases if case.case_id not in listed}
    assert {row["case_id"] for row in rows_of(root / "preds.csv")} == left
    assert sorted(result.stdout.split()) == sorted(str(root / name) for name in ("preds.csv", "preds.skipped.csv"))


def test_saliency_is_of_what_was_predicted(folder, bad):
    root, truncated, _ = bad
    store = Store.open(root / "store")
    only = root / "only.csv"
    only.write_text(f"case_id\n{truncated}\n{store.cases[1].case_id}\n")
    arguments = [
        str(folder / "a"), "--store", str(root / "store"), "--out", str(root / "p.csv"), "--only", str(only),
        "--saliency", str(root / "maps"), "--saliency-method", "gradient", "--quiet",
    ]  # fmt: skip
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    (row,) = rows_of(root / "p.csv")
    index = json.loads((root / "maps" / "saliency.json").read_text(encoding="utf-8"))
    (case,) = index["cases"]
    task = Card.read(folder / "a").tasks[0]
    assert case["case_id"] == row["case_id"] == store.cases[1].patient_id
    assert case["predicted"] == task.classes[int(columns(row, task).argmax())]
    assert str(root / "maps") in result.stdout


def test_wrong_weights_are_one_clear_error(folder, tmp_path):
    def said(card, *options):
        arguments = [str(card), "--store", str(folder / "store"), "--out", str(tmp_path / "p.csv"), *map(str, options)]
        result = CliRunner().invoke(app, arguments)
        assert result.exit_code == 1, result.output
        assert not (tmp_path / "p.csv").exists()
        assert not (tmp_path / "p.csv.partial").exists()
        return result.stderr

    assert "error[RS933]: the card zhen2020-a has no weights" in said("zhen2020-a")
    assert "error[RS906]" in said("zhen2020-a", "--weights", folder / "a" / "fold0.safetensors")  # not of width 1
    assert "belong to the card wang2021" in said(folder / "a", "--weights", folder / "w")
    damaged = tmp_path / "damaged"
    random_card(damaged, "zhen2020-a", folds=1)
    content = bytearray((damaged / "fold0.safetensors").read_bytes())
    content[-1] ^= 1
    (damaged / "fold0.safetensors").write_bytes(content)
    assert "error[RS905]" in said(damaged)


def test_weights_given_by_file_or_folder_are_the_cards_own(wrote, tmp_path):
    card, store = Card.read(wrote / "a"), Store.open(wrote / "store")
    given = [wrote / "a" / f"fold{fold}.safetensors" for fold in range(2)]
    bare = Card.of({**card.to_dict(), "weights": []})
    predict(bare, store, Files(preds=tmp_path / "files.csv"), weights=given)
    assert (tmp_path / "files.csv").read_bytes() == (wrote / "a.csv").read_bytes()
    assert files_of(bare, [wrote / "a"]) == files_of(card)


def test_an_answer_that_is_no_number_is_not_written(folder, tmp_path):
    card = Card.read(folder / "w")
    network = load(card, *files_of(card)[0])
    with torch.no_grad():
        network.heads["malignancy"].bias[0] = torch.inf
    save(network, tmp_path / "broken.safetensors", card)
    with pytest.raises(DataError, match="not a finite number"):
        predict(card, Store.open(folder / "store"), Files(preds=tmp_path / "p.csv"), weights=[tmp_path])
    assert [path.name for path in tmp_path.iterdir()] == ["broken.safetensors"]


def test_only_the_cases_wanted(wrote, tmp_path):
    card, store = Card.read(wrote / "w"), Store.open(wrote / "store")
    wanted = [case.case_id for case in store.cases[3:6]]
    (tmp_path / "only.csv").write_text("case_id,why\n" + "".join(f"{case},x\n" for case in wanted))
    found = predict(card, store, Files(preds=tmp_path / "p.csv"), only=tmp_path / "only.csv")
    assert found["rows"] == 3
    assert sorted({row["case_id"] for row in rows_of(tmp_path / "p.csv")}) == wanted
    (tmp_path / "only.csv").write_text(f"patient_id\n{store.cases[0].patient_id}\n")
    found = predict(card, store, Files(preds=tmp_path / "p.csv"), only=tmp_path / "only.csv", force=True)
    assert found["rows"] == sum(case.patient_id == store.cases[0].patient_id for case in store.cases)
    (tmp_path / "only.csv").write_text("case_id\nnobody\n")
    with pytest.raises(DataError, match="the store has no case or patient nobody"):
        predict(card, store, Files(preds=tmp_path / "q.csv"), only=tmp_path / "only.csv")


def test_nothing_usable_is_an_error(folder, tmp_path):
    store = tiny_store(tmp_path / "store", n=2, recipe="zhen2020", sequences=("T2", "DWI"))
    with pytest.raises(DataError, match="no case can be used: missing: T1, LAP, PVP, DP"):
        predict(Card.read(folder / "a"), store, Files(preds=tmp_path / "p.csv"))
    assert [path.name for path in tmp_path.iterdir()] == ["store"]


def test_a_file_in_the_way_is_left_alone(wrote):
    before = (wrote / "a.csv").read_bytes()
    arguments = [str(wrote / "a"), "--store", str(wrote / "store"), "--out", str(wrote / "a.csv")]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 2
    assert "--force" in result.stderr
    result = CliRunner().invoke(app, [*arguments, "--force", "--quiet", "--json"])
    assert result.exit_code == 0
    assert result.stderr == ""
    assert json.loads(result.stdout)["rows"] == 14
    assert (wrote / "a.csv").read_bytes() == before


def test_outputs_have_places_of_their_own(folder):
    card, store = Card.read(folder / "w"), Store.open(folder / "store")
    before = (folder / "store" / "cases.csv").read_bytes()
    for files, said in (
        (Files(preds=folder / "x.csv", cases=folder / "store" / "cases.csv"), "lies in the store"),
        (Files(preds=folder / "x.csv", cases=folder / "w" / ".." / "x.csv"), "two outputs"),
        (Files(preds=folder / "w"), "is a folder"),
    ):
        with pytest.raises(FileExistsError, match=said):
            predict(card, store, files, force=True)
    assert (folder / "store" / "cases.csv").read_bytes() == before


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--groups"], "no image groups"),
        (["--devices", "2"], "--engine ray"),
        (["--batch", "0"], "whole number"),
        (["--precision", "64"], "32, bf16, 16"),
        (["--saliency-method", "gradient"], "without --saliency"),
    ],
)
def test_options_that_do_not_go_together_are_refused(folder, options, said):
    result = CliRunner().invoke(app, [str(folder / "w"), "--store", str(folder / "store"), *options])
    assert result.exit_code == 2
    assert said in result.stderr


def test_a_device_that_is_not_there_is_an_error(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    store, card = Store.open(folder / "store"), Card.read(folder / "w")
    with pytest.raises(DataError, match="no CUDA device"):
        predict(card, store, Files(preds=tmp_path / "p.csv"), settings=Settings(device="cuda"))
    with pytest.raises(DataError, match="half precision"):
        predict(card, store, Files(preds=tmp_path / "p.csv"), settings=Settings(precision="16"))


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("name", ["a", "w"])
def test_a_gpu_answers_as_the_cpu(wrote, tmp_path, name):
    card, store = Card.read(wrote / name), Store.open(wrote / "store")
    expected = rows_of(wrote / f"{name}.csv")
    for precision, tolerance in (("32", 1e-4), ("bf16", 2e-2), ("16", 1e-2)):
        path = tmp_path / f"{precision}.csv"
        predict(card, store, Files(preds=path), settings=Settings(device="cuda", precision=precision))
        again = path.read_bytes()
        predict(card, store, Files(preds=path), settings=Settings(device="cuda", precision=precision), force=True)
        assert path.read_bytes() == again
        for row, other in zip(rows_of(path), expected, strict=True):
            task = next(task for task in card.tasks if row.get("task", task.name) == task.name)
            np.testing.assert_allclose(columns(row, task), columns(other, task), atol=tolerance)
