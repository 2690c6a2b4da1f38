"""What is wrong is said once, with its place and how to mend it; everything at once; nothing is written."""

import re

import pytest
from typer.testing import CliRunner

import readerstudy as rs
from readerstudy.cli import app

PREDS = """case_id,truth,model,prob_a,prob_b
01,a,m,0.7,0.3
02,b,m,0.4,0.6
03,a,m,0.9,0.1
"""
READS = """case_id,reader_id,label
01,R1,a
02,R1,a
03,R1,b
"""


def run(tmp_path, preds=PREDS, reads=READS, cases=None, protocol=None, arguments=()):
    """Run `evaluate` on texts, which must fail with status 1 and leave no output; what was said on stderr."""
    for name, text in {"preds.csv": preds, "reads.csv": reads, "cases.csv": cases, "protocol.toml": protocol}.items():
        if text is not None:
            (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    names = [str(tmp_path / "preds.csv"), "-" if reads is None else str(tmp_path / "reads.csv")]
    if cases is not None:
        names += ["--cases", str(tmp_path / "cases.csv")]
    before = sorted(tmp_path.rglob("*"))
    result = CliRunner().invoke(app, ["evaluate", *names, "--out", str(tmp_path / "out"), *arguments])
    assert result.exit_code == 1
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    assert sorted(tmp_path.rglob("*")) == before
    return result.stderr.replace(str(tmp_path) + "/", "")


def blocks(said):
    """Each message, whole."""
    return [block for block in re.split(r"\n\n", said[said.index("error[") :]) if block.startswith("error[")]


@pytest.mark.parametrize(
    ("change", "code", "place", "words"),
    [
        ({"preds": PREDS.replace("case_id", "case")}, "RS104", "preds.csv:1", ["'case_id'", "did you mean 'case'?"]),
        ({"reads": READS.replace("reader_id", "who")}, "RS104", "reads.csv:1", ["'reader_id'", "--column reads."]),
        ({"reads": READS.replace("label", "lable")}, "RS104", "reads.csv:1", ["did you mean 'lable'?"]),
        ({"preds": PREDS.replace(",truth", ",truht")}, "RS209", None, ["no file has the column 'truth'", "'truht'"]),
        ({"preds": PREDS.replace("_b\n", "_c\n")}, "RS104", "preds.csv:1", ["no column 'prob_b', a class of task"]),
        (
            {
                "preds": PREDS.replace("02,b", "02,bb").replace("prob_b", "prob_bbb").replace("prob_a", "prob_aaa"),
                "reads": None,
            },
            "RS201",
            "preds.csv:3:4",
            ["'bb' is no class", "did you mean 'bbb'?"],
        ),
        ({"reads": READS.replace("02,R1,a", "02,R1,A1")}, "RS201", "reads.csv:3:7", ["'A1' is no class"]),
        ({"preds": PREDS.replace("0.7,0.3", "1.3,-0.3")}, "RS202", "preds.csv:2:8", ["between 0 and 1", "found 1.3"]),
        ({"preds": PREDS.replace("0.7,0.3", "70,30")}, "RS202", "preds.csv:2:8", ["divide by 100"]),
        ({"preds": PREDS.replace("0.7,0.3", "0.7,")}, "RS202", "preds.csv:2:12", ["empty where other classes"]),
        ({"preds": PREDS.replace("0.7,0.3", "0.7,0.2")}, "RS203", "preds.csv:2", ["sum to 0.9, not to 1"]),
        ({"preds": PREDS.replace("0.7,0.3", "O.7,0.3")}, "RS103", "preds.csv:2:8", ["'O.7'", "letter for a digit"]),
        ({"preds": PREDS + "03,a,m,0.9,0.1\n"}, "RS204", "preds.csv:5", ["stands twice", "first on line 4"]),
        ({"reads": READS + "01,R1,b\n"}, "RS204", "reads.csv:5", ["case '01', reader 'R1'", "add a column 'modality'"]),
        (
            {"cases": "case_id,truth\n01,a\n02,a\n03,a\n"},
            "RS205",
            "cases.csv:3:4",
            ["case '02'", "'a' here, 'b' in preds.csv:3:4"],
        ),
        ({"reads": READS + "01,R2,\n02,R2,NA\n"}, "RS206", "reads.csv:5:4", ["'R2' read nothing", 'exclude = ["R2"]']),
        ({"reads": READS.replace("0", "")}, "RS207", "reads.csv:2:1", ["no case in common", "'01'", "leading zeros"]),
        ({"reads": ""}, "RS102", "reads.csv", ["is empty"]),
        ({"reads": "case_id,reader_id,label\n"}, "RS102", "reads.csv:1", ["a header but no row"]),
        ({"reads": READS + "01,R2\n"}, "RS106", "reads.csv:5", ["2 cells, the header 3"]),
        ({"reads": READS.replace("case_id", "label")}, "RS107", "reads.csv:1", ["two columns are called 'label'"]),
        ({"reads": READS.replace("R1", "Müller").encode("latin-1")}, "RS105", "reads.csv:2:5", ["0xFC", "iconv"]),
        ({"reads": READS.replace("02,R1", ",R1")}, "RS208", "reads.csv:3:1", ["'case_id' is empty"]),
        ({"reads": READS.replace("R1", "m")}, "RS216", "reads.csv:2:4", ["'m' is a model and a reader"]),
        (
            {"reads": READS.replace("\n", ",x\n").replace("label,x", "label,reader_group") + "01,R2,a,x\n02,R2,a,y\n"},
            "RS215",
            "reads.csv:6:9",
            ["two groups: 'x' and 'y'"],
        ),
        ({"protocol": "[study]\ntitel = 'x'\n"}, "RS302", "protocol.toml:2", ["'titel'", "did you mean 'title'?"]),
        ({"protocol": "[study\n"}, "RS301", "protocol.toml:1:7", ["not valid TOML"]),
        ({"protocol": "[methods]\nauc = 'delon'\n"}, "RS303", "protocol.toml:2", ["'delong' or", "found 'delon'"]),
        ({"protocol": "[readers]\nexclude = ['R9']\n"}, "RS211", "protocol.toml", ["'R9'", "known: 'R1'"]),
        ({"protocol": "[columns.reads]\nlabel = 'dx'\n"}, "RS104", "reads.csv:1", ["no column 'dx'"]),
        ({"protocol": "[tasks.t]\nfrom = 'u'\npositive = ['a']\n"}, "RS304", "protocol.toml:2", ["'u', which is no"]),
    ],
)
def test_one_clear_message(tmp_path, change, code, place, words):
    said = run(tmp_path, **change)
    found = blocks(said)
    assert len(found) == 1 or code in ("RS201", "RS202"), said  # each cell that is wrong
    assert found[0].startswith(f"error[{code}]: ")
    assert "= help: " in found[0]
    if place:
        assert f"--> {place}\n" in found[0] or found[0].split("--> ")[1].startswith(place + "\n"), found[0]
    for word in words:
        assert word in found[0], found[0]


def test_everything_at_once(tmp_path):
    preds = PREDS.replace("0.7,0.3", "0.7,0.2").replace("0.4,0.6", "0.4x,0.6") + "03,b,m,1.9,0.1\n"
    reads = READS.replace("02,R1,a", "02,R1,z") + "01,R1,b\n01,R2,\n"
    said = run(tmp_path, preds, reads)
    codes = re.findall(r"error\[(RS\d+)\]", said)
    assert set(codes) == {"RS103", "RS201", "RS202", "RS203", "RS204", "RS205", "RS206"}
    assert f"{len(codes)} problems; nothing was written" in said


def test_a_broken_file_does_not_hide_the_problems_of_another(tmp_path):
    said = run(tmp_path, PREDS.replace("0.7,0.3", "0.7,0.2"), reads="")
    assert re.findall(r"error\[(RS\d+)\]", said) == ["RS102", "RS203"]


def test_many_of_a_kind_are_counted_not_printed(tmp_path):
    reads = "case_id,reader_id,label\n" + "".join(f"01,R{i},{'z' if i < 30 else f'y{i}'}\n" for i in range(40))
    said = run(tmp_path, reads=reads)
    assert said.count("error[RS201]") == 6
    assert "and 29 more like it" in said
    assert "and 6 more of this kind" in said
    assert "40 problems" in said


def test_a_long_line_is_cut_and_a_quoted_cell_is_pointed_at(tmp_path):
    reads = 'case_id,reader_id,label,comment\n01,"R, 1",zzz,' + "x" * 500 + "\n"
    said = run(tmp_path, reads=reads)
    assert max(map(len, said.splitlines())) < 200
    source, carets = said.splitlines()[said.splitlines().index("   |") + 1 :][:2]
    assert source[carets.index("^") : carets.rindex("^") + 1] == "zzz"


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        ({"reads": READS.replace("02,R1,a", '02,R1,"a')}, "RS108", ["reads.csv:3:7", "must be closed"]),
        ({"reads": READS + '01,R2,"b\n02,R2,a\n03,R2,b"\n'}, "RS108", ["reads.csv:5:7", "look like rows"]),
        ({"reads": READS + "01,R2," + "x" * 140_000 + "\n"}, "RS108", ["more than 131,072 characters"]),
        ({"reads": READS + "0" * 300 + ",R2,a\n"}, "RS208", ["more than 200 characters"]),
        ({"reads": READS.encode("utf-16-le")}, "RS105", ["zero bytes"]),
        ({"reads": READS + "01,NA,a\n"}, "RS208", ["'reader_id' is empty"]),
        (
            {"reads": READS.replace("\n", ",m\n").replace("label,m", "label,modality") + "01,R2,a,\n"},
            "RS208",
            ["'modality'"],
        ),
        ({"reads": READS.replace("label", "score").replace(",a", ",1").replace(",b", ",2")}, "RS220", ["binary task"]),
        ({"preds": PREDS.replace("0.7,0.3", "1_0,0.3")}, "RS103", ["'1_0'"]),
        ({"preds": PREDS.replace("0.7,0.3", "inf,0.3")}, "RS103", ["'inf'"]),
        ({"protocol": "[columns.reads]\nlable = 'label'\n"}, "RS302", ["'lable' is no column", "'label'"]),
        ({"protocol": "[readers]\nthreshold = nan\n"}, "RS303", ["threshold must be a number"]),
        ({"protocol": "[study]\nconf_level = 0.99999999\n"}, "RS303", ["from 0.5 to 0.9999"]),
        ({"protocol": "[readers]\ngroups = {\"all readers\" = ['R1']}\n"}, "RS215", ["the mean over everybody"]),
    ],
)
def test_what_would_pass_unseen_is_refused(tmp_path, change, code, words):
    found = blocks(run(tmp_path, **change))
    assert found[0].startswith(f"error[{code}]: "), found
    for word in words:
        assert word in found[0], found[0]


def test_a_score_beside_probabilities_is_refused(tmp_path):
    plan = "[tasks.t]\nclasses = ['a', 'b']\npositive = ['b']\n"
    preds = PREDS.replace("\n", ",1.5\n").replace("prob_b,1.5", "prob_b,score")
    assert "both a score and probabilities" in run(tmp_path, preds, None, protocol=plan)


def test_a_label_the_truth_does_not_know_is_no_new_class(tmp_path):
    reads = "case_id,reader_id,truth,label\n1,R1,Yes,Yes\n2,R1,No,No\n1,R2,Yes,yes\n2,R2,No,no\n"
    said = run(tmp_path, "case_id,label\n1,Yes\n2,No\n", reads)
    assert "'yes' is no class of task 'diagnosis'" in said
    assert "did you mean 'Yes'?" in said


def test_a_fault_of_ours_is_one_line(tmp_path, monkeypatch):
    import readerstudy.analysis as analysis

    def broken(study, **options):
        raise RuntimeError("inside")

    monkeypatch.setattr(analysis, "evaluate", broken)
    (tmp_path / "p.csv").write_text(PREDS)
    result = CliRunner().invoke(app, ["evaluate", str(tmp_path / "p.csv"), "-", "--out", str(tmp_path / "out")])
    assert result.exit_code == 70
    assert "a fault of readerstudy (RuntimeError at test_bad_input.py:" in result.stderr
    assert "Traceback" not in result.stderr
    assert not (tmp_path / "out").exists()


def test_a_frame_has_places_too():
    import pandas as pd

    frame = pd.DataFrame({"case_id": [1, 2], "truth": [0, 1], "score": ["0.2", "high"]})
    with pytest.raises(rs.DataError, match=r"preds \(DataFrame\):2") as error:
        rs.Study.read(frame)
    assert [problem.code for problem in error.value.problems] == ["RS103"]


def test_a_frame_with_two_columns_of_a_name():
    import pandas as pd

    frame = pd.DataFrame([[1, 0, 0.1, 0.2]], columns=["case_id", "truth", "score", "score"])
    with pytest.raises(rs.DataError, match="two columns are called 'score'"):
        rs.Study.read(frame)


def test_nothing_to_read():
    with pytest.raises(rs.DataError, match="neither predictions nor reads"):
        rs.Study.read()
