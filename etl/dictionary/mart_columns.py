"""Columns and vocabularies that tables of the analysis have in common."""

from dataclasses import replace

from etl.dictionary.model import COMMUNITY, Column, Table, computed, text

CLASSES_AND_ALL = ("all", "call", "public_security", "criminal", "dispute", "case")
PERIODS = ("12_months", "28_days")
DAYPARTS = ("day", "night")
SCOPE_KINDS = ("district", "station", "street", "community")
WORDS = ("up", "down", "no_real_change", "too_few")

OF_COMMUNITY = replace(COMMUNITY, required=True)
SCOPE_KIND = text("scope_kind", "Kind of area", "范围类型", required=True, vocabulary=SCOPE_KINDS)
SCOPE_ID = text("scope_id", "Area", "范围", required=True)
CLASS = text(
    "class",
    "Class (case = criminal and public security)",
    "类别（case 为刑事与治安案件）",
    required=True,
    vocabulary=CLASSES_AND_ALL,
)
PERIOD = text("period_kind", "Period", "统计时段", required=True, vocabulary=PERIODS)
LEVEL = text("level", "Pixel-density level", "像素密度等级", required=True)
DAYPART = text("daypart", "Day or night", "昼夜", required=True, vocabulary=DAYPARTS)


def mart(name: str, en: str, zh: str, columns: tuple[Column, ...], **more: object) -> Table:
    """Return a table of schema `mart`, all of its columns computed."""
    return Table("mart", name, en, zh, computed(*columns), **more)  # type: ignore[arg-type]
