"""Why an item has its points and a community its grade, in both languages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from etl.marts.rating_assessed import Assessed
from etl.marts.rating_evidence import ROWS_OF, Frame, PeriodEvidence
from etl.rating import MEASURES, Item, Outcome, Text
from etl.rating.measures import rests_on_incidents
from etl.rating.model import ASSESSED_SCORE, Check

Ground = Callable[[int], Text]
_CASES = {
    "criminal_relative": ("criminal", "criminal cases", "刑事案件"),
    "public_security_relative": ("public_security", "public-security cases", "治安案件"),
}


@lru_cache(maxsize=65536)
def figure(value: float) -> str:
    """Return a number with at most two decimals, trailing zeros left out."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def ground_of(item: Item, frame: Frame, made: PeriodEvidence, assessed: Assessed) -> Ground:
    """Return the function that says, for one community, what an item's points rest on."""
    if item.is_assessed:
        return _assessed_ground(item, made, assessed)
    if item.measure in _CASES:
        return _rate_ground(item, frame, made)
    if item.measure == "cases_change":
        return _change_ground(item, made)
    return _measure_ground(item, made)


def _assessed_ground(item: Item, made: PeriodEvidence, assessed: Assessed) -> Ground:
    period = made.windows.period.name
    most = figure(float(item.parameters.get("scale", item.weight)))
    is_score = item.measure == ASSESSED_SCORE
    sheets = (assessed.scores if is_score else assessed.values)[item.item_id].tolist()
    days, assessors = assessed.days[item.item_id], assessed.assessors[item.item_id]
    none = Text(f"No assessment for {period}.", f"{period}年无考评记录。")

    def ground(i: int) -> Text:
        if sheets[i] != sheets[i]:  # NaN: no sheet
            return none
        found, day, assessor = figure(sheets[i]), days[i], assessors[i]
        en = f"Scored {found} of {most}" if is_score else f"Assessed at {found}"
        zh = f"考评得{found}分（满分{most}分）" if is_score else f"考评为{found}"
        en, zh = (f"{en} on {day}", f"{day}{zh}") if day else (en, zh)
        if assessor:
            return Text(f"{en} by {assessor}.", f"{zh}，考评单位：{assessor}。")
        return Text(f"{en}.", f"{zh}。")

    return ground


def _rate_ground(item: Item, frame: Frame, made: PeriodEvidence) -> Ground:
    name, en, zh = _CASES[item.measure]
    window, cases = made.windows.counted, made.counts[name]
    households = frame.register["n_households"].value
    rate = made.measures[f"{name}_per_1000"]
    against = made.measures[item.measure].value
    zero_chance = made.measures[f"{name}_zero_chance"].value
    days = f"{window.first} to {window.last}", f"{window.first}至{window.last}"

    def ground(i: int) -> Text:
        if np.isnan(households[i]) or households[i] <= 0:
            return Text("The number of households is not known.", "户数不明。")
        if np.isnan(rate.value[i]):
            return Text(f"No {en} are recorded in the data.", f"数据中没有{zh}记录。")
        shrunk, low, high = (figure(one[i]) for one in (rate.value, rate.low, rate.high))
        n, homes, times = int(cases[i]), int(households[i]), figure(against[i])
        luck = _luck(zero_chance[i]) if n == 0 else Text("", "")
        return Text(
            f"{n} {en} in {homes} households, {days[0]}: {shrunk} per 1,000 households a year "
            f"(95 %: {low} to {high}) after shrinkage and pro rata of the days, "
            f"{times} times the district's rate.{luck.en}",
            f"{days[1]}，{homes}户发生{zh}{n}起：按天数折算并收缩后年每千户{shrunk}起"
            f"（95%区间{low}至{high}），为全区平均的{times}倍。{luck.zh}",
        )

    return ground


def _luck(zero_chance: float) -> Text:
    percent = f"{zero_chance:.0%}" if zero_chance >= 0.01 else "<1%"
    return Text(
        f" At the district's rate the chance of none in a place of this size is {percent}.",
        f"按全区平均，同等规模小区偶然零发案的概率为{percent}。",
    )


def _change_ground(item: Item, made: PeriodEvidence) -> Ground:
    ratio = made.measures[item.measure]
    window, now, before = made.windows.compared, made.counts["now"], made.counts["before"]
    days = f"{window.first} to {window.last}", f"{window.first}至{window.last}"

    def ground(i: int) -> Text:
        if np.isnan(ratio.value[i]):
            return Text(
                "The data does not reach far enough back for a comparison.",
                "数据时间不足，无法同比。",
            )
        value, low, high = (figure(one[i]) for one in (ratio.value, ratio.low, ratio.high))
        a, b = int(now[i]), int(before[i])
        return Text(
            f"{a} cases from {days[0]} against {b} on the same days of the year before: "
            f"{value} times (95 %: {low} to {high}) after shrinkage.",
            f"{days[1]}发案{a}起，上年同期{b}起：收缩后为{value}倍（95%区间{low}至{high}）。",
        )

    return ground


def _measure_ground(item: Item, made: PeriodEvidence) -> Ground:
    name = MEASURES[item.measure].text
    values = made.measures.get(item.measure)
    whole = made.counts.get(ROWS_OF.get(item.measure, ""))
    is_fraction = item.measure.endswith("_fraction")

    def ground(i: int) -> Text:
        if values is None or np.isnan(values.value[i]):
            return Text(f"Not known: {name.en}.", f"不明：{name.zh}。")
        value = values.value[i]
        if is_fraction and whole is not None:
            n = int(whole[i])
            if n == 0:
                return Text(f"{name.en}: none to count.".capitalize(), f"{name.zh}：无应计隐患。")
            done = round(value * n)
            return Text(f"{done} of {n} {name.en}.", f"{name.zh}：{n}项中{done}项。")
        if is_fraction:
            return Text(f"{name.en}: {value:.1%}.", f"{name.zh}：{value:.1%}。")
        return Text(f"{name.en}: {figure(value)}.", f"{name.zh}：{figure(value)}。")

    return ground


def reason_of(
    outcome: Outcome, extremes: Extremes, i: int, state: str, n_days: int, *, public: bool
) -> Text:
    """Return why a community has its grade, or none.

    Parameters
    ----------
    outcome
        The ratings.
    extremes
        Its fullest and emptiest items.
    i
        Number of the community.
    state
        State of the rating: rated, not_eligible or no_data.
    n_days
        Days that the period has run.
    public
        Leave out points, and checks that rest on incidents.

    Returns
    -------
    Text
        One or two sentences in each language.
    """
    standard = outcome.standard
    if state == "not_eligible":
        failed = [one.name for one, held in _states(outcome, i) if held == 0]
        return Text(
            "Not eligible; not met: " + "; ".join(one.en for one in failed) + ".",
            "不符合参评条件：" + "；".join(one.zh for one in failed) + "。",
        )
    if state == "no_data":
        return _no_data(outcome, i, n_days)
    grade = standard.grades[outcome.grade[i]]
    parts = [_headline(outcome, i, public=public)]
    parts += [
        Text(f"Held there by: {one.en}.", f"受限：{one.zh}。")
        for one in binding(outcome, i, public=public)
    ]
    parts.append(_extremes(outcome, extremes, i))
    if grade.consequence is not None:
        parts.append(Text(f"{grade.consequence.en}.", f"{grade.consequence.zh}。"))
    return Text(" ".join(p.en for p in parts if p.en), "".join(p.zh for p in parts))


def _states(outcome: Outcome, i: int) -> list[tuple[Check, int]]:
    return [
        (check, int(outcome.eligibility[i, column]))
        for column, check in enumerate(outcome.standard.eligibility)
    ]


def _no_data(outcome: Outcome, i: int, n_days: int) -> Text:
    standard = outcome.standard
    unknown = [one.name for one, state in _states(outcome, i) if state == -1]
    missing = [
        item.name for column, item in enumerate(standard.items) if outcome.is_missing[i, column]
    ]
    en, zh = ["No data: too little is known for a rating."], ["数据不足，无法评级。"]
    if n_days < standard.min_days:
        en.append(f"The period has run {n_days} of at least {standard.min_days} days.")
        zh.append(f"本期仅有{n_days}天，至少需{standard.min_days}天。")
    if unknown:
        en.append("Not known: " + "; ".join(one.en for one in unknown) + ".")
        zh.append("不明：" + "；".join(one.zh for one in unknown) + "。")
    if missing:
        en.append("Without evidence: " + ", ".join(one.en for one in missing) + ".")
        zh.append("缺少依据：" + "、".join(one.zh for one in missing) + "。")
    return Text(" ".join(en), "".join(zh))


def _headline(outcome: Outcome, i: int, *, public: bool) -> Text:
    standard = outcome.standard
    grade = standard.grades[outcome.grade[i]]
    if public:
        return Text(f"{grade.name.en}.", f"{grade.name.zh}。")
    score, low, high = (
        figure(one[i]) for one in (outcome.score, outcome.score_low, outcome.score_high)
    )
    most = figure(standard.max_score)
    return Text(
        f"{grade.name.en}: {score} of {most} points (95 %: {low} to {high}).",
        f"{grade.name.zh}：得{score}分，满分{most}分（95%区间{low}至{high}）。",
    )


@dataclass(frozen=True)
class Extremes:
    """The fullest and the emptiest item of each community, -1 where all are much alike."""

    best: list[int]
    worst: list[int]


def find_extremes(outcome: Outcome) -> Extremes:
    """Find the fullest and the emptiest item among those that do not rest on incidents."""
    items = outcome.standard.items
    shown = [not item.is_bonus and not rests_on_incidents(item.measure) for item in items]
    weights = np.asarray([item.weight for item in items])
    sign = -1.0 if outcome.standard.direction == "lower" else 1.0
    filled = np.where(np.asarray(shown), sign * outcome.points / weights, np.nan)
    best = np.where(np.isnan(filled), -np.inf, filled)
    worst = np.where(np.isnan(filled), np.inf, filled)
    apart = best.max(axis=1, initial=-np.inf) - worst.min(axis=1, initial=np.inf) >= 0.1
    return Extremes(
        np.where(apart, best.argmax(axis=1), -1).tolist(),
        np.where(apart, worst.argmin(axis=1), -1).tolist(),
    )


def _extremes(outcome: Outcome, extremes: Extremes, i: int) -> Text:
    if extremes.best[i] < 0:
        return Text("", "")
    items = outcome.standard.items
    best, worst = items[extremes.best[i]].name, items[extremes.worst[i]].name
    return Text(
        f"Strongest: {best.en}; most room for improvement: {worst.en}.",
        f"最好：{best.zh}；最需改进：{worst.zh}。",
    )


def binding(outcome: Outcome, i: int, *, public: bool) -> list[Text]:
    """Return the caps, vetoes and disqualifications that made the grade worse than the points."""
    standard = outcome.standard
    found = [
        cap.name
        for column, cap in enumerate(standard.caps)
        if outcome.caps[i, column] > outcome.grade_by_points[i]
        and not (public and isinstance(cap, Check) and _is_inside(cap))
    ]
    for checks, states in (
        (standard.vetoes, outcome.vetoes),
        (standard.disqualifications, outcome.disqualifications),
    ):
        found += [
            check.name
            for column, check in enumerate(checks)
            if states[i, column] == 1 and not (public and _is_inside(check))
        ]
    return found


def _is_inside(check: Check) -> bool:
    return check.condition.measure is not None and rests_on_incidents(check.condition.measure)
