"""Methods for saliency maps: what is held against the lesion, and the intervals of it."""

from __future__ import annotations

from readerstudy.report.technique import Method, each

_MEANS = ("saliency_inside", "lesion_area", "sequence_weight")

OF_SALIENCY = (
    Method(
        ("saliency_inside",),
        "*",
        "Saliency inside the lesion is the share of a map, summed, that lies in the lesion's mask; beside it stands "
        "the mask's share of the area, which a map without any preference would reach",
        ("score-cam",),
    ),
    Method(
        ("pointing_game",),
        "*",
        "The pointing game counts the cases in which the maximum of the map lies on the lesion",
        ("excitation",),
    ),
    Method(
        ("sequence_weight",),
        "*",
        "The weight of a sequence is its share of the products of feature and gradient, taken absolutely and summed, "
        "where the sequences are still apart",
        ("wang",),
    ),
    *each(
        _MEANS,
        "These shares and weights are means over",
        {
            "student-t": ("cases, with Student's interval", ("student",)),
            "cluster-t": ("cases, their variance from the sums of patients, with Student's interval", ("liang",)),
        },
    ),
    *each(
        ("pointing_game",),
        "The share of cases whose maximum lies on the lesion has",
        {
            "wilson": ("Wilson's score interval", ("wilson",)),
            "ratio-estimator-wilson": ("Wilson's score interval with the design effect of patients", ("rao",)),
        },
    ),
)
