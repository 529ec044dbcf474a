"""How firmly each rating stands: the same year drawn again, many times, from the same evidence."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from etl.marts.rating_evidence import Frame, PeriodEvidence
from etl.marts.rating_history import head
from etl.marts.rating_measures import DAYS_A_YEAR, PRIOR_CASES, IncidentCounts
from etl.marts.rating_rows import ranks_of
from etl.marts.rows import Columns, nullable
from etl.rating import Evidence, Measured, Outcome, Standard
from etl.rating.engine import fill_items, judge
from etl.rating.points import Floats
from geo.rates import shrink
from geo.resampling import rank_interval, resample_counts, resample_visits
from geo.scoring import Shares

# Up to 375 communities are told to within 5 points, three thousand to within 15.
DRAWN_ROWS, FEWEST, MOST = 150_000, 20, 400
BLOCK_ROWS = 60_000
FIRM, FAIR = 0.8, 0.6
_COUNTS = {
    "n_criminal": "criminal",
    "n_public_security": "public_security",
    "n_disputes": "dispute",
    "n_serious": "serious",
}


def stability_columns(
    frame: Frame,
    made: PeriodEvidence,
    evidence: Evidence,
    outcome: Outcome,
    rng: np.random.Generator,
) -> Columns:
    """Return the columns of `mart.rating_stability` for one standard and period.

    Parameters
    ----------
    frame, made, evidence, outcome
        The communities, what is known of them in the period, and their ratings.
    rng
        Source of randomness.

    Returns
    -------
    Columns
        One row a community; those without a rating say so.

    Notes
    -----
    Incidents are drawn from the posterior of each community's rate (`geo.resampling`), inspections
    with replacement from those made; registers, hazards and sanctions are taken as recorded.
    A drawn year is shrunk as the year itself was, so it lies nearer the district than the year:
    what was luck is not expected again. A measure's interval keeps its relative width, and a cap by
    the worst item stays as it was.
    """
    times = int(np.clip(DRAWN_ROWS // max(frame.n, 1), FEWEST, MOST))
    grades, scores = draw_years(frame, made, evidence, outcome, times=times, rng=rng)
    own = outcome.grade[:, None]
    rated = outcome.grade >= 0
    same, better, worse = (
        np.where(rated, found.mean(axis=1), np.nan)
        for found in (grades == own, (grades < own) & (grades >= 0), (grades > own))
    )
    ranks = ranks_of(outcome)
    low, high = rank_interval(
        np.where(rated[:, None], scores, np.nan),
        lower_is_better=outcome.standard.direction == "lower",
    )
    words = np.select([~rated, same >= FIRM, same >= FAIR], ["too_few", "firm", "fair"], "loose")
    n_ranked = int(rated.sum())
    texts = [
        _sentences(word, share, times, (place, n_ranked, first, last))
        for word, share, place, first, last in zip(
            words.tolist(), same.tolist(), ranks.tolist(), low.tolist(), high.tolist(), strict=True
        )
    ]
    return {
        **head(frame, outcome.standard, made.windows.period.name),
        "n_resamples": [times] * frame.n,
        "same_fraction": same,
        "better_fraction": better,
        "worse_fraction": worse,
        "rank": nullable(ranks, empty=0),
        "n_ranked": [n_ranked] * frame.n,
        "rank_low": nullable(np.where(rated, low, 0), empty=0),
        "rank_high": nullable(np.where(rated, high, 0), empty=0),
        "word": words.tolist(),
        "sentence_zh": [one[0] for one in texts],
        "sentence_en": [one[1] for one in texts],
    }


def _sentences(
    word: str, share: float, times: int, place: tuple[int, int, int, int]
) -> tuple[str, str]:
    if word == "too_few":
        return "没有评级，无从判断稳定性。", "There is no rating whose firmness could be told."
    rank, n, first, last = place
    zh = {"firm": "稳定", "fair": "较稳定", "loose": "不稳定"}[word]
    en = {"firm": "Firm", "fair": "Fairly firm", "loose": "Loose"}[word]
    return (
        f"{zh}：依同样依据重抽样{times}次，{share:.0%}等级不变；全区第{rank}名（共{n}个），"
        f"九成情形在第{first}至第{last}名之间。",
        f"{en}: in {share:.0%} of {times} years drawn again the grade stays; place {rank} of {n}, "
        f"in nine of ten years between {first} and {last}.",
    )


def draw_years(
    frame: Frame,
    made: PeriodEvidence,
    evidence: Evidence,
    outcome: Outcome,
    *,
    times: int,
    rng: np.random.Generator,
) -> tuple[np.ndarray, Floats]:
    """Return grades and scores of drawn years, shape (n, times) each."""
    standard = outcome.standard
    # What worst-item caps forbid stays forbidden: drawn inspections are means, not single items.
    kept = replace(standard, caps=tuple(cap for cap in standard.caps if not hasattr(cap, "limits")))
    held = outcome.scored.worst.max(axis=1, initial=0)
    grades = np.empty((frame.n, times), dtype=np.int64)
    scores = np.empty((frame.n, times))
    step = max(1, BLOCK_ROWS // max(frame.n, 1))
    for start in range(0, times, step):
        stop = min(start + step, times)
        m = stop - start
        drawn = Evidence(
            n=frame.n * m,
            measures=_draw_measures(made, evidence, standard, m, rng),
            group=None if evidence.group is None else np.repeat(evidence.group, m),
            n_days=evidence.n_days,
        )
        shares, exempt = fill_items(kept, drawn)
        filled = _draw_inspections(outcome, shares, m, rng)
        found = judge(kept, drawn, filled, exempt)
        grade = np.where(found.grade < 0, -1, np.maximum(found.grade, np.repeat(held, m)))
        grades[:, start:stop] = grade.reshape(frame.n, m)
        scores[:, start:stop] = found.score.reshape(frame.n, m)
    return grades, scores


def _draw_inspections(
    outcome: Outcome, shares: Shares, times: int, rng: np.random.Generator
) -> Shares:
    items = outcome.standard.items
    columns = [
        k for k, item in enumerate(items) if item.is_assessed and not item.is_bonus
    ]  # a bonus is no inspection of what should be
    assessed = [k for k, item in enumerate(items) if item.is_assessed]
    own = outcome.shares.value[:, columns]
    weights = np.asarray([items[k].weight for k in columns])
    counts = resample_visits(~np.isnan(own), times=times, rng=rng) * weights
    whole = counts.sum(axis=2)
    mean = np.divide(
        np.einsum("ntk,nk->nt", counts, np.nan_to_num(own)),
        whole,
        out=np.full(whole.shape, np.nan),
        where=whole > 0,
    ).reshape(-1)
    for k in assessed:
        known = np.repeat(outcome.shares.value[:, k], times)
        drawn = np.where(np.isnan(known), np.nan, mean if k in columns else known)
        shares.value[:, k] = shares.low[:, k] = drawn
    # Nobody asks for the upper bound of a drawn year.
    return Shares(shares.value, shares.low, shares.value, shares.applies)


def _draw_measures(
    made: PeriodEvidence,
    evidence: Evidence,
    standard: Standard,
    times: int,
    rng: np.random.Generator,
) -> dict[str, Measured]:
    used = [one for one in standard.measures() if one in evidence.measures]
    drawn = {name: _repeat(evidence.measures[name], times) for name in used}
    if made.incidents is None or not drawn:
        return drawn
    households = evidence.measures["n_households"].value
    window = made.windows.counted
    exposure = np.where(households > 0, households, np.nan) * window.n_days / DAYS_A_YEAR / 1000.0
    counts: dict[str, Floats] = {}
    for name in ("criminal", "public_security", "dispute", "serious"):
        if window.n_days and any(_rests_on(one, name) for one in used):
            found = made.incidents.of(name, window)
            shrunk = shrink(found, exposure)
            counts[name] = resample_counts(found, exposure, shrunk, times=times, rng=rng)
            raw = counts[name] / exposure[:, None]
            rate = shrunk.pooled + shrunk.weight[:, None] * (raw - shrunk.pooled)
            _put_rates(drawn, name, rate.reshape(-1), shrunk.pooled, times)
            _put_counts(drawn, evidence, name, counts, times)
    if "cases_change" in drawn:
        drawn["cases_change"] = _draw_change(made, made.incidents, households, drawn, times, rng)
    return drawn


def _rests_on(measure: str, name: str) -> bool:
    if measure in ("n_cases",):
        return name in ("criminal", "public_security")
    if measure == "criminal_fraction":
        return name == "criminal"
    return measure == f"n_{name}s" or measure.startswith((name, f"n_{name}"))


def _repeat(one: Measured, times: int) -> Measured:
    value = np.repeat(one.value, times)
    if one.low is one.value and one.high is one.value:
        return Measured.exact(value)
    return Measured(value, np.repeat(one.low, times), np.repeat(one.high, times))


def _rescaled(one: Measured, value: Floats) -> Measured:
    """Give drawn values the relative width that the interval of the year itself has."""
    known = np.isfinite(one.value) & (one.value > 0)
    wide = [
        np.divide(bound, one.value, out=np.ones_like(one.value), where=known) * value
        for bound in (one.low, one.high)
    ]
    settled = np.where(np.isnan(one.value), np.nan, value)  # unknown in the year, unknown here
    return Measured(settled, wide[0], wide[1])


def _put_rates(
    drawn: dict[str, Measured], name: str, rate: Floats, pooled: float, times: int
) -> None:
    for measure, value in (
        (f"{name}_per_1000", rate),
        (f"{name}_relative", rate / pooled if pooled > 0 else np.zeros_like(rate)),
    ):
        if measure in drawn:
            drawn[measure] = _rescaled(drawn[measure], value)


def _put_counts(
    drawn: dict[str, Measured],
    evidence: Evidence,
    name: str,
    counts: dict[str, Floats],
    times: int,
) -> None:
    flat = {one: found.reshape(-1) for one, found in counts.items()}
    for measure, source in _COUNTS.items():
        if source == name and measure in drawn:
            drawn[measure] = _rescaled(drawn[measure], flat[name])
    if "n_cases" in drawn and {"criminal", "public_security"} <= set(flat):
        both = flat["criminal"] + flat["public_security"]
        drawn["n_cases"] = _rescaled(drawn["n_cases"], both)
    if name == "criminal" and "criminal_fraction" in drawn:
        residents = np.repeat(evidence.measures["n_residents"].value, times)
        share = np.divide(flat[name], residents, out=np.full_like(residents, np.nan),
                          where=residents > 0)  # fmt: skip
        drawn["criminal_fraction"] = _rescaled(drawn["criminal_fraction"], share)


def _draw_change(
    made: PeriodEvidence,
    counts: IncidentCounts,
    households: Floats,
    drawn: dict[str, Measured],
    times: int,
    rng: np.random.Generator,
) -> Measured:
    found = []
    homes = np.where(households > 0, households, np.nan)
    for window in (made.windows.compared, made.windows.compared_before):
        cases = counts.of("case", window)
        exposure = homes * window.n_days
        again = resample_counts(
            cases, exposure, shrink(cases, exposure), times=times, rng=rng
        ).reshape(-1)
        # Without households no rate is known: the count itself stands.
        found.append(np.where(np.isnan(again), np.repeat(cases, times), again) + PRIOR_CASES)
    return _rescaled(drawn["cases_change"], found[0] / found[1])
