"""Write a model city: every file an office would send, the district file, and the planted truth."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from etl.errors import EtlError
from etl.progress import Progress, Silent
from etl.simulate import conduct, equipment, evidence, places, registers
from etl.simulate.district_file import Source, write_district
from etl.simulate.flaws import Truth
from etl.simulate.kinds import CLASSES, FIRST_DAY, LAST_DAY, TYPES
from etl.simulate.log import write_incidents
from etl.simulate.model import City, Size, make_city
from etl.simulate.planted import describe_day

SEED = 20260101
_MOST_COMMUNITIES = 200_000


def simulate(
    out: Path,
    *,
    communities: int = 40,
    cameras: int | None = None,
    incidents: int | None = None,
    buildings: int | None = None,
    seed: int = SEED,
    progress: Progress | None = None,
) -> Path:
    """Write a model city into a folder.

    Parameters
    ----------
    out
        Folder; made when missing. Files of an earlier run are replaced.
    communities
        Number of communities, 3 to 200,000.
    cameras
        Number of cameras; 15 per community when None.
    incidents
        Number of incidents in two years; 225 per community when None.
    buildings
        About how many buildings; urban villages fill up what communities do not have. About 14 per
        community when None.
    seed
        The same seed and sizes give the same bytes.
    progress
        Told of stages and rows; nobody when None.

    Returns
    -------
    Path
        The district file, `out/district.toml`. Beside it lies `truth.json` with what was planted.

    Raises
    ------
    EtlError
        A number is out of range; the message says which.
    """
    size = _check(
        communities,
        15 * communities if cameras is None else cameras,
        225 * communities if incidents is None else incidents,
        seed,
        buildings,
    )
    progress = progress or Silent()
    out.mkdir(parents=True, exist_ok=True)
    for old in out.glob("incidents-*.csv"):
        old.unlink()
    city = make_city(size, progress=progress)
    truth = Truth()
    sources = _write_places(city, out, truth, progress)
    entry, series = write_incidents(city, out, truth, progress=progress)
    path = out / "district.toml"
    lon, lat = city.site.to_wgs84(city.lattice.quads.reshape(-1, 2))
    margin = 0.002
    bounds = (lon.min() - margin, lat.min() - margin, lon.max() + margin, lat.max() + margin)
    write_district(path, crs=city.site.crs, bounds=bounds, sources=[*sources, entry])
    told = _tell(city, truth, series)
    text = json.dumps(told, ensure_ascii=False, indent=1)
    (out / "truth.json").write_text(text + "\n", encoding="utf-8")
    return path


def _check(
    communities: int, cameras: int, incidents: int, seed: int, buildings: int | None
) -> Size:
    given = (
        ("communities", communities, 3, _MOST_COMMUNITIES),
        ("cameras", cameras, 0, 10_000_000),
        ("incidents", incidents, 0, 100_000_000),
        ("buildings", buildings or 0, 0, 10_000_000),
        ("seed", seed, 0, 2**63 - 1),
    )
    faults = [
        f"simulate: {name} is {value}; expected {low} to {high}. Give another number."
        for name, value, low, high in given
        if not low <= value <= high
    ]
    if faults:
        raise EtlError("\n".join(faults))
    return Size(communities, cameras, incidents, seed, buildings)


def _write_places(city: City, out: Path, truth: Truth, progress: Progress) -> list[Source]:
    steps = (
        places.write_communities, places.write_jurisdictions, places.write_buildings,
        places.write_gates, equipment.write_cameras, equipment.write_patrols,
        registers.write_companies, registers.write_assessments, registers.write_hazards,
        registers.write_sanctions, conduct.write_managers,
        conduct.write_rating_events, registers.write_interventions, equipment.write_sites,
    )  # fmt: skip
    progress.start("registers", len(steps))
    sources: list[Source] = []
    for step in steps:
        made = step(city, out, truth)
        sources += made if isinstance(made, list) else [made]
        progress.advance()
    return sources


def _tell(city: City, truth: Truth, series: list[list[str]]) -> dict[str, object]:
    ids = places.community_ids(city.size.communities)
    spots = np.array([one.xy for one in city.plan.hotspots])
    lon, lat = city.site.to_wgs84(spots)
    hotspots = [
        {
            "x": round(city.site.x0 + one.xy[0], 1),
            "y": round(city.site.y0 + one.xy[1], 1),
            "lon": round(float(lon[k]), 7),
            "lat": round(float(lat[k]), 7),
            "sd_m": one.sd_m,
            "radius_m": 3 * one.sd_m,
            "class": CLASSES[TYPES[one.type].kind],
            "type": TYPES[one.type].code,
            "from": describe_day(one.from_day),
            "to": describe_day(one.to_day - 1),
            "expected": round(one.expected, 1),
        }
        for k, one in enumerate(city.plan.hotspots)
    ]
    runs = [
        {"community_id": str(ids[one.community]), "class": "criminal", "type": "burglary",
         "from": describe_day(int(one.days[0])), "to": describe_day(int(one.days[-1])),
         "incident_ids": numbers}
        for one, numbers in zip(city.plan.series, series, strict=True)
    ]  # fmt: skip
    done = [
        {
            "intervention_id": f"CS{k + 1:04d}",
            "community_id": str(ids[one.community]),
            "kind": one.kind,
            "done_on": describe_day(one.day),
            "effect": one.effect,
            "types": ["burglary", "ebike_theft", "theft_from_vehicle"]
            if one.per_week_before
            else [],
            "planted_per_week_before": round(one.per_week_before, 4),
            "planted_per_week_after": round(one.per_week_after, 4),
            "displaced_to": [str(ids[other]) for other in one.neighbours],
            "n_cameras": one.n_cameras,
        }
        for k, one in enumerate(city.plan.interventions)
    ]
    return {
        "seed": city.size.seed,
        "crs": city.site.crs,
        "from": str(FIRST_DAY),
        "to": str(LAST_DAY),
        "hotspots": hotspots,
        "near_repeat_series": runs,
        "interventions": done,
        "lenient_assessor": evidence.team_name(*evidence.LENIENT_TEAM),
        "files": truth.files,
        "bad_rows": truth.bad_rows,
    }
