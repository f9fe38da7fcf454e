"""Concentrations: superposition in closed form against integrals by quadrature and by LSODA; mass is kept."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.integrate import solve_ivp

from abate.exposure import linear_kinetics as linear
from abate.exposure import saturable_kinetics as saturable
from abate.exposure.linear_kinetics import Doses, OneCompartment
from abate.exposure.saturable_kinetics import TwoCompartments
from repeatable import repeatable

FREY = (0.3 / 24, 3.5, 0.2 / 24, 2.9, 7.5 / 24, 2.7)
"""Clearance (L/h), V1 (L), Q (L/h), V2 (L), Vmax (mg/h), Km (mg/L)."""


def doses(*rows: tuple[int, float, float, float, bool]) -> Doses:
    """Return doses: patient, start (h), amount (mg), hours, whether it must be absorbed."""
    columns = list(zip(*rows, strict=True))
    kinds: tuple[Any, ...] = (np.int64, np.float64, np.float64, np.float64, np.bool_)
    return Doses(*(np.array(column, kind) for column, kind in zip(columns, kinds, strict=True)))


def one(*patients: tuple[float, float, float, float]) -> OneCompartment:
    """Return patients: clearance (L/h), volume (L), absorption (1/h), bioavailability."""
    return OneCompartment(*(np.array(column, float) for column in zip(*patients, strict=True)))


def two(*patients: tuple[float, ...]) -> TwoCompartments:
    return TwoCompartments(*(np.array(column, float) for column in zip(*patients, strict=True)))


PATIENT = (7.2, 10.0, 0.14, 0.9)
TIMES = np.array([0.0, 0.5, 3.0, 8.0, 24.0, 25.0, 48.0, 100.0])
ROUTES = {
    "an injection": (0, 2.0, 100.0, 0.0, False),
    "an infusion": (0, 2.0, 100.0, 4.0, False),
    "under the skin": (0, 2.0, 100.0, 0.0, True),
    "under the skin, slowly": (0, 2.0, 100.0, 4.0, True),
}


def by_lsoda(row: tuple[int, float, float, float, bool], patient: tuple[float, ...], times: Any) -> Any:
    """Return concentrations by a solver of differential equations: depot, amount in blood."""
    _who, start, amount, hours, extravascular = row
    clearance, volume, absorption, part = patient

    def change(moment: float, state: Any) -> Any:
        inflow = amount / hours if hours and start <= moment < start + hours else 0.0
        depot, blood = state
        into = (inflow, 0.0) if extravascular else (0.0, inflow)
        return [into[0] - absorption * depot, into[1] + part * absorption * depot - clearance / volume * blood]

    found = []
    for time in times:
        if time < start:
            found.append(0.0)
            continue
        injected = 0.0 if hours else amount
        state = np.array([injected, 0.0] if extravascular else [0.0, injected])
        for begin, end in ((start, min(time, start + hours)), (min(time, start + hours), time)):
            if end > begin:
                state = solve_ivp(change, (begin, end), state, "LSODA", rtol=1e-10, atol=1e-12, max_step=0.5).y[:, -1]
        found.append(state[1] / volume)
    return np.array(found)


@pytest.mark.parametrize("route", ROUTES)
def test_a_dose_answers_as_its_differential_equations_do(route: str) -> None:
    found = linear.concentrations(doses(ROUTES[route]), one(PATIENT), TIMES)[0]
    assert_allclose(found, by_lsoda(ROUTES[route], PATIENT, TIMES), rtol=1e-6, atol=1e-9)


def test_equal_rates_of_absorption_and_elimination_have_their_limit() -> None:
    """With both rates k, 1 mg gives F k t exp(-k t) / V."""
    found = linear.concentrations(doses((0, 0, 100.0, 0, True)), one((1.4, 10, 0.14, 0.9)), TIMES)[0]
    assert_allclose(found, 100 * 0.9 * 0.14 * TIMES * np.exp(-0.14 * TIMES) / 10, rtol=1e-4, atol=1e-9)


def test_doses_add_up_and_patients_do_not_mix() -> None:
    rows = [(0, 0.0, 100.0, 0.0, True), (1, 5.0, 50.0, 2.0, False), (0, 24.0, 200.0, 0.0, False)]
    patients = one(PATIENT, (2.0, 12.0, 0.2, 0.8))
    found = linear.concentrations(doses(*rows), patients, TIMES)
    first = linear.concentrations(doses(rows[0]), one(PATIENT), TIMES)[0]
    third = linear.concentrations(doses(rows[2]), one(PATIENT), TIMES)[0]
    second = linear.concentrations(doses((0, *rows[1][1:])), one((2.0, 12.0, 0.2, 0.8)), TIMES)[0]
    assert_allclose(found, np.vstack((first + third, second)), rtol=1e-12)


@repeatable(30)
@given(
    rows=st.lists(
        st.tuples(
            st.integers(0, 2), st.floats(0, 200), st.floats(1, 1000), st.sampled_from([0.0, 0.5, 24.0]), st.booleans()
        ),
        min_size=1,
        max_size=12,
    ),
    patients=st.lists(
        st.tuples(st.floats(0.5, 20), st.floats(2, 80), st.floats(0.05, 2), st.floats(0.3, 1)), min_size=3, max_size=3
    ),
)
def test_what_was_given_is_what_is_left_and_what_was_cleared(rows: Any, patients: Any) -> None:
    """Long after the last dose everything that reached the blood was cleared: clearance times area."""
    given_rows, people = doses(*rows), one(*patients)
    area = linear.areas(given_rows, people, [100_000.0])[:, 0]
    reached = np.zeros(3)
    for who, _start, amount, _hours, extravascular in rows:
        reached[who] += amount * (patients[who][3] if extravascular else 1)
    assert_allclose(people.clearance * area, reached, rtol=1e-6, atol=1e-9)
    # At any time: the area is the integral of the concentration.
    fine = np.linspace(0, 230, 23_001)
    middle = (fine[1:] + fine[:-1]) / 2
    summed = linear.concentrations(given_rows, people, middle).sum(axis=1) * (fine[1] - fine[0])
    assert_allclose(linear.areas(given_rows, people, [230.0])[:, 0], summed, rtol=5e-3, atol=0.1)


def test_no_dose_is_no_concentration() -> None:
    none = Doses(*(np.array([], kind) for kind in (np.int64, float, float, float, bool)))
    assert linear.concentrations(none, one(PATIENT), TIMES).tolist() == [[0.0] * len(TIMES)]
    assert saturable.concentrations(none, two(FREY), TIMES).tolist() == [[0.0] * len(TIMES)]


TOCILIZUMAB = [(0, 0.0, 560.0, 1.0, False), (0, 8.3, 560.0, 1.0, False), (0, 200.0, 400.0, 0.0, False)]
WEEKS = np.arange(0, 28 * 24 + 1, 6.0)


def saturable_by_lsoda(rows: Any, patient: tuple[float, ...], times: Any) -> Any:
    clearance, central, across, peripheral, most, half = patient
    state, found, now = np.zeros(2), [], 0.0
    ends = sorted({*times, *(start for _, start, *_ in rows), *(start + hours for _, start, _, hours, _ in rows)})
    for end in ends:
        if end > now:
            rate = sum(amount / hours for _, start, amount, hours, _ in rows if hours and start <= now < start + hours)

            def change(_moment: float, amounts: Any, rate: float = rate) -> Any:
                blood = amounts[0] / central
                moved = across * (blood - amounts[1] / peripheral)
                return [rate - clearance * blood - most * blood / (half + blood) - moved, moved]

            state = solve_ivp(change, (now, end), state, "LSODA", rtol=1e-10, atol=1e-12).y[:, -1]
            now = end
        state = state + np.array([sum(amount for _, start, amount, hours, _ in rows if not hours and start == end), 0])
        if end in times:
            found.append(state[0] / central)
    return np.array(found)


@pytest.mark.parametrize("faster", [1.0, 4.0])
def test_the_fixed_steps_agree_with_lsoda(faster: float) -> None:
    """To 1e-4, at the published values and where everything is four times as fast."""
    patient = (FREY[0] * faster, FREY[1], FREY[2] * faster, FREY[3], FREY[4] * faster, FREY[5])
    found = saturable.concentrations(doses(*TOCILIZUMAB), two(patient), WEEKS)[0]
    assert_allclose(found, saturable_by_lsoda(TOCILIZUMAB, patient, WEEKS), rtol=1e-4, atol=1e-6)


def test_mass_is_kept_with_saturable_loss() -> None:
    rows = [*TOCILIZUMAB, (1, 3.25, 800.0, 1.0, False)]
    central, peripheral, lost, area = saturable.amounts(doses(*rows), two(FREY, FREY), WEEKS)
    given_by = np.vstack(
        [
            [
                sum(
                    amount * min(max((time - start) / hours, 0), 1) if hours else amount * (time >= start)
                    for who, start, amount, hours, _ in rows
                    if who == patient
                )
                for time in WEEKS
            ]
            for patient in (0, 1)
        ]
    )
    assert_allclose(central + peripheral + lost, given_by, rtol=1e-6, atol=1e-6)
    assert (np.diff(area, axis=1) >= 0).all() and area[1, 0] == 0


def test_without_saturable_loss_it_is_linear() -> None:
    """One compartment of no exchange, by both schemes."""
    patient = (0.1, 3.5, 0.0, 1.0, 0.0, 1.0)
    found = saturable.amounts(doses(*TOCILIZUMAB), two(patient), WEEKS)
    alike = one((0.1, 3.5, 1.0, 1.0))
    assert_allclose(found[0] / 3.5, linear.concentrations(doses(*TOCILIZUMAB), alike, WEEKS), rtol=1e-5, atol=1e-9)
    assert_allclose(found[3], linear.areas(doses(*TOCILIZUMAB), alike, WEEKS), rtol=1e-5, atol=1e-9)


def test_what_the_scheme_cannot_do_is_refused() -> None:
    with pytest.raises(ValueError, match="must be absorbed"):
        saturable.amounts(doses((0, 0.0, 100.0, 0.0, True)), two(FREY), WEEKS)
    with pytest.raises(ValueError, match="before the first time"):
        saturable.amounts(doses((0, -1.0, 100.0, 0.0, False)), two(FREY), WEEKS)
