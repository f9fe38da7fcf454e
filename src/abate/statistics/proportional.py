"""Whether hazards stay proportional: the score test of a coefficient that changes with time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from abate.statistics.chi_square import ChiSquare, of_score
from abate.statistics.cox import Model, prepared
from abate.statistics.kaplan_meier import kaplan_meier
from abate.statistics.risk_sets import TIES
from abate.statistics.times import Times, on_step


@dataclass(frozen=True)
class Proportional:
    """Tests of coefficients that change with time.

    Attributes
    ----------
    terms
        The test of each term, whose columns change together.
    whole
        Of all columns together.
    """

    terms: Mapping[str, ChiSquare]
    whole: ChiSquare


def proportional(
    model: Model,
    of: Times,
    columns: ArrayLike,
    terms: Mapping[str, Sequence[int]] | None = None,
    ties: str = TIES[0],
    stratum: ArrayLike | None = None,
) -> Proportional:
    """Test whether the hazard ratios of a fitted model change with the share that has had the event.

    Parameters
    ----------
    model, of, columns, ties, stratum
        The model, and what it was fitted to.
    terms
        Places of the columns of each term; each column is its own unless given.

    Notes
    -----
    Time is scaled as one less Kaplan and Meier's curve just before each event. The test is exact in that it uses the
    whole curvature, not the same at every event.

    References
    ----------
    Grambsch PM, Therneau TM. Biometrika 1994;81:515-526. doi:10.1093/biomet/81.3.515

    Examples
    --------
    >>> from abate.statistics.cox import cox
    >>> from abate.statistics.times import times
    >>> rows, columns = times([1, 2, 3, 4, 5], [1, 1, 1, 1, 1]), [[1], [0], [1], [0], [1]]
    >>> round(proportional(cox(rows, columns, ["treated"]), rows, columns).whole.p, 2)
    0.4
    """
    risk, centred, scale = prepared(of, columns, model.names, ties, stratum)
    predictor = centred @ (model.coefficients * scale)
    found = risk.moments(centred, predictor)
    curve = kaplan_meier(of, robust=False)
    # As the curve is just before each event.
    when = risk.when[risk.time]
    before = np.concatenate([np.ones(1), curve.survival[:-1]])
    clock = 1 - on_step(before, 1.0, curve.time, when)
    clock = clock - clock.mean()
    hazard = of.weight * np.exp(predictor)
    second = risk.steps(hazard[:, None, None] * centred[:, :, None] * centred[:, None, :]) / found.below[:, None, None]
    spread = risk.weight[:, None, None] * (second - found.mean[:, :, None] * found.mean[:, None, :])
    plain, once, twice = (np.einsum("s,sij->ij", clock**power, spread) for power in range(3))
    mine = of.weight[risk.events][:, None] * centred[risk.events]
    own = clock if len(risk.time) == len(risk.events) else clock[risk.own_time]
    score = own @ mine - (clock * risk.weight) @ found.mean
    inverse = np.linalg.inv(plain)

    def tested(places: Sequence[int]) -> ChiSquare:
        chosen = list(places)
        across = once[:, chosen]
        return of_score(score[chosen], twice[np.ix_(chosen, chosen)] - across.T @ inverse @ across)

    every = range(len(model.names))
    named = terms or {name: [place] for place, name in enumerate(model.names)}
    return Proportional({name: tested(places) for name, places in named.items()}, tested(every))
