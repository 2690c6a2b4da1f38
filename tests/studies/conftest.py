"""Real studies, read where they stand and evaluated by the command line as a user would."""

import json

import pytest
from typer.testing import CliRunner

import readerstudy as rs
from readerstudy.cli import app


@pytest.fixture(scope="module")
def evaluated(shared, tmp_path_factory):
    """A function that runs `readerstudy evaluate` on a data set and gives the Results and the output folder."""

    def run(name, preds, reads, protocol, data=None):
        folder = tmp_path_factory.mktemp(name)
        (folder / "protocol.toml").write_text(protocol, encoding="utf-8")
        data = shared / "data" / name if data is None else data
        files = [str(data / "preds.csv") if preds else "-", str(data / "reads.csv") if reads else "-"]
        options = ["--cases", str(data / "cases.csv"), "--protocol", str(folder / "protocol.toml")]
        done = CliRunner().invoke(app, ["evaluate", *files, *options, "--out", str(folder / "out")])
        assert done.exit_code == 0, done.stderr
        return rs.Results.read(folder / "out" / "results.json"), folder / "out"

    return run


@pytest.fixture(scope="session")
def theirs(shared):
    """Results of R's packages for studies of many readers, by the id of the call."""
    files = [shared / "goldens" / f"mrmc_{name}.json" for name in ("mrmcaov", "imrmc", "rjafroc")]
    cases = [case for path in files for case in json.loads(path.read_text(encoding="utf-8"))["cases"]]
    return {case["id"]: case["result"] for case in cases if "result" in case}
