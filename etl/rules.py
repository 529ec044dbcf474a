"""Rules that refuse a row: what each means and how to mend it, in both languages."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    """One reason to refuse a row."""

    en: str
    zh: str
    remedy_en: str
    remedy_zh: str


RULES: dict[str, Rule] = {
    "required": Rule(
        "a required value is missing",
        "必填值缺失",
        "Fill the value in, or map the column that holds it in the district file.",
        "补填该值，或在区配置文件中映射对应列。",
    ),
    "type": Rule(
        "the value is not of the column's type",
        "值的类型不符",
        "Correct the value in the file.",
        "在文件中更正该值。",
    ),
    "range": Rule(
        "the value is outside the allowed range",
        "值超出允许范围",
        "Correct the value, or map another column in the district file.",
        "更正该值，或在区配置文件中映射其他列。",
    ),
    "vocabulary": Rule(
        "the word is not one the column knows",
        "词语不在允许的取值中",
        "Correct the word, or map it in [sources.values] or [sources.categories].",
        "更正词语，或在 [sources.values]、[sources.categories] 中映射。",
    ),
    "time_format": Rule(
        "the moment is written in a form the source does not declare",
        "时间格式与声明不符",
        "Correct the value, or add its form to time_formats in the district file.",
        "更正该值，或在区配置文件的 time_formats 中加入该格式。",
    ),
    "time_impossible": Rule(
        "there is no such moment",
        "不存在的时间",
        "Correct the value in the file.",
        "在文件中更正该值。",
    ),
    "time_future": Rule(
        "the moment lies in the future",
        "时间在未来",
        "Correct the date; check the clock of the machine that wrote the file.",
        "更正日期，并检查生成该文件的设备时钟。",
    ),
    "time_default": Rule(
        "the moment is a program's default, not a date",
        "时间是软件的默认值",
        "Fill in the true date, or leave the cell empty where none is known.",
        "填写真实日期；不知道时请留空。",
    ),
    "time_order": Rule(
        "the end lies before the beginning",
        "结束早于开始",
        "Exchange or correct the two moments.",
        "对调或更正两个时间。",
    ),
    "coordinate": Rule(
        "the coordinate is not a decimal number of degrees",
        "坐标不是十进制度数",
        "Write degrees with a decimal point, such as 121.47370.",
        "请用小数点书写十进制度数，例如 121.47370。",
    ),
    "coordinate_zero": Rule(
        "the coordinate is zero: a default, not a place",
        "坐标为零（默认值，并非地点）",
        "Fill in the place, or leave both cells empty where none is known.",
        "填写真实坐标；不知道时请将两格都留空。",
    ),
    "coordinate_half": Rule(
        "only one of the two coordinates is there",
        "只有一个坐标",
        "Fill in both, or leave both empty.",
        "请同时填写或同时留空。",
    ),
    "coordinate_swapped": Rule(
        "longitude and latitude are exchanged",
        "经纬度颠倒",
        "Exchange the two values, or the two columns in the district file.",
        "对调两个值，或在区配置文件中对调两列。",
    ),
    "outside": Rule(
        "the place lies outside the district",
        "地点在本区之外",
        "Check the coordinate and the datum that the district file gives.",
        "检查坐标以及区配置文件声明的坐标基准。",
    ),
    "key_conflict": Rule(
        "several rows have the same number and differ",
        "编号相同而内容不同",
        "Keep one row, or give each its own number.",
        "只保留一行，或分别编号。",
    ),
    "reference": Rule(
        "the row refers to something that is not there",
        "引用的对象不存在",
        "Correct the number, or load the table that holds it.",
        "更正编号，或载入包含该编号的表。",
    ),
    "geometry_missing": Rule(
        "the row has no shape",
        "缺少图形",
        "Draw the shape, or drop the row from the file.",
        "补绘图形，或从文件中删除该行。",
    ),
    "text_unsafe": Rule(
        "the text holds control characters or was destroyed on the way",
        "文本含控制字符或已损坏",
        "Export the file again from the system that made it.",
        "请从来源系统重新导出。",
    ),
    "same_shape": Rule(
        "several rows have the same shape",
        "多行图形相同",
        "Keep one row, or draw each its own shape.",
        "只保留一行，或分别绘制图形。",
    ),
}
