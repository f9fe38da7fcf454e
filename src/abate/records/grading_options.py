"""Options of grading: where a table is ambiguous, or leaves a number open. See ``docs/grading.md``."""

from abate.records.option import Option

GRADING = (
    Option(
        "hypotension_definition",
        "systolic",
        ("systolic", "map_65", "fall_30"),
        "What low pressure is: systolic below 90 mmHg (in children by age), mean below 65 mmHg in adults, or a "
        "fall of 30 % from the last systolic pressure before day 0",
        "ASTCT 2019, doi:10.1016/j.bbmt.2018.12.758, has no number; 90 mmHg stands in CARTOX and in derived "
        "tables; our resolution",
    ),
    Option(
        "hypotension_readings",
        "one",
        ("one", "two", "treated"),
        "Readings that make low pressure: one, two at least 30 minutes apart, or one with a bolus or vasopressor "
        "that day",
        "Clinical review: one counts, and is flagged",
    ),
    Option(
        "vasopressor_overlap_minutes",
        60,
        (1, 1440),
        "Least overlap of two agents that makes them two vasopressors and not one after the other (minutes)",
        "Our resolution; an engineering default",
    ),
    Option(
        "vasopressin_counts_as_multiple",
        "yes",
        ("yes", "no"),
        "Whether vasopressin is one of the multiple vasopressors of CARTOX (ASTCT always leaves it out)",
        "CARTOX does not leave it out, read literally; our resolution",
    ),
    Option(
        "pediatric_vasopressor_dose",
        "flat",
        ("flat", "per_kg"),
        "High dose in children under 18 y: as in adults, or by ug/kg/min times 100",
        "Trial protocols print doses per kg (recalled); off by default",
    ),
    Option(
        "norepinephrine_equivalence",
        "vasst",
        ("vasst", "goradia", "kotani"),
        "Formula of the norepinephrine equivalent that is shown: VASST in ug/min, Goradia or Kotani in ug/kg/min; "
        "a high dose always rests on VASST",
        "VASST stands behind the table of high doses (recalled); the others answer another question",
    ),
    Option(
        "fio2_estimate",
        "four_percent",
        ("four_percent", "three_percent", "none"),
        "Inspired fraction estimated from nasal cannula and mask flow where none is set",
        "4 % a litre is widely reproduced (secondary); neither ASTCT nor CARTOX prints a table",
    ),
    Option(
        "oxygen_requires_saturation",
        "no",
        ("no", "yes"),
        "Whether low-flow oxygen counts only with a saturation below 92 % off oxygen that day or the day before",
        "Clinical review: it counts, and is flagged",
    ),
    Option(
        "episode_gap_hours",
        24,
        (24, 72),
        "Recorded absence of fever, low pressure, vasopressor and oxygen that closes an episode of CRS, counted "
        "in whole patient-days (hours: 24, 48 or 72)",
        "ASTCT 2019, doi:10.1016/j.bbmt.2018.12.758, names no time; our resolution",
    ),
    Option(
        "waiver_drugs",
        "antipyretic_or_anticytokine",
        ("antipyretic_or_anticytokine", "anticytokine"),
        "Drugs after which fever is no longer required",
        "ASTCT 2019, doi:10.1016/j.bbmt.2018.12.758, footnote: antipyretic or anticytokine therapy; derived "
        "tables name tocilizumab and steroids alone",
    ),
    Option(
        "prophylaxis_waives_fever",
        "no",
        ("no", "yes"),
        "Whether an anticytokine drug given before any fever waives it",
        "Strict reading of ASTCT 2019, doi:10.1016/j.bbmt.2018.12.758; our resolution",
    ),
    Option(
        "airway_protection",
        "counts",
        ("counts", "excluded"),
        "Whether ventilation to protect the airway is ventilator support in CARTOX, Lee 2014 and CTCAE v4.03",
        "Clinical review: their texts say ventilator support, which counts literally; the others name hypoxia",
    ),
    Option(
        "neuro_in_crs",
        "no",
        ("no", "yes"),
        "Whether neurotoxicity, as a clinician graded it by CTCAE, is an organ toxicity of CRS in Lee 2014",
        "Lee 2014, doi:10.1182/blood-2014-05-552729, lists neurological signs within CRS (recalled); registration "
        "trials grade them apart",
    ),
    Option(
        "consciousness_from_scales",
        "rass_from_minus_2",
        ("none", "rass_from_minus_4", "rass_from_minus_2", "rass_from_minus_1"),
        "Highest RASS read as depressed consciousness where none is charted; all but none also read the eye part "
        "of the Glasgow coma scale and AVPU",
        "Clinical review: an approximation, -1 left out, never alone at night",
    ),
    Option(
        "score_carry_hours",
        24,
        (0, 24),
        "How long an ICE, CARTOX-10 or CAPD score holds on a day without one (hours: 0 or 24)",
        "A score a day is usual; our resolution",
    ),
    Option(
        "capd_age",
        "under_12",
        ("under_12", "through_12"),
        "Age at which CAPD stands in place of ICE",
        "ASTCT 2019, doi:10.1016/j.bbmt.2018.12.758: under 12 y; an NCI print says 12 and under",
    ),
    Option(
        "ice_scoring",
        "absolute",
        ("absolute", "delta"),
        "Whether ICE is read as it stands, or as 10 minus its fall from the last one before day 0",
        "Absolute in ASTCT 2019, doi:10.1016/j.bbmt.2018.12.758; a baseline below 10 is flagged",
    ),
    Option(
        "cres_opening_pressure",
        "conjunction",
        ("conjunction", "independent"),
        "Whether an opening pressure below 20 mmHg only qualifies papilledema, or is grade 3 by itself",
        "The treatment algorithm of CARTOX uses the conjunction; our resolution",
    ),
    Option(
        "normal_limits",
        "recorded",
        ("recorded", "adult_default"),
        "Limits of normal: those of the result alone, or round adult ones where it has none",
        "A grade needs the limits of its own laboratory; our resolution",
    ),
    Option(
        "lab_hold_days",
        0,
        (0, 3),
        "Days after its own for which a laboratory grade holds where none is measured (days)",
        "Our resolution: nothing is carried",
    ),
    Option(
        "cartox_hepatic",
        "alt_ast_bilirubin",
        ("alt_ast_bilirubin", "with_alp_ggt"),
        "Liver tests that count as organ toxicity in CARTOX",
        "CARTOX lists ALT, AST and bilirubin (recalled)",
    ),
    Option(
        "renal_term",
        "with_aki",
        ("with_aki", "creatinine"),
        "Renal toxicity by creatinine: the CTCAE terms creatinine increased and acute kidney injury, or the first",
        "CARTOX counts creatinine and acute kidney injury (recalled)",
    ),
    Option(
        "creatinine_above_limit",
        "not_required",
        ("not_required", "required"),
        "Whether a creatinine grades only above the upper limit of normal",
        "CTCAE v4.03 read literally: a rise above the baseline is grade 1, also within normal",
    ),
    Option(
        "fibrinogen_fall",
        "counts",
        ("counts", "off"),
        "Whether a fall of fibrinogen from the baseline grades although the value is normal",
        "CTCAE v4.03 read literally; off as in v5.0, where a fall counts below the limit of normal",
    ),
    Option(
        "baseline_until_day",
        0,
        (-60, 0),
        "Laboratory baselines are the last value before this day: 0 is the infusion, a day before lymphodepletion "
        "leaves its effect out (day)",
        "CTCAE inputs: last value before the infusion; before lymphodepletion as an option",
    ),
    Option(
        "coagulopathy",
        "dic",
        ("dic", "labs"),
        "Coagulopathy in CARTOX: the term DIC as judged by a clinician, or fibrinogen, INR and aPTT",
        "CARTOX names DIC; isolated falls of fibrinogen would inflate grades; our resolution",
    ),
    Option(
        "crs_onset",
        "first_fever",
        ("first_fever", "first_grade"),
        "Onset of CRS: the first day of fever that is graded, or the first day of any grade",
        "Clinical review: first fever, or first symptom as an option",
    ),
    Option(
        "explained_patients",
        60,
        (0, 10000),
        "Patients up to which the page holds the reason of every cell and a timeline each",
        "Our resolution: above it the page would outgrow a browser",
    ),
    Option(
        "lanes_shown",
        60,
        (1, 10000),
        "Courses that have a lane and a line of doses on the page: those with the highest grades",
        "Our resolution: 60 lanes can be read, and a page of thousands would outgrow a browser",
    ),
    Option(
        "kappa_weights",
        "linear",
        ("linear", "quadratic"),
        "Weights of kappa, by the distance of two grades or its square",
        "Cohen 1968, doi:10.1037/h0026256; which of the two is a choice: our resolution",
    ),
    Option(
        "timelines_shown",
        12,
        (0, 200),
        "Patients whose timeline stands on the page: those with the highest grades",
        "Our resolution: each adds some 100 kB to the page",
    ),
)
