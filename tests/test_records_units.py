"""Units are converted by a library and the dictionary, or the value is set aside; never guessed."""

import csv
from pathlib import Path

import pytest

from abate.records.dictionary import Variable, dictionary
from abate.records.units import convert, convert_drug, convert_rate, convert_variable
from reference_reader import fates, set_aside, used
from spec import cells, read_records

VARIABLES = dictionary().variables

FACTORS = """
    variable         | unit       | factor
    crp              | mg/dL      | 10
    crp              | ug/mL      | 1
    ferritin         | ng/mL      | 1
    ferritin         | pmol/L     | 1/2.247
    ldh              | ukat/L     | 60
    il6              | ng/L       | 1
    il1b             | ng/L       | 1
    triglyceride     | mmol/L     | 88.57
    fibrinogen       | g/L        | 100
    fibrinogen       | umol/L     | 34.0
    ast              | ukat/L     | 60
    alt              | ukat/L     | 60
    bilirubin_total  | umol/L     | 1/17.1
    bilirubin_direct | umol/L     | 1/17.1
    creatinine       | umol/L     | 1/88.4
    platelets        | /uL        | 0.001
    platelets        | K/uL       | 1
    platelets        | 10*3/uL    | 1
    platelets        | x10^9/L    | 1
    platelets        | /mm3       | 0.001
    anc              | cells/uL   | 0.001
    anc              | cells/µL   | 0.001
    anc              | /mm³       | 0.001
    platelets        | G/L        | 1
    platelets        | x 10⁹/L    | 1
    platelets        | 10^3/µL    | 1
    platelets        | k/ul       | 1
    creatinine       | µmol/l     | 1/88.4
    creatinine       | UMOL/L     | 1/88.4
    crp              | MG/DL      | 10
    ldh              | units/L    | 1
    sil2r            | IU/mL      | 1
    alc              | /uL        | 0.001
    wbc              | /uL        | 0.001
    hemoglobin       | g/L        | 0.1
    hemoglobin       | mmol/L     | 1.6114
    d_dimer_feu      | ng/mL{FEU} | 0.001
    d_dimer_feu      | ug/mL{FEU} | 1
    d_dimer_feu      | ng/mL{DDU} | 0.002
    inr              |            | 1
    inr              | {INR}      | 1
    albumin          | g/L        | 0.1
    sodium           | mEq/L      | 1
    potassium        | mEq/L      | 1
    phosphate        | mmol/L     | 3.097
    calcium          | mmol/L     | 4.008
    map              | mmHg       | 1
    heart_rate       | bpm        | 1
    spo2             | {fraction} | 100
    fio2             | {fraction} | 100
    spo2             | percent    | 1
    weight           | [lb_av]    | 0.45359237
    weight           | lbs        | 0.45359237
    weight           | g          | 0.001
    height           | [in_i]     | 2.54
    height           | m          | 100
    gcs_total        |            | 1
    ice              | {score}    | 1
"""


@pytest.mark.parametrize("row", cells(FACTORS), ids=lambda row: f"{row['variable']} {row['unit']}")
def test_a_factor(row: dict[str, str]) -> None:
    """One of the named unit is so many of the canonical one."""
    conversion = convert_variable(VARIABLES[row["variable"]], row["unit"])
    over, _, under = row["factor"].partition("/")
    assert conversion.factor == pytest.approx(float(over) / float(under or 1), rel=1e-9)
    assert conversion.offset == 0


def listed(shared: Path) -> list[tuple[str, str, float]]:
    """Return name, unit and factor of the reference list, with its own spellings made UCUM."""
    spelling = {"fraction": "{fraction}"} | {
        f"{unit} {kind}": f"{unit}{{{kind}}}" for unit in ("ng/mL", "ug/mL") for kind in ("FEU", "DDU")
    }
    found = []
    with (shared / "spec" / "codes_labs.csv").open(encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            factors = row["factor_to_canonical"].replace(" (DDU x2)", "").split("|")
            if row["name"] not in ("sil2r", "temperature") and factors != [""]:
                units = [spelling.get(unit, unit) for unit in row["other_units"].split("|")]
                found += [(row["name"], unit, float(factor)) for unit, factor in zip(units, factors, strict=True)]
    return found


def test_the_factors_agree_with_the_reference_list(shared: Path) -> None:
    """Every factor of the reference list is the one that is used (to the four digits that it prints)."""
    factors = listed(shared)
    assert len(factors) > 30
    for name, unit, factor in factors:
        conversion = convert_variable(VARIABLES[name], unit)
        assert conversion.factor == pytest.approx(factor, rel=2e-4), (name, unit)


def test_the_dictionary_agrees_with_the_reference_list(shared: Path) -> None:
    """Names, canonical units and limits of the dictionary are those of the reference list."""
    with (shared / "spec" / "codes_labs.csv").open(encoding="utf-8") as stream:
        rows = {row["name"]: row for row in csv.DictReader(stream)}
    assert rows.keys() <= VARIABLES.keys()
    for name, row in rows.items():
        limits = [float(row[limit]) for limit in ("hard_lo", "hard_hi", "soft_lo", "soft_hi")]
        assert (name, [*VARIABLES[name].hard, *VARIABLES[name].usual]) == (name, limits)
        assert VARIABLES[name].unit.replace("{FEU}", " FEU") == row["canonical_unit"]


@pytest.mark.parametrize("variable", VARIABLES.values(), ids=list(VARIABLES))
def test_every_variable_is_read_in_its_own_unit(variable: Variable) -> None:
    """The canonical unit is UCUM, and its limits are ordered: possible around usual."""
    assert convert_variable(variable, variable.unit) == (1.0, 0.0, "")
    assert convert(variable.unit, variable.unit).factor == pytest.approx(1)
    hard_low, hard_high = variable.hard
    low, high = variable.usual
    assert None not in (hard_low, low, high, hard_high)
    assert sorted([hard_low, low, high, hard_high]) == [hard_low, low, high, hard_high]  # type: ignore[type-var]


@pytest.mark.parametrize(
    ("variable", "unit"),
    [(variable, unit) for variable in VARIABLES.values() for unit in variable.refused],
    ids=lambda part: getattr(part, "name", part),
)
def test_a_refused_unit_is_refused(variable: Variable, unit: str) -> None:
    """A unit in which a variable is never reported is a slip of somebody's: nobody can tell whose."""
    assert convert_variable(variable, unit).factor is None


READ = """
    variable     | value   | unit     | says | of       | sign
    temperature  | 100.4   | [degF]   | 38   | Cel      |
    temperature  | 100.4   | °F       | 38   | Cel      |
    temperature  | 311.15  | K        | 38   | Cel      |
    temperature  | 38      | °C       | 38   | Cel      |
    crp          | 12.5    | mg/dL    | 125  | mg/L     |
    crp          | <5      | mg/L     | 5    | mg/L     | <
    crp          | < 0.5   | mg/dL    | 5    | mg/L     | <
    crp          | ≥ 10    | mg/L     | 10   | mg/L     | >=
    crp          | ≤10     | mg/L     | 10   | mg/L     | <=
    crp          | >=10    | mg/L     | 10   | mg/L     | >=
    crp          | >500    | mg/L     | 500  | mg/L     | >
    platelets    | 150     | K/uL     | 150  | 10*9/L   |
    platelets    | 150000  | /uL      | 150  | 10*9/L   |
    anc          | 0       | /uL      | 0    | 10*9/L   |
    anc          | 1.5e3   | cells/uL | 1.5  | 10*9/L   |
    triglyceride | 2       | mmol/L   | 177.14 | mg/dL  |
    ferritin     | 1554    | µg/L     | 1554 | ug/L     |
    ferritin     | 1554    | μg/L     | 1554 | ug/L     |
    inr          | 1.1     |          | 1.1  | 1        |
    gcs_total    | 15      |          | 15   | {score}  |
    rass         | -4      | {score}  | -4   | {score}  |
    weight       | 154     | lb       | 69.85322498 | kg |
"""


def test_values_arrive_in_their_canonical_unit(tmp_path: Path) -> None:
    """The number is converted to nine decimals; the sign before it and what was recorded are kept."""
    rows = cells(READ)
    table = "\n".join(["patient_id | " + READ.strip().splitlines()[0], *_lines(READ)])
    records = read_records(tmp_path, patients="patient_id\nA", measurements=table)
    found = used(records)
    assert set_aside(records) == {}
    for number, row in enumerate(rows, 2):
        read = found[number]
        assert (row, read["value"], read["unit"]) == (row, float(row["says"]), row["of"])
        assert (row, read["comparator"] or "") == (row, row["sign"])
        assert (read["recorded"], read["unit_recorded"] or "") == (row["value"], row["unit"])


def _lines(text: str) -> list[str]:
    return ["A | " + line.strip() for line in text.strip().splitlines()[1:]]


def test_limits_of_normal_and_bounds_are_in_the_unit_of_their_row(tmp_path: Path) -> None:
    """All numbers of a row are converted together."""
    records = read_records(
        tmp_path,
        patients="patient_id\nA",
        measurements="""
            patient_id | variable | value_low | value_high | lln | uln | unit
            A          | crp      | 1         | 2          | 0.1 | 0.5 | mg/dL
        """,
    )
    row = used(records)[2]
    assert [row[name] for name in ("value_low", "value_high", "lln", "uln")] == [10, 20, 1, 5]


def test_ferritin_in_milligrams_per_litre_is_set_aside_with_a_hint(tmp_path: Path) -> None:
    """The letter prints mg/L; nobody has grams of ferritin, and the hint says what it usually was."""
    records = read_records(
        tmp_path,
        patients="patient_id\nA",
        measurements="patient_id | variable | value | unit\nA | ferritin | 1554 | mg/L",
    )
    assert fates(records) == ["unit: unit"]
    assert "lost micro sign" in set_aside(records)[2]["hint"]
    assert "lost micro sign" in str(records.problems[0])


EDGES = """
    variable    | unit   | value     | fate
    temperature | Cel    | 25        | usual no
    temperature | Cel    | 24.99     | out
    temperature | Cel    | 46        | usual no
    temperature | Cel    | 46.01     | out
    temperature | Cel    | 34        | usual
    temperature | Cel    | 33.99     | usual no
    temperature | Cel    | 42.5      | usual
    temperature | Cel    | 42.51     | usual no
    temperature | [degF] | 77        | usual no
    temperature | [degF] | 76.9      | out
    temperature | [degF] | 114.8     | usual no
    temperature | [degF] | 114.9     | out
    crp         | mg/dL  | 100       | usual no
    crp         | mg/dL  | 100.001   | out
    crp         | mg/dL  | 50        | usual
    crp         | mg/dL  | 50.001    | usual no
    crp         | mg/L   | 0         | usual
    crp         | mg/L   | -0.000001 | out
    rass        |        | -5        | usual
    rass        |        | -6        | out
    rass        |        | 4         | usual
    rass        |        | 5         | out
    gcs_total   |        | 3         | usual
    gcs_total   |        | 2         | out
"""


def test_the_edges_of_what_is_possible_and_usual(tmp_path: Path) -> None:
    """On the edge is within, in any unit; beyond the possible is set aside, beyond the usual is noted."""
    table = "\n".join(["patient_id | " + EDGES.strip().splitlines()[0], *_lines(EDGES)])
    records = read_records(tmp_path, patients="patient_id\nA", measurements=table)
    found, lost = used(records), set_aside(records)
    for number, row in enumerate(cells(EDGES), 2):
        if row["fate"] == "out":
            assert (row, lost.get(number, {}).get("reason")) == (row, "range")
        else:
            assert (row, found[number]["outside_usual"]) == (row, row["fate"] == "usual no")


@pytest.mark.parametrize(
    ("unit", "canonical", "factor"),
    [
        ("mg", "mg", 1),
        ("g", "mg", 1000),
        ("mcg", "mg", 0.001),
        ("mcg/kg", "mg/kg", 0.001),
        ("mg/kg", "mg/kg", 1),
        ("IU", "[IU]", 1),
        ("units", "[IU]", 1),
        ("k[IU]", "[IU]", 1000),
    ],
)
def test_amounts_of_drugs(unit: str, canonical: str, factor: float) -> None:
    """Amounts become mg or international units, per kg where so recorded."""
    name, conversion = convert_drug(unit)
    assert name == canonical
    assert conversion.factor == pytest.approx(factor)


@pytest.mark.parametrize("unit", ["", "mL", "mg/m2", "mg/h", "tablet", "mg/kg/d"])
def test_what_is_no_amount_of_a_drug(unit: str) -> None:
    """A volume, a rate or a tablet cannot become mg."""
    assert convert_drug(unit)[1].factor is None


@pytest.mark.parametrize("unit", ["furlong", "mg/", "(mg/L", "mg L", "°", "🙂", "mg//L", "MGG/DL"])
def test_what_is_no_unit(unit: str) -> None:
    """Text that is not UCUM is not understood, and says so."""
    assert convert(unit, "mg/L") == (None, 0.0, "not a UCUM unit")


@pytest.mark.parametrize("unit", ["mCel", "Cel/min", "[pH]", "{a}{b}", "10*400/L"])
def test_a_unit_that_the_library_cannot_use_is_no_unit(unit: str) -> None:
    """Odd UCUM (a degree per minute, pH) must set a value aside, not stop the run."""
    assert convert(unit, "10*9/L").factor is None


RATES = """
    unit          | canonical    | factor
    mcg/min       | ug/min       | 1
    µg/min        | ug/min       | 1
    MCG/MIN       | ug/min       | 1
    mg/h          | ug/min       | 1000/60
    mcg / kg / min | ug/kg/min   | 1
    ng/kg/min     | ug/kg/min    | 0.001
    mg/kg/h       | ug/kg/min    | 1000/60
    U/h           | [IU]/min     | 1/60
    mU/min        | [IU]/min     | 0.001
    milliunits/min | [IU]/min    | 0.001
"""


@pytest.mark.parametrize("row", cells(RATES), ids=lambda row: row["unit"])
def test_a_rate_is_brought_to_one_unit(row: dict[str, str]) -> None:
    unit, conversion = convert_rate(row["unit"])
    whole, _sign, part = row["factor"].partition("/")
    assert unit == row["canonical"]
    assert conversion.factor == pytest.approx(float(whole) / float(part or 1))
