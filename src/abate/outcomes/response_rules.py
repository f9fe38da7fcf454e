"""Rules of response as data: what is eligible, what it must fall to, how long, what ends the wait.

No definition of a response of toxicity is agreed on. The letter's is implied by its text (Strati 2020,
doi:10.1182/bloodadvances.2020002328); the others are those that trials and cohorts count by, named by what they ask.
Of every rule: death ends the wait; a day without a grade is neither high nor low, and is never filled in.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import ibis
import pyarrow as pa

from abate.records.options import Options

NEW_TREATMENT, DISCHARGE, DEATH = "new treatment", "discharge", "death"
LETTER = "letter"


@dataclass(frozen=True)
class ResponseRule:
    """One rule.

    Attributes
    ----------
    name, title, source
        What the option calls it; in words; who counts so.
    eligible
        Lowest grade at the start of the treatment to which it applies.
    target
        Highest grade that counts as fallen; null: the grade must fall by ``fall`` from that at the start.
    fall
        Grades that it must fall by, where there is no target.
    recurs
        Lowest grade that counts as back; null: any above the target.
    within_days
        Days from the start within which the fall must come; 0 is no limit.
    sustained_days
        Following days that must each be graded, and low; 0: none.
    durable_days
        Days without recurrence that make it durable; 0 is to last contact.
    silent_days
        Longest run of days without a grade over which grades may still say that it was durable; 0: any.
    clinician
        Whether a clinician's judgement stands where no grade was recorded after the start.
    ends
        What ends the wait besides death: :data:`NEW_TREATMENT` of the toxicity, :data:`DISCHARGE`. What does not end it
        is told beside the result.
    """

    name: str
    title: str
    source: str
    eligible: int
    target: int | None
    fall: int = 1
    recurs: int | None = None
    within_days: int = 0
    sustained_days: int = 0
    durable_days: int = 0
    silent_days: int = 0
    clinician: bool = False
    ends: tuple[str, ...] = ()

    @property
    def low(self) -> str:
        """What must be reached, in words."""
        if self.target is None:
            return f"a grade lower by {self.fall} or more"
        return "grade 0" if self.target == 0 else f"grade {self.target} or less"

    @property
    def words(self) -> str:
        """The whole rule in sentences."""
        within = f" within {self.within_days} days" if self.within_days else ""
        stays = f" and stays so on each of the following {self.sustained_days} days" if self.sustained_days else ""
        back = f"a grade of {self.recurs} or more" if self.recurs is not None else "a grade above that"
        limit = f" within {self.durable_days} days" if self.durable_days else ""
        silent = f" without more than {self.silent_days} days in a row ungraded" if self.silent_days else ""
        ends = f" Grades after {' or '.join(self.ends)} do not count." if self.ends else ""
        judged = (
            " Where no grade was recorded after the start, a clinician's judgement stands." if self.clinician else ""
        )
        return (
            f"A response is a toxicity of grade {self.eligible} or more when the treatment starts that falls to "
            f"{self.low} after the start{within}{stays}. It is transient if {back} is recorded again{limit}, and "
            f"durable if grades stayed low to the end{silent} or a clinician said that nothing came back.{judged}{ends}"
        )


def response_rules(options: Options) -> Mapping[str, ResponseRule]:
    """Return the rules by name, with the window and the durability of the options.

    Examples
    --------
    >>> response_rules(Options())["resolution"].low
    'grade 0'
    >>> response_rules(Options())["letter"].words.partition(" after")[0]
    'A response is a toxicity of grade 3 or more when the treatment starts that falls to grade 2 or less'
    """
    high, low = options["high_grade"], options["low_grade"]
    ends = (NEW_TREATMENT,) if options["new_treatment_ends_response"] == "yes" else ()
    rules = (
        ResponseRule(
            LETTER,
            "the letter's rule",
            "Strati 2020, doi:10.1182/bloodadvances.2020002328 (implied by its text)",
            high,
            low,
            recurs=high,
            clinician=True,
        ),
        ResponseRule(
            "conversion",
            "grade 3 or more that falls to 2 or less, by grades alone",
            "the letter's high and low grade, without a clinician's word (our resolution)",
            3,
            2,
            recurs=3,
        ),
        ResponseRule("resolution", "any grade that falls to 0", "resolution as trials count it (our resolution)", 1, 0),
        ResponseRule("fall", "a fall of one grade or more", "an improvement of one grade (our resolution)", 1, None),
        ResponseRule(
            "sustained_fall",
            "a fall of one grade or more that lasts 72 hours",
            "an improvement that is sustained for 72 hours (our resolution)",
            1,
            None,
            sustained_days=3,
        ),
    )
    chosen = {
        "within_days": options["response_window_days"],
        "durable_days": options["durable_days"],
        "silent_days": options["durable_silence_days"],
    }
    return {rule.name: replace(rule, **chosen, ends=ends) for rule in rules}


def chosen_rule(options: Options) -> ResponseRule:
    """Return the rule of the option ``response_rule``."""
    return response_rules(options)[options["response_rule"]]


def as_table(rules: Sequence[ResponseRule]) -> ibis.Table:
    """Return rules as rows: ``rule`` (its name), and what it asks."""
    rows = [
        {
            "rule": rule.name,
            "eligible_from": rule.eligible,
            "target_grade": rule.target,
            "fall": rule.fall,
            "recurs": rule.recurs,
            "within_days": rule.within_days,
            "sustained_days": rule.sustained_days,
            "durable_days": rule.durable_days,
            "silent_days": rule.silent_days,
            "by_clinician": rule.clinician,
            "new_ends": NEW_TREATMENT in rule.ends,
            "discharge_ends": DISCHARGE in rule.ends,
        }
        for rule in rules
    ]
    names = ("eligible_from", "fall", "recurs", "within_days", "sustained_days", "durable_days", "silent_days")
    kinds = {"rule": pa.string(), "target_grade": pa.float64(), **dict.fromkeys(names, pa.int64())}
    kinds |= dict.fromkeys(("by_clinician", "new_ends", "discharge_ends"), pa.bool_())
    return ibis.memtable(pa.Table.from_pylist(rows, schema=pa.schema([(name, kinds[name]) for name in rows[0]])))
