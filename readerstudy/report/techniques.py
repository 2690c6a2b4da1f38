"""Which method a record stands for, in sentences. Facts only; `methods` writes them up."""

from __future__ import annotations

from readerstudy.report.technique import Method
from readerstudy.report.techniques_of_agreement import OF_AGREEMENT
from readerstudy.report.techniques_of_curves import OF_CURVES
from readerstudy.report.techniques_of_designs import OF_DESIGNS
from readerstudy.report.techniques_of_marks import OF_MARKS
from readerstudy.report.techniques_of_probabilities import OF_PROBABILITIES
from readerstudy.report.techniques_of_rates import OF_RATES
from readerstudy.report.techniques_of_saliency import OF_SALIENCY

TOPICS = (OF_RATES, OF_CURVES, OF_MARKS, OF_DESIGNS, OF_PROBABILITIES, OF_AGREEMENT, OF_SALIENCY)
"""The methods by topic, in the order in which a report tells them: a paragraph each."""
METHODS: tuple[Method, ...] = tuple(method for topic in TOPICS for method in topic)
"""Every method."""

MULTIPLICITY: dict[str, tuple[str, tuple[str, ...]]] = {
    "none": ("P values of the endpoints are not adjusted for each other", ()),
    "holm": ("P values of the endpoints are adjusted by the method of Holm", ("holm",)),
    "hochberg": ("P values of the endpoints are adjusted by the method of Hochberg", ("hochberg",)),
    "bonferroni": ("P values of the endpoints are adjusted by the method of Bonferroni", ("dunn",)),
    "bh": (
        "P values of the endpoints are adjusted by the method of Benjamini and Hochberg, which bounds the expected "
        "share of false findings",
        ("benjamini",),
    ),
    "gatekeeping": (
        "The endpoints are tested in the order of the protocol, each at the full level; once one of them fails, those "
        "after it are not tested",
        ("westfall",),
    ),
}
"""What was done about several endpoints, and the keys of its references."""
