"""Give each community its people, company and latent quality, from which the rest follows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from etl.simulate.buildings import Buildings
from etl.simulate.lots import Lots
from etl.simulate.names import FORMS


@dataclass(frozen=True)
class Communities:
    """Attributes of the communities, one entry each, in the order of `Lots.homes`.

    `quality` (about N(0, 1)) is never written: well-run communities have it high, and guards,
    assessments, hazards, cameras and incidents follow it.
    """

    form: np.ndarray
    n_buildings: np.ndarray
    n_households: np.ndarray
    n_residents: np.ndarray
    occupancy: np.ndarray
    is_enclosed: np.ndarray
    has_permit: np.ndarray
    built_year: np.ndarray
    n_guards: np.ndarray
    company: np.ndarray
    quality: np.ndarray


def settle(
    lots: Lots, buildings: Buildings, *, n_companies: int, rng: np.random.Generator
) -> Communities:
    """Settle people in the communities.

    Parameters
    ----------
    lots
        The lots.
    buildings
        The buildings.
    n_companies
        Number of property companies.
    rng
        Source of randomness.

    Returns
    -------
    Communities
        Old courtyards are often open and badly run, villas enclosed and well guarded; a few new
        communities are half empty, a few lack their permit.
    """
    homes = lots.homes
    form, n = lots.form[homes], homes.size
    n_buildings = np.bincount(buildings.lot, minlength=lots.form.size)[homes]
    households = np.bincount(buildings.lot, buildings.households, minlength=lots.form.size)[homes]
    households = np.maximum(households, 6).astype(np.int64)
    is_new = (form == 1) & (rng.random(n) < 0.12)
    occupancy = np.where(is_new, rng.uniform(0.22, 0.55, n), rng.beta(14, 2.4, n))
    residents = np.round(households * occupancy * rng.normal(2.62, 0.18, n)).astype(np.int64)
    quality = rng.normal(0, 0.8, n) + np.array([-0.1, 0.45, -0.9, 0.8])[form]
    start = np.array([1985, 2005, 1955, 2000])[form]
    spread = np.array([27, 19, 35, 20])[form]
    year = np.where(is_new, 2024, start + np.floor(rng.random(n) * spread)).astype(np.int64)
    guards = households / np.array([260.0, 170.0, 420.0, 28.0])[form] * np.exp(quality * 0.25)
    company = np.floor(n_companies * rng.random(n) ** 1.5).astype(np.int64)
    return Communities(
        form=form,
        n_buildings=n_buildings,
        n_households=households,
        n_residents=residents,
        occupancy=np.round(occupancy, 3),
        is_enclosed=rng.random(n) < np.array([0.86, 0.98, 0.45, 0.99])[form],
        has_permit=rng.random(n) < np.array([0.97, 0.99, 0.82, 0.97])[form],
        built_year=year,
        n_guards=np.maximum(1, np.round(guards)).astype(np.int64),
        company=company,
        quality=quality,
    )


def risk(communities: Communities, *, rng: np.random.Generator) -> np.ndarray:
    """Return relative incident risks per household, per class and community, shape (4, n).

    Classes are in the order call, public security, criminal, dispute. Badly run and old
    communities have more crime and more disputes; a lognormal part stays unexplained.
    """
    n = communities.form.size
    base = np.array(
        [[1.0, 0.9, 1.2, 1.6], [1.0, 0.7, 1.7, 0.9], [1.0, 0.6, 1.9, 1.4], [1.0, 1.2, 0.9, 1.0]]
    )[:, communities.form]
    pull = np.array([0.1, 0.35, 0.45, 0.3])[:, None]
    noise = rng.normal(0, np.array([0.25, 0.4, 0.55, 0.35])[:, None], (4, n))
    return np.asarray(base * np.exp(noise - pull * communities.quality))


__all__ = ["FORMS", "Communities", "risk", "settle"]
