"""The rule language: every criterion reads known features, and a clinician's grade stands beside the computed one.

How a row of a sheet is written stands in :mod:`cells`.
"""

import ibis
import pytest
from ibis.expr.operations import Field

from abate.grading.rules import Criterion, System
from abate.grading.systems import SYSTEMS
from abate.records.dictionary import dictionary
from abate.records.options import REGISTRY
from abate.timeline.catalogue import CATALOGUE, Feature
from cells import Case, feature_names, sheet

CRITERIA = [pytest.param(item, id=f"{key}: {item.name}") for key, system in SYSTEMS.items() for item in system.criteria]
EVERY_SYSTEM = pytest.mark.parametrize("system", SYSTEMS.values(), ids=list(SYSTEMS))

CLINICIAN = sheet(
    """
    what                    | records                   | grade | clinician | primary     | attribution
    nobody judged           | fever_other_cause         | 0     | none      | 0 computed  | assumed
    judged, no system named | crs_grade 3               | 1     | 3-3       | 3 clinician | judged by a clinician
    judged 0                | crs_grade 0               | 1     | 0-0       | 0 clinician | judged by a clinician
    by this system          | crs_grade by ASTCT_2019 3 | 1     | 3-3       | 3 clinician | judged by a clinician
    by its family           | crs_grade by ASTCT 3      | 1     | 3-3       | 3 clinician | judged by a clinician
    by another system       | crs_grade by CARTOX 3     | 1     | none      | 1 computed  | assumed
    by one that is not here | crs_grade by Lee_2014 3   | 1     | none      | 1 computed  | assumed
    of another toxicity     | icans_grade 3             | 1     | none      | 1 computed  | assumed
    a bound: 2 or more      | crs_grade low 2           | 1     | 2-4       | ? clinician | judged by a clinician
    a bound: 2 or less      | crs_grade high 2          | 1     | 0-2       | ? clinician | judged by a clinician
    two that disagree       | crs_grade 1; crs_grade 3  | 1     | 1-3       | ? clinician | judged by a clinician
    two in time: the worst  | 08:00 crs_grade 1         | 1     | 3-3       | 3 clinician | judged by a clinician
                            | 20:00 crs_grade 3         |       |           |             |
    under two systems       | crs_grade by ASTCT 2      | 1     | 2-2       | 2 clinician | judged by a clinician
                            | crs_grade 2               |       |           |             |
    a maximum is of no day  | crs_max_grade 3           | 1     | none      | 1 computed  | assumed
    of the day before       | d-1 crs_grade 3           | 1     | none      | 1 computed  | assumed
    """,
    of="ASTCT CRS",
    given="well; temperature 38.5",
)

OTHERS = sheet(
    """
    what             | records                | CARTOX CRS: primary | ASTCT ICANS: primary | CARTOX CRES: primary
    CRS by CARTOX    | crs_grade by CARTOX 3  | 3 clinician         | 0 computed           | 0 computed
    CRS by ASTCT     | crs_grade by ASTCT 3   | 0 computed          | 0 computed           | 0 computed
    ICANS, no system | icans_grade 3          | 0 computed          | 3 clinician          | 3 clinician
    ICANS by ASTCT   | icans_grade by astct 3 | 0 computed          | 3 clinician          | 0 computed
    """,
    given="well",
)


@pytest.mark.parametrize("case", [*CLINICIAN, *OTHERS])
def test_a_clinicians_grade_stands_beside_the_computed_one(case: Case) -> None:
    """It is primary where there is one; both are kept, and attribution is assumed where nobody judged it."""
    assert case.found() == case.expected


@pytest.mark.parametrize("item", CRITERIA)
def test_a_criterion_needs_features_that_are_known(item: Criterion) -> None:
    """What it needs stands in the catalogue and in every patient-day, and so does its doubt."""
    assert item.needs
    assert set(item.needs) <= set(CATALOGUE)
    assert set(item.needs) <= feature_names()
    assert not item.doubt or item.doubt in feature_names()


@pytest.mark.parametrize("item", CRITERIA)
def test_a_criterion_says_what_it_is(item: Criterion) -> None:
    """A grade from 1 to 5, a name, the words of the paper, how well they are known, and an option that exists."""
    assert item.grade in range(1, 6)
    assert item.name and ";" not in item.name
    assert item.fact
    assert item.known in ("verified", "secondary", "recalled", "our resolution")
    if item.option is not None:
        name, value = item.option
        assert value in REGISTRY[name].values


@EVERY_SYSTEM
def test_a_condition_reads_no_more_than_it_names(system: System) -> None:
    """``needs`` are the features that the condition reads: an explanation shows these."""
    kinds = {name: "int64" if name in CATALOGUE and CATALOGUE[name].unit else "boolean" for name in feature_names()}
    rows = ibis.table(ibis.schema(kinds), name="days")
    beyond = {}
    for item in system.criteria:
        read = {field.name for field in rows.select(holds=item.condition).op().find(Field)}
        assert read, item.name
        beyond[item.name] = read & set(CATALOGUE) - set(item.needs)
    assert not {name: more for name, more in beyond.items() if more}


@EVERY_SYSTEM
def test_a_system_says_where_it_comes_from(system: System) -> None:
    """Title, citation with its DOI, grain, required features, and flags with a meaning."""
    assert system.title and ("doi:" in system.citation or "National Cancer Institute" in system.citation)
    assert system.grain == "day"
    assert set(system.required) <= set(CATALOGUE)
    assert {flag.name for flag in system.flags} <= feature_names()
    assert all(flag.meaning for flag in system.flags)
    assert len({flag.name for flag in system.flags}) == len(system.flags)


@EVERY_SYSTEM
def test_a_system_reaches_from_1_to_5(system: System) -> None:
    """Grade 5 is a death whose coded cause names the toxicity, and nothing else."""
    assert {item.grade for item in system.criteria} == {1, 2, 3, 4, 5}
    (death,) = [item for item in system.criteria if item.grade == 5]
    assert death.needs == (f"death_from_{system.toxicity.lower()}",)


@pytest.mark.parametrize("feature", CATALOGUE.values(), ids=list(CATALOGUE))
def test_a_feature_says_where_it_comes_from(feature: Feature) -> None:
    """Every source is a table and names of the dictionary; every feature is a column, and some criterion needs it."""
    known = dictionary()
    of_states = {row["variable"] for row in known.states}
    names = {"measurements": set(known.variables), "events": set(known.events), "states": of_states}
    for table, sources in feature.sources:
        if table != "drugs":
            assert set(sources) <= names[table], feature.name
    assert feature.meaning and feature.summary and feature.holds and feature.sources
    assert feature.name in feature_names()
