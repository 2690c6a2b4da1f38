"""Free-response reads (FROC, LROC): several marks a case, each on a lesion or not.

`marked` holds the marks as arrays, `measure` the figures of merit as measures of the analysis of many readers,
`comparison` the public functions, `curve` the empirical curves.
"""

from readerstudy.stats.froc.comparison import froc, froc_model_versus_readers
from readerstudy.stats.froc.curve import froc_curve

__all__ = ["froc", "froc_curve", "froc_model_versus_readers"]
