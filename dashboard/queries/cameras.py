"""The camera register: each camera with its state, duties, losses and what its data lacks."""

from __future__ import annotations

import pandas as pd

from dashboard.queries import Reader


def register(read: Reader) -> pd.DataFrame:
    """Return every camera of the slice with its state on the day of the build."""
    return read.frame(
        """
        SELECT k.camera_id, k.lon, k.lat, k.kind, k.bearing_deg, k.hfov_deg, k.height_m,
               k.installed_on, k.owner_kind, k.legal_basis, k.filed_on, k.retention_days,
               k.has_sign, k.place_type, k.community_id, c.name, c.name_en,
               coalesce(v.state, k.status, 'working') AS state, v.reach_m, v.night_reach_m,
               v.seen_area_m2, v.unique_area_m2, v.is_assumed, v.missing
        FROM core.cameras k
        LEFT JOIN mart.camera_coverage v USING (camera_id)
        LEFT JOIN core.communities c ON c.community_id = k.community_id
        ORDER BY k.camera_id
        """
    )


def duties(read: Reader) -> pd.DataFrame:
    """Return every duty of every camera, those overdue longest first."""
    return read.frame(
        """
        SELECT d.camera_id, d.duty, d.article, d.is_local, d.state, d.due_on, d.done_on, d.found,
               d.asked, d.legal_basis, d.community_id, c.name, c.name_en
        FROM mart.camera_duties d LEFT JOIN core.communities c USING (community_id)
        ORDER BY d.due_on NULLS LAST, d.camera_id, d.duty
        """
    )


def gaps(read: Reader) -> pd.DataFrame:
    """Return each missing field of each camera with what it would change."""
    return read.frame(
        """
        SELECT camera_id, field, effect, daypart, counted_area_m2, low_area_m2, high_area_m2,
               possible_area_m2
        FROM mart.camera_gaps ORDER BY camera_id, field
        """
    )


def forbidden(read: Reader) -> pd.DataFrame:
    """Return the cameras that stand where none may."""
    return read.frame(
        """
        SELECT f.*, c.name, c.name_en FROM mart.forbidden_cameras f
        LEFT JOIN core.communities c USING (community_id) ORDER BY f.place, f.camera_id
        """
    )


def losses(read: Reader) -> pd.DataFrame:
    """Return what is lost with each critical camera, the greatest loss first."""
    return read.frame(
        """
        SELECT l.*, k.lon, k.lat, c.name, c.name_en
        FROM mart.camera_losses l JOIN core.cameras k USING (camera_id)
        LEFT JOIN core.communities c
            ON c.community_id = coalesce(l.main_community_id, l.community_id)
        WHERE l.is_critical
        ORDER BY l.n_incidents_lost DESC NULLS LAST,
                 l.n_gates_lost DESC NULLS LAST, l.lost_area_m2 DESC NULLS LAST, l.camera_id
        """
    )


def pairs(read: Reader, at_least: float) -> pd.DataFrame:
    """Return pairs of which one shares `at_least` of its ground, most shared ground first."""
    return read.frame(
        """
        SELECT p.*, a.lon, a.lat, b.lon AS other_lon, b.lat AS other_lat, c.name, c.name_en
        FROM mart.camera_pairs p
        JOIN core.cameras a USING (camera_id)
        JOIN core.cameras b ON b.camera_id = p.other_camera_id
        LEFT JOIN core.communities c ON c.community_id = p.community_id
        WHERE greatest(p.camera_fraction, p.other_fraction) >= ?
        ORDER BY p.shared_area_m2 DESC, p.camera_id, p.other_camera_id
        """,
        (at_least,),
    )
