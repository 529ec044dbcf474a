"""When cameras of the model city were faulty: spells that fit their status and their dates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from etl.simulate.cameras import Cameras
from etl.simulate.kinds import FIRST_DAY, LAST_DAY

REASONS = ("power", "network", "lens", "device", "construction")
_PER_YEAR = 0.28
_UNLOGGED = 0.15  # faulty by its status, but nobody wrote down since when
_LONGEST_DAYS = 200
_DAY = np.timedelta64(1, "D")


@dataclass(frozen=True)
class Faults:
    """Spells, one entry each; `until` is the day of the repair, NaT while it lasts."""

    camera: np.ndarray
    since: np.ndarray
    until: np.ndarray
    reason: np.ndarray


def fail_cameras(cameras: Cameras, spared: np.ndarray, *, rng: np.random.Generator) -> Faults:
    """Let cameras fail now and then during the two years of the record.

    Parameters
    ----------
    cameras
        The cameras.
    spared
        Rows whose camera is refused by its own file: no spell is written for them.
    rng
        Source of randomness.

    Returns
    -------
    Faults
        By camera and day. Spells lie between a camera's installation and its end, half last under
        ten days, none overlaps another of the same camera. A camera that is faulty today has an
        open spell, save one in seven.
    """
    n = cameras.status.size
    begins = np.where(np.isnat(cameras.installed_on), LAST_DAY, cameras.installed_on)
    begins = np.maximum(begins.astype("datetime64[D]"), FIRST_DAY)
    ends = np.where(np.isnat(cameras.retired_on), LAST_DAY, cameras.retired_on)
    days = np.maximum((ends.astype("datetime64[D]") - begins).astype(int) - 1, 0)
    days[(cameras.status == 2) | np.isin(np.arange(n), spared)] = 0
    who = np.repeat(np.arange(n), rng.poisson(_PER_YEAR * days / 365.0))
    since = begins[who] + np.floor(rng.random(who.size) * days[who]).astype(int) * _DAY
    length = np.clip(np.round(rng.lognormal(2.2, 1.0, who.size)), 1, _LONGEST_DAYS).astype(int)
    until = since + length * _DAY
    faulty = np.flatnonzero((cameras.status == 1) & (rng.random(n) >= _UNLOGGED) & (days > 0))
    ago = np.minimum(np.round(rng.lognormal(3.0, 1.0, faulty.size)).astype(int), days[faulty])
    who = np.concatenate([who, faulty])
    since = np.concatenate([since, LAST_DAY - ago * _DAY])
    until = np.concatenate([until, np.full(faulty.size, np.datetime64("NaT"))])
    lasts = np.where(np.isnat(until), LAST_DAY, until)
    limit = np.where(np.isnat(until), LAST_DAY, ends[who])
    kept = _first_ones(who, since, lasts) & (lasts <= limit)
    order = np.lexsort((since[kept], who[kept]))
    reason = rng.integers(0, len(REASONS), who.size)
    return Faults(*(one[kept][order] for one in (who, since, until, reason)))


def _first_ones(who: np.ndarray, since: np.ndarray, until: np.ndarray) -> np.ndarray:
    """Tell the spells that begin a day or more after all earlier ones of their camera ended."""
    order = np.lexsort((since, who))
    kept = np.ones(who.size, bool)
    last, camera = np.datetime64("1900-01-01"), -1
    for k in order.tolist():
        if who[k] != camera:
            camera, last = who[k], np.datetime64("1900-01-01")
        kept[k] = bool(since[k] > last)
        last = max(last, until[k]) if kept[k] else last
    return kept
