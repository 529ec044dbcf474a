"""Spells of faulty cameras in the model city fit the cameras they are about."""

import numpy as np
import pytest

from etl.simulate.faults import Faults, fail_cameras
from etl.simulate.kinds import FIRST_DAY, LAST_DAY
from etl.simulate.model import City, Size, make_city


@pytest.fixture(scope="module")
def city() -> City:
    return make_city(Size(24, 2000, 1000, 7, None))


@pytest.fixture(scope="module")
def faults(city: City) -> Faults:
    return fail_cameras(city.cameras, np.array([0, 5]), rng=np.random.default_rng(1))


def test_a_spell_lies_between_installation_and_retirement(city: City, faults: Faults) -> None:
    begins, ends = (one[faults.camera] for one in (city.cameras.installed_on,
                                                   city.cameras.retired_on))  # fmt: skip
    until = np.where(np.isnat(faults.until), LAST_DAY, faults.until)
    assert (faults.since >= FIRST_DAY).all()
    assert (np.isnat(begins) | (faults.since >= begins)).all()
    assert (np.isnat(ends) | (until <= ends)).all()
    assert (until <= LAST_DAY).all()
    assert ((faults.until > faults.since) | np.isnat(faults.until)).all()


def test_no_two_spells_of_a_camera_meet(faults: Faults) -> None:
    same = faults.camera[1:] == faults.camera[:-1]
    assert (faults.since[1:][same] > faults.until[:-1][same]).all()
    assert same.any()


def test_a_camera_with_an_open_spell_is_faulty_and_most_faulty_ones_have_one(
    city: City, faults: Faults
) -> None:
    open_ones = faults.camera[np.isnat(faults.until)]
    faulty = np.flatnonzero(city.cameras.status == 1)
    assert np.isin(open_ones, faulty).all()
    assert 0.7 < len(open_ones) / len(faulty) < 0.95


def test_planned_and_refused_cameras_have_none(city: City, faults: Faults) -> None:
    assert not np.isin(faults.camera, [0, 5]).any()
    assert not np.isin(faults.camera, np.flatnonzero(city.cameras.status == 2)).any()


def test_a_city_without_cameras_has_no_faults() -> None:
    city = make_city(Size(3, 0, 100, 7, None))
    found = fail_cameras(city.cameras, np.empty(0, np.int64), rng=np.random.default_rng(1))
    assert found.camera.size == 0
