"""Nothing that names a patient leaves the input: secrets planted everywhere are looked for in all that is written."""

import os
import re
import struct

import numpy as np
import pytest
import tiny_study as tiny
import typer
from pydicom.dataset import Dataset
from typer.testing import CliRunner

from readerstudy.cli_prepare import prepare
from readerstudy.imaging import case_table
from readerstudy.problems import DataError

ID, SECOND_ID = "MRN7741093", "MRN5520417"
SECRETS = (
    ID, SECOND_ID, "Zylberstein", "Quorthon", "19471123", "20190417", "ACC99182", "Saint Elsewhere", "Dr Vandermolen",
    "Private Remark", "Nested Remark", "Station Zulu", "zulustreet 17", "1947-11-23", "secretfolder", "quorthonfile",
    "Serial 4711-Z", "jane@elsewhere.example", "081512.345",
)  # fmt: skip
_TEXTS = {
    "PatientName": "Zylberstein^Quorthon", "PatientBirthDate": "19471123", "PatientAddress": "zulustreet 17",
    "OtherPatientIDs": SECOND_ID, "StudyDate": "20190417", "SeriesDate": "20190417", "AcquisitionDate": "20190417",
    "ContentDate": "20190417", "AcquisitionTime": "081512.345", "AccessionNumber": "ACC99182",
    "InstitutionName": "Saint Elsewhere", "InstitutionAddress": "zulustreet 17", "StationName": "Station Zulu",
    "ReferringPhysicianName": "Dr Vandermolen", "OperatorsName": "Dr Vandermolen", "StudyID": "ACC99182",
    "PatientComments": "Private Remark", "ImageComments": "Private Remark Zylberstein",
    "StudyDescription": "Liver of Zylberstein", "ProtocolName": "Protocol Quorthon",
    "DeviceSerialNumber": "Serial 4711-Z", "Manufacturer": "Saint Elsewhere", "BurnedInAnnotation": "YES",
    "ManufacturerModelName": "Station Zulu", "RequestedProcedureDescription": "Private Remark",
    "AdditionalPatientHistory": "Private Remark", "EthnicGroup": "Quorthon",
}  # fmt: skip


def plant(dataset):
    """Secrets in the header, in nested sequences and in private elements."""
    for key, value in _TEXTS.items():
        setattr(dataset, key, value)
    inner, outer = Dataset(), Dataset()
    inner.RequestingPhysician, inner.AccessionNumber, inner.TextValue = "Dr Vandermolen", "ACC99182", "Nested Remark"
    outer.RequestAttributesSequence = [inner]
    outer.PatientID, outer.IssuerOfPatientID = SECOND_ID, "Saint Elsewhere"
    dataset.OtherPatientIDsSequence = [outer]
    dataset.ReferencedStudySequence = [inner]
    block = dataset.private_block(0x0029, "ZYLBERSTEIN CREATOR", create=True)
    block.add_new(0x10, "LO", "Private Remark")
    block.add_new(0x11, "SQ", [inner])


def assert_without_secrets(name, data):
    for part in tiny.unpacked(name, data):
        small = part.lower()
        for secret in SECRETS:
            for code in ("utf-8", "utf-16-le"):
                assert secret.lower().encode(code) not in small, f"{secret} stands in {name}"


def chunks(png):
    """The kinds of a PNG's chunks."""
    at, kinds = 8, []
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        kinds.append(png[at + 4 : at + 8].decode("ascii"))
        at += length + 12
    return kinds


@pytest.fixture
def planted(tmp_path):
    """Three patients: one whole, one cut short, one without a region, in folders and files with telling names."""
    source = tmp_path / "in" / "secretfolder Zylberstein"
    for patient in (ID, SECOND_ID, "Quorthon 19471123"):
        tiny.dicom(source, patient, edit=plant)
    for path in list((source / ID).rglob("*.dcm")):
        path.rename(path.with_name(f"quorthonfile {path.name}"))
    broken = source / SECOND_ID / "S1" / "I2.dcm"
    os.truncate(broken, broken.stat().st_size - 600)
    tiny.save_roi(tmp_path / "roi" / f"{ID}.nii.gz")
    tiny.save_roi(tmp_path / "roi" / f"{SECOND_ID}.nii.gz")
    header = "patient_id,case_id,truth,age,sex,afp,PatientName,birth,hospital,remark,visit,mixed,link,code"
    row = (
        f"{ID},{ID}-1,HCC,71,f,3.5,Zylberstein,1947-11-23,Saint Elsewhere,Private Remark of the day,2019-04-17,"
        f"seen 20190417,{SECOND_ID},jane@elsewhere.example"
    )
    (tmp_path / "cases.csv").write_text(f"{header}\n{row}\n{SECOND_ID}{',' * 13}\n")
    return tmp_path


def run(folder, *more):
    app = typer.Typer()
    app.command()(prepare)
    command = [
        folder / "in", "--out", folder / "out" / "store", "--roi", folder / "roi", "--cases", folder / "cases.csv",
        "--dicom-out", folder / "out" / "copies", "--card", "wang2021", "--key", folder / "key", *more,
    ]  # fmt: skip
    return CliRunner().invoke(app, [str(part) for part in command])


def test_nothing_that_names_a_patient_is_written(planted):
    made = run(planted)
    assert made.exit_code == 0, made.output
    assert_without_secrets("stdout", made.stdout.encode())
    assert_without_secrets("stderr", made.stderr.encode())
    written = tiny.content(planted / "out")
    for name, data in written.items():
        assert_without_secrets(name, data)
        if name.endswith(".png"):
            assert set(chunks(data)) <= {"IHDR", "pHYs", "IDAT", "IEND"}
    assert sum(name.endswith(".npz") for name in written) == 1
    assert sum(name.endswith(".dcm") for name in written) == 7 * 9
    # What is warned of and skipped is said by pseudonym.
    assert "may show a name: BurnedInAnnotation is YES" in made.stderr
    skipped = re.findall(r"^skipped (p[0-9a-f]{12}): (.+)$", made.stderr, re.M)
    assert len(skipped) == 2
    assert (planted / "out" / "store" / "cases.csv").read_text().splitlines()[0] == (
        "case_id,patient_id,truth,age,sex,afp"
    )
    for column in ("PatientName", "birth", "hospital", "remark", "visit", "mixed", "link", "code"):
        assert f"the column {column} of cases.csv was not carried over" in made.stderr


def test_errors_name_no_patient_either(planted):
    (planted / "roi" / f"{ID}.nrrd").write_bytes(b"nothing")
    made = run(planted)
    assert made.exit_code == 1
    assert "RS866" in made.output
    assert_without_secrets("output", made.output.encode())


def table(tmp_path, text, keep=()):
    (tmp_path / "cases.csv").write_text(text)
    return case_table.read(tmp_path / "cases.csv", keep)


def test_rows_are_found_by_case_by_lesion_and_by_patient(tmp_path):
    made = table(
        tmp_path,
        "patient_id;case_id;lesion;truth;afp\na;;1;HCC;1,5\na;;2;cyst;2\nb;;;FNH;3\nc;c_1;;ICC;\nc;c-2;;MET;4\n;d;;HCC;\n",
    )
    assert made.columns == ("truth", "afp")
    assert [made.row("a", k)["truth"] for k in (1, 2)] == ["HCC", "cyst"]
    assert made.row("a", 3) is None
    assert made.row("b", 1) == made.row("b", 2) == {"truth": "FNH", "afp": "3"}
    assert [made.row("c", k)["truth"] for k in (1, 2)] == ["ICC", "MET"]
    assert made.row("d", 1)["truth"] == "HCC"
    assert made.row("e", 1) is None


@pytest.mark.parametrize(
    ("text", "keep", "code"),
    [
        ("truth\nHCC\n", (), "RS861"),
        ("patient_id,truth\na,HCC\n", ("afp",), "RS862"),
        ("patient_id,truth,seen\na,HCC,17.4.2019\n", ("seen",), "RS863"),
        ("patient_id,truth\na,found in the right lobe by the first of the two readers\n", (), "RS863"),
        ("patient_id,truth,partner\nAnn,HCC,Bob\nBob,HCC,Ann\n", ("partner",), "RS863"),
        ("patient_id,truth\na,HCC\na,cyst\n", (), "RS864"),
    ],
)
def test_tables_that_cannot_be_carried_over(tmp_path, text, keep, code):
    with pytest.raises(DataError, match=code):
        table(tmp_path, text, keep)


def test_columns_with_another_word_in_every_row_are_left_out(tmp_path):
    rng = np.random.default_rng(1)
    lines = ["patient_id,truth,word,number,afp,sex,cirrhosis_history,prothrombin_time,tumor_path"]
    for k in range(12):
        lines.append(f"a{k},HCC,w{k}x,{10**6 + k},{rng.normal():.3f},{'fm'[k % 2]},no,11.{k},left")
    made = table(tmp_path, "\n".join(lines))
    assert made.columns == ("truth", "afp", "sex", "cirrhosis_history", "prothrombin_time")
    assert set(made.left_out) == {"word", "number", "tumor_path"}
    assert table(tmp_path, "\n".join(lines), ("afp", "tumor_path")).columns == ("truth", "afp", "tumor_path")


def test_classes_may_all_be_different(tmp_path):
    lines = ["patient_id,truth,Diagnosis,truth_seven-way,word"] + [f"a{k},c{k}x,d{k}x,s{k}x,w{k}x" for k in range(9)]
    made = table(tmp_path, "\n".join(lines))
    assert made.columns == ("truth", "Diagnosis", "truth_seven-way")
    assert set(made.left_out) == {"word"}
