"""The clinical table: history and laboratory values of the phantom's patients, drawn given the diagnosis.

The columns are those of Zhen et al., Methods. The distributions are ours: plausible, of no patient.

References
----------
Zhen et al. Deep learning for accurate diagnosis of liver tumor based on magnetic resonance imaging and clinical data.
Front Oncol 2020;10:680. https://doi.org/10.3389/fonc.2020.00680
"""

from __future__ import annotations

import dataclasses

import numpy as np

UNITS = {
    "age": "years",
    "sex": "M or F",
    "cirrhosis_history": "yes or no: cirrhosis, or a disease that leads to it such as hepatitis B",
    "other_cancer": "yes or no: a malignancy elsewhere",
    "afp": "ng/mL",
    "cea": "ng/mL",
    "ca125": "U/mL",
    "ca199": "U/mL",
    "psa": "ng/mL, men only",
    "ferritin": "ng/mL",
    "albumin": "g/L",
    "bilirubin": "µmol/L, total",
    "pt": "prothrombin time in s",
    "encephalopathy": "none, mild or severe",
    "ascites": "none, slight or moderate",
}
"""Columns of the clinical table and what they hold."""


@dataclasses.dataclass(frozen=True)
class Habit:
    """How the patients of a diagnosis are.

    Parameters
    ----------
    age
        Mean in years; the standard deviation is 11.
    men
        Share.
    cirrhosis, fatty, hepatitis, cancer
        Shares with a cirrhotic liver, a fatty liver, a cirrhosis-related disease without cirrhosis, another cancer.
    raised
        Share in whom a marker is raised and by which factor (median), for each marker.
    """

    age: float
    men: float
    cirrhosis: float
    fatty: float
    hepatitis: float
    cancer: float
    raised: dict[str, tuple[float, float]] = dataclasses.field(default_factory=dict)


HABITS = {
    "cyst": Habit(58, 0.42, 0.05, 0.25, 0.10, 0.05),
    "haemangioma": Habit(49, 0.42, 0.04, 0.25, 0.10, 0.04),
    "FNH": Habit(37, 0.30, 0.02, 0.20, 0.08, 0.03),
    "abscess": Habit(
        57, 0.62, 0.06, 0.25, 0.10, 0.05, {"ferritin": (0.6, 4), "ca125": (0.2, 2), "bilirubin": (0.3, 2)}
    ),
    "benign nodule": Habit(54, 0.66, 0.82, 0.08, 0.90, 0.03, {"afp": (0.25, 3)}),
    "HCC": Habit(57, 0.80, 0.72, 0.10, 0.88, 0.04, {"afp": (0.68, 40), "ferritin": (0.4, 2), "ca199": (0.15, 2)}),
    "ICC": Habit(60, 0.55, 0.15, 0.15, 0.30, 0.05, {"ca199": (0.70, 15), "cea": (0.35, 3), "ca125": (0.3, 3)}),
    "metastasis": Habit(60, 0.56, 0.04, 0.20, 0.10, 0.85, {"cea": (0.62, 8), "ca199": (0.35, 4), "ca125": (0.3, 3)}),
}

# Median and log standard deviation without disease.
_MARKERS = {
    "afp": (3.0, 0.5),
    "cea": (1.8, 0.45),
    "ca125": (12.0, 0.45),
    "ca199": (11.0, 0.6),
    "psa": (1.0, 0.6),
    "ferritin": (140.0, 0.6),
    "bilirubin": (12.0, 0.35),
}
_MISSING = 0.06


@dataclasses.dataclass(frozen=True)
class Clinic:
    """A patient's clinical data.

    Parameters
    ----------
    age, sex, cirrhosis, fatty, ascites
        What the images and headers need as well.
    columns
        Text of each column of `UNITS`, empty where it was not measured.
    """

    age: int
    sex: str
    cirrhosis: bool
    fatty: bool
    ascites: bool
    columns: dict[str, str]


def draw(truth: str, rng: np.random.Generator) -> Clinic:
    """A patient with this diagnosis."""
    habit = HABITS[truth]
    age = int(np.clip(round(rng.normal(habit.age, 11)), 18, 88))
    sex = "M" if rng.random() < habit.men else "F"
    cirrhosis = bool(rng.random() < habit.cirrhosis)
    fatty = bool(rng.random() < habit.fatty)
    failing = float(rng.beta(1.2, 3.0)) if cirrhosis else 0.0  # how far the liver's function is lost, 0 to 1
    values = {}
    for name, (median, spread) in _MARKERS.items():
        value = median * np.exp(spread * rng.normal())
        share, factor = habit.raised.get(name, (0.0, 1.0))
        raised, more = rng.random() < share, rng.normal()
        if raised:
            value *= factor * np.exp(0.9 * more)
        if name == "bilirubin":
            value *= 1 + 4 * failing**1.5
        values[name] = f"{min(value, 60000.0):.1f}"
    if sex == "F":
        values["psa"] = ""
    values["albumin"] = f"{rng.normal(43, 3) - 14 * failing - (4 if truth == 'abscess' else 0):.1f}"
    values["pt"] = f"{rng.normal(11.8, 0.7) + 6 * failing:.1f}"
    fluid, confused = rng.random(), rng.random()
    ascites = "none" if fluid > 0.9 * failing else ("moderate" if failing > 0.5 else "slight")
    encephalopathy = "none" if confused > 0.35 * failing else ("severe" if failing > 0.6 else "mild")
    measured = rng.random(size=len(values)) >= _MISSING
    blood = {name: values[name] if seen else "" for name, seen in zip(values, measured, strict=True)}
    history = cirrhosis or rng.random() < habit.hepatitis
    rows = {
        "age": str(age),
        "sex": sex,
        "cirrhosis_history": "yes" if history else "no",
        "other_cancer": "yes" if rng.random() < habit.cancer else "no",
        "encephalopathy": encephalopathy,
        "ascites": ascites,
        **blood,
    }
    return Clinic(age, sex, cirrhosis, fatty, ascites != "none", {name: rows[name] for name in UNITS})
