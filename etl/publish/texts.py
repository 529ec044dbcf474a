"""Words of the public site, each in Chinese and English."""

from __future__ import annotations

from typing import Literal, NamedTuple

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")


class Both(NamedTuple):
    """A text in both languages."""

    zh: str
    en: str

    def of(self, language: Language) -> str:
        """Return the text in one language."""
        return self.zh if language == "zh" else self.en


TEXTS: dict[str, Both] = {
    "title": Both("{name}小区治安评级公示", "Security ratings of residential communities, {name}"),
    "skip": Both("跳到正文", "Skip to the content"),
    "skip_map": Both("跳过地图，直接看表格", "Skip the map, go to the table"),
    "nav": Both("栏目", "Sections"),
    "ratings": Both("评级结果", "Ratings"),
    "method": Both("评级办法", "Method"),
    "data": Both("开放数据", "Open data"),
    "other": Both("English", "中文"),
    "lead": Both(
        "公示日期：{day}（数据截止日）。评级标准：{standard}，{version}版。",
        "Published as of {day}, the last day of the data. Standard: {standard}, version {version}.",
    ),
    "map": Both("各小区评级地图", "Map of ratings"),
    "map_text": Both(
        "{name}{n}个小区按评级着色；同样内容见下表。",
        "{n} communities of {name}, coloured by rating; the table below says the same. ",
    ),
    "map_note": Both(
        "示意图，上北，不含底图。点击小区查看理由。",
        "Sketch without a base map, north is up. Choose a community to see its reasons.",
    ),
    "review": Both("审图号：{number}", "Map review number: {number}"),
    "legend": Both("图例（括号内为小区数）", "Legend (communities in brackets)"),
    "table": Both("各小区评级", "Ratings of communities"),
    "community": Both("小区", "Community"),
    "rating": Both("评级", "Rating"),
    "day": Both("截至日期", "As of"),
    "previous": Both("上期", "Period before"),
    "period": Both("评级周期", "Period"),
    "street": Both("街道", "Street office"),
    "station": Both("派出所", "Police station"),
    "number": Both("小区编号", "Community number"),
    "state.not_eligible": Both("不符合参评条件", "Not eligible"),
    "state.no_data": Both("数据不足，未评级", "No data, not rated"),
    "state.unpublished": Both("未公示", "Not published"),
    "why.not_eligible": Both(
        "本小区不符合本标准的参评条件，因此没有评级；这不表示不安全。",
        "This community does not meet the conditions for taking part, so it has no rating. "
        "That does not mean it is unsafe.",
    ),
    "why.no_data": Both(
        "已知情况太少，不足以评级；这既不表示好，也不表示差。",
        "Too little is known for a rating. That is neither good nor bad.",
    ),
    "why.unpublished": Both(
        "本标准在本期没有公示本小区的评级。",
        "No rating of this community was published under this standard in this period.",
    ),
    "reason": Both("理由", "Reason"),
    "items": Both("各考评项得分档次", "Items, by how full their points are"),
    "item": Both("考评项", "Item"),
    "band": Both("得分档次", "Points earned"),
    "band.full": Both("满分", "Full"),
    "band.most": Both("大部分", "Most"),
    "band.half": Both("约一半", "About half"),
    "band.little": Both("少量", "Little"),
    "band.none": Both("未得分", "None"),
    "band.missing": Both("缺少依据", "No evidence"),
    "most_points": Both("分值", "Points at most"),
    "history": Both("历次评级", "History"),
    "compared": Both("与其他小区相比", "Compared with others"),
    "n_communities": Both("小区数", "Communities"),
    "here": Both("（本小区）", " (this community)"),
    "back": Both("返回全部小区", "All communities"),
    "appeal": Both("异议与联系", "Appeals and contact"),
    "contact": Both("联系方式：{contact}", "Contact: {contact}"),
    "appeal_text": Both(
        "居民、业主委员会和物业企业对评级有异议的，可自公示之日起{days}日内（即{last}前，含当日）"
        "提出，受理单位核实后书面答复。",
        "Residents, owners' committees and property companies who disagree with a rating may say "
        "so within {days} days of publication, until {last} inclusive; the office checks the case "
        "and answers in writing.",
    ),
    "data_text": Both(
        "以下文件与本页内容一致，可用表格软件或地图软件打开（坐标为WGS 84）。",
        "These files hold what the pages show, for spreadsheets and map programs (WGS 84).",
    ),
    "data.ratings": Both("评级结果（CSV）", "Ratings (CSV)"),
    "data.items": Both("考评项档次（CSV）", "Items in bands (CSV)"),
    "data.shapes": Both("小区范围与评级（GeoJSON）", "Communities with ratings (GeoJSON)"),
    "never": Both(
        "本站不含任何警情、摄像机、监控盲区或小数目数据；评级不使用摄像机覆盖情况。",
        "This site holds no incident, no camera, no blind spot and no small count; "
        "ratings do not use what cameras cover.",
    ),
    "nothing": Both(
        "目前没有公示的评级：本区的评级标准均未公示或仍在试行。",
        "No rating is published: no standard of this district is published, or all are on trial.",
    ),
    "no_communities": Both("数据中没有小区。", "The data holds no community."),
    "method.standard": Both("{name}，{version}版", "{name}, version {version}"),
    "method.source": Both("来源", "Source"),
    "method.digest": Both("标准文件摘要（SHA-256）", "Digest of the standard's file (SHA-256)"),
    "method.choices": Both(
        "来源未作规定、由本区确定的部分", "Left open by the source and chosen here"
    ),
    "method.max_score": Both("满分", "Full score"),
    "method.lower": Both("分数越低越好。", "Low scores are good."),
    "method.trial": Both(
        "试行期至{period}，其间不公示。", "On trial until {period}: not published."
    ),
    "method.eligibility": Both("参评条件（须全部满足）", "Conditions for taking part (all)"),
    "method.items": Both("考评项", "Items"),
    "method.what": Both("内容", "What is looked at"),
    "method.scorer": Both("考评单位", "Scored by"),
    "method.rule": Both("计分方法", "How points are given"),
    "method.grades": Both("等级", "Grades"),
    "method.grade": Both("等级", "Grade"),
    "method.cut": Both("分数线", "Cut point"),
    "method.share": Both("比例", "Share"),
    "method.stars": Both("星级", "Stars"),
    "method.reward": Both("奖励（元）", "Reward (yuan)"),
    "method.consequence": Both("后果", "Consequence"),
    "method.caps": Both("封顶", "Caps"),
    "method.vetoes": Both("一票否决", "Vetoes"),
    "method.disqualifications": Both("取消资格", "Disqualifications"),
    "method.consequences": Both("连续与累计后果", "Consequences over several periods"),
    "method.enough": Both("数据要求", "How much must be known"),
    "method.enough_text": Both(
        "缺少依据的分值超过{share}，或周期不足{days}天的，不予评级。",
        "No rating when items worth more than {share} of the points lack evidence, or the period "
        "has fewer than {days} days.",
    ),
    "method.missing.zero": Both(
        "缺少依据的考评项按零分计。", "An item without evidence earns no points."
    ),
    "method.missing.renormalise": Both(
        "缺少依据的考评项不计入总分，其余各项按比例折算。",
        "An item without evidence is left out; the others are scaled up to the full score.",
    ),
    "method.bands": Both("得分档次的含义", "What the bands mean"),
    "method.bands_text": Both(
        "公示只给出档次，不给出分数：{bands}。少于5起的数目一律视为相同，"
        "因此任何档次都不能反推出具体数目。",
        "Items are published in bands, not points: {bands}. Counts under five are treated alike, "
        "so no band tells one small count from another.",
    ),
    "method.bands_least": Both("{band}，不低于{least}", "{band}, {least} or more"),
    "method.columns": Both("开放数据字段", "Columns of the open data"),
    "method.column": Both("字段", "Column"),
    "method.meaning": Both("含义", "Meaning"),
    "column.as_of": Both("截至日期", "Last day the rating rests on"),
    "column.street": Both("街道", "Street office"),
    "column.street_en": Both("街道（英文）", "Street office (English)"),
    "choice.grades.cut": Both("分数线", "cut points"),
    "choice.grades.share": Both("各等级比例", "shares of the grades"),
    "choice.grades.reward_yuan": Both("奖励金额", "rewards"),
    "choice.items.weight": Both("各项分值", "points of the items"),
    "choice.items.full_at": Both("满分值", "where all points are earned"),
    "choice.items.zero_at": Both("零分值", "where none are earned"),
    "choice.caps": Both("封顶规则", "caps"),
    "choice.enough": Both("数据要求", "how much must be known"),
    "parameter.scale": Both("考评满分{value}", "scored out of {value}"),
    "parameter.at_least": Both("目标不低于{value}", "target: {value} or more"),
    "parameter.at_most": Both("目标不高于{value}", "target: {value} or less"),
    "parameter.per_event": Both("每次{value}分", "{value} points for each"),
    "parameter.per_mitigated": Both(
        "已减轻的每次{value}分", "{value} points for each mitigated one"
    ),
    "parameter.free": Both("前{value}次不扣分", "the first {value} cost nothing"),
    "parameter.floor": Both("最低{value}分", "not below {value} points"),
    "parameter.target": Both("目标{value}", "target {value}"),
    "parameter.step": Both("步长{value}", "step {value}"),
    "parameter.per_step": Both("每步长扣{value}分", "{value} points a step"),
    "parameter.full_at": Both("满分值{value}", "all points at {value}"),
    "parameter.zero_at": Both("零分值{value}", "none from {value}"),
    "parameter.steps": Both("分档：{value}", "thresholds: {value}"),
    "parameter.steps_one": Both("超过{over}扣{off}分", "over {over}, {off} points off"),
    "colon": Both("：", ": "),
    "comma": Both("；", "; "),
    "scale_m": Both("{n}米", "{n} m"),
    "scale_km": Both("{n}公里", "{n} km"),
}


def say(language: Language, key: str, **given: object) -> str:
    """Return a text of the site with its blanks filled."""
    found = TEXTS[key].of(language)
    return found.format(**given) if given else found
