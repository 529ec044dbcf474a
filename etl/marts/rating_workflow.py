"""Where every rating stands between draft and publication, from the events that offices record."""

from __future__ import annotations

from collections import Counter
from datetime import date
from itertools import groupby

from etl.marts.context import MartContext
from etl.marts.rows import Columns, insert_rows
from etl.paths import REFERENCE
from etl.rating.workdays import read_calendar
from etl.rating.workflow import Event, Progress, Step, describe, follow

Key = tuple[str, str, str]
HOLIDAYS = REFERENCE / "holidays_cn.toml"


def derive(context: MartContext) -> None:
    """Fill `mart.rating_workflow` and `mart.rating_workflow_events`.

    Parameters
    ----------
    context
        The open build, with core tables filled.

    Notes
    -----
    An event that may not follow, comes too early or too late is kept with its reason, changes
    nothing, and is counted in a finding.
    """
    if "rating_events" in context.missing:
        return
    calendar = read_calendar(HOLIDAYS, time_zone=context.district.time_zone)
    rows = context.con.execute(
        "SELECT community_id, standard_id, period, station_id, street_id, event, event_on, actor, "
        "note FROM core.rating_events "
        "ORDER BY community_id, standard_id, period, event_on, event"
    ).fetchall()
    standings, events = [], []
    refused: Counter[str] = Counter()
    for key, group in groupby(rows, key=lambda row: row[:5]):
        given = [Event(*row[5:]) for row in group]
        progress, steps = follow(given, calendar)
        refused.update(step.refusal.zh for step in steps if step.refusal)
        if progress.state is not None:
            standings.append((key, progress, sum(step.refusal is not None for step in steps)))
        events += [(key, number, step) for number, step in enumerate(steps, start=1)]
    if standings:
        columns = _standing_columns(standings, context.as_of)
        insert_rows(context.con, "mart.rating_workflow", [columns])
    if events:
        insert_rows(context.con, "mart.rating_workflow_events", [_event_columns(events)])
    _report(context, refused)
    _report_strangers(context)


def read_standings(context: MartContext) -> dict[Key, tuple[date | None, date | None]]:
    """Return when each rating that the public may see was published, and until when to appeal."""
    rows = context.con.execute(
        "SELECT community_id, standard_id, period, published_on, appeal_until_on "
        "FROM mart.rating_workflow WHERE is_public"
    ).fetchall()
    return {row[:3]: row[3:] for row in rows}


def _head(keys: list[tuple[str, ...]]) -> Columns:
    names = ("community_id", "standard_id", "period", "station_id", "street_id")
    return dict(zip(names, map(list, zip(*keys, strict=True)), strict=True))


def _standing_columns(rows: list[tuple[tuple[str, ...], Progress, int]], today: date) -> Columns:
    found = [progress for _, progress, _ in rows]
    texts = [describe(progress, today) for progress in found]
    return {
        **_head([key for key, _, _ in rows]),
        "state": [one.state for one in found],
        "since_on": [one.since for one in found],
        "drafted_on": [one.drafted_on for one in found],
        "check_due_on": [one.check_due_on for one in found],
        "published_on": [one.published_on for one in found],
        "appeal_until_on": [one.appeal_until_on for one in found],
        "appealed_on": [one.appealed_on for one in found],
        "decided_on": [one.decided_on for one in found],
        "actor": [one.actor for one in found],
        "is_overdue": [one.is_overdue(today) for one in found],
        "is_public": [one.is_public for one in found],
        "n_refused": [refused for _, _, refused in rows],
        "sentence_zh": [one.zh for one in texts],
        "sentence_en": [one.en for one in texts],
    }


def _event_columns(rows: list[tuple[tuple[str, ...], int, Step]]) -> Columns:
    steps = [step for _, _, step in rows]
    return {
        **_head([key for key, _, _ in rows]),
        "step": [number for _, number, _ in rows],
        "event": [one.event.name for one in steps],
        "event_on": [one.event.on for one in steps],
        "actor": [one.event.actor for one in steps],
        "note": [one.event.note for one in steps],
        "state_before": [one.before for one in steps],
        "state_after": [one.after for one in steps],
        "is_accepted": [one.refusal is None for one in steps],
        "sentence_zh": [one.refusal.zh if one.refusal else None for one in steps],
        "sentence_en": [one.refusal.en if one.refusal else None for one in steps],
    }


def _report(context: MartContext, refused: Counter[str]) -> None:
    n = sum(refused.values())
    if not n:
        return
    example = min(refused)
    context.report.find(
        "warning",
        "rating_events_refused",
        f"{n} rating events are out of order, too early or too late and change nothing. "
        "mart.rating_workflow_events says which and why; correct the record.",
        f"{n}条评级办理记录次序、时间不符，不予采用，例如：{example}详见评级办理明细。",
        table="rating_events",
        n=n,
    )


def _report_strangers(context: MartContext) -> None:
    known = list(context.district.standards)
    found = context.con.execute(
        "SELECT count(*), min(standard_id) FROM core.rating_events "
        "WHERE NOT list_contains($known, standard_id)",
        {"known": known},
    ).fetchone()
    if found is not None and found[0]:
        context.report.find(
            "warning",
            "rating_events_standard",
            f"{found[0]} rating events name a standard that is not in force here, for example "
            f"{found[1]!r}. Correct the standard or add it to the district file.",
            f"{found[0]}条评级办理记录的标准不在本区执行，例如{found[1]!r}。请更正或加入区配置。",
            table="rating_events",
            n=found[0],
        )
