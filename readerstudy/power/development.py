"""How many cases it takes to develop a prediction model of a binary outcome."""

from __future__ import annotations

import dataclasses
import math

from scipy import special

from readerstudy.power._result import _Record, check_count, check_positive, check_share


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class ModelSize(_Record):
    """Cases for a prediction model, criterion by criterion.

    Parameters
    ----------
    n_cases
        The largest of the three: what the model takes.
    n_shrinkage, n_optimism, n_risk
        Cases for little shrinkage, for little optimism in Nagelkerke's R squared, and for a precise overall risk.
    shrinkage
        Shrinkage that goes with `n_optimism`.
    max_r_squared, nagelkerke
        Largest Cox-Snell R squared at this prevalence, and the assumed one as a share of it.
    events_per_parameter
        Positive cases for each parameter with `n_cases`.
    """

    n_cases: int
    n_shrinkage: int
    n_optimism: int
    n_risk: int
    shrinkage: float
    max_r_squared: float
    nagelkerke: float
    events_per_parameter: float


def prediction_model(
    r_squared: float,
    *,
    prevalence: float,
    n_parameters: int,
    shrinkage: float = 0.9,
    optimism: float = 0.05,
    half_width: float = 0.05,
) -> ModelSize:
    """Cases with which a prediction model of a binary outcome can be developed without overfitting.

    Parameters
    ----------
    r_squared
        Cox and Snell's R squared that is expected of the model.
    prevalence
        Share of positive cases.
    n_parameters
        Parameters that may enter the model.
    shrinkage
        Uniform shrinkage that is aimed at, or more.
    optimism
        Largest difference of apparent and adjusted Nagelkerke R squared.
    half_width
        Half the width of the 95 % interval of the overall risk.

    Returns
    -------
    ModelSize

    Raises
    ------
    ValueError
        If a number is impossible, such as an R squared beyond what the prevalence allows.

    References
    ----------
    Riley et al. 2019, doi:10.1002/sim.7992. Riley et al. 2020, doi:10.1136/bmj.m441.

    Examples
    --------
    >>> prediction_model(0.25, prevalence=0.5, n_parameters=10).n_cases
    385
    """
    check_share(prevalence, "prevalence")
    check_count(n_parameters, "n_parameters")
    for name, value in (("r_squared", r_squared), ("shrinkage", shrinkage), ("optimism", optimism)):
        check_share(value, name)
    check_positive(half_width, "half_width")
    entropy = special.xlogy(prevalence, prevalence) + special.xlog1py(1 - prevalence, -prevalence)
    most = 1 - math.exp(2 * float(entropy))
    if r_squared >= most:
        raise ValueError(f"r_squared must be less than {most:.3f}, the most at a prevalence of {prevalence:g}")

    def cases(of: float) -> int:
        return math.ceil(n_parameters / ((of - 1) * math.log1p(-r_squared / of)) - 1e-9)

    if r_squared >= shrinkage:
        raise ValueError(f"r_squared must be less than shrinkage, got {r_squared!r} and {shrinkage!r}")
    needed = r_squared / (r_squared + optimism * most)
    z = -float(special.ndtri(0.025))
    risk = math.ceil((z / half_width) ** 2 * prevalence * (1 - prevalence) - 1e-9)
    parts = (cases(shrinkage), cases(needed), risk)
    n = max(parts)
    return ModelSize(
        n_cases=n,
        n_shrinkage=parts[0],
        n_optimism=parts[1],
        n_risk=parts[2],
        shrinkage=needed,
        max_r_squared=most,
        nagelkerke=r_squared / most,
        events_per_parameter=n * prevalence / n_parameters,
    )
