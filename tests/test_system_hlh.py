"""Criteria of hyperinflammation: each criterion, both sides of each limit, what is missing, the options.

Sources stand in ``abate.grading.systems``: ``cartox_hlh``, ``hlh_2004``, ``iec_hs``, ``mas``.
"""

import pytest

from calculated import Case, found, sheet

ORGANS = "hepatic_grade=0; renal_grade=0; pulmonary_grade=0; hemophagocytosis=no"
CARTOX = sheet(
    "cartox-hlh",
    """
    what                          | inputs                                              | value | class   | criteria
    two organs and ferritin       | ferritin=10001; hepatic_grade=3; renal_grade=3      | 2     | met     |
    ferritin of 10,000 exactly    | ferritin=10000; hepatic_grade=3; renal_grade=3      | 2     | not met |
    one organ, however severe     | ferritin=25000; hepatic_grade=4; renal_grade=2      | 1     | not met |
    grade 2 does not count        | ferritin=25000; hepatic_grade=2; pulmonary_grade=2  | 0     | not met | ferritin
    lung and hemophagocytosis     | ferritin=25000; pulmonary_grade=3; hemophagocytosis=yes | 2 | met     |
    ferritin not known            | hepatic_grade=3; renal_grade=3                      | 2     | ?       |
    ... and one organ             | hepatic_grade=3                                     | 1     | not met |
    an organ not known            | ferritin=25000; hepatic_grade=3; renal_grade=       | 1     | ?       |
    ferritin above the assay      | ferritin=>10000; hepatic_grade=3; renal_grade=3     | 2     | met     |
    """,
    given=ORGANS,
)

FINE = "temperature=37; splenomegaly=no; hemoglobin=12; platelets=200; anc=3; triglyceride=100; fibrinogen=300"
FINE += "; hemophagocytosis=no; ferritin=100; sil2r=500; nk_activity_low=no"
CRITERIA = """
    what                         | inputs                                    | value | class   | criteria
    nothing                      |                                           | 0     | not met | none
    38.4 °C                      | temperature=38.4                          | 0     |         |
    38.5 °C                      | temperature=38.5                          | 1     |         | fever
    splenomegaly                 | splenomegaly=yes                          | 1     |         | splenomegaly
    one lineage                  | hemoglobin=8.9                            | 0     |         |
    two lineages                 | hemoglobin=8.9; platelets=99              | 1     |         | cytopenias
    at the limits                | hemoglobin=9.0; platelets=100; anc=1.0    | 0     |         | none
    hemoglobin at its limit      | hemoglobin=9.0; platelets=99              | 0     |         | none
    platelets at theirs          | hemoglobin=8.9; platelets=100             | 0     |         | none
    neutrophils at theirs        | hemoglobin=8.9; anc=1.0                   | 0     |         | none
    neutrophils and platelets    | platelets=99; anc=0.99                    | 1     |         | cytopenias
    triglycerides 265 mg/dL      | triglyceride=265                          | 1     |         |
    under 265                    | triglyceride=264                          | 0     |         |
    triglycerides 3.0 mmol/L     | triglyceride=3.0 mmol/L                | 1     |         |
    2.99 mmol/L                  | triglyceride=2.995 mmol/L              | 0     |         |
    fibrinogen 150 mg/dL         | fibrinogen=150                            | 1     |         |
    over 150                     | fibrinogen=151                            | 0     |         |
    both count once              | triglyceride=400; fibrinogen=90           | 1     |         |
    hemophagocytosis             | hemophagocytosis=yes                      | 1     |         | hemophagocytosis
    NK cells                     | nk_activity_low=yes                       | 1     |         | NK cells
    ferritin 500                 | ferritin=500                              | 1     |         | ferritin
    under 500                    | ferritin=499.9                            | 0     |         |
    soluble CD25 2,400           | sil2r=2400                                | 1     |         | soluble CD25
    under 2,400                  | sil2r=2399                                | 0     |         |
    four                         | temperature=39; splenomegaly=yes          | 4     | not met |
                                 | ferritin=900; sil2r=9000                  |       |         |
    five                         | temperature=39; splenomegaly=yes          | 5     | met     |
                                 | ferritin=900; sil2r=9000; fibrinogen=90   |       |         |
    five, the others not known   | temperature=39; splenomegaly=yes          | 5     | met     |
                                 | ferritin=900; sil2r=9000; fibrinogen=90   |       |         |
                                 | hemophagocytosis=; nk_activity_low=       |       |         |
    four and one not known       | temperature=39; splenomegaly=yes          | 4     | ?       |
                                 | ferritin=900; sil2r=9000; fibrinogen=     |       |         |
    a molecular diagnosis        | molecular_diagnosis=yes                   | 0     | met     |
    """
HLH_2004 = sheet("hlh-2004", CRITERIA, given=FINE)
WITHOUT_NK = "\n".join(line for line in CRITERIA.splitlines() if "NK cells" not in line)
HLH_2024 = sheet("hlh-2024", WITHOUT_NK, given=FINE)
"""The same thresholds, without the function of NK cells."""
EDGES = {
    "hlh_2004_edges=strict": """
        what               | inputs            | value
        ferritin 500       | ferritin=500      | 0
        over 500           | ferritin=500.1    | 1
        soluble CD25 2,400 | sil2r=2400        | 0
        over 2,400         | sil2r=2401        | 1
        triglycerides 265  | triglyceride=265  | 0
        over 265           | triglyceride=266  | 1
        3.0 mmol/L         | triglyceride=3.0 mmol/L  | 0
        over 3.0 mmol/L    | triglyceride=3.01 mmol/L | 1
        fibrinogen 150     | fibrinogen=150    | 0
        under 150          | fibrinogen=149    | 1
        """,
    "hlh_2004_fever=38.3": """
        what    | inputs           | value
        38.3 °C | temperature=38.3 | 1
        38.2 °C | temperature=38.2 | 0
        """,
    "hlh_2004_fever=38.0": """
        what    | inputs           | value
        38.0 °C | temperature=38.0 | 1
        37.9 °C | temperature=37.9 | 0
        """,
}
HLH_OPTIONS = [
    *(
        case
        for key in ("hlh-2004", "hlh-2024")
        for option, text in EDGES.items()
        for case in sheet(key, text, given=FINE, options=option)
    ),
    *sheet(
        "hlh-2024",
        """
        what                | inputs                                                 | value | class
        NK cells left out   | temperature=39; ferritin=900; sil2r=9000; fibrinogen=90 | 4     | not met
        five of seven       | temperature=39; ferritin=900; sil2r=9000; fibrinogen=90 | 5     | met
                            | splenomegaly=yes                                       |       |
        """,
        given=FINE.replace("; nk_activity_low=no", ""),
    ),
]

LIMITS = "ferritin_uln=300; ferritin_baseline=200"
NO_SIGN = "transaminases_ratio=1; fibrinogen=300; fibrinogen_lln=200; hemophagocytosis=no; new_grade_4_cytopenia=no"
IEC_HS = [
    *sheet(
        "iec-hs-gate",
        """
        what                        | inputs                                | class  | missing
        over twice the baseline     | ferritin=401                          | open   | none
        twice the baseline          | ferritin=400                          | closed | none
        over twice the limit        | ferritin=601; ferritin_baseline=900   | open   |
        neither                     | ferritin=600; ferritin_baseline=900   | closed |
        rises rapidly               | ferritin=350; ferritin_rapid_rise=yes | open   |
        the baseline not known      | ferritin=500; ferritin_baseline=      | ?      | ferritin_baseline
        ... over twice the limit    | ferritin=601; ferritin_baseline=      | open   | none
        """,
        given=LIMITS,
    ),
    *sheet(
        "iec-hs-gate",
        """
        what                    | inputs                              | class
        over twice the baseline | ferritin=401                        | closed
        twice the limit         | ferritin=600                        | closed
        over twice the larger   | ferritin=601                        | open
        the baseline is larger  | ferritin=700; ferritin_baseline=400 | closed
        rises rapidly           | ferritin=350; ferritin_rapid_rise=yes | open
        """,
        given=LIMITS,
        options="iec_hs_ferritin_gate=stricter",
    ),
    *sheet(
        "iec-hs",
        """
        what                     | inputs                                | value | class | criteria
        nothing                  |                                       | 0     | ?     | none
        transaminases 5 times    | transaminases_ratio=5                 | 0     |       |
        over 5 times             | transaminases_ratio=5.1               | 1     |       | transaminases
        fibrinogen 150           | fibrinogen=150; fibrinogen_lln=140    | 0     |       |
        under 150                | fibrinogen=149; fibrinogen_lln=140    | 1     |       | fibrinogen
        under the limit          | fibrinogen=199                        | 1     |       | fibrinogen
        hemophagocytosis         | hemophagocytosis=yes                  | 1     |       | hemophagocytosis
        a cytopenia              | new_grade_4_cytopenia=yes             | 1     |       | cytopenia
        as CRS resolves          | onset_as_crs_resolves=yes             | 1     |       | onset as CRS resolves
        """,
        given=f"{NO_SIGN}; onset_as_crs_resolves=no",
    ),
    *sheet(
        "iec-hs-other",
        """
        what              | inputs                                    | value | bounds
        ldh above normal | ldh_above_normal=yes | 1 | 1-9
        ... absent | ldh_above_normal=no | 0 | 0-8
        prolonged clotting | prolonged_clotting=yes | 1 | 1-9
        ... absent | prolonged_clotting=no | 0 | 0-8
        direct hyperbilirubinemia | direct_hyperbilirubinemia=yes | 1 | 1-9
        ... absent | direct_hyperbilirubinemia=no | 0 | 0-8
        new splenomegaly | new_splenomegaly=yes | 1 | 1-9
        ... absent | new_splenomegaly=no | 0 | 0-8
        fever | fever=yes | 1 | 1-9
        ... absent | fever=no | 0 | 0-8
        neurotoxicity | neurotoxicity=yes | 1 | 1-9
        ... absent | neurotoxicity=no | 0 | 0-8
        lung | lung=yes | 1 | 1-9
        ... absent | lung=no | 0 | 0-8
        new renal insufficiency | new_renal_insufficiency=yes | 1 | 1-9
        ... absent | new_renal_insufficiency=no | 0 | 0-8
        two, others not known | ldh_above_normal=yes; neurotoxicity=yes | 2   | 2-9
        triglycerides 265 | triglyceride=265                          | 0     | 0-8
        over 265          | triglyceride=266                          | 1     | 1-9
        """,
    ),
]

MAS = [
    *sheet(
        "mas-l",
        """
        what                    | inputs                                              | class
        rise and fibrinogen     | ferritin_rise=100; fibrinogen=149; ldh_ratio=1      | met
        rise and LDH            | ferritin_rise=100; fibrinogen=300; ldh_ratio=2.01   | met
        neither                 | ferritin_rise=100; fibrinogen=150; ldh_ratio=2.0    | not met
        no such rise            | ferritin_rise=99.9; fibrinogen=100; ldh_ratio=3     | not met
        LDH not known           | ferritin_rise=100; fibrinogen=200                   | ?
        """,
    ),
    *sheet(
        "mas-2016",
        """
        what                     | inputs                                     | value | class
        two, at their limits     | platelets=181; fibrinogen=360              | 2     | met
        beyond them              | platelets=182; fibrinogen=361; ast=49      | 1     | not met
        AST and triglycerides    | ast=48.1; triglyceride=157                 | 2     | met
        at those limits          | ast=48; triglyceride=156                   | 0     | not met
        afebrile                 | febrile=no; platelets=50; ast=200          | 2     | not met
        febrile by temperature   | febrile=; temperature=38.0; platelets=50; ast=200 | 2 | met
        37.9 °C                  | febrile=; temperature=37.9; platelets=50; ast=200 | 2 | not met
        ferritin 684             | ferritin=684; platelets=50; ast=200        | 2     | not met
        fever not known          | febrile=; platelets=50; ast=200            | 2     | ?
        """,
        given="febrile=yes; ferritin=685; platelets=300; ast=20; triglyceride=100; fibrinogen=400",
    ),
    *sheet(
        "mas-2016",
        """
        what    | inputs           | class
        38.4 °C | temperature=38.4 | not met
        38.5 °C | temperature=38.5 | met
        """,
        given="ferritin=685; platelets=100; ast=80; triglyceride=100; fibrinogen=400",
        options="mas_2016_fever=38.5",
    ),
    *sheet(
        "ohi",
        """
        what            | inputs                     | value | class
        both            | sil2r=3900.1; ferritin=1000.1 | 2  | met
        at their limits | sil2r=3900; ferritin=1000  | 0     | not met
        one             | sil2r=3901; ferritin=1000  | 1     | not met
        one not known   | ferritin=2000              | 1     | ?
        """,
    ),
]


@pytest.mark.parametrize("case", [*CARTOX, *HLH_2004, *HLH_2024, *HLH_OPTIONS, *IEC_HS, *MAS], ids=str)
def test_a_case_is_judged(case: Case) -> None:
    assert found(case) == case.expected
