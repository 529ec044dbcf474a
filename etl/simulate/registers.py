"""Write the registers of offices: companies, assessments, hazards, sanctions, interventions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa

from etl.simulate import district_file as words
from etl.simulate import evidence
from etl.simulate.district_file import Source
from etl.simulate.flaws import REPEAT, Truth, flaw, plan_flaws
from etl.simulate.kinds import FIRST_DAY
from etl.simulate.model import City
from etl.simulate.names import name_companies
from etl.simulate.places import community_ids, numbered, yes_no
from etl.simulate.sheets import days, describe, maybe, pick, write_register, write_text


def write_companies(city: City, folder: Path, truth: Truth) -> Source:
    """Write the property companies."""
    it, n = city.companies, city.companies.registered.size
    table = pa.table(
        {
            "公司编号": numbered("WY", n, 4),
            "公司名称": name_companies(n),
            "已登记": yes_no(it.registered),
            "资质等级": it.qualification.tolist(),
        }
    )
    entry = write_text(folder, "companies", table, truth, key="公司编号")
    columns = ("company_id", "name", "registered", "qualification")
    mapping = dict(zip(columns, table.column_names, strict=True))
    return describe("companies", entry, mapping, values={"registered": words.YES_NO})


def write_assessments(city: City, folder: Path, truth: Truth) -> Source:
    """Write the scores of the security-star items."""
    it = evidence.assess(city.communities, rng=city.size.rng(44))
    bodies = [one[1] for one in evidence.ITEMS.values()]
    n = it.item.size
    table = pa.table(
        {
            "小区编号": pick(community_ids(city.size.communities).tolist(), it.community),
            "标准": [evidence.STANDARD] * n,
            "考评项": pick(list(evidence.ITEMS), it.item),
            "周期": pick(evidence.PERIODS, it.period),
            "得分": it.score,
            "考评日期": days(it.assessed_on),
            "考评单位": [
                evidence.team_name(bodies[item], team)
                for item, team in zip(it.item.tolist(), it.team.tolist(), strict=True)
            ],
        }
    )
    flaws = [
        flaw(REPEAT),
        flaw("type", 得分="优秀", 周期="2024"),
        flaw("reference", 小区编号="XQ99999X"),
    ]
    planned = plan_flaws(flaws, n, repeats=1, rng=city.size.rng(45))
    entry = write_register(
        folder, "assessments", table, truth, key="", sheet="考评记录", planned=planned
    )
    columns = (
        "community_id",
        "standard_id",
        "item_id",
        "period",
        "score",
        "assessed_on",
        "assessor",
    )
    return describe("assessments", entry, dict(zip(columns, table.column_names, strict=True)))


def write_hazards(city: City, folder: Path, truth: Truth) -> Source:
    """Write the hazard files."""
    it = evidence.find_hazards(city.communities, rng=city.size.rng(46))
    n = it.kind.size
    table = pa.table(
        {
            "隐患编号": numbered("YH", n, 6),
            "小区编号": pick(community_ids(city.size.communities).tolist(), it.community),
            "隐患类型": pick(evidence.HAZARD_KINDS, it.kind),
            "等级": pick(list(words.SEVERITY_ZH), it.major.astype(int)),
            "发现日期": days(it.found_on),
            "整改期限": days(it.due_on),
            "整改日期": days(it.resolved_on),
            "验收日期": days(it.accepted_on),
            "拒不整改": yes_no(it.refused),
            "责任单位": pick(name_companies(city.companies.registered.size),
                          city.communities.company[it.community]),
            "重新打开日期": days(it.reopened_on),
        }
    )  # fmt: skip
    flaws = [flaw("vocabulary", 等级="特急"), flaw("required", 发现日期=None), flaw(REPEAT)]
    planned = plan_flaws(flaws, n, repeats=1, rng=city.size.rng(47))
    entry = write_register(
        folder, "hazards", table, truth, key="隐患编号", sheet="隐患台账", planned=planned
    )
    columns = ("hazard_id", "community_id", "kind", "severity", "found_on", "due_on", "resolved_on",
               "accepted_on", "refused", "responsible", "reopened_on")  # fmt: skip
    values = {"severity": words.SEVERITY_ZH, "refused": words.YES_NO}
    mapping = dict(zip(columns, table.column_names, strict=True))
    return describe("hazards", entry, mapping, values=values)


def write_sanctions(city: City, folder: Path, truth: Truth) -> Source:
    """Write sanctions and awards."""
    it = evidence.sanction(city.communities, rng=city.size.rng(48))
    table = pa.table(
        {
            "小区编号": pick(community_ids(city.size.communities).tolist(), it.community),
            "种类": pick(list(words.SANCTION_ZH), it.kind),
            "签发日期": days(it.issued_on),
            "金额": maybe(it.amount),
            "事由": pick([evidence.reason(k) for k in range(7)], it.kind),
            "夜间发现": yes_no(it.at_night),
        }
    )
    entry = write_text(folder, "sanctions", table, truth, key="")
    columns = ("community_id", "kind", "issued_on", "amount_yuan", "reason", "found_at_night")
    values = {"kind": words.SANCTION_ZH, "found_at_night": words.YES_NO}
    mapping = dict(zip(columns, table.column_names, strict=True))
    return describe("sanctions", entry, mapping, values=values)


def write_interventions(city: City, folder: Path, truth: Truth) -> Source:
    """Write what was done, and where."""
    done = city.plan.interventions
    zh = {code: text for text, code in words.ACTION_ZH.items()}
    ids = community_ids(city.size.communities)
    table = pa.table(
        {
            "措施编号": numbered("CS", len(done), 4),
            "种类": [zh[one.kind] for one in done],
            "完成日期": pa.array(np.array([FIRST_DAY + one.day for one in done])),
            "小区编号": [str(ids[one.community]) for one in done],
        }
    )
    entry = write_text(folder, "interventions", table, truth, key="措施编号", encoding="utf-8")
    columns = ("intervention_id", "kind", "done_on", "community_id")
    mapping = dict(zip(columns, table.column_names, strict=True))
    return describe(
        "interventions", entry, mapping, datum="wgs84", values={"kind": words.ACTION_ZH}
    )
