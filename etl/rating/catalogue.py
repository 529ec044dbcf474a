"""Every rule kind of the engine: its name, where it stands, what it does, an example in TOML."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from etl.rating.model import Text

Place = Literal["item", "grade", "standard", "history"]
ParameterKind = Literal["number", "positive", "flag", "numbers", "steps", "measure"]


@dataclass(frozen=True)
class RuleKind:
    """One rule kind; `parameters` are its own keys with their type, "?" after optional ones."""

    name: str
    place: Place
    text: Text
    example: str
    parameters: dict[str, ParameterKind] = field(default_factory=dict)


def _item(name: str, en: str, zh: str, example: str, **keys: ParameterKind) -> RuleKind:
    parameters = {key.replace("_or_none", "?"): kind for key, kind in keys.items()}
    return RuleKind(name, "item", Text(en, zh), example, parameters)


def _other(name: str, place: Place, en: str, zh: str, example: str) -> RuleKind:
    return RuleKind(name, place, Text(en, zh), example)


_KINDS = (
    _item(
        "score",
        "Weighted item: an assessor's score, scaled to the item's weight.",
        "加权考评项：考评得分按权重折算。",
        'rule = "score"\nweight = 12\nscale = 10',
        scale_or_none="positive",
        allowed_or_none="numbers",
    ),
    _item(
        "target",
        "Target: all points when it is met, none when it is missed.",
        "目标项：达标得满分，未达标不得分。",
        'rule = "target"\nmeasure = "n_serious"\nat_most = 0',
        at_least_or_none="number",
        at_most_or_none="number",
    ),
    _item(
        "deduction",
        "Deduction per event, not below a floor; the first `free` events cost nothing.",
        "逐次扣分，扣至下限为止；可设免扣次数。",
        'rule = "deduction"\nmeasure = "n_notices"\nper_event = 2\nfloor = 0',
        per_event="positive",
        floor_or_none="number",
        free_or_none="number",
    ),
    _item(
        "mitigated_deduction",
        "Deduction per event that costs less for mitigated events, such as solved cases.",
        "逐次扣分，已减轻情形（如已破案件）少扣。",
        'rule = "mitigated_deduction"\nmeasure = "n_serious"\nper_event = 5\n'
        'mitigated = "n_serious_solved"\nper_mitigated = 3',
        per_event="positive",
        mitigated="measure",
        per_mitigated="number",
        floor_or_none="number",
    ),
    _item(
        "steps",
        "Stepped deduction: the deduction of the highest threshold that a rate is over.",
        "分档扣分：按超过的最高一档扣分。",
        'rule = "steps"\nmeasure = "criminal_fraction"\nsteps = [[0.06, 3], [0.07, 6], [0.08, 10]]',
        steps="steps",
        floor_or_none="number",
    ),
    _item(
        "shortfall",
        "Proportional shortfall: `per_step` points off for each `step` short of the target.",
        "按差额比例扣分：每低于目标一个步长扣若干分。",
        'rule = "shortfall"\nmeasure = "major_rectified_fraction"\ntarget = 1.0\nstep = 0.1\n'
        "per_step = 10",
        target="number",
        step="positive",
        per_step="positive",
        whole_steps_or_none="flag",
        floor_or_none="number",
    ),
    _item(
        "linear",
        "In proportion between a value that earns all points and one that earns none.",
        "线性计分：在满分值与零分值之间按比例得分。",
        'rule = "linear"\nmeasure = "criminal_relative"\nfull_at = 0.5\nzero_at = 2.0',
        full_at="number",
        zero_at="number",
    ),
    _item(
        "change",
        "Year-on-year comparison: in proportion between two ratios to the year before.",
        "同比计分：按与上年同期之比计分。",
        'rule = "change"\nmeasure = "cases_change"\nfull_at = 0.85\nzero_at = 1.3',
        full_at="positive",
        zero_at="positive",
    ),
    _item(
        "bonus",
        "Bonus per event on top of the maximum, with the weight as ceiling.",
        "加分项：在满分之外逐次加分，以权重为上限。",
        'rule = "bonus"\nweight = 4\nmeasure = "n_awards"\nper_event = 2',
        per_event="positive",
    ),
    _item(
        "penalty",
        "Penalty points per event, with the weight as ceiling; low totals are good.",
        "记分项：逐次记分，以权重为上限；总分越低越好。",
        'rule = "penalty"\nmeasure = "n_notices"\nper_event = 2\nweight = 20',
        per_event="positive",
    ),
    _other(
        "exemption",
        "item",
        "Full points on an item while a condition holds, such as a city award.",
        "免评：满足条件（如获市级表彰）时该项得满分。",
        'exemption = { measure = "n_awards", at_least = 1 }',
    ),
    _other(
        "not_applicable",
        "item",
        "An item that does not apply leaves the sum; the rest is scaled up to the maximum.",
        "不适用项：不计入总分，其余各项按满分折算。",
        'not_applicable = { measure = "is_enclosed", equals = 0 }',
    ),
    _other(
        "scorer",
        "item",
        "Each item names the body that scores it.",
        "每一考评项注明考评单位。",
        'scorer = "police_station"',
    ),
    _other(
        "eligibility",
        "standard",
        "Only communities that meet every condition are rated; an unknown one is no data.",
        "参评条件：全部满足方可参评；情况不明者视为数据不足。",
        '[[eligibility]]\nid = "buildings"\nmeasure = "n_buildings"\nat_least = 3',
    ),
    _other(
        "veto",
        "grade",
        "One-vote veto: while the condition holds the grade is the named one, by default the "
        "worst, whatever the points.",
        "一票否决：条件成立时，无论得分，一律降至所定等级（默认最低）。",
        '[[vetoes]]\nid = "refusal"\nmeasure = "n_hazards_refused"\nat_least = 1',
    ),
    _other(
        "disqualification",
        "grade",
        "The community is out of this period's rating: worst grade, no reward.",
        "取消资格：退出本期评级，定为最低等级，不予奖励。",
        '[[disqualifications]]\nid = "serious"\nmeasure = "n_serious"\nat_least = 1',
    ),
    _other(
        "worst_item_cap",
        "grade",
        "No grade better than the first limit that the worst single item keeps.",
        "以最差单项封顶：等级不得优于最差单项所允许的等级。",
        '[[caps]]\nkind = "worst_item_cap"\nitems = ["hygiene"]\nlimits = [[5, "five"]]',
    ),
    _other(
        "flag_cap",
        "grade",
        "No grade better than the named one while a condition holds.",
        "以标记封顶：条件成立时等级不得优于所定等级。",
        '[[caps]]\nkind = "flag_cap"\nmeasure = "n_red_cards"\nat_least = 1\ngrade = "poor"',
    ),
    _other(
        "certainty_cap",
        "grade",
        "No grade better than the named one unless the score's lower bound reaches a value: "
        "luck alone never earns the best grade.",
        "以把握程度封顶：得分下限达到所定分值，方可评为更高等级，避免偶然得优。",
        '[[caps]]\nkind = "certainty_cap"\ngrade = "four"\nlow_at_least = 80',
    ),
    _other(
        "cuts",
        "grade",
        "Grades by cut points of the score.",
        "按分数线定级。",
        '[[grades]]\nid = "five"\ncut = 90',
    ),
    _other(
        "relative",
        "grade",
        "Grades by place within a group; groups under the minimum use the cut points of all.",
        "相对定级：按组内位次定级；不足最小组规模者采用全体分数线。",
        '[relative]\ngroup = "station_id"\nmin_group = 5',
    ),
    _other(
        "streak",
        "history",
        "Something that holds several periods in a row has a consequence; it may reset.",
        "连续情形：连续若干期成立则产生后果，可设清零。",
        '[[consequences]]\nkind = "streak"\ngrades = ["poor"]\nlength = 3',
    ),
    _other(
        "demerits",
        "history",
        "Demerits add up over periods to levels, and are cleared after clean periods.",
        "累计记分：跨期累加达到档次产生后果，连续无违规后清零。",
        '[[consequences]]\nkind = "demerits"\nmeasure = "n_notices"\nper_event = 2\n'
        "clean_periods = 1",
    ),
    _other(
        "trial",
        "standard",
        "Periods up to the named one are a trial: rated, but without reward or publication.",
        "试行期：所定期限内只评不奖、不公示。",
        'trial_until = "2025"',
    ),
)

RULE_KINDS: dict[str, RuleKind] = {one.name: one for one in _KINDS}
ITEM_RULES = tuple(one.name for one in _KINDS if one.parameters)
