"""The Python face of readerstudy in one page: the numbers of examples/liver without the command line.

Run it from anywhere: ``python examples/quickstart.py``.
"""

from pathlib import Path

import readerstudy as rs

LIVER = Path(__file__).resolve().parent / "liver"


def main() -> rs.Results:
    # One statistic: arrays in, an Estimate out.
    e = rs.proportion(90, 113, method="wilson")
    print(f"accuracy {e.estimate:.3f} ({e.conf_low:.3f}, {e.conf_high:.3f})")

    # A whole study: files (or DataFrames) in, Results out.
    study = rs.Study.read(LIVER / "preds.csv", LIVER / "reads.csv", protocol=LIVER / "protocol.toml")
    results = rs.evaluate(study)

    # Every number is a record; tidy() makes a table of some of them.
    table = rs.tidy(results.select(measure="auc", task="malignant") + results.select(measure="accuracy", target=None))
    print(table[["task", "reader", "measure", "estimate", "conf_low", "conf_high"]].to_string(index=False))

    # The model against each reader, on the same lesions.
    for d in results.select(measure="accuracy_difference", task="seven-way", target=None):
        interval = f"({d.conf_low:+.3f}, {d.conf_high:+.3f})"
        print(f"{d.reader} - {d.versus}: {d.estimate:+.3f} {interval}, P = {d.p_value:.3f}")

    # The arrays themselves, for anything else.
    positive = study.truth("malignant") == 1
    print(rs.roc_points(positive, study.model_scores("malignant")[0]).head(3).to_string(index=False))
    return results


if __name__ == "__main__":
    main()
