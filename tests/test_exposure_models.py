"""Published kinetics of anakinra and tocilizumab: the parameters of the papers, and what they give."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from abate.exposure import linear_kinetics as linear
from abate.exposure.anakinra import L_PER_HOUR, MODELS
from abate.exposure.linear_kinetics import Doses, OneCompartment
from abate.exposure.tocilizumab import parameters

RENAL = (95.0, 80.1, 80.0, 50.0, 49.9, 30.0, 29.9, 5.0)
CLEARANCE = (170.0, 170.0, 142.0, 142.0, 84.5, 84.5, 51.5, 51.5)


def given(model: str, renal: tuple[float, ...], weight: float = 70.0) -> OneCompartment:
    """Return the parameters of patients of one weight."""
    return MODELS[model].parameters(np.array(renal), np.full(len(renal), weight))


def test_the_table_of_clearance_by_renal_group_comes_back() -> None:
    """Dose over area after 100 mg under the skin: Yang 2003, within 10 % (here exactly)."""
    patients = given("yang_2003_groups", RENAL)
    count = len(RENAL)
    doses = Doses(np.arange(count), np.zeros(count), np.full(count, 100.0), np.zeros(count), np.ones(count, bool))
    area = linear.areas(doses, patients, [2000.0])[:, 0]
    assert_allclose(100 / area / L_PER_HOUR, CLEARANCE, rtol=1e-6)


@pytest.mark.parametrize(
    ("model", "clearance", "volume"),
    [
        # 10^(1.65 + 0.0062 x 50) = 91.2 mL/min
        ("yang_2003_regression", 10 ** (1.65 + 0.31) * L_PER_HOUR, 9.94),
        ("yang_2001", (23.0 + 0.343 * 50 + 0.713 * 70) * L_PER_HOUR, 9.94),
        ("urien_2013", 6.24, 65.2),
    ],
)
def test_a_model_has_the_parameters_of_its_paper(model: str, clearance: float, volume: float) -> None:
    patients = given(model, (50.0,))
    assert_allclose(patients.clearance / patients.bioavailability, clearance)
    assert_allclose(patients.volume / patients.bioavailability, volume)


def test_both_volumes_give_a_like_peak_under_the_skin() -> None:
    """About 1.0 to 1.1 mg/L after 100 mg; into a vein they differ sixfold (pharmacology of the two models)."""
    doses = Doses(np.array([0]), np.zeros(1), np.array([100.0]), np.zeros(1), np.ones(1, bool))
    times = np.arange(0, 24, 0.1)
    peaks = [
        linear.concentrations(doses, given(model, (95.0,)), times).max() for model in ("yang_2003_groups", "urien_2013")
    ]
    assert_allclose(peaks, 1.05, rtol=0.25)


def test_the_spread_between_patients_is_that_of_the_table() -> None:
    renal = np.array([95.0, 60.0, 40.0, 20.0])
    assert_allclose(MODELS["yang_2003_groups"].spread(renal), [37 / 170, 59 / 142, 24.7 / 84.5, 8.4 / 51.5])
    assert_allclose(MODELS["urien_2013"].spread(renal), 0.28)


def test_tocilizumab_knows_body_surface_and_sex_and_nothing_without_them() -> None:
    found = parameters(np.array([1.8, 1.8, 1.4, np.nan, 1.8]), np.array([0.0, 1.0, 0.0, 0.0, np.nan]))
    assert_allclose(found.clearance * 24, [0.3, 0.3 * 0.84, 0.3 * (1.4 / 1.8) ** 0.7, np.nan, np.nan])
    assert np.isnan(found.central_volume[3:]).all() and (found.most_loss[:3] * 24 == 7.5).all()
