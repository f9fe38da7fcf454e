"""The mapping file ``abate.toml``: what a folder's own names mean, and what the study asks.

Every part is optional. A key that is not known is an error: a misspelt one must not be ignored.
"""

import math
import tomllib
import zoneinfo
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from abate.records.dictionary import Dictionary, Variable, dictionary
from abate.records.options import Options
from abate.records.parse import MISSING, Reading
from abate.records.problems import Problem, UnusableRecordsError
from abate.records.tables import DOMAINS, TABLES
from abate.records.units import convert

NAME = "abate.toml"
MEASURES = ("baseline", "peak", "auc", "auc_per_day")
VARIABLES = "a variable of the dictionary (variables.csv) or one declared as [variables.NAME]"
BY_RESPONSE = "responder"
"""The group that is known only after the treatment began; every other is declared."""
ANCHORS = ("infusion", "onset", "treatment")


@dataclass(frozen=True)
class Part:
    """One file that feeds one table: ``[[measurements]]`` and its like in the mapping file.

    Attributes
    ----------
    file
        Its name within the folder.
    columns
        Our column name to theirs.
    constants
        Our column name to one text that holds for every row.
    values
        Our column name to a map from their words to ours.
    where
        Their column name to the texts for which a row is taken; other rows are not of this table.
    """

    file: str
    columns: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Group:
    """A division of the patients: a column of theirs, with a label for each of its values."""

    name: str
    column: str
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Comparison:
    """One comparison of two groups, named beforehand.

    Attributes
    ----------
    variables, measure, group
        What is compared, in which summary, between the groups of which name.
    window
        First and last moment of the window (days from the anchor, the last not included).
    anchor
        What the window counts from: ``infusion``, ``onset`` (of the toxicity of the study) or ``treatment``.
    exclude_event
        An event: patients who have it before the window ends are left out, since the window would
        contain the outcome.
    """

    variables: tuple[str, ...]
    measure: str
    group: str
    window: tuple[float, float]
    exclude_event: str = ""
    anchor: str = "infusion"


@dataclass(frozen=True)
class Study:
    """What the user asks of the records.

    Attributes
    ----------
    title, population
        The head of the report.
    mark
        A warning shown on the page and every figure (synthetic, or no CAR T cells).
    mix_synthetic
        Whether made-up records may stand beside real ones.
    baseline
        The columns of the patients that make Table 1; all of them where none is named.
    treatment, toxicity, system
        The drug under study, the toxicity it is given for, and the grading system of its grades.
    reading, delimiter, encoding, zone
        How the files are written.
    """

    title: str = ""
    population: str = ""
    mark: str = ""
    mix_synthetic: bool = False
    baseline: tuple[str, ...] = ()
    treatment: str = ""
    toxicity: str = "ICANS"
    system: str = ""
    delimiter: str = ","
    encoding: str = "utf-8"
    zone: str = "UTC"
    reading: Reading = field(default_factory=Reading)
    options: Options = field(default_factory=Options)
    dictionary: Dictionary = field(default_factory=dictionary)
    coverage: Mapping[str, bool] = field(default_factory=dict)
    groups: Mapping[str, Group] = field(default_factory=dict)
    comparisons: tuple[Comparison, ...] = ()
    parts: Mapping[str, tuple[Part, ...]] = field(default_factory=dict)
    door: Mapping[str, Any] = field(default_factory=dict)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


class _Reader:
    """Takes keys out of the file's tables and remembers everything that is wrong."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def wrong(self, where: str, found: str, expected: str) -> None:
        """Remember one problem."""
        self.problems.append(Problem("unusable", NAME, where, found, expected, "Correct the mapping file."))

    def known(self, where: str, table: Mapping[str, Any], keys: Iterable[str]) -> None:
        """Complain of keys that are not known."""
        for key in table:
            if key not in keys:
                self.wrong(f"{where}.{key}".lstrip("."), "no key has this name", "one of " + ", ".join(keys))

    def table(self, where: str, value: Any) -> dict[str, Any]:
        """Return a TOML table, empty (and complained of) if it is something else."""
        if isinstance(value, dict):
            return value
        self.wrong(where, "this is not a table of keys", "key = value pairs")
        return {}

    def text(self, where: str, table: Mapping[str, Any], key: str, default: str = "") -> str:
        """Return one text."""
        value = table.get(key, default)
        if isinstance(value, str):
            return value
        self.wrong(f"{where}.{key}", "this is not a text", "a text in quotes")
        return default

    def texts(self, where: str, value: Any) -> dict[str, str]:
        """Return a table of texts; numbers are taken as they are written."""
        table = self.table(where, value)
        return {str(key): str(item) for key, item in table.items()}

    def pair(self, where: str, value: Any) -> tuple[float | None, float | None]:
        """Return a low and a high limit."""
        if isinstance(value, list) and len(value) == 2 and all(_is_number(item) for item in value):
            if value[0] < value[1]:
                return float(value[0]), float(value[1])
            self.wrong(where, "the first is not below the second", "[low, high]")
        else:
            self.wrong(where, "this is not a pair of numbers", "[low, high]")
        return None, None

    def list_of(self, where: str, value: Any) -> list[Any]:
        """Return a list, empty (and complained of) if it is something else."""
        if isinstance(value, list):
            return value
        self.wrong(where, "this is not a list", "[ ... ]")
        return []


def read_mapping(path: Path) -> Study:
    """Read a mapping file.

    Parameters
    ----------
    path
        The file; where it does not exist, everything has its default.

    Raises
    ------
    UnusableRecordsError
        Naming everything in the file that is not understood.
    """
    if not path.exists():
        return Study()
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        problem = Problem("unusable", NAME, "", "the file is not TOML", "a TOML file in UTF-8", f"{error}.")
        raise UnusableRecordsError([problem]) from error
    return study_from(content)


def study_from(content: Mapping[str, Any]) -> Study:
    """Return the study that the content of a mapping file describes; see :func:`read_mapping`."""
    read = _Reader()
    top = ("study", "reading", "options", "coverage", "groups", "comparisons", "variables", "drugs", "events", "door")
    read.known("", content, (*top, *(name for name in TABLES if name not in top)))
    study = read.table("study", content.get("study", {}))
    texts = ("title", "population", "mark", "treatment", "toxicity", "system")
    read.known("study", study, (*texts, "baseline", "mix_synthetic"))
    if study.get("mix_synthetic", False) not in (True, False):
        read.wrong("study.mix_synthetic", "this is not yes or no", "true or false")
    baseline = tuple(str(name) for name in read.list_of("study.baseline", study.get("baseline", [])))
    reading = read.table("reading", content.get("reading", {}))
    read.known("reading", reading, ("decimal", "delimiter", "encoding", "missing", "day0_kind", "zone"))
    chosen = read.table("options", content.get("options", {}))
    options = Options()
    try:
        options = Options(chosen, f"{NAME} [options]")
    except UnusableRecordsError as error:
        read.problems += error.problems
    parts = {name: _parts(read, name, content) for name in TABLES}
    additions = _additions(read, content)
    groups = _groups(read, content)
    known = dictionary().with_additions(*additions)
    result = Study(
        **{key: read.text("study", study, key, "ICANS" if key == "toxicity" else "") for key in texts},
        baseline=baseline,
        mix_synthetic=study.get("mix_synthetic", False) is True,
        delimiter=read.text("reading", reading, "delimiter", ","),
        encoding=read.text("reading", reading, "encoding", "utf-8"),
        zone=read.text("reading", reading, "zone", "UTC"),
        reading=_reading(read, reading, options),
        options=options,
        dictionary=known,
        coverage=_coverage(read, content),
        groups=groups,
        comparisons=_comparisons(read, content, known, groups),
        parts={name: found for name, found in parts.items() if found},
        door=read.table("door", content.get("door", {})),
    )
    if result.treatment and result.treatment not in known.drugs:
        read.wrong("study.treatment", "no drug has this name", "a drug of the dictionary")
    clocks = [options["laboratory_clock"], *(item.anchor for item in result.comparisons)]
    if "treatment" in clocks and not result.treatment:
        read.wrong(
            "study.treatment", "an anchor or the laboratory_clock is the treatment, and none is named", "a drug's name"
        )
    if read.problems:
        raise UnusableRecordsError(read.problems)
    return result


def _reading(read: _Reader, table: Mapping[str, Any], options: Options) -> Reading:
    decimal = read.text("reading", table, "decimal", ".")
    if decimal not in (".", ","):
        read.wrong("reading.decimal", "this is not a decimal mark", '"." or ","')
        decimal = "."
    try:
        zoneinfo.ZoneInfo(read.text("reading", table, "zone", "UTC"))
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        read.wrong("reading.zone", "no time zone has this name", "a name such as Europe/Berlin")
    missing = table.get("missing", list(MISSING))
    if not isinstance(missing, list) or not all(isinstance(word, str) for word in missing):
        read.wrong("reading.missing", "this is not a list of texts", 'such as ["", "NA"]')
        missing = []
    return Reading(
        decimal="," if decimal == "," else ".",
        missing=tuple(dict.fromkeys(["", *missing])),
        day0_kind=read.text("reading", table, "day0_kind", "infusion"),
        days_per_month=options["days_per_month"],
    )


def _parts(read: _Reader, name: str, content: Mapping[str, Any]) -> tuple[Part, ...]:
    entries = content.get(name, [])
    if name in ("drugs", "events", "coverage") and isinstance(entries, dict):
        return ()  # [drugs.NAME] and [events.NAME] add to the dictionary, [coverage] declares
    if not isinstance(entries, list):
        read.wrong(name, "this is not a list of files", f"one or more [[{name}]]")
        return ()
    parts = []
    for position, entry in enumerate(entries, 1):
        where = f"{name}[{position}]"
        entry = read.table(where, entry)  # noqa: PLW2901
        read.known(where, entry, ("file", "columns", "constants", "values", "where"))
        file = read.text(where, entry, "file")
        if not file or Path(file).is_absolute() or ".." in Path(file).parts:
            read.wrong(f"{where}.file", "no file within the folder is named", "a file name")
        values = read.table(f"{where}.values", entry.get("values", {}))
        wheres = read.table(f"{where}.where", entry.get("where", {}))
        parts.append(
            Part(
                file=file,
                columns=read.texts(f"{where}.columns", entry.get("columns", {})),
                constants=read.texts(f"{where}.constants", entry.get("constants", {})),
                values={key: read.texts(f"{where}.values.{key}", table) for key, table in values.items()},
                where={
                    key: tuple(str(word) for word in (words if isinstance(words, list) else [words]))
                    for key, words in wheres.items()
                },
            )
        )
    return tuple(parts)


def _additions(read: _Reader, content: Mapping[str, Any]) -> tuple[dict[str, Variable], dict[str, Any], dict[str, str]]:
    variables = {}
    for name, entry in read.table("variables", content.get("variables", {})).items():
        where = f"variables.{name}"
        table = read.table(where, entry)
        read.known(where, table, ("label", "unit", "hard", "usual", "conversions", "codes"))
        factors = read.table(f"{where}.conversions", table.get("conversions", {}))
        for unit, factor in factors.items():
            if not _is_number(factor):
                read.wrong(f"{where}.conversions.{unit}", "this is not a number", "the factor to its unit")
        if convert(read.text(where, table, "unit", "1"), "1").why == "not a UCUM unit":
            read.wrong(f"{where}.unit", "this is not a unit", "a UCUM unit")
        variables[name] = Variable(
            name=name,
            label=read.text(where, table, "label", name),
            unit=read.text(where, table, "unit", "1"),
            codes=tuple(str(code) for code in read.list_of(f"{where}.codes", table.get("codes", []))),
            conversions={unit: float(factor) for unit, factor in factors.items() if _is_number(factor)},
            hard=read.pair(f"{where}.hard", table["hard"]) if "hard" in table else (None, None),
            usual=read.pair(f"{where}.usual", table["usual"]) if "usual" in table else (None, None),
        )
    found: dict[str, dict[str, Any]] = {"drugs": {}, "events": {}}
    for kind, key in (("drugs", "class"), ("events", "label")):
        entries = content.get(kind, {})
        if isinstance(entries, dict):
            for name, entry in entries.items():
                table = read.table(f"{kind}.{name}", entry)
                read.known(f"{kind}.{name}", table, (key,))
                found[kind][name] = read.text(f"{kind}.{name}", table, key, name)
    drugs = {name: {"name": name, "drug_class": text} for name, text in found["drugs"].items()}
    return variables, drugs, found["events"]


def _coverage(read: _Reader, content: Mapping[str, Any]) -> dict[str, bool]:
    declared = content.get("coverage", {})
    if isinstance(declared, list):
        return {}  # [[coverage]] names files
    found = {}
    for domain, word in read.table("coverage", declared).items():
        if domain not in DOMAINS:
            read.wrong(f"coverage.{domain}", "no domain has this name", "one of " + ", ".join(DOMAINS))
        elif word not in ("complete", "incomplete"):
            read.wrong(f"coverage.{domain}", "this is not a declaration", '"complete" or "incomplete"')
        else:
            found[domain] = word == "complete"
    return found


def _groups(read: _Reader, content: Mapping[str, Any]) -> dict[str, Group]:
    groups = {}
    for name, entry in read.table("groups", content.get("groups", {})).items():
        table = read.table(f"groups.{name}", entry)
        read.known(f"groups.{name}", table, ("column", "labels"))
        labels = read.texts(f"groups.{name}.labels", table.get("labels", {}))
        groups[name] = Group(name, read.text(f"groups.{name}", table, "column", name), labels)
    return groups


def _comparisons(
    read: _Reader, content: Mapping[str, Any], known: Dictionary, groups: Mapping[str, Group]
) -> tuple[Comparison, ...]:
    comparisons = []
    for position, item in enumerate(read.list_of("comparisons", content.get("comparisons", [])), 1):
        where = f"comparisons[{position}]"
        entry = read.table(where, item)
        read.known(where, entry, ("variables", "measure", "group", "window", "anchor", "exclude_event"))
        variables = read.list_of(f"{where}.variables", entry.get("variables", []))
        for number, name in enumerate(variables, 1):
            if name not in known.variables:
                read.wrong(f"{where}.variables[{number}]", "no variable has this name", VARIABLES)
        measure = read.text(where, entry, "measure", "auc_per_day")
        if measure not in MEASURES:
            read.wrong(f"{where}.measure", "no measure has this name", "one of " + ", ".join(MEASURES))
        group = read.text(where, entry, "group")
        if group != BY_RESPONSE and group not in groups:
            read.wrong(f"{where}.group", "no group has this name", "a group declared as [groups.NAME], or responder")
        low, high = read.pair(f"{where}.window", entry.get("window"))
        anchor = read.text(where, entry, "anchor", "infusion")
        if anchor not in ANCHORS:
            read.wrong(f"{where}.anchor", "no anchor has this name", "one of " + ", ".join(ANCHORS))
        if (group, anchor) == (BY_RESPONSE, "treatment") and measure != "baseline" and (high or 0) > 0:
            read.wrong(f"{where}.window", "it would contain the response", "a window that ends by the treatment, at 0")
        event = read.text(where, entry, "exclude_event")
        if event and event not in known.events:
            read.wrong(f"{where}.exclude_event", "no event has this name", "an event of the dictionary")
        comparisons.append(Comparison(tuple(variables), measure, group, (low or 0.0, high or 0.0), event, anchor))
    return tuple(comparisons)
