"""Ratings of every community under the district's standards, published and internal."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np

from etl.marts import (
    rating_assessed,
    rating_audit,
    rating_evidence,
    rating_history,
    rating_rows,
    rating_stability,
)
from etl.marts.context import MartContext
from etl.marts.peers import fill_peers
from etl.marts.rate_funnel import fill_funnel
from etl.marts.rating_evidence import Frame, PeriodEvidence
from etl.marts.rating_rows import Standings
from etl.marts.rating_workflow import read_standings
from etl.marts.rows import Columns, insert_rows
from etl.rating import RULE_KINDS, Outcome, Standard, rate
from etl.rating.streaks import draw_consequences, periods_needed
from etl.standards import SHIPPED, find_standard

N_PUBLISHED_PERIODS = 2
STABILITY_STAGE = 4001  # its own stream of random numbers, whatever else is drawn


def derive(context: MartContext) -> None:
    """Rate every community under each standard of the district, for this year and the last.

    Fills `mart.ratings`, `mart.rating_items`, `mart.public_ratings`, `mart.public_items`,
    `mart.rating_history`, `mart.rating_changes`, `mart.rating_stability`, `mart.consequences` and
    `meta.standards`. Periods are calendar years; the current one runs to `as_of`, its rates are
    taken pro rata of its days and compared with the same days of the year before.

    Parameters
    ----------
    context
        The open build, with core tables and the workflow of ratings filled.

    Raises
    ------
    StandardError
        When a standard of the district is unknown or faulty; mend the file it names.

    Notes
    -----
    A district that keeps the workflow of its ratings (`rating_workflow`) shows the public only
    those that it has published; others show every build's ratings at once.
    """
    folders = (context.district.path.parent / "standards", SHIPPED)
    standards = [find_standard(one, folders) for one in context.district.standards]
    frame = rating_evidence.read_frame(context)
    standings = read_standings(context) if context.district.rating_workflow else None
    context.progress.start("ratings", len(standards) * N_PUBLISHED_PERIODS)
    made: dict[tuple[str, ...], list[PeriodEvidence]] = {}
    first = rating_history.first_year(context)
    n_periods = max(
        N_PUBLISHED_PERIODS + 1,
        context.as_of.year - first + 1,
        *(periods_needed(one) + 1 for one in standards),
    )
    years = range(context.as_of.year - n_periods + 1, context.as_of.year + 1)
    for position, standard in enumerate(standards, start=1):
        described = {**_standard_columns(standard), "position": [position]}
        insert_rows(context.con, "meta.standards", [described])
        if frame.n == 0:
            continue
        types = standard.serious_types
        if types not in made:
            made[types] = rating_evidence.read_periods(context, frame, years, types)
        _rate_standard(context, frame, standard, made[types], standings, str(first))
    rating_assessed.report_strange_assessments(context, standards, first)
    context.con.execute("DROP TABLE rating_communities")


def _rate_standard(
    context: MartContext,
    frame: Frame,
    standard: Standard,
    periods: Sequence[PeriodEvidence],
    standings: Standings | None,
    first: str,
) -> None:
    group = rating_evidence.group_of(frame, standard)
    names = [one.windows.period.name for one in periods]
    assessed = [
        rating_assessed.read_assessed(context, frame.ids, standard, one.windows.period)
        for one in periods
    ]
    evidences = [
        rating_evidence.make_evidence(frame, one, sheets, group)
        for one, sheets in zip(periods, assessed, strict=True)
    ]
    outcomes = [rate(standard, one) for one in evidences]
    con = context.con
    for at in range(len(periods) - N_PUBLISHED_PERIODS, len(periods)):
        drawn = draw_consequences(standard, outcomes[: at + 1], evidences[: at + 1])
        censored = rating_evidence.make_evidence(
            frame, periods[at], assessed[at], group, published=True
        )
        rated = rating_rows.Rated(
            frame=frame,
            made=periods[at],
            assessed=assessed[at],
            outcome=outcomes[at],
            public=rate(standard, censored),
            previous=outcomes[at - 1],
            drawn=drawn,
            standings=standings,
        )
        _write(context, standard, rated)
        found = rating_history.consequence_columns(
            frame, standard, names[at], drawn, outcomes[at].grade
        )
        insert_rows(con, "mart.consequences", found)
        context.progress.advance()
    history = [
        rating_history.history_columns(frame, outcome, name)
        for outcome, name in zip(outcomes, names, strict=True)
        if name >= first
    ]
    insert_rows(con, "mart.rating_history", history)
    moved = rating_history.change_columns(frame, outcomes[-2], outcomes[-1], (names[-2], names[-1]))
    insert_rows(con, "mart.rating_changes", [moved])
    rng = np.random.default_rng([context.seed, STABILITY_STAGE])
    firm = rating_stability.stability_columns(frame, periods[-1], evidences[-1], outcomes[-1], rng)
    insert_rows(con, "mart.rating_stability", [firm])
    known = [at for at, name in enumerate(names) if name >= first]
    rating_audit.fill_bunching(
        context, standard, [outcomes[at] for at in known], [names[at] for at in known]
    )
    rating_audit.fill_assessors(context, standard)
    if standard.standard_id == context.district.standards[0]:
        fill_peers(context, frame, periods[-1], outcomes[-1])
        fill_funnel(context, frame, periods[-1])
    _report(context, standard, outcomes[-1], periods[-1])


def _write(context: MartContext, standard: Standard, rated: rating_rows.Rated) -> None:
    con = context.con
    items = [rating_rows.item_columns(rated, k) for k in range(len(standard.items))]
    insert_rows(con, "mart.rating_items", items)
    insert_rows(con, "mart.ratings", [rating_rows.rating_columns(rated, items)])
    if standard.published and not rating_rows.is_trial(standard, rated.period):
        bands = [rating_rows.public_item_columns(rated, k) for k in range(len(standard.items))]
        insert_rows(con, "mart.public_ratings", [rating_rows.public_rating_columns(rated)])
        insert_rows(con, "mart.public_items", bands)


def _standard_columns(standard: Standard) -> Columns:
    used = sorted({item.rule for item in standard.items})
    rules = {
        name: {"en": RULE_KINDS[name].text.en, "zh": RULE_KINDS[name].text.zh} for name in used
    }
    body = json.dumps({**standard.body, "rule_texts": rules}, ensure_ascii=False, sort_keys=True)
    return {
        "standard_id": [standard.standard_id],
        "version": [standard.version],
        "digest": [standard.digest],
        "name_en": [standard.name.en],
        "name_zh": [standard.name.zh],
        "body": [body],
    }


def _report(
    context: MartContext, standard: Standard, outcome: Outcome, made: PeriodEvidence
) -> None:
    period = made.windows.period.name
    blind = int((outcome.is_eligible & ~outcome.has_enough_data).sum())
    if blind:
        n = len(outcome.score)
        context.report.find(
            "info",
            "rating_no_data",
            f"{standard.name.en}, {period}: {blind} of {n} communities have no rating because too "
            "little is known of them. Their rows say what is missing.",
            f"{standard.name.zh}，{period}：{n}个小区中有{blind}个因数据不足未评级，各行已注明缺项。",
            table="assessments",
            n=blind,
        )
    for column, item in enumerate(standard.items):
        n = int(outcome.is_missing[:, column].sum())
        if n and not item.is_bonus:
            context.report.find(
                "info",
                "rating_item_missing",
                f"{standard.name.en}, {period}, {item.name.en}: communities without evidence: {n}.",
                f"{standard.name.zh}，{period}，{item.name.zh}：{n}个小区缺少依据。",
                table="assessments" if item.is_assessed else None,
                n=n,
            )
