from __future__ import annotations

import pytest
from difference_studies import SUBGROUPS, Differences
from figure_studies import CLASSES, GROUPS, several_classes, two_modalities
from rich_studies import everything

from readerstudy.results import Results


@pytest.fixture(scope="session")
def liver() -> Results:
    """Two models and six readers in three groups; seven classes, and benign or malignant."""
    return several_classes(CLASSES, {"Net-6": 0.85, "Net-3": 0.7}, GROUPS)


@pytest.fixture(scope="session")
def aided() -> Results:
    """Readers only, in two modalities."""
    return two_modalities()


@pytest.fixture(scope="session")
def alone() -> Results:
    """One model, nobody else."""
    return several_classes(CLASSES, {"Net-6": 0.85}, {})


@pytest.fixture(scope="session")
def rich() -> Results:
    """Two models, six readers in three groups and a consensus, with everything that a figure can draw."""
    return everything()


@pytest.fixture(scope="session")
def compared() -> Results:
    """Two models and six readers in two modalities: every comparison, subgroups, calibration and net benefit."""
    study = Differences(("Net", "<b>$"), modalities=("unaided", "aided"), consensus="majority")
    study.against()
    study.between()
    study.subgroups(SUBGROUPS)
    study.calibration()
    study.decision()
    study.endpoint("non-inferiority", 0.05, "non-inferior", measure="auc_difference", versus="R1")
    return study.study()


@pytest.fixture(scope="session")
def rich_aided() -> Results:
    """The same, every reader and the consensus in two modalities."""
    return everything(modalities=("unaided", "aided"))
