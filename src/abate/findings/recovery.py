"""Recovery without the treatment under study, to stand beside every count of responders."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from abate.cohort import Cohort
from abate.exposure.anti_cytokine import CLASSES
from abate.findings.person_days import HIGH, Judged, person_days
from abate.findings.shape import Section, table
from abate.records.problems import AbateError
from abate.statistics.natural_recovery import NaturalRecovery, from_durations, natural_recovery
from abate.statistics.sequential_trials import Entries, entries

WINDOWS = (7, 14)
"""Days within which recovery is told; the first stands among the key figures."""
ALIKE = ("grade 4", "log days since onset", "highest CRS")
"""What patients are alike in."""
DURATIONS = {"ICANS": (9.0, 17.0), "CRS": (7.0, 7.0)}
"""Median days of any grade to none: axicabtagene ciloleucel in ZUMA-7 and ZUMA-1, recalled."""


@dataclass(frozen=True)
class Expected:
    """What is expected within some days without the treatment: learnt from the cohort, or from published durations."""

    window: int
    learnt: NaturalRecovery | None
    published: tuple[float, float] | None
    why: str

    @property
    def source(self) -> str:
        """Where it comes from."""
        if self.learnt is not None:
            return f"{self.learnt.patients} untreated patients"
        return "published durations" if self.published else "nothing"

    @property
    def words(self) -> str:
        """In a few words, as a key figure has it."""
        if self.learnt is not None:
            low, high = 100 * self.learnt.low, 100 * self.learnt.high
            return f"{100 * self.learnt.share:.0f} % (95 % interval {low:.0f} to {high:.0f} %)"
        if self.published is None:
            return "not told"
        low, high = (100 * share for share in self.published)
        return f"about {low:.0f} %" if f"{low:.0f}" == f"{high:.0f}" else f"{low:.0f} to {high:.0f} %"


def expected(found: Entries, covariates: Sequence[str], judged: Judged) -> Expected:
    """Return the recovery to be expected within the window of some trials without the treatment.

    Parameters
    ----------
    found
        Entries of the trials of each day.
    covariates
        Which patients have to be alike in.
    judged
        Patients by days, with these covariates.

    Notes
    -----
    Where too few were there to learn from, the published durations stand in, and it says so.
    """
    window = found.window
    try:
        return Expected(window, natural_recovery(found, covariates, judged.days), None, "")
    except AbateError as problem:
        durations = DURATIONS.get(judged.toxicity)
        return Expected(window, None, from_durations(*durations, window) if durations else None, str(problem))


def recovery(cohort: Cohort) -> Section:
    """Return the recovery expected within each window, and a sentence that says of whom."""
    nothing = {"natural_recovery": "", "natural_recovery_figure": ""}
    empty: Section = ({"natural_recovery": table([], "within")}, nothing)
    try:
        judged = person_days(cohort, also=ALIKE, ever=HIGH)
    except AbateError:
        return empty
    if not np.isfinite(judged.days.start).any():
        return empty
    days = judged.to_the_last_grade()
    ill = (days.grade >= HIGH) & days.followed
    known = replace(days, covariates={name: days.covariates[name] for name in ALIKE})
    every = [expected(entries(known, ill, np.ones_like(ill), window), ALIKE, judged) for window in WINDOWS]
    rows = [_row(one) for one in every]
    drug, toxicity = cohort.records.study.treatment, f"{judged.toxicity} of grade {HIGH} or more"
    background = ", ".join(background_of(cohort)) or "no other drug against the toxicity that is recorded"
    first = every[0]
    if first.learnt is not None:
        text = (
            f"Recovery without {drug}: of patients with ongoing {toxicity} ({judged.system}) who had not yet had it, "
            f"an expected {first.words} fall below grade {HIGH} within {first.window} days, learnt from "
            f"{first.learnt.patients} patients of this cohort while untreated, for patients like those who started in "
            f"{', '.join(ALIKE)}; death is no recovery. They were on background treatment ({background}), so this is "
            f"no recovery without any drug. {too_high(drug)}"
        )
    else:
        text = (
            f"Recovery without {drug} cannot be learnt from this cohort. {first.why} From published median durations "
            f"of any grade to none ({_durations(judged.toxicity)}) an expected {first.words} recover within "
            f"{first.window} days, taken as exponential: a crude range, of patients on the background treatment of "
            "those studies, for want of anything better."
            if first.published
            else f"Recovery without {drug} cannot be learnt from this cohort, and no published duration is known."
        )
    source = "learnt from this cohort" if first.learnt is not None else "from published durations, any grade to none"
    figure = f"without {drug} {first.words} expected within {first.window} days, {source}"
    return {"natural_recovery": table(rows)}, {
        "natural_recovery": text,
        "natural_recovery_figure": figure if first.learnt or first.published else "",
    }


def too_high(drug: str) -> str:
    """Return what no record can mend."""
    return f"Whoever was given {drug} for not recovering, by what no record shows, makes it too high."


def background_of(cohort: Cohort) -> list[str]:
    """Return the other drugs against the toxicity that anybody in the cohort was given, the steroids as one."""
    known = cohort.records.study.dictionary
    given = set(cohort.courses.select("drug").distinct().to_pyarrow()["drug"].to_pylist())
    steroids = ["corticosteroids"] if given & set(known.drugs_of("steroid")) else []
    others = [name for name in known.drugs_of(*CLASSES, "cytotoxic", "cytotoxic/IT") if name in given]
    return [*steroids, *sorted(name for name in others if name != cohort.records.study.treatment)]


def _durations(toxicity: str) -> str:
    low, high = DURATIONS[toxicity]
    return f"{low:g} days" if low == high else f"{low:g} to {high:g} days"


def _row(one: Expected) -> dict[str, object]:
    found = one.learnt
    return {
        "within": f"{one.window} days",
        "expected without the treatment": one.words,
        "learnt from": f"{found.patients} patients on {found.entries} untreated days" if found else "–",
        "resolved after the start, of those followed so long": f"{found.resolved} of {found.known}" if found else "–",
        "started while eligible": found.treated if found else None,
        "source": one.source,
    }
