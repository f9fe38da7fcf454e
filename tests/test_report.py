"""The report: whole or not at all, self-contained, and text from the data stays text."""

import csv
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from abate import verbs
from abate.findings.plan import TEMPLATE
from abate.records.problems import AbateError
from abate.report import output
from abate.report.text import csv_text, write_table
from spec import write_folder

ONE = ("astct_crs",)
"""Where the systems do not matter."""
EVIL = "<script>alert(1)</script>"
TABLES = {
    "patients": f"""
        patient_id   | age | sex | weight_kg | last_contact_day | stage
        {EVIL}       | 50  | F   | 70        | 40               | <b>IV</b>
        B & "C"      | 61  | M   |           | 40               | III
    """,
    "drugs": f"""
        patient_id | drug          | amount | unit  | dose_count | interval_h | day | kind           | end_day
        {EVIL}     | anakinra      | 100    | mg    | 3          | 24         | 5   |                |
        B & "C"    | anakinra      | 2      | mg/kg |            |            | 6   |                |
        {EVIL}     | dexamethasone | 40     | mg    |            |            | 2   | interval total | 6
        {EVIL}     | tocilizumab   | 8      | mg/kg |            |            | 3   |                |
    """,
    "events": f"""
        patient_id | event       | system | value | day | text
        {EVIL}     | icans_grade | ASTCT  | 4     | 5   |
        {EVIL}     | icans_grade | ASTCT  | 1     | 7   |
        {EVIL}     | crs_grade   | ASTCT  | 2     | 4   |
        {EVIL}     | death       |        |       | 40  | <i>sepsis</i>
    """,
    "measurements": f"""
        patient_id | variable | value | unit | day
        {EVIL}     | crp      | 10    | mg/L | 0
        {EVIL}     | crp      | <2    | mg/L | 2
        {EVIL}     | crp      | 90    | mg/L | 8
        B & "C"    | crp      | 4     | mg/L | 1
        B & "C"    | crp      | 8     | mg/L | 3
        B & "C"    | crp      | 9     | mmol | 4
    """,
}
MAPPING = """
[study]
title = "A <em>small</em> cohort"
treatment = "anakinra"
[groups.sex]
column = "sex"
[[comparisons]]
variables = ["crp"]
measure = "peak"
group = "sex"
window = [0, 5]
"""


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("small")
    write_folder(folder / "records", MAPPING, **TABLES)
    (folder / "plan.toml").write_text(TEMPLATE, encoding="utf-8")
    verbs.run(folder / "records", folder / "report", plan=folder / "plan.toml")
    return folder / "report"


class Page(HTMLParser):
    """Collects the elements and the attributes of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.ids: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        self.ids += [value or "" for name, value in attrs if name == "id"]


def test_text_from_the_data_is_text(report: Path) -> None:
    page = (report / "report.html").read_text(encoding="utf-8")
    found = Page(page)
    assert found.elements.count("script") == 1  # the page's own
    assert EVIL not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<em>small</em>" not in page and "<b>IV</b>" not in page and "<i>sepsis</i>" not in page
    assert not [name for name, _ in found.attributes if name.startswith("on")]


def test_the_page_names_no_outside_address(report: Path) -> None:
    page = (report / "report.html").read_text(encoding="utf-8")
    assert not re.search(r"https?:|//[a-z0-9-]+\.[a-z]", page)
    links = [value for name, value in Page(page).attributes if name in ("href", "src")]
    assert links and all(link.startswith(("#", "data:text/csv;base64,")) for link in links)


def test_every_link_within_the_page_has_its_place(report: Path) -> None:
    found = Page((report / "report.html").read_text(encoding="utf-8"))
    inner = {value[1:] for name, value in found.attributes if name == "href" and value.startswith("#")}
    assert inner <= set(found.ids)
    assert len(set(found.ids) - {"hatch"}) == len([name for name in found.ids if name != "hatch"])


def test_sections_stand_in_the_order_of_a_paper(report: Path) -> None:
    page = (report / "report.html").read_text(encoding="utf-8")
    titles = re.findall(r"<h2>(.*?)</h2>", page)
    assert titles == [
        "Key figures",
        "Records",
        "Patients",
        "Toxicity by day",
        "Treatment",
        "Response",
        "Biomarkers",
        "Outcomes",
        "Results of the plan",
        "Systems compared",
        "Audit",
        "Methods",
        "One patient",
    ]


def test_every_figure_has_its_numbers_and_its_files(report: Path) -> None:
    page = (report / "report.html").read_text(encoding="utf-8")
    names = re.findall(r'<figure id="figure-([^"]+)"', page)
    assert "toxicity_icans" in names and "toxicity_crs" in names and "comparisons" in names
    assert page.count("data:text/csv;base64,") == len(names)
    for name in names:
        svg = (report / "figures" / f"{name}.svg").read_text(encoding="utf-8")
        assert svg.startswith("<svg") and "var(--" not in svg and EVIL not in svg
        assert (report / "figures" / f"{name}.png").read_bytes().startswith(b"\x89PNG")


def test_a_day_without_a_grade_is_unknown_and_not_grade_0(report: Path) -> None:
    svg = (report / "figures" / "toxicity_icans.svg").read_text(encoding="utf-8")
    cells = re.findall(r'aria-label="([^"]*ICANS grade[^"]*)"', svg)
    assert len(cells) == 2  # two grades were recorded: nothing is interpolated between them
    assert svg.count('fill="url(#hatch)"') == 2  # one ground for each patient


def test_tables_are_written_as_csv_and_parquet_alike(report: Path) -> None:
    table = pq.read_table(report / "tables" / "responses.parquet")
    assert table["patient"].to_pylist() == [EVIL, 'B & "C"']
    with (report / "tables" / "responses.csv").open(encoding="utf-8", newline="") as file:
        assert next(csv.reader(file))[:4] == ["patient", "toxicity", "eligible", "response"]


def test_run_json_tells_versions_inputs_options_and_counts(report: Path) -> None:
    run = json.loads((report / "run.json").read_text(encoding="utf-8"))
    assert run["options"]["high_grade"] == 3
    assert set(run["input"]["files"]) == {"abate.toml", *(f"{name}.csv" for name in TABLES)}
    counts = run["counts"]["measurements"]
    assert counts["values_in"] == counts["used"] + counts["set_aside"] == 6
    assert counts["set_aside"] == 1


def test_a_failed_run_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    records = write_folder(tmp_path / "records", MAPPING, **TABLES)

    def broken(*_: object) -> str:
        raise RuntimeError("the page cannot be written")

    monkeypatch.setattr(output, "render", broken)
    with pytest.raises(RuntimeError):
        verbs.run(records, tmp_path / "report", systems=ONE)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".report.lock", "records"]


def test_a_failed_run_leaves_the_earlier_report_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, report: Path
) -> None:
    records = write_folder(tmp_path / "records", MAPPING, **TABLES)
    earlier = tmp_path / "report"
    earlier.mkdir()
    (earlier / "run.json").write_text((report / "run.json").read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setattr(output, "png", lambda _: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        verbs.run(records, earlier, systems=ONE)
    assert [path.name for path in earlier.iterdir()] == ["run.json"]
    assert sorted(path.name for path in tmp_path.iterdir()) == [".report.lock", "records", "report"]


def test_a_folder_that_is_not_a_report_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter1.txt").write_text("years of work", encoding="utf-8")
    with pytest.raises(AbateError, match="exists and is not a report"):
        verbs.run("strati2020", tmp_path / "thesis")
    assert (tmp_path / "thesis" / "chapter1.txt").read_text(encoding="utf-8") == "years of work"


def test_a_second_run_replaces_the_first(tmp_path: Path) -> None:
    records = write_folder(tmp_path / "records", patients="patient_id | age\nA | 50")
    verbs.run(records, tmp_path / "report", systems=ONE)
    (tmp_path / "report" / "stale.txt").write_text("", encoding="utf-8")
    verbs.run(records, tmp_path / "report", systems=ONE)
    assert not (tmp_path / "report" / "stale.txt").exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == [".report.lock", "records", "report"]


def test_patients_alone_give_a_page_that_says_what_is_not_there(tmp_path: Path) -> None:
    records = write_folder(tmp_path / "records", patients="patient_id | age\nA | 50\nB | 60")
    page = (verbs.run(records, tmp_path / "report", systems=ONE).path / "report.html").read_text(encoding="utf-8")
    for sentence in (
        "The records hold no drug.",
        "The records hold no grade of a clinician for a day. No grade could be computed",
        "No patient was treated with a treatment under study.",
        "The records hold no dated laboratory value that can be used.",
        "The records hold no death; that is not the same as none having died.",
        "These records come with no published figures to hold them against.",
    ):
        assert sentence in page


def test_a_plan_is_answered_on_the_page_and_kept_beside_it(report: Path) -> None:
    """The protocol before any result, every analysis with its reason for silence, and the plan as it was read."""
    page = (report / "report.html").read_text(encoding="utf-8")
    results = page[page.index('<section id="results">') : page.index('<section id="systems">')]
    assert results.index("The trial that is emulated") < results.index("The same question by each analysis")
    assert "ever against never treated (biased)" in results and "Not told." in results
    assert 'id="figure-states"' in results
    assert (report / "plan.toml").read_text(encoding="utf-8") == TEMPLATE


def test_recovery_without_the_treatment_stands_beside_the_responders(report: Path) -> None:
    """Among the key figures and in the section on response, and where it comes from."""
    page = (report / "report.html").read_text(encoding="utf-8")
    key = page[page.index('<section id="key-figures">') : page.index('<section id="records">')]
    assert "without anakinra 25 to 42 % expected within 7 days, from published durations, any grade to none" in key
    response = page[page.index('<section id="response">') : page.index('<section id="biomarkers">')]
    assert "Recovery without anakinra cannot be learnt from this cohort." in response


def test_no_text_of_the_data_is_a_formula_to_a_spreadsheet(tmp_path: Path) -> None:
    """In cells and headers of CSV; signed numbers and intervals stay; Parquet holds what was recorded."""
    words = [
        "=cmd|' /C calc'!A0",
        "@SUM(A1)",
        "+1+cmd",
        "-2+3",
        "\t=1",
        "-17",
        "+3 to +40",
        "-100 to +100",
        "fever",
        None,
    ]
    table = pa.table({"=HYPERLINK(1)": words})
    write_table(tmp_path, "told", table)
    said = csv_text(table).splitlines()
    assert (tmp_path / "told.csv").read_text(encoding="utf-8").splitlines() == said
    assert said[0].strip('"') == "'=HYPERLINK(1)"
    assert [line.strip('"')[0] for line in said[1:6]] == ["'"] * 5
    assert [line.strip('"') for line in said[6:10]] == ["-17", "+3 to +40", "-100 to +100", "fever"]
    assert pq.read_table(tmp_path / "told.parquet")["=HYPERLINK(1)"].to_pylist() == words
