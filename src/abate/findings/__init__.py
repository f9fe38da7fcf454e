"""What a cohort shows, as Arrow tables and sentences: all that the report is given.

It stands between the derivations and the page, so that the page computes nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import ibis
import pyarrow as pa

from abate.cohort import Cohort
from abate.engine.haste import swiftly
from abate.findings import (
    biomarkers,
    comparisons,
    computed,
    concordance,
    context,
    doses,
    head,
    kinetics,
    methods,
    outcomes,
    recovery,
    response,
    scores,
    spells,
    table_one,
    timelines,
    toxicity,
    toxicity_table,
    treatment,
)
from abate.findings.shape import Section


@dataclass
class Findings:
    """Tables and sentences by name, and the study's own title and mark.

    Attributes
    ----------
    tables
        Arrow tables, each also written to ``tables/``.
    long
        Tables of a row a patient-day and more that the page does not show: expressions, written to ``tables/`` alone.
    texts
        Sentences and paragraphs of the page.
    """

    tables: dict[str, pa.Table] = field(default_factory=dict)
    long: dict[str, ibis.Table] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)

    def add(self, found: Section) -> None:
        """Take in the tables and texts of one section."""
        for name, table in found[0].items():
            if isinstance(table, ibis.Table):
                self.long[name] = table
            else:
                self.tables[name] = table
        self.texts |= found[1]


@swiftly()
def find(cohort: Cohort, progress: Callable[[str], None] | None = None) -> Findings:
    """Draw up everything the report shows, section by section."""
    findings = Findings()
    for name, section in (
        ("records", head.records),
        ("patients", table_one.patients),
        ("toxicity", toxicity.toxicity),
        ("computed grades", computed.computed),
        ("toxicity table", toxicity_table.toxicity_table),
        ("spells", spells.spells),
        ("scores", scores.scores),
        ("systems", concordance.concordance),
        ("timelines", timelines.timelines),
        ("treatment", treatment.treatment),
        ("doses", doses.doses),
        ("concentrations", kinetics.kinetics),
        ("response", response.response),
        ("natural recovery", recovery.recovery),
        ("context", context.context),
        ("biomarkers", biomarkers.biomarkers),
        ("comparisons", comparisons.comparisons),
        ("outcomes", outcomes.outcomes),
        ("methods", methods.methods),
        ("key figures", head.key_figures),
    ):
        if progress:
            progress(name)
        findings.add(section(cohort))
    natural = findings.texts["natural_recovery_figure"]
    findings.tables["key_figures"] = head.beside_responders(findings.tables["key_figures"], natural)
    return findings
