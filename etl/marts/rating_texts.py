"""Why an item has its points and a community its grade, in both languages."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from etl.marts.rating_evidence import ROWS_OF, Assessed, Frame, PeriodEvidence
from etl.rating import MEASURES, Item, Outcome, Text
from etl.rating.measures import rests_on_incidents
from etl.rating.model import ASSESSED_SCORE, Check

Ground = Callable[[int], Text]
_CASES = {
    "criminal_relative": ("criminal", "criminal cases", "刑事案件"),
    "public_security_relative": ("public_security", "public-security cases", "治安案件"),
}


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

    def ground(i: int) -> Text:
        sheet = assessed.sheets.get((i, item.item_id))
        if sheet is None or sheet[0] is None:
            return Text(f"No assessment for {period}.", f"{period}年无考评记录。")
        found, day, assessor = figure(sheet[0]), sheet[1], sheet[2]
        en, zh = f"Assessed at {found}", f"考评为{found}"
        if item.measure == ASSESSED_SCORE:
            en, zh = f"Scored {found} of {most}", f"考评得{found}分（满分{most}分）"
        en += f" on {day}" if day else ""
        zh = f"{day}{zh}" if day else zh
        return Text(
            f"{en} by {assessor}." if assessor else f"{en}.",
            f"{zh}，考评单位：{assessor}。" if assessor else f"{zh}。",
        )

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


def reason_of(outcome: Outcome, i: int, unmet: str, n_days: int, *, public: bool) -> Text:
    """Return why a community has its grade, or none.

    Parameters
    ----------
    outcome
        The ratings.
    i
        Number of the community.
    unmet
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
    if unmet == "not_eligible":
        failed = [one.name for one, state in _states(outcome, i) if state == 0]
        return Text(
            "Not eligible; not met: " + "; ".join(one.en for one in failed) + ".",
            "不符合参评条件：" + "；".join(one.zh for one in failed) + "。",
        )
    if unmet == "no_data":
        return _no_data(outcome, i, n_days)
    grade = standard.grades[outcome.grade[i]]
    parts = [_headline(outcome, i, public=public)]
    parts += [
        Text(f"Held there by: {one.en}.", f"受限：{one.zh}。")
        for one in binding(outcome, i, public=public)
    ]
    parts.append(_extremes(outcome, i))
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


def _extremes(outcome: Outcome, i: int) -> Text:
    """Name the fullest and the emptiest item among those that do not rest on incidents."""
    items = outcome.standard.items
    lower = outcome.standard.direction == "lower"
    filled = [
        (outcome.points[i, k] / item.weight * (-1.0 if lower else 1.0), -k)
        for k, item in enumerate(items)
        if not np.isnan(outcome.points[i, k])
        and not item.is_bonus
        and not rests_on_incidents(item.measure)
    ]
    if len(filled) < 2 or max(filled)[0] - min(filled)[0] < 0.1:
        return Text("", "")
    best, worst = items[-max(filled)[1]].name, items[-min(filled)[1]].name
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
