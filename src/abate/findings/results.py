"""The results of a plan: the protocol first, then what was found."""

from collections.abc import Callable

from abate.cohort import Cohort
from abate.findings import endpoints, states_by_day, timing
from abate.findings.person_days import Judged, person_days
from abate.findings.plan import Plan, Trial
from abate.findings.plan_checks import check_times
from abate.findings.recovery import background_of, expected, too_high
from abate.findings.shape import Section, table

TABLES = (
    *("protocol", "timing", "balance", "recovery_of_plan", "state_days", "state_means", "spells_by_day"),
    *endpoints.TABLES,
)
"""Every table of the results; one that a plan does not ask for is empty."""

NOT_TO_SUBTRACT = (
    "It is of another kind than the count beside it: the recommended line has their difference with its interval."
)


def results(cohort: Cohort, plan: Plan, progress: Callable[[str], None] = lambda _: None) -> Section:
    """Return what a plan asks of a cohort.

    Parameters
    ----------
    cohort
        What was derived.
    plan
        From :func:`abate.findings.plan.read_plan`, held against the records by
        :func:`abate.findings.plan_checks.check_plan`.
    progress
        Called with a word before each part.

    Raises
    ------
    AbateError
        If no day of the toxicity under study could be graded, an outcome lies before time zero, or an arm is empty.
    """
    trial = plan.trial
    judged = person_days(cohort, plan.until, trial.covariates if trial else (), treated=trial is not None)
    placed = endpoints.placed(cohort, judged, plan)
    check_times(plan, {endpoint: (found.zero, found.day, found.arm) for endpoint, found in placed.items()})
    few = cohort.options["few_events"]
    rows: dict[str, list[dict[str, object]]] = {name: [] for name in TABLES}
    texts = {"results_title": plan.title, "results": _text(cohort, plan, judged), "timing": ""}
    if trial:
        progress("timing of treatment")
        of = timing.emulated(judged, trial)
        rows["protocol"] = _protocol(cohort, plan, trial, judged)
        rows["timing"] = timing.analyses(of, few)
        rows["balance"] = timing.balances(of)
        one = expected(of.entries, trial.adjust_for, judged)
        rows["recovery_of_plan"] = [
            {
                "within": f"{one.window} days",
                "expected without the treatment": one.words,
                "source": one.source,
                "resolved after the start, of those followed so long": f"{one.learnt.resolved} of {one.learnt.known}"
                if one.learnt
                else "–",
                "started while eligible": one.learnt.treated if one.learnt else None,
                "how to read it": f"{too_high(cohort.records.study.treatment)} {NOT_TO_SUBTRACT}"
                if one.learnt
                else one.why,
            }
        ]
        texts["timing"] = _of_timing(cohort, of, one.why)
    progress("endpoints")
    for found in placed.values():
        for name, told in endpoints.endpoint_rows(found, few).items():
            rows[name] += told
    progress("states by day")
    _, rows["state_days"], rows["state_means"] = states_by_day.occupied(judged)
    rows["spells_by_day"] = states_by_day.spells(judged)
    return {name: table(found, "patient") for name, found in rows.items()}, texts


def _text(cohort: Cohort, plan: Plan, judged: Judged) -> str:
    return (
        f"The plan ({plan.name}) was read before anything was computed and is kept beside this page. Toxicity is "
        f"{judged.toxicity} by {judged.system}, a clinician's grade where there is one, up to day {plan.until}, or to "
        f"day {int(judged.days.last.max(initial=0))}, the last on which anybody was followed. Where a day has no grade "
        "the last known one stands, so a missing grade never counts as recovery. For resolution, a living patient's "
        "follow-up ends on the day of the last grade known: what came after it nobody knows. Below "
        f"{cohort.options['few_events']} events in an arm there is no curve and no hazard ratio, only a listing. "
        f"{_left_out(judged)}"
    )


def _left_out(judged: Judged) -> str:
    said = "; ".join(f"{count} {reason}" for reason, count in judged.left_out.items() if count)
    return f"Courses not looked at, or not to the end: {said}." if said else "No course is left out."


def _of_timing(cohort: Cohort, of: timing.Emulated, why: str) -> str:
    drug = cohort.records.study.treatment
    entered, started = len(of.entries), int(of.entries.treated.sum())
    rest = " The rest lacked a covariate or the day after." if of.eligible > entered else ""
    text = (
        f"{of.eligible:,} patient-days were eligible; {entered:,} entered the trial of their day, {started} of them "
        f"with {drug} started on it.{rest} The first line shows what a naive "
        f"analysis would say. The recommended one is the trial of every day ({timing.RECOMMENDED}). The lines differ "
        "in whom they are of, so their shares differ: all who started, held against themselves had they waited "
        "(recommended; the recovery expected below is this share); those for whom somebody alike waited (matched); "
        "those who could as well have had either (overlap weights); all who reached the grade and did not start on "
        "that day (strategies). Whoever waits on one day and starts on a later one counts on both sides. Intervals of "
        "the recommended, the matched and the weighted line allow for how few patients decide; those of hazard ratios "
        "hold in large samples; those of the strategies come from samples of the patients. Limits that lie beyond "
        "what is possible are printed as -100 or +100. What is detectable follows from the numbers of patients alone "
        "(80 % power, two-sided 5 %): a hazard ratio were everyone to resolve, a difference in percentage points about "
        "a share of one half. None of them knows what was not recorded, and none says that the treatment works."
    )
    return f"{text} {why}" if why else text


def _protocol(cohort: Cohort, plan: Plan, trial: Trial, judged: Judged) -> list[dict[str, object]]:
    """Write out the trial that is emulated, before any result."""
    drug, grade = cohort.records.study.treatment, f"{judged.toxicity} of grade {trial.grade} or more"
    steroids = f", after {trial.steroid_days} days of steroids or more" if trial.steroid_days else ""
    background = ", ".join(background_of(cohort)) or "none recorded"
    lines = (
        (
            "Eligibility",
            f"Ongoing {grade} by {judged.system}{steroids}; {drug} not yet given; followed on the next day",
        ),
        ("Strategies", f"Start {drug} on the day, or do not start it on it; either on the background treatment given"),
        ("Background treatment", f"{background}; it was not assigned"),
        (
            "Assignment",
            "Not randomised. Taken as if at random among patients alike in: "
            f"{', '.join(trial.adjust_for)}, as known at time zero and on each day after it",
        ),
        ("Time zero", "Each day on which a patient is eligible: eligibility, assignment and follow-up begin together"),
        ("Outcome", f"First day below grade {trial.grade}, within {trial.window} days of time zero, alive"),
        ("Competing event", "Death before it: it takes the chance of resolution away and is no censoring"),
        ("Censoring", "End of follow-up; start of the drug in those who waited, given back by weights"),
        (
            "Contrast",
            f"Share resolved within {trial.window} days among those who started, less the share expected had they "
            "waited",
        ),
        (
            "Analysis",
            "Recommended: daily chance of resolution by a penalised logistic model, errors clustered by patient and "
            "mended for few; what those who waited say of recovery without the drug. Beside it: matching in risk sets "
            f"({', '.join(f'{name} within {apart:g}' for name, apart in trial.match.items())}); overlap weights; "
            f"landmarks {_listed(trial.landmarks)}; start within {_listed(trial.start_within)} days by cloning, "
            f"censoring and weighting, {trial.samples} samples, seed {trial.seed}",
        ),
        (
            "Refusal",
            "No effect with fewer than 5 patients in an arm, fewer than 2 resolutions in either, one day weighing "
            "more than 50, or an interval from -100 to +100 points",
        ),
        ("Last day", f"Day {plan.until} after day 0"),
    )
    return [{"element": element, "as emulated": text} for element, text in lines]


def _listed(days: tuple[int, ...]) -> str:
    return ", ".join(map(str, days)) or "none"
