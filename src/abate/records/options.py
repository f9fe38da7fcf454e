"""Every option of abate in one place: its values, its default, and where the default comes from.

An option exists where a paper is ambiguous or where a choice changes a number. A run records the
value of each, chosen or not.
"""

from collections.abc import Mapping
from typing import Any

from abate.records.grading_options import GRADING
from abate.records.option import Option
from abate.records.problems import Problem, UnusableRecordsError, perhaps
from abate.records.score_options import SCORES

REGISTRY: Mapping[str, Option] = {
    option.name: option
    for option in (
        Option(
            "days_per_month",
            30.4375,
            (28.0, 31.0),
            "Days in a month where only a number of months is known (days)",
            "365.25 / 12; our resolution",
        ),
        Option(
            "unknown_time_of_day",
            0.5,
            (0.0, 0.999),
            "Where in its day a value stands whose time of day is unknown (fraction of a day)",
            "Our resolution: midday, the least biased point",
        ),
        Option(
            "steroid_equivalence",
            "default",
            ("default", "dexamethasone_0.6", "deflazacort_7.5", "betamethasone_0.6"),
            "Table of corticosteroid doses equivalent to each other",
            "Standard equivalence 0.75 : 4 : 5 : 20 (dexamethasone : methylprednisolone : prednisone"
            " : hydrocortisone); sources disagree on the named alternatives",
        ),
        Option(
            "exposure_from_day",
            0,
            (-365, 365),
            "First day counted as exposure before a treatment (day)",
            "Our resolution: single antiemetic doses during lymphodepletion come before day 0",
        ),
        Option(
            "course_gap_days",
            3,
            (1, 60),
            "Days without the drug after which a new administration opens another course (days)",
            "Our resolution",
        ),
        Option(
            "free_days_of",
            30,
            (1, 366),
            "Days from day 0 on of which those alive and free of steroid are counted (days)",
            "Our resolution: the month in which CRS and ICANS are expected; the dead have none from their death on",
        ),
        Option(
            "creatinine_within_days",
            3,
            (0, 14),
            "How old the last creatinine before a dose may be (days)",
            "Cockcroft-Gault on the day of the dose, from the last value; our resolution",
        ),
        Option(
            "anakinra_model",
            "yang_2003_groups",
            ("yang_2003_groups", "yang_2003_regression", "yang_2001", "urien_2013"),
            "Published model whose concentrations of anakinra are drawn; the table has every one",
            "Yang 2003, doi:10.1016/S0009-9236(03)00094-8: the one whose clearance was measured by renal function",
        ),
        Option(
            "anakinra_limit",
            0.0,
            (0.0, 1000.0),
            "Concentration of anakinra above which hours are counted; 0 counts none (mg/L)",
            "No concentration is known to be needed",
        ),
        Option(
            "tocilizumab_limit",
            1.0,
            (0.0, 1000.0),
            "Concentration of tocilizumab above which hours are counted; 0 counts none (mg/L)",
            "1 ug/mL is a usual mark of receptor blockade in rheumatoid arthritis; recalled",
        ),
        Option(
            "tocilizumab_infusion_hours",
            1.0,
            (0.0, 24.0),
            "How long a dose of tocilizumab runs where that is not recorded (h)",
            "60 minutes, as the label says; recalled",
        ),
        Option(
            "simulation_draws",
            200,
            (0, 10_000),
            "Patients simulated for each real one, for the spread between patients of a kinetic model; 0 is none",
            "Our resolution",
        ),
        Option(
            "simulated_courses",
            2000,
            (0, 10_000_000),
            "Courses of a drug up to which that spread is simulated; of more it takes hours, and no line is read",
            "Our resolution",
        ),
        Option(
            "simulation_seed",
            20200713,
            (0, 2**31 - 1),
            "Seed of the simulated patients",
            "Our resolution",
        ),
        Option(
            "response_rule",
            "letter",
            ("letter", "conversion", "resolution", "fall", "sustained_fall"),
            "Rule by which a response is judged: grade 3 or more to 2 or less with a clinician's word where no grade is"
            " (letter) or by grades alone (conversion), any grade to 0, a fall of a grade, such a fall for 72 hours",
            "Strati 2020, doi:10.1182/bloodadvances.2020002328; no definition is agreed on, and the report counts by"
            " every one",
        ),
        Option(
            "new_treatment_ends_response",
            "no",
            ("no", "yes"),
            "Whether grades after another treatment of the toxicity was begun still count as its response",
            "Strati 2020 counts them; our resolution",
        ),
        Option(
            "steroid_refractory_dose",
            10.0,
            (1.0, 200.0),
            "Dexamethasone-equivalent a day from which a toxicity can be refractory to steroid (mg)",
            "Operational, without consensus: 10, 20 or 40 mg a day are in use",
        ),
        Option(
            "steroid_refractory_days",
            2,
            (1, 3),
            "Days at that dose after which a grade that has not fallen is refractory to steroid (days)",
            "Operational, without consensus: 24, 48 or 72 h are in use",
        ),
        Option(
            "tocilizumab_refractory_doses",
            1,
            (1, 2),
            "Dose of tocilizumab after which CRS that has not fallen is refractory to it",
            "Operational, without consensus: after one or two doses",
        ),
        Option(
            "tocilizumab_refractory_days",
            1,
            (1, 3),
            "Days after that dose on which the grade is looked at (days)",
            "Operational, without consensus; our resolution",
        ),
        Option(
            "high_grade",
            3,
            (1, 5),
            "Lowest grade called high by the letter's rule",
            "Strati 2020, doi:10.1182/bloodadvances.2020002328: high grade is 3 or more",
        ),
        Option(
            "low_grade",
            2,
            (0, 4),
            "Highest grade called low, to which a response must fall by the letter's rule",
            "Strati 2020: low grade is below 3; implied, not defined in words",
        ),
        Option(
            "response_window_days",
            0,
            (0, 3650),
            "Days from the start of treatment within which the fall must come; 0 is no limit (days)",
            "Strati 2020 names no limit",
        ),
        Option(
            "grade_at_start_lookback_days",
            1,
            (0, 30),
            "How long before the start a grade still counts as the grade at the start (days)",
            "Our resolution",
        ),
        Option(
            "durable_days",
            0,
            (0, 3650),
            "Days without a new high grade that make a response durable; 0 is to last contact (days)",
            "Strati 2020 calls durable what did not come back; no limit is named",
        ),
        Option(
            "durable_silence_days",
            7,
            (0, 3650),
            "Longest run of days without a grade over which grades may still say that a response was durable; 0 is any"
            " (days)",
            "Our resolution: a week of silence after a low grade is usual, a longer one is no proof",
        ),
        Option(
            "baseline_window_days",
            7,
            (0, 60),
            "Days before day 0 in which the last value is the baseline (days)",
            "Baseline at infusion: last value at or before it and not before day -7",
        ),
        Option(
            "auc_method",
            "linear",
            ("linear", "linear_up_log_down"),
            "Trapezoid of the area under the curve",
            "Strati 2020 does not say; linear is the plain reading. Linear-up/log-down: Purves 1992,"
            " doi:10.1007/BF01062336",
        ),
        Option(
            "auc_edges",
            "interpolate",
            ("observed", "interpolate", "carry"),
            "Edges of the window that were not sampled: interpolate between the values either side, integrate the"
            " observed part only, or also carry the outermost value to the edge",
            "Our resolution: a window that values surround is covered; the part covered is always stated",
        ),
        Option(
            "auc_carry_days",
            2.0,
            (0.0, 30.0),
            "Furthest that an outermost value is carried to the edge under auc_edges = carry (days)",
            "Our resolution",
        ),
        Option(
            "auc_max_gap_days",
            10.0,
            (0.5, 60.0),
            "Longest gap between two values that is still bridged (days)",
            "Our resolution: weekly sampling is bridged, a missed fortnight is not",
        ),
        Option(
            "below_detection",
            "half",
            ("half", "zero", "limit", "exclude"),
            "Value given to a result below the limit of detection",
            "Half the limit, as in the score specifications; our resolution among usual customs",
        ),
        Option(
            "above_detection",
            "limit",
            ("limit", "exclude"),
            "Value given to a result above the limit of the assay",
            "The limit itself, a lower bound; our resolution",
        ),
        Option(
            "altered_values",
            "starred",
            ("starred", "all", "none"),
            "Values altered by a drug, a product or dialysis that are left out of comparisons: interleukin-6 and"
            " C-reactive protein after blockade of interleukin-6 (starred), all that are marked, or none",
            "Clinical specification of the project; all of them are drawn and marked",
        ),
        Option(
            "laboratory_clock",
            "infusion",
            ("infusion", "onset", "treatment"),
            "Day 0 of the drawn laboratory values: the infusion, the onset of the toxicity of the study, or the start"
            " of the treatment under study",
            "Our resolution: day 0 of the records",
        ),
        Option(
            "few_patients",
            20,
            (2, 1000),
            "Patients in a comparison below which the comparison named first alone has P values",
            "Our resolution: in a cohort of eight one comparison is named beforehand, the rest is a picture",
        ),
        Option(
            "baseline_tests",
            "none",
            ("none", "all"),
            "Rows of Table 1 that have P values between its groups; standardised differences are always shown",
            "STROBE advises against significance tests at baseline: Vandenbroucke 2007,"
            " doi:10.1371/journal.pmed.0040297",
        ),
        Option(
            "comparison_scale",
            "raw",
            ("raw", "log10"),
            "Scale on which two groups are compared",
            "Strati 2020 compared areas under the curve by an unpaired t test, untransformed",
        ),
        Option(
            "permutation_limit",
            1_000_000_000_000,
            (1_000, 100_000_000_000_000),
            "Most arrangements counted for an exact P value; above it the P value is a Monte Carlo estimate, named so",
            "Our resolution",
        ),
        Option(
            "permutation_draws",
            99_999,
            (999, 9_999_999),
            "Random arrangements drawn where enumeration is out of reach",
            "Our resolution",
        ),
        Option(
            "few_events",
            10,
            (1, 1000),
            "Events below which a listing stands in place of a curve or model",
            "Our resolution: a cohort of eight is listed, not modelled",
        ),
        *GRADING,
        *SCORES,
    )
}


class Options(dict[str, Any]):
    """The value of every option: the chosen one, else the default.

    Parameters
    ----------
    chosen
        Option names and values, as in ``[options]`` of ``abate.toml``.

    Raises
    ------
    UnusableRecordsError
        Naming every option that is not known or has a value that is not allowed.

    Examples
    --------
    >>> Options({"high_grade": 4})["high_grade"]
    4
    >>> Options()["low_grade"]
    2
    """

    def __init__(self, chosen: Mapping[str, object] | None = None, place: str = "options") -> None:
        chosen = chosen or {}
        problems = []
        for name, value in chosen.items():
            option = REGISTRY.get(name)
            if option is None:
                expected = perhaps(name, REGISTRY, "an option that the report lists")
                problems.append(
                    Problem("unusable", place, name, "no option has this name", expected, "Correct or remove it.")
                )
            elif not option.accepts(value):
                problems.append(
                    Problem("unusable", place, name, "the value is not allowed", option.allowed, "Correct it.")
                )
        values: dict[str, Any] = {name: chosen.get(name, option.default) for name, option in REGISTRY.items()}
        if not problems and values["low_grade"] >= values["high_grade"]:
            expected = "low_grade below high_grade"
            problems.append(
                Problem("unusable", place, "low_grade", "it is not below high_grade", expected, "Correct one.")
            )
        if problems:
            raise UnusableRecordsError(problems)
        super().__init__(values)
