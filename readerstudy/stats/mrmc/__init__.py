"""Many readers, many cases: what samples of readers and cases say about readers, cases and modalities in general.

`left_out` holds each reader's value with cases left out, `covariance` the readers' covariance over samples of cases,
`design` who read what, `anova` Obuchowski and Rockette's model of it, `study` its records, `comparison` and `model` the
public functions.
"""

from readerstudy.stats.mrmc.average import AVERAGED, average_of_readers
from readerstudy.stats.mrmc.comparison import mrmc
from readerstudy.stats.mrmc.left_out import jackknife_covariance, leave_one_out
from readerstudy.stats.mrmc.model import model_versus_readers

__all__ = [
    "AVERAGED",
    "average_of_readers",
    "jackknife_covariance",
    "leave_one_out",
    "model_versus_readers",
    "mrmc",
]
