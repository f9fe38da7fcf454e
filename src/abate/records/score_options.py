"""Options of scores and counted criteria: where prints of one rule differ, or leave a number open."""

from abate.records.option import Option

SCORES = (
    Option(
        "hlh_2004_edges",
        "inclusive",
        ("inclusive", "strict"),
        "Whether a value at a limit of HLH-2004 counts: ferritin, soluble CD25, triglycerides and fibrinogen",
        "Henter 2007, doi:10.1002/pbc.21039, prints the limits as met (secondary); later prints are strict",
    ),
    Option(
        "hlh_2004_fever",
        "38.5",
        ("38.5", "38.3", "38.0"),
        "Least temperature that is fever in HLH-2004 (Cel)",
        "The protocol prints fever without a number; 38.5 is a later print, 38.3 of a consensus of 2019",
    ),
    Option(
        "lymphodepletion_within_days",
        14,
        (5, 60),
        "Days before the infusion within which fludarabine, cyclophosphamide or bendamustine is lymphodepletion (days)",
        "The same drugs treat lymphoma; our resolution",
    ),
    Option(
        "hlh_window_days",
        7,
        (3, 14),
        "Days within which the criteria of hyperinflammation must come together (days)",
        "No paper defines a window (HLH-2004, HScore, MAS 2016, OHI); our resolution",
    ),
    Option(
        "hscore_immunosuppression",
        "fardet",
        ("fardet", "all_cart"),
        "Who counts as immunosuppressed in the HScore: HIV or long-term drugs as recorded, or every recipient",
        "Fardet 2014, doi:10.1002/art.38690; after lymphodepletion everyone is, which adds 18 points to all",
    ),
    Option(
        "iec_hs_ferritin_gate",
        "literal",
        ("literal", "stricter"),
        "Ferritin that opens IEC-HS: over twice the limit of normal or twice the baseline, or over twice the larger",
        "Hines 2023, doi:10.1016/j.jtct.2023.03.006 (recalled); clinical review",
    ),
    Option(
        "iec_hs_rapid_rise",
        "rate_or_doubling",
        ("rate_or_doubling", "rate", "doubling", "off"),
        "What is a rapid rise of ferritin in records: 100 ug/L an hour between draws of 4 to 24 hours, twice as much "
        "within 24 hours, either (reaching 1,000 ug/L), or none",
        "Hines 2023 leaves it to judgement; the rate is that of Kennedy 2020, the rest our resolution",
    ),
    Option(
        "car_hematotox_edge",
        "printed",
        ("printed", "inclusive"),
        "CAR-HEMATOTOX at its binary cut-offs: neutrophils under 1.2 and hemoglobin under 9.0, or at them as well",
        "Rejeski 2021, doi:10.1182/blood.2020010543, prints over and under; equality is not defined",
    ),
    Option(
        "cockcroft_gault_weight",
        "actual",
        ("actual", "adjusted"),
        "Body weight of the creatinine clearance: as measured, or above 120 % of the ideal weight adjusted",
        "Cockcroft 1976, doi:10.1159/000180580, used the actual weight",
    ),
    Option(
        "mas_2016_fever",
        "38.0",
        ("38.0", "38.5"),
        "Least temperature that makes a patient febrile in the MAS 2016 criteria (Cel)",
        "Ravelli 2016, doi:10.1002/art.39332, prints no number; our resolution",
    ),
    Option(
        "mas_l_gap_hours",
        24,
        (24, 36),
        "Longest time between two draws of which a rise of ferritin is made in MAS-L (hours)",
        "Kennedy 2020, doi:10.1182/blood-2020-142612: within 24 hours; daily draws may lie a little further apart",
    ),
    Option(
        "icaht_counting",
        "cumulative",
        ("cumulative", "longest_joined", "cumulative_raw"),
        "How days of cytopenia are counted: all and recoveries of under 3 days, the longest run so joined, or low days "
        "alone",
        "Rejeski 2023, doi:10.1182/blood.2023020578, does not define it; clinical review: cumulative",
    ),
    Option(
        "icaht_late_rule",
        "two_at_threshold",
        ("two_at_threshold", "nadir"),
        "Late ICAHT: the highest grade with two values on different days, or that of the lowest value",
        "Rejeski 2023 asks for two measurements, or no transient fall; the nadir is that of the public grading code",
    ),
    Option(
        "icaht_compatibility",
        "native",
        ("native", "fredhutch"),
        "Grade as the public grading code does: counts rounded to tens, the longest run, the nadir, however few days",
        "Liang EC, et al. (Fred Hutch), automated grading of ICAHT",
    ),
)
