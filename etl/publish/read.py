"""What may be published: read from the public slice, and from nothing else."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import shapely

from etl.errors import StoreError
from etl.publish.texts import Both

PUBLIC = Path("public") / "public.duckdb"
KEYS = ("review_number", "contact", "contact_en", "appeal", "appeal_en", "appeal_days")
APPEAL_DAYS = 21
_PLAIN = re.compile(r"[A-Za-z0-9-]{1,40}")


class Community(NamedTuple):
    """A community, with its shape in metres."""

    community_id: str
    slug: str
    name: Both
    street: Both | None
    station: Both | None
    shape: shapely.Geometry


class Rating(NamedTuple):
    """A published rating of one period; `state` is `rated` or why there is none."""

    period: str
    state: str
    grade: str | None
    stars: int | None
    previous_stars: int | None
    reason: Both


class Item(NamedTuple):
    """A published item of a rating: its band, never its points."""

    period: str
    item_id: str
    name: Both
    band: str


class Grade(NamedTuple):
    """A grade of a standard; `rank` is 0 for the best."""

    grade_id: str
    name: Both
    stars: int | None
    rank: int


@dataclass(frozen=True)
class Standard:
    """A published standard with its ratings: per community, the latest period last."""

    standard_id: str
    version: str
    digest: str
    name: Both
    body: Mapping[str, Any]
    ratings: Mapping[str, list[Rating]]
    items: Mapping[str, list[Item]]

    @cached_property
    def grades(self) -> dict[str, Grade]:
        """Grades by their id, the best first."""
        found = enumerate(self.body.get("grades", ()))
        return {
            str(one["id"]): Grade(str(one["id"]), both(one, "name"), one.get("stars"), rank)
            for rank, one in found
        }

    @cached_property
    def period(self) -> str | None:
        """Latest published period, None when nothing was published."""
        return max((one.period for rows in self.ratings.values() for one in rows), default=None)

    def latest(self, community_id: str) -> Rating | None:
        """Return the rating of the latest period, None when there is none."""
        rows = [one for one in self.ratings.get(community_id, ()) if one.period == self.period]
        return rows[-1] if rows else None

    def before(self, community_id: str, rating: Rating) -> Grade | None:
        """Return the grade of the period before, as far as it was published."""
        earlier = [one for one in self.ratings.get(community_id, ()) if one.period < rating.period]
        if earlier and earlier[-1].grade in self.grades:
            return self.grades[str(earlier[-1].grade)]
        same = [one for one in self.grades.values() if one.stars == rating.previous_stars]
        return same[0] if same and rating.previous_stars is not None else None


@dataclass(frozen=True)
class Published:
    """Everything a public site is made of."""

    district_id: str
    name: Both
    as_of: date
    epsg: int
    publication: Mapping[str, Any]
    communities: list[Community]
    standards: list[Standard]
    columns: Mapping[str, Both]

    def day_of(self, period: str) -> date:
        """Return the last day of a period: 31 December, or the last day of the data."""
        if re.fullmatch(r"[0-9]{4}", period) and int(period) < self.as_of.year:
            return date(int(period), 12, 31)
        return self.as_of


def both(row: Mapping[str, Any], what: str) -> Both:
    """Return `what` in both languages; one stands in for the other where it is missing."""
    zh, en = row.get(f"{what}_zh"), row.get(f"{what}_en")
    return Both(str(zh or en or ""), str(en or zh or ""))


def read_public(build: Path) -> Published:
    """Read the public slice of a build.

    Parameters
    ----------
    build
        Folder of a finished build. Nothing of it but `public/public.duckdb` is opened.

    Returns
    -------
    Published
        Communities by their number, standards in the district's order, periods in order.

    Raises
    ------
    StoreError
        If the slice is missing, or the district's `publication` table cannot be honoured.
    """
    path = build / PUBLIC
    if not path.exists():
        raise StoreError(f"{build.name}/{PUBLIC.as_posix()}: missing. Build again.")
    try:
        return _read(path)
    except duckdb.Error as error:
        raise StoreError(
            f"{build.name}/{PUBLIC.as_posix()}: {str(error).splitlines()[0]}; expected the public "
            "tables of a build. Run anxing verify, then build again."
        ) from error


def _read(path: Path) -> Published:
    with duckdb.connect(str(path), read_only=True) as con:
        con.execute("SET enable_external_access = false")
        con.execute("SET threads = 1")
        facts = dict(con.execute("SELECT name, value FROM meta.build").fetchall())
        return Published(
            district_id=facts["district_id"],
            name=Both(facts["name"], facts["name_en"] or facts["name"]),
            as_of=date.fromisoformat(facts["as_of"]),
            epsg=int(facts["crs"].split(":")[1]),
            publication=_publication(json.loads(facts["publication"] or "{}")),
            communities=_communities(con),
            standards=_standards(con),
            columns={
                name: Both(zh, en)
                for name, zh, en in con.execute(
                    "SELECT column_name, zh, en FROM meta.columns "
                    "WHERE schema_name = 'mart' OR table_name = 'communities' ORDER BY ALL"
                ).fetchall()
            },
        )


def _rows(con: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, Any]]:
    found = con.execute(query)
    names = [one[0] for one in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def _communities(con: duckdb.DuckDBPyConnection) -> list[Community]:
    rows = _rows(
        con,
        "SELECT c.community_id, c.name AS name_zh, c.name_en, c.geometry, "
        "s.name AS street_zh, s.name_en AS street_en, p.name AS station_zh, "
        "p.name_en AS station_en FROM core.communities c "
        "LEFT JOIN core.streets s USING (street_id) "
        "LEFT JOIN core.stations p ON p.station_id = c.station_id ORDER BY c.community_id",
    )
    ids = [str(row["community_id"]) for row in rows]
    folded = Counter(one.casefold() for one in ids)
    return [
        Community(
            one,
            _slug(one, alone=folded[one.casefold()] == 1),
            both(row, "name"),
            both(row, "street") if row["street_zh"] else None,
            both(row, "station") if row["station_zh"] else None,
            shapely.from_wkb(row["geometry"]),
        )
        for one, row in zip(ids, rows, strict=True)
    ]


def _slug(community_id: str, *, alone: bool) -> str:
    """Return a name for a page's file: the id when it is plain, else a digest of it.

    No id can climb out of the folder, collide on a disk that ignores case, or need escaping in an
    address.
    """
    if alone and _PLAIN.fullmatch(community_id):
        return f"c-{community_id}"
    return f"d-{hashlib.sha256(community_id.encode()).hexdigest()[:20]}"


def _standards(con: duckdb.DuckDBPyConnection) -> list[Standard]:
    ratings: dict[str, dict[str, list[Rating]]] = {}
    for row in _rows(con, "SELECT * FROM mart.public_ratings ORDER BY ALL"):
        of = ratings.setdefault(row["standard_id"], {}).setdefault(row["community_id"], [])
        kept = {key: row[key] for key in ("period", "grade", "stars", "previous_stars")}
        of.append(Rating(state=row["rating_state"], reason=both(row, "reason"), **kept))
        of.sort(key=lambda one: one.period)
    items: dict[str, dict[str, list[Item]]] = {}
    for row in _rows(con, "SELECT * FROM mart.public_items ORDER BY ALL"):
        given = items.setdefault(row["standard_id"], {}).setdefault(row["community_id"], [])
        given.append(Item(row["period"], row["item_id"], both(row, "name"), row["band"]))
    found = []
    for row in _rows(con, "SELECT * FROM meta.standards ORDER BY position, standard_id"):
        one, body = row["standard_id"], json.loads(row["body"])
        if one not in ratings and body.get("published") is not True:
            continue
        # In the order of the standard, not of the alphabet.
        place = {str(item["id"]): at for at, item in enumerate(body.get("items", ()))}
        for given in items.get(one, {}).values():
            given.sort(key=lambda item: (item.period, place.get(item.item_id, len(place))))
        found.append(
            Standard(
                one,
                row["version"],
                row["digest"],
                both(row, "name"),
                body,
                ratings.get(one, {}),
                items.get(one, {}),
            )
        )
    return found


def _publication(given: dict[str, Any]) -> dict[str, Any]:
    """Check the district's `publication` table; a misspelt review number must not go unseen."""
    faults = [
        f"publication.{key}: unknown key; expected one of {', '.join(KEYS)}. "
        "Correct the district file and build again."
        for key in sorted(set(given) - set(KEYS))
    ]
    for key in KEYS[:-1]:
        if key in given and not (isinstance(given[key], str) and given[key].strip()):
            faults.append(
                f"publication.{key}: found {given[key]!r}; expected a text. "
                "Correct the district file and build again."
            )
    days = given.get("appeal_days", APPEAL_DAYS)
    if isinstance(days, bool) or not isinstance(days, int) or not 1 <= days <= 366:
        faults.append(
            f"publication.appeal_days: found {days!r}; expected whole days from 1 to 366. "
            "Correct the district file and build again."
        )
    if faults:
        raise StoreError("\n".join(faults))
    return given
