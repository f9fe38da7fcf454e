"""CTCAE v4.03 and v5.0, neurological terms: of a patient-day, and of one term in the calculator.

National Cancer Institute, CTCAE v4.03 (14 June 2010) and v5.0 (27 November 2017). How a row is written stands in
:mod:`cells` and :mod:`calculated`: "well" has nothing found and nothing missing.
"""

import pytest

import calculated
from cells import Case, sheet

DAYS = sheet(
    """
    what                        | records                                | CTCAE 4.03 neuro | CTCAE 5.0 neuro
    nothing found               |                                        | 0                | 0
    a tremor of grade 1         | organ_toxicity tremor 1                | 1                | 1
    confusion of grade 2        | organ_toxicity confusion 2             | 2                | 2
    delirium of grade 3         | organ_toxicity delirium 3              | 3                | 3
    somnolence of grade 4       | organ_toxicity somnolence 4            | 4                | 4
    the worst of several        | organ_toxicity tremor 1; organ_toxicity ataxia 3 | 3      | 3
    of another cause            | organ_toxicity delirium 3 excluded     | 0                | 0
    another organ               | organ_toxicity cardiac 3               | 0                | 0
    a partial seizure           | seizure focal 1                        | 1                | 3
    a generalized seizure       | seizure generalized 1                  | 2                | 3
    over 5 minutes              | seizure focal 5.1                      | 4                | 4
    5 minutes                   | seizure focal 5                        | 1                | 3
    status                      | seizure status 1                       | 4                | 4
    focal edema                 | intracranial focal_edema               | 4                | 3 [3-4]
    diffuse edema               | intracranial diffuse_edema             | 4                | 3 [3-4]
    a low ICE is not mapped     | ice 2                                  | ? [0-4]          | ? [0-4]
    ... a clinician graded it   | ice 2; organ_toxicity confusion 2      | 2                | 2
    a low CARTOX-10             | cartox10 9                             | ? [0-4]          | ? [0-4]
    a CAPD above 0              | capd 1                                 | ? [0-4]          | ? [0-4]
    depressed consciousness     | consciousness awakens_to_voice              | ? [0-4]          | ? [0-4]
    weakness                    | motor hemiparesis                      | ? [0-4]          | ? [0-4]
    sedated                     | 06:00 sedation yes                     | ? [0-4]          | ? [0-4]
    beside a seizure            | ice 2; seizure focal 1                 | 1 [1-4]          | 3 [3-4]
    events not recorded         | incomplete events                      | ? [0-4]          | ? [0-4]
    findings not recorded       | incomplete neuro                       | ? [0-4]          | ? [0-4]
    death due to ICANS          | death ICANS                            | 5                | 5
    """,
    given="well",
)
MILD = "severity=mild; limits=none; finding=none; new_onset=no"
TERMS = calculated.sheet(
    "ctcae-neuro",
    """
    what                          | inputs                                                        | grade | bounds
    encephalopathy, mild          | term=encephalopathy                                           | 1     | 1-1
    ... moderate                  | term=encephalopathy; severity=moderate                        | 2     | 2-2
    ... limiting instrumental ADL | term=encephalopathy; limits=instrumental                      | 2     | 2-2
    ... severe                    | term=encephalopathy; severity=severe                          | 3     | 3-3
    ... limiting self care        | term=encephalopathy; limits=self_care                         | 3     | 3-3
    ... life-threatening          | term=encephalopathy; severity=life_threatening                | 4     | 4-4
    ... died                      | term=encephalopathy; died=yes                                 | 5     | 5-5
    ... none                      | term=encephalopathy; severity=none                            | 0     | 0-0
    ... limits not said           | term=encephalopathy; limits=                                  | 1     | 1-3
    ... nothing said              | term=encephalopathy; severity=; limits=                       | ?     | 0-4
    tremor, limiting self care    | term=tremor; limits=self_care                                 | 3     | 3-3
    dysphasia is not asked limits | term=aphasia; limits=                                         | 1     | 1-1
    somnolence, stupor            | term=somnolence; finding=stupor                               | 3     | 3-3
    slow response                 | term=depressed level of consciousness; finding=slow_response  | 2     | 2-2
    difficult to arouse           | term=depressed consciousness; finding=difficult_to_arouse     | 3     | 3-3
    coma, v4.03                   | term=depressed consciousness; finding=coma; version=4.03      | 1     | 1-1
    coma, v5.0                    | term=depressed consciousness; finding=coma                    | 4     | 4-4
    confusion, died, v4.03        | term=confusion; died=yes; version=4.0                         | 5     | 5-5
    ... v5.0 has no grade 5       | term=confusion; died=yes                                      | 1     | 1-1
    delirium, new, v4.03          | term=delirium; new_onset=yes; version=4.03                    | 1     | 1-1
    ... v5.0                      | term=delirium; new_onset=yes                                  | 3     | 3-3
    ... in hospital, v4.03        | term=delirium; finding=hospitalized; version=4.03             | 3     | 3-3
    ... urgent intervention, v5.0 | term=delirium; finding=urgent_intervention                    | 3     | 3-3
    ... a threat of harm          | term=delirium; finding=threat_of_harm                         | 4     | 4-4
    headache, life-threatening    | term=headache; severity=life_threatening                      | 3     | 3-3
    hemorrhage, severe            | term=intracranial hemorrhage; severity=severe                 | 2     | 2-2
    weakness, severe              | term=muscle weakness; severity=severe                         | ?     | 0-4
    agitation, severe             | term=agitation; severity=severe; limits=                      | 3     | 3-3
    headache, moderate            | term=headache; severity=moderate                              | 2     | 2-2
    ataxia, a mechanical aid      | term=ataxia; finding=mechanical_aid                           | 3     | 3-3
    dysarthria, moderate          | term=dysarthria; severity=moderate                            | 2     | 2-2
    concentration impairment      | term=concentration impairment; limits=instrumental            | 2     | 2-2
    memory impairment             | term=memory impairment; severity=severe                       | 3     | 3-3
    cognitive disturbance         | term=cognitive disturbance; severity=moderate                 | 2     | 2-2
    hallucinations                | term=hallucinations; severity=life_threatening                | 4     | 4-4
    cerebral edema, new, v5.0     | term=edema cerebral; severity=none; new_onset=yes             | 3     | 3-3
    ... v4.03                     | term=edema cerebral; severity=none; new_onset=yes; version=4.03 | 0   | 0-0
    ... life-threatening          | term=cerebral edema; severity=life_threatening                | 4     | 4-4
    weakness, felt                | term=muscle weakness left-sided; finding=not_on_examination   | 1     | 1-1
    ... on examination            | term=muscle weakness right-sided; finding=on_examination      | 2     | 2-2
    ... limiting self care        | term=muscle weakness; limits=self_care                        | 3     | 3-3
    ... disabling, v4.03          | term=muscle weakness; finding=disabling; version=4.03         | 3     | 3-3
    ... v5.0                      | term=muscle weakness; finding=disabling                       | ?     | 0-4
    hemorrhage, seen              | term=intracranial hemorrhage; finding=asymptomatic; severity=none | 1 | 1-1
    ... treated                   | term=intracranial hemorrhage; finding=medical_intervention    | 2     | 2-2
    ... a drain                   | term=intracranial hemorrhage; finding=invasive_procedure      | 3     | 3-3
    ... in hospital, v5.0         | term=intracranial hemorrhage; finding=hospitalized            | 3     | 3-3
    ... v4.03                     | term=intracranial hemorrhage; finding=hospitalized; version=4.03 | 1  | 1-1
    seizure, partial              | term=seizure; finding=brief_partial                           | 1     | 1-1
    ... generalized, v4.03        | term=seizure; finding=brief_generalized; version=4.03         | 2     | 2-2
    ... new, v4.03                | term=seizure; finding=brief_partial; new_onset=yes; version=4.03 | 1  | 1-1
    ... new, v5.0                 | term=seizure; finding=brief_partial; new_onset=yes            | 3     | 3-3
    ... multiple                  | term=seizure; finding=multiple                                | 3     | 3-3
    ... prolonged                 | term=seizure; finding=prolonged                               | 4     | 4-4
    """,
    given=f"version=5.0; {MILD}",
)


@pytest.mark.parametrize("case", DAYS)
def test_every_day_has_its_grade(case: Case) -> None:
    assert case.found() == case.expected


@pytest.mark.parametrize("case", TERMS, ids=str)
def test_every_term_has_its_grade(case: calculated.Case) -> None:
    assert calculated.found(case) == case.expected
