"""Wang et al. 2021, Insights into Imaging 12:173, doi:10.1186/s13244-021-01117-z: tests of independent groups.

Model against readers: "90 lesions correct of 113" against 76-78, 80-88 and 96-98 for two readers of each kind. p is
that of Fisher's exact test against 75, 83 and 97, as if model and readers had seen different lesions. 75 and 83 are the
66.4 % and 73.5 % of the abstract; 97 are 85.8 %, where the abstract has 85.4 %.

Liver background: only percentages and p are printed, with 113 lesions. Of all pairs of fractions that print as these
percentages exactly one gives the p, by the chi-square test with Yates's correction: 13 of 113 lesions with cirrhosis,
23 with fatty liver. The four agree: 90 right of 113 in seven ways, as the text says, and 100 in two ways (Table 3 has
102).

Table 2: the men of the development set are printed as 221, but 356 patients less 144 women are 212, and 212 gives the
p. The test is chi-square, for sex with Yates's correction.
"""

import itertools

import pytest

from readerstudy.stats.descriptive import characteristics
from readerstudy.stats.independent import proportion_difference

LESIONS = 113


@pytest.mark.parametrize(
    ("readers", "printed", "exact"), [(75, "0.035", 0.0354), (83, "0.346", 0.3463), (97, "0.291", 0.2908)]
)
def test_model_against_readers(readers, printed, exact):
    e = proportion_difference(90, LESIONS, readers, LESIONS, test="fisher")
    assert f"{e.p_value:.3f}" == printed
    assert e.p_value == pytest.approx(exact, abs=0.00005)


SUBGROUPS = [
    # right and total with, right and total without; as printed with, without, p
    ((13, 13, 87, 100), "100.0", "87.0", "0.358"),
    ((22, 23, 78, 90), "95.7", "86.7", "0.401"),
    ((13, 13, 77, 100), "100.0", "77.0", "0.116"),
    ((15, 23, 75, 90), "65.2", "83.3", "0.102"),
]


def p_of(counts):
    return f"{proportion_difference(*counts, test='chi2-cc').p_value:.3f}"


def printing(percent, total):
    """The counts of `total` that print as `percent`."""
    return [count for count in range(total + 1) if f"{100 * count / total:.1f}" == percent]


@pytest.mark.parametrize(("counts", "with_it", "without", "p"), SUBGROUPS)
def test_subgroups(counts, with_it, without, p):
    assert p_of(counts) == p
    possible = [
        (x, n, x2, LESIONS - n)
        for n in range(1, LESIONS)
        for x, x2 in itertools.product(printing(with_it, n), printing(without, LESIONS - n))
    ]
    assert [found for found in possible if p_of(found) == p] == [counts]


def test_subgroups_agree_with_one_another():
    (two, fatty_two, seven, fatty_seven) = (counts for counts, *_ in SUBGROUPS)
    assert two[1] == seven[1]
    assert fatty_two[1] == fatty_seven[1]
    assert seven[0] + seven[2] == fatty_seven[0] + fatty_seven[2] == 90
    assert two[0] + two[2] == fatty_two[0] + fatty_two[2] == 100


TABLE_2 = {
    # variable: development and test set of every level, p as printed
    "sex": ({"male": (212, 50), "female": (144, 39)}, "0.647"),
    "lesion type": (
        {"cyst": (70, 16), "haemangioma": (79, 22), "FNH": (46, 11), "abscess": (67, 21), "HCC": (63, 15),
         "ICC": (59, 11), "metastasis": (60, 17)},
        "0.907",
    ),
    "scanner": (
        {"GE Signa": (99, 27), "GE Discovery MR750w": (46, 16), "Philips Ingenia": (50, 8), "Siemens Prisma": (42, 8),
         "Siemens TrioTim": (119, 30)},
        "0.499",
    ),
}  # fmt: skip


@pytest.mark.parametrize("variable", TABLE_2)
def test_table_2(variable):
    levels, printed = TABLE_2[variable]
    values = [level for level, both in levels.items() for _ in range(sum(both))]
    groups = [
        group for both in levels.values() for group, n in zip(("dev", "test"), both, strict=True) for _ in range(n)
    ]
    rows = characteristics({variable: values}, groups)
    assert [row["level"] for row in rows] == sorted(levels)
    assert (rows[0]["test"], f"{rows[0]['p_value']:.3f}") == ("chi2", printed)
    for row in rows:
        assert tuple(row["values"][group]["count"] for group in ("dev", "test")) == levels[row["level"]]
        assert row["values"]["all"]["count"] == sum(levels[row["level"]])
