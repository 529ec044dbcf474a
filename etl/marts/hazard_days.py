"""When a hazard counts as rectified, open or accepted, as SQL over `core.hazards`.

A hazard that is reopened is open from that day until it is rectified again: `resolved_on` is the
last rectification, so one on or before `reopened_on` is void from then, and so is its acceptance.
"""

from __future__ import annotations


def reopened_by(day: str) -> str:
    """Return the condition that the last rectification was undone up to `day` (SQL)."""
    return f"coalesce(reopened_on BETWEEN resolved_on AND {day}, false)"


def rectified_by(day: str) -> str:
    """Return the condition that a hazard is rectified at the end of `day` (SQL)."""
    return f"(coalesce(resolved_on <= {day}, false) AND NOT {reopened_by(day)})"


def open_at(day: str) -> str:
    """Return the condition that a hazard found by then is not rectified at the end of `day`."""
    return f"(NOT {rectified_by(day)})"


def accepted_by(day: str) -> str:
    """Return the condition that a hazard is rectified and accepted at the end of `day` (SQL)."""
    return f"(coalesce(accepted_on <= {day}, false) AND {rectified_by(day)})"


def in_time(day: str) -> str:
    """Return the condition that a hazard was rectified by its deadline, as known on `day` (SQL)."""
    return f"({rectified_by(day)} AND resolved_on <= due_on)"
