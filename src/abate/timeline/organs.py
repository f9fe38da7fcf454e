"""Organ toxicity of each day by CTCAE v4.03, as far as records can tell.

Laboratory grades come from numbers: what the criteria add in words (hospitalisation, symptoms) needs
a clinician's event ``organ_toxicity``. Source: NCI CTCAE v4.03 (14 June 2010), verified.
"""

from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from abate.records.dictionary import organ_terms
from abate.records.options import Options
from abate.timeline.joins import DAY, KEYS, TOLERANCE, beside, first_row

TIMES_ULN = {
    "alt": (1.0, 3.0, 5.0, 20.0),
    "ast": (1.0, 3.0, 5.0, 20.0),
    "alp": (1.0, 2.5, 5.0, 20.0),
    "ggt": (1.0, 2.5, 5.0, 20.0),
    "bilirubin_total": (1.0, 1.5, 3.0, 10.0),
    "inr": (1.0, 1.5, 2.5),
    "aptt": (1.0, 1.5, 2.5),
}
"""Multiples of the upper limit of normal above which grades 1, 2, 3 (and 4) begin."""
CREATININE_ULN, CREATININE_BASELINE = (1.0, 1.5, 3.0, 6.0), (1.0, 1.5, 3.0)
FIBRINOGEN_LLN, FIBRINOGEN_FALL, FIBRINOGEN_LEAST = (1.0, 0.75, 0.5, 0.25), (0.0, 0.25, 0.5, 0.75), 50.0
LIMITS = {
    "alt": (None, 40.0),
    "ast": (None, 40.0),
    "alp": (None, 120.0),
    "ggt": (None, 60.0),
    "bilirubin_total": (None, 1.2),
    "creatinine": (None, 1.2),
    "inr": (None, 1.2),
    "aptt": (None, 35.0),
    "fibrinogen": (200.0, None),
}
"""Round limits of an adult laboratory, lowest and highest normal, in canonical units: our resolution."""
MEASURED = (*LIMITS, "urine_output")
"""Variables of the measurements that this room reads."""
URINE = ((8 * 60, 3), (24 * 60, 4))
"""Shortest collection (minutes) and the grade of less than 80 mL in 8 h, or 240 mL in 24 h: 10 mL/h both."""
URINE_RATE = 10.0
WORST_LIVING = 4.0
ORGANS = (
    *("transaminase_grade", "bilirubin_grade", "alp_ggt_grade", "creatinine_grade", "urine_output_grade"),
    *("coagulation_grade", "organ_toxicity_grade"),
)
"""What CARTOX reads, after :func:`with_organs`."""
OF_GRADE = {
    "transaminase_grade": ("alt", "ast"),
    "bilirubin_grade": ("bilirubin_total",),
    "alp_ggt_grade": ("alp", "ggt"),
    "creatinine_grade": ("creatinine",),
    "coagulation_grade": ("fibrinogen", "inr", "aptt"),
}


def _steps(value: ir.Value, bounds: tuple[float, ...], falling: bool = False) -> ir.IntegerValue:
    """Return how many bounds a value lies beyond; null where it is not known."""
    noise = -TOLERANCE if falling else TOLERANCE
    steps = [(value < bound + noise) if falling else (value > bound + noise) for bound in bounds]
    total: Any = steps[0].cast("int64")
    for step in steps[1:]:
        total = total + step.cast("int64")
    return total


def laboratory_grades(rows: ibis.Table) -> ir.IntegerValue:
    """Return the CTCAE v4.03 grade of laboratory rows with ``variable, value, uln, lln, baseline``.

    Null where the limit of normal (and, for creatinine and fibrinogen, also the baseline) lacks.
    """
    ratio = rows.value / rows.uln
    branches = [(rows.variable == name, _steps(ratio, bounds)) for name, bounds in TIMES_ULN.items()]
    creatinine = ibis.greatest(_steps(ratio, CREATININE_ULN), _steps(rows.value / rows.baseline, CREATININE_BASELINE))
    fall = 1 - rows.value / rows.baseline
    # A fall of 25, 50 or 75 % begins its grade; any fall at all is grade 1, read literally.
    fallen = _steps(fall, FIBRINOGEN_FALL[:1]) + _steps(
        fall, tuple(bound - 2 * TOLERANCE for bound in FIBRINOGEN_FALL[1:])
    )
    fibrinogen = ibis.greatest(
        _steps(rows.value / rows.lln, FIBRINOGEN_LLN, falling=True),
        fallen,
        ibis.ifelse(rows.value < FIBRINOGEN_LEAST - TOLERANCE, 4, ibis.null("int64")),
    )
    return ibis.cases(
        *branches, (rows.variable == "creatinine", creatinine), (rows.variable == "fibrinogen", fibrinogen)
    )


def laboratory_days(measurements: ibis.Table, facts: ibis.Table, options: Options) -> ibis.Table:
    """Return the worst laboratory grade of each organ and day, and that of the baseline.

    Parameters
    ----------
    measurements, facts
        The record table; ``infusion_minute`` of each course.
    options
        ``normal_limits, baseline_window_days``.

    Returns
    -------
    ibis.Table
        ``patient_id, course_id, day``, ``VARIABLE_laboratory`` for each of :data:`LIMITS`: a grade counts
        only above the grade of its baseline, else it is 0; ``no_baseline``.
    """
    window = int(options["baseline_window_days"])
    rows = measurements.filter(
        measurements.variable.isin(list(LIMITS)), measurements.value.notnull(), measurements.day >= -window
    )
    rows = rows.select(*DAY, "minute", "variable", "value", "lln", "uln", "source")
    if options["normal_limits"] == "adult_default":
        names = list(LIMITS)
        limits = ibis.memtable(
            pa.table(
                {
                    "variable": names,
                    "low": pa.array([LIMITS[name][0] for name in names], pa.float64()),
                    "high": pa.array([LIMITS[name][1] for name in names], pa.float64()),
                }
            )
        )
        rows = beside(rows, limits, ("variable",))
        rows = rows.mutate(lln=ibis.coalesce(rows.lln, rows.low), uln=ibis.coalesce(rows.uln, rows.high))
        rows = rows.drop("low", "high")
    rows = beside(rows, facts.select(*KEYS, "infusion_minute"))
    before = (rows.day < 0) | ibis.coalesce((rows.day == 0) & (rows.minute < rows.infusion_minute), False)
    rows = rows.mutate(before=before, moment=ibis.coalesce(rows.minute, rows.day * 1440))
    base = first_row(rows.filter(rows.before), (*KEYS, "variable"), ibis._.moment.desc(), "value")
    base = base.mutate(baseline=ibis.null("float64"))
    # A baseline without limits of its own is read by those of the first later result.
    later = rows.filter(~rows.before, rows.uln.notnull() | rows.lln.notnull())
    later = first_row(later, (*KEYS, "variable"), "moment", "value")
    base = beside(base, later.select(*KEYS, "variable", later_uln="uln", later_lln="lln"), (*KEYS, "variable"))
    base = base.mutate(uln=ibis.coalesce(base.uln, base.later_uln), lln=ibis.coalesce(base.lln, base.later_lln))
    base = base.select(*KEYS, "variable", baseline="value", baseline_grade=laboratory_grades(base))
    after = beside(rows.filter(rows.day >= 0, ~rows.before), base, (*KEYS, "variable"))
    after = after.mutate(grade=laboratory_grades(after))
    above = after.grade > ibis.coalesce(after.baseline_grade, 0)
    after = after.mutate(counted=ibis.ifelse(above, after.grade, 0 * after.grade))
    return after.group_by(*DAY).aggregate(
        **{f"{name}_laboratory": after.counted.max(where=after.variable == name) for name in LIMITS},
        no_baseline=((after.counted > 0) & after.baseline.isnull()).max(),
    )


def urine_days(measurements: ibis.Table) -> ibis.Table:
    """Return the grade of urine output by collections of 8 and 24 hours, on the day each began.

    Returns
    -------
    ibis.Table
        ``patient_id, course_id, day, urine_output_grade``; shorter collections say nothing.
    """
    rows = measurements.filter(
        measurements.variable == "urine_output",
        measurements.minute.notnull(),
        measurements.end_minute > measurements.minute,
    )
    lasted = rows.end_minute - rows.minute
    little = rows.value / lasted * 60 < URINE_RATE - TOLERANCE
    grades = [
        ibis.ifelse(lasted >= minutes, ibis.ifelse(little, grade, 0), ibis.null("int64")) for minutes, grade in URINE
    ]
    rows = rows.mutate(grade=ibis.greatest(*grades))
    return rows.group_by(*DAY).aggregate(urine_output_grade=rows.grade.max())


def judged_days(events: ibis.Table) -> ibis.Table:
    """Return the organ toxicity that clinicians judged, unless they gave it another cause.

    Returns
    -------
    ibis.Table
        ``patient_id, course_id, day``; ``judged_grade`` (organs that count), ``judged_transaminases``,
        ``judged_dic``.
    """
    rows = events.mutate(grade=ibis.coalesce(events.value, events.value_low))
    rows = rows.filter(
        rows.event == "organ_toxicity",
        rows.grade.notnull(),
        ibis.coalesce(rows.attribution.strip().lower(), "") != "excluded",
    )
    counts = rows.text.strip().lower().cases(*organ_terms().items(), else_="not counted")
    # A death from organ toxicity is told by the cause of death; the grade of the organ is at least 4.
    rows = rows.mutate(
        grade=ibis.least(rows.grade, WORST_LIVING),
        counts=counts,
        last=ibis.greatest(ibis.coalesce(rows.end_day, rows.day + 1), rows.day + 1),
    )
    rows = rows.mutate(day=ibis.range(rows.day, rows["last"]).unnest().cast("int64"))
    return rows.group_by(*DAY).aggregate(
        judged_grade=rows.grade.max(where=rows.counts == "organ"),
        judged_transaminases=rows.grade.max(where=rows.counts == "transaminases"),
        judged_dic=rows.grade.max(where=rows.counts == "coagulation"),
    )


def with_organs(rows: ibis.Table, options: Options) -> ibis.Table:
    """Settle the grades of organ toxicity of each patient-day.

    Parameters
    ----------
    rows
        Patient-days with the columns of the functions above and ``events_covered``.
    options
        ``coagulopathy``.

    Returns
    -------
    ibis.Table
        With ``transaminase_grade, coagulation_grade, organ_toxicity_grade`` settled, null where not known.
    """
    names = OF_GRADE.items()
    worst = {name: ibis.greatest(*(rows[f"{variable}_laboratory"] for variable in each)) for name, each in names}
    rows = rows.mutate(**worst)
    none_judged = ibis.ifelse(ibis.coalesce(rows.events_covered, False), 0, ibis.null("int64"))
    dic = ibis.coalesce(rows.judged_dic.cast("int64"), none_judged)
    coagulation = dic if options["coagulopathy"] == "dic" else ibis.greatest(rows.coagulation_grade, rows.judged_dic)
    return rows.mutate(
        transaminase_grade=ibis.greatest(rows.transaminase_grade, rows.judged_transaminases),
        coagulation_grade=coagulation,
        organ_toxicity_grade=ibis.coalesce(rows.judged_grade.cast("int64"), none_judged),
    )
