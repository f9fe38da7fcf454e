"""All computed systems of one toxicity at once: how far they agree on the days that two or more could grade."""

import ibis
import numpy as np

from abate.findings.pairs import Graders
from abate.statistics.agreement import GRADES
from abate.statistics.agreement_weights import agreement_weights
from abate.statistics.gwet import gwet_of
from abate.statistics.patient_sums import Estimate, PatientSums
from abate.timeline.joins import DAY


def together(graded: ibis.Table, graders: Graders, weights: str) -> dict[str, Estimate]:
    """Return Gwet's coefficient of all graders of a toxicity, with an interval by patient.

    Parameters
    ----------
    graded
        ``patient_id, course_id, day, toxicity, by, grade``: the days of a known grade, one row a grader.
    graders
        Those who count, by toxicity.
    weights
        :func:`abate.statistics.agreement_weights.agreement_weights`.

    Returns
    -------
    dict
        By toxicity.
    """
    among = [(graded.toxicity == toxicity) & graded.by.isin(mine) for toxicity, mine in graders.items()]
    graded = graded.filter(ibis.or_(*among))
    days = graded.group_by(*DAY, "toxicity").aggregate(
        **{f"n{grade}": (graded.grade == grade).cast("int64").sum().cast("float64") for grade in GRADES}
    )
    raters = [days[f"n{grade}"] for grade in GRADES]
    number = sum(raters[1:], raters[0])
    weight = agreement_weights(len(GRADES), weights)
    alike = sum(
        (raters[one] * raters[two] * float(weight[one, two]) for one in GRADES for two in GRADES if weight[one, two]),
        -number,
    )
    # The same sums as abate.statistics.gwet.rated, made where the days are.
    compared = number > 1
    each = days.select(
        "patient_id",
        "toxicity",
        x0=ibis.ifelse(compared, alike / ibis.greatest(number * (number - 1), 1.0), 0.0),
        x1=ibis.ifelse(compared, 1.0, 0.0),
        x2=ibis.literal(1.0),
        **{f"x{3 + grade}": raters[grade] / number for grade in GRADES},
    )
    places = range(3 + len(GRADES))
    summed = each.group_by("patient_id", "toxicity").aggregate(**{f"x{at}": each[f"x{at}"].sum() for at in places})
    found = summed.group_by("toxicity").aggregate(
        patients=summed.count(),
        **{f"s{at}": summed[f"x{at}"].sum() for at in places},
        **{f"p{one}_{two}": (summed[f"x{one}"] * summed[f"x{two}"]).sum() for one in places for two in places[one:]},
    )
    return {
        row["toxicity"]: gwet_of(
            PatientSums(
                row["patients"],
                np.array([row[f"s{at}"] for at in places]),
                np.array([[row[f"p{min(one, two)}_{max(one, two)}"] for two in places] for one in places]),
            ),
            weights,
        )
        for row in found.order_by("toxicity").to_pyarrow().to_pylist()
    }
