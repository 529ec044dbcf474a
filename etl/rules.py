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
    "ragged": Rule(
        "the row has more or fewer values than the header",
        "该行的值个数与表头不符",
        "Quote values that hold the delimiter, and export the file again.",
        "含分隔符的值请加引号后重新导出。",
    ),
    "too_long": Rule(
        "a cell is longer than any true value",
        "单元格过长",
        "Shorten the cell; perhaps a file was pasted into it.",
        "缩短该单元格；可能误粘贴了整个文件。",
    ),
    "stray_quote": Rule(
        "a quote closes in the middle of a value",
        "引号在值的中间闭合",
        "Double the quotes that belong to the value.",
        "请将值内的引号写成两个引号。",
    ),
    "cell_error": Rule(
        "the cell holds a spreadsheet error",
        "单元格为公式错误值",
        "Mend the formula in the workbook, or leave the cell empty.",
        "修正工作簿中的公式，或将单元格留空。",
    ),
    "geometry_unreadable": Rule(
        "the shape cannot be read",
        "图形无法读取",
        "Export the row again from the system that drew it.",
        "请从绘图系统重新导出该行。",
    ),
    "geometry_type": Rule(
        "the shape is of the wrong kind",
        "图形类型不符",
        "Send polygons for areas and single points for places.",
        "面状对象请提供多边形，点位请提供单点。",
    ),
    "geometry_not_finite": Rule(
        "a coordinate of the shape is no finite number",
        "图形坐标不是有限数值",
        "Correct the coordinate in the system that drew it.",
        "请在绘图系统中更正坐标。",
    ),
    "ring_unclosed": Rule(
        "a ring of the shape does not close",
        "图形的环未闭合",
        "Repeat the first point of the ring at its end.",
        "请在环的末尾重复起点。",
    ),
    "hole_outside": Rule(
        "a hole lies outside its shape",
        "孔洞位于图形之外",
        "Delete the hole, or draw it as a shape of its own.",
        "删除该孔洞，或单独绘制为一个图形。",
    ),
    "self_crossing": Rule(
        "the outline crosses itself, and mending it would change the area",
        "轮廓自相交，修复会改变面积",
        "Draw the outline again without crossings.",
        "请重新绘制不自相交的轮廓。",
    ),
    "too_large": Rule(
        "the shape is larger than the district",
        "图形大于本区",
        "Check the coordinates of the shape.",
        "请检查图形坐标。",
    ),
    "multipoint": Rule(
        "one thing stands in several places",
        "一个对象有多个位置",
        "Give each place its own row.",
        "每个位置请单独成行。",
    ),
    "forbidden_place": Rule(
        "a camera stands where none may",
        "摄像机位于禁止安装的场所",
        "Have the camera taken down, or correct its place_type (order 799, article 8).",
        "请拆除该摄像机，或更正 place_type（国务院令第799号第八条）。",
    ),
}
