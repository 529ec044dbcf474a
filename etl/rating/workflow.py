"""From draft to publication: what may be done with a rating, in which order and until when.

References
----------
Food Standards Agency (2023). Food Hygiene Rating Scheme: The Brand Standard. A right to reply, 21
days to appeal, the rating withheld while an appeal is open, re-rating, the date always shown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from etl.rating.model import Text
from etl.rating.workdays import Calendar

CHECK_WORKING_DAYS = 10
APPEAL_DAYS = 21
# A rating in one of these states stands before the public.
PUBLIC = frozenset({"published", "upheld", "re_rated"})
STATES = (
    "draft",
    "factual_check",
    "checked",
    "published",
    "appealed",
    "upheld",
    "re_rated",
)
# What may follow which state, and what comes of it; `replied` is a note and changes no state.
TRANSITIONS: dict[str, dict[str | None, str]] = {
    "drafted": {None: "draft", "withdrawn": "draft"},
    "sent_for_check": {"draft": "factual_check"},
    "checked": {"factual_check": "checked"},
    "published": {"checked": "published", "factual_check": "published"},
    "appealed": {"published": "appealed", "re_rated": "appealed"},
    "appeal_dismissed": {"appealed": "upheld"},
    "re_rated": {"appealed": "re_rated", "published": "re_rated", "upheld": "re_rated"},
    "replied": {"published": "published", "upheld": "upheld", "re_rated": "re_rated"},
    "withdrawn": dict.fromkeys(
        (*("draft", "factual_check", "checked", "published", "appealed", "upheld"), "re_rated"),
        "withdrawn",
    ),
}
_ORDER = {name: place for place, name in enumerate(TRANSITIONS)}
STATE_NAMES = {
    None: Text("nothing yet", "尚未办理"),
    "draft": Text("draft", "初评"),
    "factual_check": Text("factual check", "事实核对"),
    "checked": Text("checked", "已核对"),
    "published": Text("published", "已公示"),
    "appealed": Text("under appeal", "申诉中"),
    "upheld": Text("upheld on appeal", "申诉后维持"),
    "re_rated": Text("re-rated", "已重新评定"),
    "withdrawn": Text("withdrawn", "已撤回"),
}
EVENT_NAMES = {
    "drafted": Text("drafted", "初评"),
    "sent_for_check": Text("sent for factual check", "送达核对"),
    "checked": Text("facts checked", "核对完成"),
    "published": Text("published", "公示"),
    "appealed": Text("appealed", "提出申诉"),
    "appeal_dismissed": Text("appeal dismissed", "驳回申诉"),
    "re_rated": Text("re-rated", "重新评定"),
    "replied": Text("reply of the community", "小区答复"),
    "withdrawn": Text("withdrawn", "撤回"),
}


@dataclass(frozen=True)
class Event:
    """One thing done with a rating, on a day, by an office."""

    name: str
    on: date
    actor: str | None = None
    note: str | None = None


@dataclass(frozen=True)
class Progress:
    """Where a rating stands; `state` is None before anything was done."""

    state: str | None = None
    since: date | None = None
    drafted_on: date | None = None
    check_due_on: date | None = None
    published_on: date | None = None
    appeal_until_on: date | None = None
    appealed_on: date | None = None
    decided_on: date | None = None
    actor: str | None = None

    @property
    def is_public(self) -> bool:
        """Whether the public may see the rating."""
        return self.state in PUBLIC

    def is_overdue(self, today: date) -> bool:
        """Tell whether the factual check should have ended before `today`."""
        due = self.check_due_on
        return self.state == "factual_check" and due is not None and due < today


@dataclass(frozen=True)
class Step:
    """One event with what came of it; `refusal` says why nothing came of it."""

    event: Event
    before: str | None
    after: str | None
    refusal: Text | None = None


def follow(events: Sequence[Event], calendar: Calendar) -> tuple[Progress, list[Step]]:
    """Follow the events of one rating.

    Parameters
    ----------
    events
        In any order; they are taken by day, those of one day in the order of the procedure.
    calendar
        Of working days.

    Returns
    -------
    tuple[Progress, list[Step]]
        Where the rating stands, and every event with its outcome. An event that is out of order,
        too early or too late changes nothing and says why.
    """
    facts: dict[str, Any] = {}
    steps = []
    for event in sorted(events, key=lambda one: (one.on, _ORDER[one.name])):
        before = facts.get("state")
        refusal = _refuse(facts, event)
        if refusal is None:
            _advance(facts, event, calendar)
        steps.append(Step(event, before, facts.get("state"), refusal))
    return Progress(**facts), steps


def _refuse(facts: Mapping[str, Any], event: Event) -> Text | None:
    state = facts.get("state")
    if state not in TRANSITIONS[event.name]:
        name, here = EVENT_NAMES[event.name], STATE_NAMES[state]
        return Text(
            f"Refused: {name.en} cannot follow {here.en}.",
            f"无效：“{here.zh}”状态下不能“{name.zh}”。",
        )
    if event.name == "published" and state == "factual_check":
        due = facts["check_due_on"]
        if event.on <= due:
            return Text(
                f"Refused: published before the factual check ended on {due}.",
                f"无效：事实核对期至{due}，未满不得公示。",
            )
    if event.name == "appealed" and event.on > facts["appeal_until_on"]:
        until = facts["appeal_until_on"]
        return Text(
            f"Refused: appealed after the last day, {until}.", f"无效：申诉已超过期限{until}。"
        )
    return None


def _advance(facts: dict[str, Any], event: Event, calendar: Calendar) -> None:
    state = TRANSITIONS[event.name][facts.get("state")]
    if event.name == "replied":
        return
    if event.name == "drafted":
        facts.clear()
        facts["drafted_on"] = event.on
    facts.update(state=state, since=event.on, actor=event.actor)
    if event.name == "sent_for_check":
        facts["check_due_on"] = calendar.add_working_days(event.on, CHECK_WORKING_DAYS)
    elif event.name in ("published", "re_rated"):
        facts["published_on"] = event.on
        facts["appeal_until_on"] = event.on + timedelta(days=APPEAL_DAYS)
        facts["decided_on"] = event.on if event.name == "re_rated" else None
    elif event.name == "appealed":
        facts["appealed_on"], facts["decided_on"] = event.on, None
    elif event.name == "appeal_dismissed":
        facts["decided_on"] = event.on


def describe(progress: Progress, today: date) -> Text:
    """Return where a rating stands and what comes next, in words."""
    name = STATE_NAMES[progress.state]
    en, zh = f"{name.en.capitalize()} since {progress.since}", f"{progress.since}起{name.zh}"
    due, until = progress.check_due_on, progress.appeal_until_on
    if progress.state == "factual_check" and due is not None:
        late = progress.is_overdue(today)
        en += f"; the check {'was due' if late else 'is due'} by {due}"
        zh += f"；核对期限{due}{'，已超期' if late else ''}"
    elif progress.state in ("published", "re_rated") and until is not None:
        over = until < today
        en += f"; appeals {'closed on' if over else 'until'} {until}"
        zh += f"；申诉{'已于' if over else '截止'}{until}{'截止' if over else ''}"
    elif progress.state == "appealed":
        en += "; withheld from the public until it is decided"
        zh += "；裁定前暂不公示"
    return Text(f"{en}.", f"{zh}。")
