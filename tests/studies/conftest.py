"""Real studies, read where they stand and evaluated by the command line as a user would."""

import pytest
from typer.testing import CliRunner

import readerstudy as rs
from readerstudy.cli import app


@pytest.fixture(scope="module")
def evaluated(shared, tmp_path_factory):
    """A function that runs `readerstudy evaluate` on a data set and gives the Results and the output folder."""

    def run(name, preds, reads, protocol):
        folder = tmp_path_factory.mktemp(name)
        (folder / "protocol.toml").write_text(protocol, encoding="utf-8")
        data = shared / "data" / name
        files = [str(data / "preds.csv") if preds else "-", str(data / "reads.csv") if reads else "-"]
        options = ["--cases", str(data / "cases.csv"), "--protocol", str(folder / "protocol.toml")]
        done = CliRunner().invoke(app, ["evaluate", *files, *options, "--out", str(folder / "out")])
        assert done.exit_code == 0, done.stderr
        return rs.Results.read(folder / "out" / "results.json"), folder / "out"

    return run
