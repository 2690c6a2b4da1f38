"""Files of marks: what is read, on which lesion a mark lies, and what is said of files that do not fit."""

import math

import numpy as np
import pandas as pd
import pytest

import readerstudy as rs

CASES = "case_id,truth,n_lesions,patient_id\n01,1,2,p\n02,1,1,p\n03,0,0,q\n"
MARKS = "case_id,reader_id,modality,score,lesion_id\n01,R1,A,4,a\n01,R1,A,2,\n02,R1,A,3,a\n03,R1,A,1,\n01,R1,A,5,a\n"
LESIONS = "case_id,lesion_id,weight\n01,a,0.7\n01,b,0.3\n02,a,\n"
READS = "case_id,reader_id,modality\n01,R1,A\n02,R1,A\n03,R1,A\n01,R2,A\n"


def write(tmp_path, **texts):
    paths = {}
    for name, text in texts.items():
        if text is not None:
            paths[name] = tmp_path / f"{name}.csv"
            paths[name].write_text(text, encoding="utf-8")
        else:
            paths[name] = None
    return paths


def read(tmp_path, cases=CASES, marks=MARKS, lesions=LESIONS, reads=READS, **options):
    return rs.Marks.read(**write(tmp_path, cases=cases, marks=marks, lesions=lesions, reads=reads), **options)


def refused(tmp_path, **texts):
    """What is said, and the codes of it."""
    with pytest.raises(rs.DataError) as error:
        read(tmp_path, **texts)
    return str(error.value).replace(f"{tmp_path}/", ""), [problem.code for problem in error.value.problems]


def test_what_is_read(tmp_path):
    data = read(tmp_path)
    assert data.cases.case_id.tolist() == ["01", "02", "03"]
    assert data.cases.patient_id.tolist() == ["p", "p", "q"]
    assert data.marks.lesion_id.tolist() == ["a", None, "a", None, "a"]
    assert data.marks.score.tolist() == [4, 2, 3, 1, 5]
    assert data.lesions.weight.tolist() == pytest.approx([0.7, 0.3, math.nan], nan_ok=True)
    assert data.warnings == ("1 mark lies on a lesion that the reader has marked as high or higher: not counted",)
    assert [(entry["role"], entry["rows"]) for entry in data.inputs] == [
        *(("cases", 3), ("marks", 5), ("lesions", 3), ("reads", 4))
    ]
    found = rs.froc(data.cases, data.marks, data.lesions, reads=data.reads, random="cases")
    first, second = found[:2]
    assert (first.reader, first.estimate, first.n_cases) == ("R1", pytest.approx((0.7 + 1) / 2), 3)
    assert (second.reader, second.n_cases) == ("R2", 1)
    clustered = rs.froc(
        data.cases, data.marks, data.lesions, reads=data.reads, random="cases", patients=data.cases.patient_id
    )
    assert clustered[0].n_patients == 2


def test_files_that_may_be_left_out(tmp_path):
    """Without lesions, without marks, without reads; as tables; with columns of other names."""
    none = "case_id,truth\n01,0\n02,0\n"
    data = read(tmp_path, cases=none, marks=None, lesions=None, reads="case_id,reader_id\n01,R1\n02,R1\n")
    assert (len(data.marks), len(data.lesions)) == (0, 0)
    e, *_ = rs.froc(data.cases, data.marks, data.lesions, reads=data.reads, measure="HrSp", random="cases")
    assert (e.estimate, e.count, e.total, e.modality) == (1, 2, 2, "1")
    frames = {name: pd.read_csv(path, dtype={"case_id": str}) for name, path in write(
        tmp_path, cases=CASES, marks=MARKS, lesions=LESIONS).items()}  # fmt: skip
    of_frames = rs.Marks.read(**frames)
    pd.testing.assert_frame_equal(of_frames.marks, read(tmp_path).marks)
    assert of_frames.reads is None
    assert of_frames.warnings[1].startswith("no file lists the reads: whoever made a mark")
    other = read(tmp_path, marks=MARKS.replace("score", "rating"), columns={"marks": {"score": "rating"}})
    assert other.marks.score.tolist() == [4, 2, 3, 1, 5]


POSITIONS = "case_id,lesion_id,x,y,radius\n01,near,0,0,\n01,wide,10,0,8\n02,a,0,0,\n"


@pytest.mark.parametrize(
    ("x", "y", "lesion"),
    [
        (0, 0, "near"),
        (1.9, 0, "near"),
        (2, 0, "near"),  # at the radius of the one, and of the other: the nearer
        (2.1, 0, "wide"),  # out of reach of the nearer one
        (0, 2.01, None),
        (18, 0, "wide"),
        (18.01, 0, None),
    ],
)
def test_on_which_lesion_a_mark_lies(tmp_path, x, y, lesion):
    marks = f"case_id,reader_id,score,x,y\n01,R1,3,{x},{y}\n03,R1,2,0,0\n"
    data = read(tmp_path, marks=marks, lesions=POSITIONS, reads=None, radius=2)
    assert data.marks.lesion_id.tolist() == [lesion, None]


def test_each_lesion_is_found_once(tmp_path):
    """Two marks on one lesion: one found lesion, the higher, and no false mark."""
    marks = "case_id,reader_id,score,x,y\n01,R1,3,0,0\n01,R1,5,1,0\n01,R1,1,9,9\n02,R1,2,50,0\n03,R1,4,0,0\n"
    data = read(tmp_path, marks=marks, lesions=POSITIONS, reads=None, radius=2)
    assert data.marks.lesion_id.tolist() == ["near", "near", None, None, None]
    tables = (data.cases, data.marks, data.lesions)
    found = {name: rs.froc(*tables, measure=name, random="cases")[0].estimate for name in ("MaxLLF", "MaxNLFAllCases")}
    assert found == {"MaxLLF": pytest.approx(1 / 3), "MaxNLFAllCases": pytest.approx(1)}
    solid = "case_id,lesion_id,x,y,z\n01,near,0,0,0\n01,wide,0,0,9\n02,a,0,0,0\n"
    deep = marks.replace("x,y", "x,y,z").replace(",0\n", ",0,8\n").replace("9,9", "9,9,9")
    data = read(tmp_path, marks=deep, lesions=solid, reads=None, radius=1.5)
    assert data.marks.lesion_id.tolist() == ["wide", "wide", None, None, None]


def test_nearest_lesion_by_hand():
    """Every mark against every lesion, one by one."""
    from readerstudy.marks.position import nearest_lesion

    rng = np.random.default_rng(0)
    mark, lesion, radius = rng.uniform(0, 10, (200, 3)), rng.uniform(0, 10, (7, 3)), rng.uniform(1, 4, 7)
    for one, found in zip(mark, nearest_lesion(mark, lesion, radius), strict=True):
        reached = {math.dist(one, at): k for k, at in enumerate(lesion) if math.dist(one, at) <= radius[k]}
        assert found == (reached[min(reached)] if reached else -1)


@pytest.mark.parametrize(
    ("texts", "code", "said"),
    [
        ({"cases": None}, "RS501", "no file of cases was given"),
        ({"marks": MARKS.replace("score", "rating")}, "RS104", "no column 'score', which rates the mark"),
        ({"marks": MARKS.replace("03,R1", ",R1")}, "RS208", "column 'case_id' is empty"),
        ({"marks": MARKS.replace("A,4", "A,4O")}, "RS103", "expected a number, found '4O' (a letter for a digit?)"),
        ({"marks": MARKS.replace("A,4", "A,")}, "RS208", "marks.csv:2:9"),
        ({"marks": MARKS.replace("03,R1", "3,R1")}, "RS501", "case '3' is not among the cases of cases.csv"),
        ({"marks": MARKS.replace("5,a", "5,c")}, "RS502", "case '01' has no lesion 'c'"),
        (
            {"marks": MARKS.replace("02,R1", "02,R2")},
            "RS505",
            "reader 'R2' marked case '02', but reads.csv has no such",
        ),
        (
            {"marks": "case_id,reader_id,modality,score\n01,R1,A,3\n"},
            "RS104",
            "no column 'lesion_id', and no 'x' and 'y' either",
        ),
        ({"cases": CASES + "01,1,2,p\n"}, "RS204", "case '01' stands twice in cases"),
        ({"cases": CASES.replace("03,0", "03,1")}, "RS502", "case '03' does not agree with its lesions"),
        ({"cases": CASES.replace("1,2", "1,3")}, "RS502", "2 lesions are listed"),
        (
            {"lesions": LESIONS + "02,a,\n", "cases": "case_id\n01\n02\n03\n"},
            "RS204",
            "lesion 'a' of case '02' stands twice",
        ),
        ({"lesions": LESIONS.replace("0.3", "0.2")}, "RS503", "the weights of case '01' sum to 0.9, not to 1"),
        ({"lesions": LESIONS.replace("0.3", "")}, "RS503", "only some lesions of case '01' have a weight"),
        ({"lesions": LESIONS.replace("0.3", "-0.3")}, "RS503", "a weight that is not positive"),
        ({"reads": READS + "1,R1,A\n"}, "RS501", "reads.csv:6:1"),
    ],
)
def test_problems(tmp_path, texts, code, said):
    message, codes = refused(tmp_path, **texts)
    assert said in message
    assert codes == [code]


MARKS_AT = "case_id,reader_id,score,x,y\n01,R1,3,0,0\n"


@pytest.mark.parametrize(
    ("marks", "lesions", "said"),
    [
        (MARKS_AT, LESIONS, "no column 'x', which is needed to hold marks against lesions"),
        (
            MARKS_AT,
            "case_id,lesion_id,x,y\n01,a,0,0\n01,b,1,1\n02,a,1,1\n",
            "no column 'radius', and no radius was given",
        ),
        (MARKS_AT, POSITIONS, "a lesion has no acceptance radius, or one that is not positive"),
        (
            MARKS_AT.replace("3,0", "3,"),
            POSITIONS.replace(",\n", ",1\n"),
            "column 'x' is empty: a position is not known",
        ),
        (MARKS_AT, POSITIONS.replace("radius", "z"), "no column 'z'"),
    ],
)
def test_problems_of_positions(tmp_path, marks, lesions, said):
    assert said in refused(tmp_path, marks=marks, lesions=lesions, reads=None)[0]


def test_everything_is_said_at_once(tmp_path):
    message, codes = refused(
        tmp_path,
        marks=MARKS.replace("5,a", "x,c"),
        lesions=LESIONS.replace("0.3", "0.2"),
        cases=CASES.replace("03,0", "03,1"),
    )
    assert sorted(codes) == ["RS103", "RS502", "RS502", "RS503"]
    assert message.endswith("4 problems; nothing was written")


@pytest.mark.parametrize(
    ("options", "said"), [({"radius": 0}, "radius must be"), ({"columns": {"mark": {}}}, "'marks'")]
)
def test_options(tmp_path, options, said):
    with pytest.raises(ValueError, match=said):
        read(tmp_path, **options)
