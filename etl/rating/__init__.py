"""Rating rules without files or SQL: what a standard says, and what it gives for the evidence."""

from etl.rating.catalogue import ITEM_RULES, RULE_KINDS, RuleKind
from etl.rating.engine import Evidence, Measured, Outcome, rate
from etl.rating.measures import MEASURES
from etl.rating.model import Condition, Grade, Item, Standard, Text

__all__ = [
    "ITEM_RULES",
    "MEASURES",
    "RULE_KINDS",
    "Condition",
    "Evidence",
    "Grade",
    "Item",
    "Measured",
    "Outcome",
    "RuleKind",
    "Standard",
    "Text",
    "rate",
]
