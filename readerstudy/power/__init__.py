"""How many readers and cases a study takes: power and precision of the designs that readerstudy analyses."""

from readerstudy.power._result import Power, Precision
from readerstudy.power.components import Components, PanelComponents, conjectured, roe_metz
from readerstudy.power.curve_pairs import AucPair, compare_auc
from readerstudy.power.curves import auc
from readerstudy.power.development import ModelSize, prediction_model
from readerstudy.power.grid import table
from readerstudy.power.groups import proportion_difference
from readerstudy.power.pairs import discordant, paired_proportions
from readerstudy.power.readers import model_versus_readers, mrmc
from readerstudy.power.simulated import simulate
from readerstudy.power.single import proportion
from readerstudy.power.width import kappa, precision, sensitivity_specificity

__all__ = [
    "AucPair",
    "Components",
    "ModelSize",
    "PanelComponents",
    "Power",
    "Precision",
    "auc",
    "compare_auc",
    "conjectured",
    "discordant",
    "kappa",
    "model_versus_readers",
    "mrmc",
    "paired_proportions",
    "precision",
    "prediction_model",
    "proportion",
    "proportion_difference",
    "roe_metz",
    "sensitivity_specificity",
    "simulate",
    "table",
]
