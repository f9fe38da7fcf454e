"""What abate makes of the survival data of the reference."""

import re
from functools import cache

import numpy as np

from abate.statistics.cox import Model, cox
from abate.statistics.fine_gray import fine_gray
from abate.statistics.gray import gray
from abate.statistics.incidence import incidence
from abate.statistics.kaplan_meier import Survival, kaplan_meier
from abate.statistics.log_rank import log_rank
from abate.statistics.proportional import proportional
from abate.statistics.recurrent import mean_count
from abate.statistics.times import Times, times
from abate.statistics.transitions import Occupancy, Passages, occupancy, passages
from stats_reference import Frame, Row, Values, competing, complete, frame, handles, risk, siblings

FILE = "survival_R.csv"


def _curve(name: str, chosen: Values) -> Survival:
    return kaplan_meier(risk(name, frame(name).where(chosen)))


@handles(r"^Kaplan-Meier \| conf.type=([\w-]+)")
def _summary(row: Row, match: re.Match[str]) -> float | None:
    found = re.fullmatch(r"(\w+)=(\S+) (.*)", row.quantity)
    if not found:
        return None
    curve = _curve(row.dataset, frame(row.dataset).text(found[1]) == found[2])
    median, low, high = curve.quantile(0.5, match[1])
    until = float(curve.of.exit.max())
    return {
        "records": float(len(curve.of)),
        "events": float((curve.of.event > 0).sum()),
        "median": median,
        "0.95LCL": low,
        "0.95UCL": high,
        "rmean": curve.restricted_mean(until)[0],
        "se(rmean)": curve.restricted_mean(until)[1],
    }.get(found[3])


@handles(r"^KM ([\w-]+) \| t=\s*([\d.]+)")
def _limits(row: Row, match: re.Match[str]) -> float | None:
    curve = kaplan_meier(risk(row.dataset, frame(row.dataset)))
    at = np.array([float(match[2])])
    low, high = curve.interval(at, match[1])
    return {"surv": curve.at(at)[0], "lower": low[0], "upper": high[0], "se": curve.error(at)[0]}.get(row.quantity)


@handles(r"^RMST tau=([\d.]+) \| (\w+)=(\S+)")
def _restricted(row: Row, match: re.Match[str]) -> float | None:
    found = _curve(row.dataset, frame(row.dataset).text(match[2]) == match[3]).restricted_mean(float(match[1]))
    return dict(zip(("rmst", "se"), found, strict=True)).get(row.quantity)


GROUPS = {"aml": "x", "gehan": "treat", "toy_surv8": "g", "veteran": "trt", "ovarian": "rx", "myeloid": "trt"}


@handles(r"^log-rank \| (?:by (\w+)|rho=(\d))?")
def _log_rank(row: Row, match: re.Match[str]) -> float | None:
    data = frame(row.dataset)
    found = log_rank(risk(row.dataset, data), data.text(match[1] or GROUPS[row.dataset]), float(match[2] or 0))
    return {"chisq": found.statistic, "p": found.p}.get(row.quantity)


# -- Cox ---------------------------------------------------------------------------------------------------------------


def _fitted(row: Row, model: Model) -> float | None:
    if row.quantity in ("loglik null", "loglik", "n", "nevent"):
        known = (model.log_likelihood_null, model.log_likelihood, model.rows, model.events)
        return float(dict(zip(("loglik null", "loglik", "n", "nevent"), known, strict=True))[row.quantity])
    name, _, what = row.quantity.partition(" ")
    place = model.names.index(name)
    values = {
        "coef": model.coefficients,
        "se(coef)": np.sqrt(np.diag(model.covariance)),
        "se": model.errors,
        "robust se": model.errors,
        "p": model.p_values,
    }
    return float(values[what][place]) if what in values else None


@cache
def _names(dataset: str, method: str, setting: str) -> list[str]:
    like = Row("", dataset, method, setting, "", 0.0)
    return [one.quantity[:-5] for one in siblings(like, FILE) if one.quantity.endswith(" coef")]


FITTED: dict[tuple[str, str, str], Model] = {}


def _model(
    row: Row, of: Times, data: Frame, ties: str, stratum: Values | None = None, robust: bool | None = None
) -> Model:
    """Return the model of a row, fitted once for all rows that are of it."""
    key = row.dataset, row.method, row.setting
    if key not in FITTED:
        names = _names(*key)
        FITTED[key] = cox(of, data.matrix(names), names, ties, stratum, robust)
    return FITTED[key]


@handles(r"^(?:time-varying )?Cox (efron|breslow) \| (.*)")
def _cox(row: Row, match: re.Match[str]) -> float | None:
    names = _names(row.dataset, row.method, row.setting)
    data = complete(frame(row.dataset), names)
    of = risk(row.dataset, data)
    return _fitted(row, _model(row, of, data, match[1]))


@handles(r"^cause-specific Cox (efron|breslow) cause (\d)")
def _cause_specific(row: Row, match: re.Match[str]) -> float | None:
    data = complete(frame(row.dataset), _names(row.dataset, row.method, row.setting))
    of = competing(row.dataset, data).cause(int(match[2]))
    return _fitted(row, _model(row, of, data, match[1]))


@handles(r"^NAIVE ever-transplanted Cox")
def _naive(row: Row, _: re.Match[str]) -> float | None:
    data = frame("jasa")
    of = times(np.maximum(data.number("futime"), 0.5), data.number("fustat"))
    return _fitted(row, _model(row, of, data, "efron"))


@handles(r"^landmark Cox L=(\d+)")
def _landmark(row: Row, match: re.Match[str]) -> float | None:
    landmark = float(match[1])
    data = frame("jasa")
    data = data.where(data.number("futime") > landmark)
    waited = data.number("wait.time")
    treated = (data.number("transplant") == 1) & (waited <= landmark)
    data = data.of(tx=treated.astype(int).astype(str))
    of = times(data.number("futime") - landmark, data.number("fustat"))
    return _fitted(row, _model(row, of, data, "efron"))


@handles(r"^Andersen-Gill robust cluster\(id\)")
def _andersen_gill(row: Row, _: re.Match[str]) -> float | None:
    data = frame(row.dataset)
    of = risk(row.dataset, data)
    return _fitted(row, _model(row, of, data, "efron"))


@handles(r"^PWP (total|gap)-time strata\(enum\)")
def _by_number(row: Row, match: re.Match[str]) -> float | None:
    data = frame(row.dataset)
    of = risk(row.dataset, data)
    if match[1] == "gap":
        of = times(of.exit - of.entry, of.event, patient=of.patient)
    return _fitted(row, _model(row, of, data, "efron", data.text("enum")))


@handles(r"^cox.zph transform=km \| (.*)")
def _proportional(row: Row, match: re.Match[str]) -> float | None:
    data = frame(row.dataset)
    terms: dict[str, list[int]] = {}
    names: list[str] = []
    for term in match[1].split("+"):
        levels = sorted(set(data.text(term))) if not data._numeric(term) else []
        # R's first level of the veteran data is squamous, as they came; of other factors the first in order.
        first = "squamous" if "squamous" in levels else (levels[0] if levels else "")
        added = [f"{term}{level}" for level in levels if level != first] or [term]
        terms[term] = list(range(len(names), len(names) + len(added)))
        names += added
    of = risk(row.dataset, data)
    columns = data.matrix(names)
    found = proportional(cox(of, columns, names), of, columns, terms)
    name, _, what = row.quantity.rpartition(" ")
    test = found.whole if name == "GLOBAL" else found.terms[name]
    return {"chisq": test.statistic, "p": test.p}.get(what)


@handles(r"^mean cumulative function")
def _mean_count(row: Row, _: re.Match[str]) -> float | None:
    found = re.fullmatch(r"(\w+)=(\S+) t=\s*([\d.]+)", row.setting)
    if not found:
        return None
    data = frame(row.dataset)
    data = data.where(data.text(found[1]) == found[2])
    counted, at = mean_count(risk(row.dataset, data)), np.array([float(found[3])])
    return {"mcf": counted.at(at)[0], "robust se": counted.error(at)[0]}.get(row.quantity)


# -- Competing causes --------------------------------------------------------------------------------------------------

GROUPED = {"bmt_scrucca35": "dis", "mgus2_competing": "sex", "aidssi": "ccr5", "tidycmprsk_trial": "trt"}


@handles(r"^cmprsk::cuminc")
def _incidence(row: Row, _: re.Match[str]) -> float | None:
    found = re.fullmatch(r"(?:group cause = )?(.+) (\d) t=\s*([\d.]+)", row.setting)
    if not found:
        return None
    data = frame(row.dataset)
    if "overall" not in row.method:
        data = data.where(data.text(GROUPED[row.dataset]) == found[1])
    curve, at = incidence(competing(row.dataset, data)), np.array([float(found[3])])
    cause = int(found[2])
    known = {"est": curve.at(at, cause)[0], "var": curve.variance(at, cause, "aalen")[0]}
    return known.get(row.quantity)


@handles(r"^Gray test by (\S+) \| cause (\d)")
def _gray(row: Row, match: re.Match[str]) -> float | None:
    data = frame(row.dataset)
    found = gray(competing(row.dataset, data), data.text(match[1]), int(match[2]))
    return {"stat": found.statistic, "p": found.p, "df": float(found.freedom)}.get(row.quantity)


@handles(r"^crr failcode (\d) \| (.*)")
def _fine_gray(row: Row, match: re.Match[str]) -> float | None:
    names = match[2].split("+")
    data = complete(frame(row.dataset), names)
    model = fine_gray(competing(row.dataset, data), data.matrix(names), names, int(match[1]))
    name, _, what = row.quantity.rpartition(" ")
    place = names.index(name) if name else 0
    return {"coef": model.coefficients[place], "se": model.errors[place]}.get(what)


# -- States ------------------------------------------------------------------------------------------------------------

STATES = ("Tx", "PR", "RelDeath")


@cache
def _stays() -> tuple[Passages, Frame]:
    """Return the stays of the EBMT data (transplant, platelet recovery, relapse or death), with their covariates."""
    data = frame("ebmt3")
    recovered, ended = data.number("prtime"), data.number("rfstime")
    has = data.number("prstat") == 1
    over = np.where(data.number("rfsstat") == 1, "RelDeath", "")
    first = (np.zeros(len(data)), np.where(has, recovered, ended), np.full(len(data), "Tx"), np.where(has, "PR", over))
    second = (recovered[has], ended[has], np.full(int(has.sum()), "PR"), over[has])
    begin, end, state, following = (np.concatenate(pair) for pair in zip(first, second, strict=True))
    whose = np.concatenate([np.arange(len(data)), np.flatnonzero(has)])
    return passages(begin, end, state, following, whose, STATES), data.where(whose)


@cache
def _occupancy() -> Occupancy:
    return occupancy(_stays()[0])


@handles(r"^transition counts \| (\w+) -> (\w+)")
def _moved(row: Row, match: re.Match[str]) -> float | None:
    moved = _occupancy().moved.sum(axis=0)
    return float(moved[STATES.index(match[1]), STATES.index(match[2])]) if row.dataset == "ebmt3" else None


@handles(r"^Aalen-Johansen transition probs from state 1 at s=0.* \| t=\s*([\d.]+) y")
def _shares(row: Row, match: re.Match[str]) -> float | None:
    at = np.array([float(match[1]) * 365.25])
    kind, state = row.quantity[:-1], int(row.quantity[-1]) - 1
    if kind == "pstate":
        return float(_occupancy().at(at, state)[0])
    return float(_occupancy().error(at, state, "aalen")[0]) if kind == "se" else None


LEVELS = {
    "dissub1": ("dissub", "ALL"),
    "dissub2": ("dissub", "CML"),
    "age1": ("age", "20-40"),
    "age2": ("age", ">40"),
    "drmatch": ("drmatch", "Gender mismatch"),
    "tcd": ("tcd", "TCD"),
}


@handles(r"^mstate clock-forward stratified hazards breslow")
def _clock_forward(row: Row, _: re.Match[str]) -> float | None:
    """Each stay once for every state that it can lead to, in strata; each covariate once for every transition."""
    stays, data = _stays()
    moves = [(0, 1), (0, 2), (1, 2)]
    chosen = [np.flatnonzero(stays.state == start) for start, _ in moves]
    whose = np.concatenate(chosen)
    stratum = np.repeat(np.arange(len(moves)), [len(one) for one in chosen])
    event = np.concatenate([stays.of.event[one] == 1 + end for one, (_, end) in zip(chosen, moves, strict=True)])
    of = times(stays.of.exit[whose], event, stays.of.entry[whose], patient=stays.of.patient[whose])
    columns = {}
    for name in _names(row.dataset, row.method, row.setting):
        column, level = LEVELS[name[:-2]]
        found = (data.text(column)[whose] == level) & (stratum == int(name[-1]) - 1)
        columns[name] = found.astype(int).astype(str)
    return _fitted(row, _model(row, of, Frame(columns), "breslow", stratum, robust=False))
