"""What is taken of each FHIR R4 resource: rows of text, not yet judged.

A resource is read alone; what it refers to is joined later. Words and numbers stand as they are written.
"""

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal, DecimalException
from typing import Any

Row = dict[str, str | None]
Json = Mapping[str, Any]

COLUMNS: dict[str, tuple[str, ...]] = {
    "people": ("id", "born", "sex", "died", "dead"),
    "observations": (
        *("patient", "codes", "called", "value", "comparator", "unit", "said", "low", "high", "time", "end", "status"),
    ),
    "drugs": (
        *(
            "patient",
            "codes",
            "called",
            "refers",
            "amount",
            "unit",
            "rate",
            "rate_unit",
            "route",
            "time",
            "end",
            "status",
        ),
        "reason",
    ),
    "medications": ("id", "codes", "called"),
    "conditions": ("patient", "codes", "called", "time", "end", "status"),
    "procedures": ("patient", "codes", "called", "time", "status"),
    "stays": ("patient", "time", "end", "kind", "status"),
}
"""The tables that resources become, every column text; ``codes`` are parted by a bar, in small letters."""

VOID = ("entered-in-error", "cancelled", "refuted", "differential", "provisional", "unconfirmed", "planned")
"""States in which a resource says nothing, or nothing that is established."""
UNDONE = ("not-done", "preparation", "on-hold", "entered-in-error")
"""States of a procedure that was not performed."""
GIVEN = {"completed": "given", "in-progress": "given", "stopped": "given", "not-done": "held", "on-hold": "held"}


def _one(value: Any) -> Json:
    """Return an object, the first of a list of them, or an empty one."""
    if isinstance(value, list):
        value = value[0] if value else {}
    return value if isinstance(value, Mapping) else {}


def _list(value: Any) -> list[Json]:
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def _text(value: Any) -> str | None:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value) if isinstance(value, str | int | float) or type(value).__name__ == "Decimal" else None


def reference(value: Any) -> str | None:
    """Return the identifier that a reference names: ``Patient/1``, ``urn:uuid:1`` and ``#1`` are all 1."""
    text = _text(_one(value).get("reference"))
    if not text:
        return None
    return text.split("/_history/")[0].rsplit("/", 1)[-1].removeprefix("urn:uuid:").removeprefix("#")


def subject(resource: Json) -> str | None:
    """Return the identifier of the patient that a resource is of; of a device or a group the whole reference."""
    text = _text(_one(resource.get("subject")).get("reference")) or ""
    kind = text.split("/_history/")[0].rsplit("/", 2)[-2] if "/" in text else "Patient"
    return reference(resource.get("subject")) if kind == "Patient" else text


def concept(value: Any) -> Row:
    """Return the codes of a concept and what it is called."""
    found = _one(value)
    codings = _list(found.get("coding"))
    codes = [code.lower() for coding in codings if (code := _text(coding.get("code")))]
    names = [_text(found.get("text")), *(_text(coding.get("display")) for coding in codings), *codes]
    return {"codes": "|".join(codes) or None, "called": next((name for name in names if name), None)}


def _quantity(value: Any) -> tuple[str | None, str | None, str | None]:
    """Return number, unit and comparator of a quantity; its UCUM code goes before what it is displayed as."""
    found = _one(value)
    ucum = _text(found.get("code")) if "unitsofmeasure" in str(found.get("system")) else None
    unit = ucum or _text(found.get("unit")) or _text(found.get("code"))
    return _text(found.get("value")), unit, _text(found.get("comparator"))


def _period(resource: Json, name: str) -> tuple[str | None, str | None]:
    """Return start and end of what may be a time, a moment or a period."""
    period = _one(resource.get(f"{name}Period"))
    start = resource.get(f"{name}DateTime") or resource.get(f"{name}Instant") or period.get("start")
    return _text(start), _text(period.get("end"))


def _patient(resource: Json) -> Iterator[tuple[str, Row]]:
    died = _text(resource.get("deceasedDateTime"))
    row = {
        "id": _text(resource.get("id")),
        "born": _text(resource.get("birthDate")),
        "sex": _text(resource.get("gender")),
    }
    yield "people", {**row, "died": died, "dead": "yes" if died else _text(resource.get("deceasedBoolean"))}


def _result(part: Json) -> Row:
    """Return the value of an observation or of one of its components."""
    value, unit, comparator = _quantity(part.get("valueQuantity"))
    if value is None:
        value = _text(part.get("valueInteger"))
    said = _text(part.get("valueString")) or concept(part.get("valueCodeableConcept"))["called"]
    if said is None and "valueBoolean" in part:
        said = _text(part.get("valueBoolean"))
    limits = _one(part.get("referenceRange"))
    low, high = (_text(_one(limits.get(name)).get("value")) for name in ("low", "high"))
    absent = concept(part.get("dataAbsentReason"))["called"]
    return {"value": value, "comparator": comparator, "unit": unit, "said": said or absent, "low": low, "high": high}


def _observation(resource: Json) -> Iterator[tuple[str, Row]]:
    time, end = _period(resource, "effective")
    common = {
        "patient": subject(resource),
        "time": time or _text(resource.get("issued")),
        "end": end,
        "status": _text(resource.get("status")),
    }
    own, parts = _result(resource), _list(resource.get("component"))
    # A panel without a value of its own is its components.
    if not parts or own["value"] is not None or own["said"] is not None:
        yield "observations", {**common, **concept(resource.get("code")), **own}
    for part in parts:
        yield "observations", {**common, **concept(part.get("code")), **_result(part)}


def _medication(resource: Json) -> Row:
    named = concept(resource.get("medicationCodeableConcept"))
    refers = resource.get("medicationReference")
    for inside in _list(resource.get("contained")):
        if refers and _text(inside.get("id")) == reference(refers):
            named, refers = concept(inside.get("code")), None
    return {**named, "refers": reference(refers), "patient": subject(resource)}


def _over(above: str | None, below: str | None) -> str | None:
    """Return a ratio as one number; of what is none, the words."""
    try:
        return str(Decimal(above or "") / Decimal(below or "1")) if above else None
    except (DecimalException, ValueError):
        return f"{above} / {below}"


def _administration(resource: Json) -> Iterator[tuple[str, Row]]:
    time, end = _period(resource, "effective")
    dosage = _one(resource.get("dosage"))
    amount, unit, _ = _quantity(dosage.get("dose"))
    rate, rate_unit, _ = _quantity(dosage.get("rateQuantity"))
    ratio = _one(dosage.get("rateRatio"))
    if ratio:
        above, below = _quantity(ratio.get("numerator")), _quantity(ratio.get("denominator"))
        rate, rate_unit = _over(above[0], below[0]), f"{above[1]}/{below[1]}" if above[1] and below[1] else None
    status = _text(resource.get("status")) or ""
    yield (
        "drugs",
        {
            **_medication(resource),
            **{"amount": amount, "unit": unit, "rate": rate, "rate_unit": rate_unit, "time": time, "end": end},
            "route": concept(dosage.get("route"))["called"],
            "status": GIVEN.get(status, status),
            "reason": concept(resource.get("reasonCode"))["called"],
        },
    )


def _request(resource: Json) -> Iterator[tuple[str, Row]]:
    dosage = _one(resource.get("dosageInstruction"))
    amount, unit, _ = _quantity(_one(dosage.get("doseAndRate")).get("doseQuantity"))
    status = _text(resource.get("status")) or ""
    yield (
        "drugs",
        {
            **_medication(resource),
            **{"amount": amount, "unit": unit, "rate": None, "rate_unit": None, "end": None},
            "time": _text(resource.get("authoredOn")),
            "route": concept(dosage.get("route"))["called"],
            "status": status if status in VOID else "ordered",
            "reason": concept(resource.get("reasonCode"))["called"],
        },
    )


def _code_of_medication(resource: Json) -> Iterator[tuple[str, Row]]:
    yield "medications", {"id": _text(resource.get("id")), **concept(resource.get("code"))}


def _condition(resource: Json) -> Iterator[tuple[str, Row]]:
    time, _ = _period(resource, "onset")
    ended, _ = _period(resource, "abatement")
    yield (
        "conditions",
        {
            "patient": subject(resource),
            **concept(resource.get("code")),
            "time": time or _text(resource.get("recordedDate")),
            "end": ended,
            "status": concept(resource.get("verificationStatus"))["codes"],
        },
    )


def _procedure(resource: Json) -> Iterator[tuple[str, Row]]:
    time, _ = _period(resource, "performed")
    named, patient = concept(resource.get("code")), subject(resource)
    yield "procedures", {"patient": patient, **named, "time": time, "status": _text(resource.get("status"))}


def _encounter(resource: Json) -> Iterator[tuple[str, Row]]:
    period = _one(resource.get("period"))
    yield (
        "stays",
        {
            "patient": subject(resource),
            "time": _text(period.get("start")),
            "end": _text(period.get("end")),
            "kind": _text(_one(resource.get("class")).get("code")),
            "status": _text(resource.get("status")),
        },
    )


READ: dict[str, Callable[[Json], Iterator[tuple[str, Row]]]] = {
    "Patient": _patient,
    "Observation": _observation,
    "MedicationAdministration": _administration,
    "MedicationRequest": _request,
    "Medication": _code_of_medication,
    "Condition": _condition,
    "Procedure": _procedure,
    "Encounter": _encounter,
}
"""The resources that are read; others are counted and left."""
