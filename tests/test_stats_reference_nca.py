"""Every number of the noncompartmental reference: NonCompart and PKNCA in R, on public data, relative 1e-6."""

import csv
import math
import re
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from functools import cache
from typing import Any

import numpy as np
import pytest

from abate.exposure.noncompartmental import (
    PHOENIX,
    PHOENIX_BOLUS,
    PKNCA,
    PKNCA_WINDOW,
    Parameters,
    Profiles,
    Rules,
    parameters,
    profiles,
    window_area,
)
from stats_reference import DATA, FOLDER

FILE = FOLDER / "nca_R.csv"
INJECTED = ("indometh",)
"""Data of an injection, where the row does not tell the route."""
TAILS: dict[str, Any] = {"last": "last", "all": "all", "inf.obs": "observed", "inf.pred": "predicted"}
SHAPES: dict[str, Any] = {"linear": "linear", "log": "linear_up_log_down"}
SHAPES |= {"lin up/log down": "linear_up_log_down", "lin-log": "linear_log"}
NONCOMPART: dict[str, Callable[[Parameters], np.ndarray]] = {
    "CMAX": lambda found: found.cmax,
    "TMAX": lambda found: found.tmax,
    "CLST": lambda found: found.clast,
    "TLST": lambda found: found.tlast,
    "C0": lambda found: found.c_start,
    "CLSTP": lambda found: found.slope.last_predicted,
    "LAMZ": lambda found: found.slope.rate,
    "LAMZHL": lambda found: found.slope.half_life,
    "LAMZNPT": lambda found: found.slope.points,
    "LAMZLL": lambda found: found.slope.first_time,
    "LAMZUL": lambda found: found.tlast,
    "R2": lambda found: found.slope.r_squared,
    "R2ADJ": lambda found: found.slope.adjusted_r_squared,
    "CORRXY": lambda found: -np.sqrt(found.slope.r_squared),
    "AUCLST": lambda found: found.auc_last,
    "AUCALL": lambda found: found.auc_all,
    "AUCIFO": lambda found: found.auc_infinity(),
    "AUCIFP": lambda found: found.auc_infinity("predicted"),
    "AUCPEO": lambda found: found.percent_extrapolated(),
    "AUCPEP": lambda found: found.percent_extrapolated("predicted"),
    "AUCPBEO": lambda found: found.percent_before_first(),
    "AUCPBEP": lambda found: found.percent_before_first("predicted"),
    "AUMCLST": lambda found: found.aumc_last,
    "AUMCIFO": lambda found: found.aumc_infinity(),
    "AUMCIFP": lambda found: found.aumc_infinity("predicted"),
    "MRTIVLST": lambda found: found.aumc_last / found.auc_last,
    "MRTIVIFO": lambda found: found.aumc_infinity() / found.auc_infinity(),
    "MRTIVIFP": lambda found: found.aumc_infinity("predicted") / found.auc_infinity("predicted"),
    "AUMCPEO": lambda found: 100 * (1 - found.aumc_last / found.aumc_infinity()),
    "AUMCPEP": lambda found: 100 * (1 - found.aumc_last / found.aumc_infinity("predicted")),
}
NONCOMPART |= {name.replace("IV", "EV"): quantity for name, quantity in NONCOMPART.items() if name.startswith("MRTIV")}
SAME = {
    "cmax": "CMAX",
    "clast.obs": "CLST",
    "clast.pred": "CLSTP",
    "c0": "C0",
    "lambda.z": "LAMZ",
    "lambda.z.n.points": "LAMZNPT",
    "half.life": "LAMZHL",
    "r.squared": "R2",
    "adj.r.squared": "R2ADJ",
    "auclast": "AUCLST",
    "aucall": "AUCALL",
    "aucinf.obs": "AUCIFO",
    "aucinf.pred": "AUCIFP",
    "aucpext.obs": "AUCPEO",
    "aucpext.pred": "AUCPEP",
    "aumclast": "AUMCLST",
    "aumcinf.obs": "AUMCIFO",
    "aumcinf.pred": "AUMCIFP",
}
"""What PKNCA calls the same; it counts times from the start of the interval."""
TIMES = {"tmax": "TMAX", "tlast": "TLST", "lambda.z.time.first": "LAMZLL", "lambda.z.time.last": "LAMZUL"}


@dataclass(frozen=True)
class Row:
    """One number of R."""

    id: str
    dataset: str
    subject: str
    tool: str
    method: str
    quantity: str
    value: float

    def __str__(self) -> str:
        return "-".join((self.dataset, self.subject, self.tool, self.method, self.quantity))

    @property
    def unknown(self) -> LookupError:
        return LookupError(f"{FILE.name}: of the row {self} it is not known what it is")


def rows() -> list[Row]:
    if not FILE.is_file():
        return []
    with FILE.open(newline="") as file:
        return [row_of(row) for row in csv.DictReader(file)]


def row_of(read: dict[str, Any]) -> Row:
    value = float("nan" if read["value"] in ("NA", "NaN", "") else read["value"])
    return Row(**{field.name: read[field.name] for field in fields(Row)} | {"value": value})


@cache
def curves(dataset: str) -> Profiles:
    with (DATA / f"{dataset}.csv").open(newline="") as file:
        read = [{name.lower(): value for name, value in row.items()} for row in csv.DictReader(file)]
    columns = ([row[name] for row in read] for name in ("subject", "time", "conc"))
    patient, time, concentration = columns
    return profiles(patient, np.array(time, float), np.array(concentration, float))


@cache
def found(dataset: str, rules: Rules, start: float = 0.0, end: float = math.inf) -> Parameters:
    return parameters(curves(dataset), rules, start, end)


def of_noncompart(row: Row) -> np.ndarray:
    method = row.method.lower()
    down = re.search(r"down\W*(linear|log)", method)
    stated = re.search(r"bolus|infusion|extravascular", method)
    if not down or row.quantity not in NONCOMPART:
        raise row.unknown
    injected = stated[0] == "bolus" if stated else row.dataset in INJECTED
    rules = replace(PHOENIX_BOLUS if injected else PHOENIX, trapezoid=SHAPES[down[1]])
    return NONCOMPART[row.quantity](found(row.dataset, rules))


def of_pknca(row: Row) -> np.ndarray:
    method = re.search(r"auc\.method=([^;]+)", row.method)
    stretch = re.search(r"interval (\S+?)-(\S+)", row.method)
    if not method or not stretch or method[1].strip() not in SHAPES:
        raise row.unknown
    start, end = (float(edge) for edge in stretch.groups())
    rules = replace(PKNCA, trapezoid=SHAPES[method[1].strip()])
    quantity = row.quantity
    if quantity.startswith(("c0", "auciv", "aumciv")):
        # The same of an injection, whose concentration at the start is C0.
        rules, quantity = replace(rules, before_first="back_extrapolated"), quantity.replace("civ", "c")
    if quantity.startswith("aucint."):
        if rules.before_first == "missing":
            rules = replace(rules, before_first=PKNCA_WINDOW.before_first)
        tail = quantity.removeprefix("aucint.")
        if tail not in TAILS:
            raise row.unknown
        return window_area(curves(row.dataset), start, end, TAILS[tail], rules, shortened=True).area
    results = found(row.dataset, rules, start, end)
    if quantity in TIMES:
        return NONCOMPART[TIMES[quantity]](results) - start
    if quantity not in SAME:
        raise row.unknown
    return NONCOMPART[SAME[quantity]](results)


def computed(row: Row) -> float:
    """Return what abate makes of a row."""
    tools = {"NonCompart": of_noncompart, "PKNCA": of_pknca}
    tool = tools.get(row.tool.split()[0])
    if tool is None:
        raise row.unknown
    place = np.flatnonzero(curves(row.dataset).patients == row.subject)
    if len(place) != 1:
        raise row.unknown
    return float(tool(row)[place[0]])


def test_the_noncompartmental_reference_is_here() -> None:
    """Without the file nothing is compared, and that is said."""
    if not FILE.is_file():
        pytest.skip(f"the reference results (ABATE_STATS_REFERENCE, {FOLDER}) are not here")
    assert rows()


@pytest.mark.parametrize("row", rows(), ids=str)
def test_stats_reference_of_noncompartmental_analysis(row: Row) -> None:
    """abate's number is R's; where R has none, neither has abate."""
    number = computed(row)
    if math.isnan(row.value):
        assert not math.isfinite(number)
    else:
        assert number == pytest.approx(row.value, rel=1e-6, abs=1e-12)


@pytest.mark.parametrize(
    ("tool", "method", "quantity"),
    [
        ("WinNonlin 8", "down= Log", "CMAX"),
        ("NonCompart 0.8.0", "down= Log", "VZO"),
        ("NonCompart 0.8.0", "up= Log", "CMAX"),
        ("PKNCA 0.12.0", "auc.method=linear; interval 0-12", "aucint.first"),
        ("PKNCA 0.12.0", "auc.method=linear; interval 0-12", "vz.obs"),
        ("PKNCA 0.12.0", "auc.method=cubic; interval 0-12", "cmax"),
    ],
)
def test_an_unknown_row_is_named(tool: str, method: str, quantity: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "curves", lambda _: profiles(["1", "1"], [0, 1], [2, 1]))
    with pytest.raises(LookupError, match=re.escape(f"made_up-1-{tool}-{method}-{quantity}")):
        computed(Row("X", "made_up", "1", tool, method, quantity, 1.0))


def test_a_subject_that_is_not_in_the_data_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "curves", lambda _: profiles(["1", "1"], [0, 1], [2, 1]))
    with pytest.raises(LookupError, match="made_up-2"):
        computed(Row("X", "made_up", "2", "PKNCA 0.12.0", "auc.method=linear; interval 0-12", "cmax", 1.0))
