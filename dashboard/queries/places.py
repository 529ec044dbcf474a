"""Communities and where they are."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from dashboard.queries import Reader

_LAYER = "SELECT sha256, ids, gz FROM mart.map_layers WHERE layer = ?"


@dataclass(frozen=True)
class Geometry:
    """One ready layer: compressed GeoJSON, its digest and its ids in feature order."""

    sha256: str
    ids: str
    gz: bytes


def map_layer(read: Reader, layer: str) -> Geometry | None:
    """Return one ready layer of the slice, or None when the slice has none of that name."""
    found = read.frame(_LAYER, (layer,))
    if found.empty or not found.loc[0, "gz"]:
        return None
    row = found.iloc[0]
    return Geometry(str(row["sha256"]), str(row["ids"]), bytes(row["gz"]))


def communities(read: Reader) -> pd.DataFrame:
    """Return number and names of every community in the slice, by number."""
    return read.frame(
        "SELECT community_id, name, name_en FROM core.communities ORDER BY community_id"
    )


def outlines(read: Reader) -> pd.DataFrame:
    """Return number, names and outline (metres) of every community in the slice."""
    return read.frame(
        """
        SELECT community_id, name, name_en, geometry FROM core.communities
        WHERE geometry IS NOT NULL ORDER BY community_id
        """
    )


def community(read: Reader, community_id: str) -> pd.DataFrame:
    """Return the facts of one community with its company, station and street: one row or none."""
    return read.frame(
        """
        SELECT c.* EXCLUDE (geometry), p.name AS company, p.registered, p.qualification,
               s.name AS station, s.name_en AS station_en, t.name AS street, t.name_en AS street_en
        FROM core.communities c
        LEFT JOIN core.companies p USING (company_id)
        LEFT JOIN core.stations s USING (station_id)
        LEFT JOIN core.streets t USING (street_id)
        WHERE c.community_id = ?
        """,
        (community_id,),
    )


def summary(read: Reader) -> pd.DataFrame:
    """Return one row a community: what the ranking shows."""
    return read.frame("SELECT * FROM mart.community_summary ORDER BY community_id")


def community_summary(read: Reader, community_id: str) -> pd.DataFrame:
    """Return the ranking's row of one community."""
    return read.frame(
        "SELECT * FROM mart.community_summary WHERE community_id = ?", (community_id,)
    )
