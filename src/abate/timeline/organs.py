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
from abate.timeline.intervals import DAY_MINUTES, each_day
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
AKI_HIGH = 4.0
"""Acute kidney injury of grade 3 (mg/dL). Its multiples of the baseline (1.5, 2, 3) and its rise by 0.3 mg/dL grade no
higher than creatinine by the baseline does.
"""
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
CHILD_URINE = ((8 * 60, 0.5, 3), (24 * 60, 0.3, 4))
"""Mahadeo 2019: a child's oliguria (mL/kg/h for 8 h), anuria (for 24 h; or none for 12 h)."""
NO_URINE_MINUTES = 12 * 60
WORST_LIVING = 4.0
ORGANS = (
    *("transaminase_grade", "bilirubin_grade", "alp_ggt_grade", "creatinine_grade", "urine_output_grade"),
    *("coagulation_grade", "organ_toxicity_grade"),
)
"""What CARTOX reads, after :func:`with_organs`."""
NOT_OF_THE_LIVER = ("creatinine_grade", "urine_output_grade", "coagulation_grade", "organ_toxicity_grade")
OF_GRADE = {
    "transaminase_grade": ("alt", "ast"),
    "bilirubin_grade": ("bilirubin_total",),
    "alp_ggt_grade": ("alp", "ggt"),
    "creatinine_grade": ("creatinine",),
    "coagulation_grade": ("fibrinogen", "inr", "aptt"),
}


FEATURES = frozenset({*ORGANS, "neurological_grade", "organ_only_grade_1", "organ_grade_4", "no_baseline"})
"""What is known by the functions of this file alone."""


def _steps(value: ir.Value, bounds: tuple[float, ...], falling: bool = False) -> ir.IntegerValue:
    """Return how many bounds a value lies beyond; null where it is not known."""
    noise = -TOLERANCE if falling else TOLERANCE
    steps = [(value < bound + noise) if falling else (value > bound + noise) for bound in bounds]
    total: Any = steps[0].cast("int64")
    for step in steps[1:]:
        total = total + step.cast("int64")
    return total


def creatinine_grades(rows: ibis.Table, options: Options) -> ir.IntegerValue:
    """Return the grade of creatinine by the limit of normal and by the baseline, and of acute kidney injury."""
    ratio, times = rows.value / rows.uln, rows.value / rows.baseline
    grades = [_steps(ratio, CREATININE_ULN), _steps(times, CREATININE_BASELINE)]
    if options["renal_term"] == "with_aki":
        grades.append(ibis.ifelse(rows.value > AKI_HIGH + TOLERANCE, 3, ibis.null("int64")))
    grade = ibis.greatest(*grades)
    if options["creatinine_above_limit"] == "required":
        normal = ibis.coalesce(rows.value <= rows.uln + TOLERANCE, False)
        grade = ibis.ifelse(normal, 0, grade)
    return grade


def laboratory_grades(rows: ibis.Table, options: Options) -> ir.IntegerValue:
    """Return the CTCAE v4.03 grade of laboratory rows with ``variable, value, uln, lln, baseline``.

    Null where the limit of normal (and, for creatinine and fibrinogen, also the baseline) lacks.
    """
    ratio = rows.value / rows.uln
    branches = [(rows.variable == name, _steps(ratio, bounds)) for name, bounds in TIMES_ULN.items()]
    creatinine = creatinine_grades(rows, options)
    fall = 1 - rows.value / rows.baseline
    # A fall of 25, 50 or 75 % begins its grade; any fall at all is grade 1, read literally.
    fallen = _steps(fall, FIBRINOGEN_FALL[:1]) + _steps(
        fall, tuple(bound - 2 * TOLERANCE for bound in FIBRINOGEN_FALL[1:])
    )
    if options["fibrinogen_fall"] == "off":
        fallen = ibis.ifelse(rows.value < rows.lln - TOLERANCE, fallen, ibis.null("int64"))
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
        ``normal_limits, baseline_window_days, baseline_until_day, renal_term, creatinine_above_limit,
        fibrinogen_fall``.

    Returns
    -------
    ibis.Table
        ``patient_id, course_id, day``, ``VARIABLE_laboratory`` for each of :data:`LIMITS`: a grade counts
        only above the grade of its baseline, else it is 0; ``no_baseline``.
    """
    window, until = int(options["baseline_window_days"]), int(options["baseline_until_day"])
    rows = measurements.filter(
        measurements.variable.isin(list(LIMITS)), measurements.value.notnull(), measurements.day >= until - window
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
    earlier = (rows.day < 0) | ibis.coalesce((rows.day == 0) & (rows.minute < rows.infusion_minute), False)
    before = earlier if until == 0 else rows.day < until
    rows = rows.mutate(before=before, earlier=earlier, moment=ibis.coalesce(rows.minute, rows.day * DAY_MINUTES))
    base = first_row(rows.filter(rows.before), (*KEYS, "variable"), ibis._.moment.desc(), "value")
    base = base.mutate(baseline=ibis.null("float64"))
    # A baseline without limits of its own is read by those of the first later result.
    later = rows.filter(~rows.earlier, rows.uln.notnull() | rows.lln.notnull())
    later = first_row(later, (*KEYS, "variable"), "moment", "value")
    base = beside(base, later.select(*KEYS, "variable", later_uln="uln", later_lln="lln"), (*KEYS, "variable"))
    base = base.mutate(uln=ibis.coalesce(base.uln, base.later_uln), lln=ibis.coalesce(base.lln, base.later_lln))
    base = base.select(*KEYS, "variable", baseline="value", baseline_grade=laboratory_grades(base, options))
    after = beside(rows.filter(~rows.earlier), base, (*KEYS, "variable"))
    after = after.mutate(grade=laboratory_grades(after, options))
    above = after.grade > ibis.coalesce(after.baseline_grade, 0)
    after = after.mutate(counted=ibis.ifelse(above, after.grade, 0 * after.grade))
    return after.group_by(*DAY).aggregate(
        **{f"{name}_laboratory": after.counted.max(where=after.variable == name) for name in LIMITS},
        no_baseline=((after.counted > 0) & after.baseline.isnull()).max(),
    )


def urine_days(measurements: ibis.Table, facts: ibis.Table) -> ibis.Table:
    """Return the grade of urine output by collections of 8 hours and more, on the day each began.

    Parameters
    ----------
    measurements, facts
        The record table; ``child`` and ``weight`` of each course.

    Returns
    -------
    ibis.Table
        ``patient_id, course_id, day, urine_output_grade``; shorter collections say nothing, and in a child
        none does without a weight.
    """
    rows = measurements.filter(
        measurements.variable == "urine_output",
        measurements.minute.notnull(),
        measurements.end_minute > measurements.minute,
    )
    rows = beside(rows, facts.select(*KEYS, "child", "weight"))
    lasted = rows.end_minute - rows.minute
    hourly = rows.value / lasted * 60
    none = ibis.null("int64")

    def least(rate: ir.Value, limit: float, minutes: int, grade: int) -> ir.Value:
        return ibis.ifelse(lasted >= minutes, ibis.ifelse(rate < limit - TOLERANCE, grade, 0), none)

    adult = ibis.greatest(*(least(hourly, URINE_RATE, minutes, grade) for minutes, grade in URINE))
    per_kg = hourly / rows.weight
    dry = ibis.ifelse((lasted >= NO_URINE_MINUTES) & (rows.value <= TOLERANCE), 4, none)
    young = ibis.greatest(*(least(per_kg, limit, minutes, grade) for minutes, limit, grade in CHILD_URINE), dry)
    known = ibis.ifelse(rows.weight.isnull(), dry, young)
    rows = rows.mutate(grade=ibis.ifelse(rows.child, known, adult))
    return rows.group_by(*DAY).aggregate(urine_output_grade=rows.grade.max())


def judged_days(events: ibis.Table) -> ibis.Table:
    """Return the organ toxicity that clinicians judged, unless they gave it another cause.

    Returns
    -------
    ibis.Table
        ``patient_id, course_id, day``; ``judged_grade`` (organs that count), ``judged_transaminases``,
        ``judged_liver`` (of the liver otherwise), ``judged_dic``, ``judged_neurological``.
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
    )
    rows = each_day(rows)
    return rows.group_by(*DAY).aggregate(
        judged_grade=rows.grade.max(where=rows.counts == "organ"),
        judged_transaminases=rows.grade.max(where=rows.counts == "transaminases"),
        judged_liver=rows.grade.max(where=rows.counts == "liver"),
        judged_dic=rows.grade.max(where=rows.counts == "coagulation"),
        judged_neurological=rows.grade.max(where=rows.counts == "neurological"),
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
        With the grades of all organs and ``neurological_grade``, null where not known.
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
        bilirubin_grade=ibis.greatest(rows.bilirubin_grade, rows.judged_liver),
        organ_toxicity_grade=ibis.coalesce(rows.judged_grade.cast("int64"), none_judged),
        neurological_grade=ibis.coalesce(rows.judged_neurological.cast("int64"), none_judged),
    )
