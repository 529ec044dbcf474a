"""What cameras see and what patrol reaches."""

from __future__ import annotations

import pandas as pd

from dashboard.queries import Reader


def coverage(read: Reader, level: str, daypart: str) -> pd.DataFrame:
    """Return coverage of every community at one level and daypart, the least seen first."""
    return read.frame(
        """
        SELECT v.*, c.name, c.name_en FROM mart.coverage v
        LEFT JOIN core.communities c USING (community_id)
        WHERE v.level = ? AND v.daypart = ? ORDER BY v.seen_fraction NULLS FIRST, v.community_id
        """,
        (level, daypart),
    )


def levels(read: Reader, community_id: str | None = None) -> pd.DataFrame:
    """Return the pixel-density levels with the ground seen at each, coarse first."""
    return read.frame(
        """
        SELECT level, px_per_m, daypart, sum(open_area_m2) AS open_area_m2,
               sum(seen_area_m2) / nullif(sum(open_area_m2), 0) AS seen_fraction,
               sum(possible_fraction * open_area_m2) / nullif(sum(open_area_m2), 0)
                   AS possible_fraction,
               sum(k2_fraction * open_area_m2) / nullif(sum(open_area_m2), 0) AS k2_fraction,
               sum(k3_fraction * open_area_m2) / nullif(sum(open_area_m2), 0) AS k3_fraction,
               sum(n_gates)::BIGINT AS n_gates, sum(n_gates_seen)::BIGINT AS n_gates_seen,
               sum(n_incidents)::BIGINT AS n_incidents,
               sum(n_incidents_seen)::BIGINT AS n_incidents_seen, max(cell_m) AS cell_m
        FROM mart.coverage WHERE ? IS NULL OR community_id = ?
        GROUP BY level, px_per_m, daypart ORDER BY px_per_m, daypart
        """,
        (community_id, community_id),
    )


def uncovered_parts(read: Reader, community_id: str | None = None) -> pd.DataFrame:
    """Return located incidents of 12 months and those nobody covers, day and night: one row."""
    return read.frame(
        """
        SELECT sum(n_located_day)::BIGINT AS n_located_day,
               sum(n_uncovered_day)::BIGINT AS n_uncovered_day,
               sum(n_located_night)::BIGINT AS n_located_night,
               sum(n_uncovered_night)::BIGINT AS n_uncovered_night
        FROM mart.uncovered WHERE ? IS NULL OR community_id = ?
        """,
        (community_id, community_id),
    )


def history(read: Reader, scope_kind: str, scope_id: str) -> pd.DataFrame:
    """Return coverage of one scope from each day on which it changed, the oldest first."""
    return read.frame(
        """
        SELECT from_on, seen_fraction, seen_night_fraction, n_working, n_faulty, n_installed,
               n_retired, n_failed, n_repaired
        FROM mart.coverage_history WHERE scope_kind = ? AND scope_id = ? ORDER BY from_on
        """,
        (scope_kind, scope_id),
    )


def community_coverage(read: Reader, community_id: str) -> pd.DataFrame:
    """Return coverage of one community at every level, day and night."""
    return read.frame(
        "SELECT * FROM mart.coverage WHERE community_id = ? ORDER BY px_per_m, daypart",
        (community_id,),
    )


def cameras(read: Reader, community_id: str | None = None) -> pd.DataFrame:
    """Return cameras with their state on the day of the build and what each adds."""
    return read.frame(
        """
        SELECT k.camera_id, k.lon, k.lat, k.kind, k.bearing_deg, k.height_m, k.installed_on,
               k.owner_kind, k.legal_basis, k.filed_on, k.retention_days, k.has_sign, k.place_type,
               k.community_id, c.name, c.name_en,
               coalesce(v.state, k.status, 'working') AS state, v.hfov_deg, v.reach_m,
               v.night_reach_m, v.seen_area_m2, v.unique_area_m2, v.is_assumed, v.missing
        FROM core.cameras k
        LEFT JOIN mart.camera_coverage v USING (camera_id)
        LEFT JOIN core.communities c ON c.community_id = k.community_id
        WHERE ? IS NULL OR k.community_id = ? ORDER BY k.camera_id
        """,
        (community_id, community_id),
    )


def bearings(read: Reader) -> pd.DataFrame:
    """Return how many cameras there are and how many have no bearing, domes apart: one row."""
    return read.frame(
        """
        SELECT count(*) AS n,
               count(*) FILTER (bearing_deg IS NULL AND coalesce(hfov_deg, 0) < 360
                                AND coalesce(kind, '') NOT IN ('dome', 'ptz')) AS n_unknown
        FROM core.cameras
        """
    )


def works(read: Reader) -> pd.DataFrame:
    """Return works that added cameras, with coverage of their community 30 days before and after.

    A history ends with the data, so the last works may show fewer days after them.
    """
    return read.frame(
        """
        SELECT i.intervention_id, i.done_on, i.community_id, c.name, c.name_en,
               b.seen_fraction AS seen_before, b.n_working AS n_before,
               a.seen_fraction AS seen_after, a.n_working AS n_after
        FROM core.interventions i
        ASOF JOIN (SELECT * FROM mart.coverage_history WHERE scope_kind = 'community') b
            ON b.scope_id = i.community_id AND (i.done_on - 30) >= b.from_on
        ASOF JOIN (SELECT * FROM mart.coverage_history WHERE scope_kind = 'community') a
            ON a.scope_id = i.community_id AND (i.done_on + 30) >= a.from_on
        LEFT JOIN core.communities c ON c.community_id = i.community_id
        WHERE i.kind = 'cameras' ORDER BY i.done_on DESC, i.intervention_id
        """
    )


def undated(read: Reader) -> pd.DataFrame:
    """Return how many cameras there are and how many without a date of installation: one row."""
    return read.frame(
        """
        SELECT count(*) AS n, count(*) FILTER (installed_on IS NULL) AS n_undated
        FROM core.cameras
        """
    )


def blind_spots(
    read: Reader, daypart: str, *, community_id: str | None = None, at_most: int = 500
) -> pd.DataFrame:
    """Return blind spots, most incidents first, and `n_all` of them in all."""
    return read.frame(
        """
        SELECT b.* EXCLUDE (geometry, x, y), c.name, c.name_en, count(*) OVER () AS n_all
        FROM mart.blind_spots b LEFT JOIN core.communities c USING (community_id)
        WHERE b.level = 'recognise' AND b.daypart = ? AND (? IS NULL OR b.community_id = ?)
        ORDER BY b.n_incidents DESC NULLS LAST, b.n_gates DESC NULLS LAST,
                 b.blind_area_m2 DESC, b.blind_spot_id LIMIT ?
        """,
        (daypart, community_id, community_id, at_most),
    )


def patrol_points(read: Reader, community_id: str | None = None) -> pd.DataFrame:
    """Return patrol points with their hours."""
    return read.frame(
        """
        SELECT patrol_point_id, name, kind, starts_at, ends_at, radius_m, lon, lat, community_id
        FROM core.patrol_points WHERE ? IS NULL OR community_id = ? ORDER BY patrol_point_id
        """,
        (community_id, community_id),
    )


def patrol_reach(read: Reader, community_id: str) -> pd.DataFrame:
    """Return what patrol reaches in one community."""
    return read.frame("SELECT * FROM mart.patrol_reach WHERE community_id = ?", (community_id,))


def gates(read: Reader, community_id: str) -> pd.DataFrame:
    """Return the gates of one community."""
    return read.frame(
        "SELECT gate_id, kind, lon, lat FROM core.gates WHERE community_id = ? ORDER BY gate_id",
        (community_id,),
    )


def shapes(read: Reader, table: str, community_id: str) -> pd.DataFrame:
    """Return id and WKB (metres) of one community's buildings, viewsheds or blind spots.

    `table` is one of the keys below: a name is never taken from outside.
    """
    asked = {
        "buildings": "SELECT building_id AS id, geometry FROM core.buildings "
        "WHERE community_id = ? ORDER BY building_id",
        "viewsheds_day": "SELECT camera_id AS id, geometry FROM mart.viewsheds WHERE "
        "community_id = ? AND level = 'recognise' AND daypart = 'day' ORDER BY camera_id",
        "viewsheds_night": "SELECT camera_id AS id, geometry FROM mart.viewsheds WHERE "
        "community_id = ? AND level = 'recognise' AND daypart = 'night' ORDER BY camera_id",
        "blind_spots_day": "SELECT blind_spot_id AS id, geometry FROM mart.blind_spots WHERE "
        "community_id = ? AND level = 'recognise' AND daypart = 'day' ORDER BY blind_spot_id",
        "blind_spots_night": "SELECT blind_spot_id AS id, geometry FROM mart.blind_spots WHERE "
        "community_id = ? AND level = 'recognise' AND daypart = 'night' ORDER BY blind_spot_id",
    }
    return read.frame(asked[table], (community_id,))


def hazards(read: Reader, community_id: str, as_of: object) -> pd.DataFrame:
    """Return the hazards of one community, open ones first, each with its state."""
    return read.frame(
        """
        SELECT hazard_id, kind, severity, found_on, due_on, resolved_on, accepted_on, responsible,
               CASE WHEN accepted_on IS NOT NULL THEN 'accepted'
                    WHEN resolved_on IS NOT NULL THEN 'resolved'
                    WHEN refused THEN 'refused'
                    WHEN due_on < ? THEN 'overdue' ELSE 'open' END AS state
        FROM core.hazards WHERE community_id = ?
        ORDER BY resolved_on IS NOT NULL, due_on, hazard_id
        """,
        (as_of, community_id),
    )


def sanctions(read: Reader, community_id: str) -> pd.DataFrame:
    """Return notices, cards, fines and awards of one community, newest first."""
    return read.frame(
        """
        SELECT issued_on, kind, reason, amount_yuan, found_at_night FROM core.sanctions
        WHERE community_id = ? ORDER BY issued_on DESC, kind
        """,
        (community_id,),
    )
