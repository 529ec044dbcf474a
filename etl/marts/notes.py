"""What each analysis could and could not say, for pages and for the steward."""

from __future__ import annotations

from dataclasses import dataclass, field

import duckdb
import pyarrow as pa

from etl.report import Report

Row = dict[str, object]

# what is told to the steward when it holds for the whole district
_SAYINGS = {
    "no_incident": ("there is no located incident", "没有可定位的警情"),
    "too_few": ("there are too few incidents", "警情数量不足"),
    "one_point": ("all incidents lie at one place", "全部警情位于同一地点"),
    "one_day": ("all incidents fall in one month or day", "全部警情集中在同一时段"),
    "too_short": ("the incidents do not reach back far enough", "数据时间跨度不足"),
    "untimed": ("most incidents have no time of day", "多数警情缺少具体时刻"),
    "constant": ("all places are alike", "各地点数值相同"),
    "no_type": ("no type of incident belongs to it", "没有对应的案件类型"),
    "no_holidays": ("no calendar of public holidays is known for its time zone",
                    "该时区没有法定节假日表"),
}  # fmt: skip
_NAMES = {
    "emerging": ("Emerging hot spots", "新兴热点"),
    "community_moran": ("Communities beside their neighbours", "小区与相邻小区比较"),
    "near_repeats": ("Near repeats", "近重复"),
    "alarms": ("Near-repeat alarms", "近重复预警"),
    "accuracy": ("The record of the hotspot maps", "热点图准确率"),
    "tonight": ("Patrol tonight", "今晚巡逻"),
    "concentration": ("80/20", "80/20 集中度"),
    "seasons": ("Seasons", "季节规律"),
}


@dataclass
class Notes:
    """Outcomes by area, analysis and class, collected to be stored once."""

    rows: list[Row] = field(default_factory=list)

    def add(
        self,
        kind: str,
        scope_id: str,
        analysis: str,
        of_class: str,
        outcome: str,
        *,
        n: int | None = None,
        needed: int | None = None,
        n_found: int | None = None,
        n_left_out: int | None = None,
    ) -> None:
        """Add one outcome; `n` incidents were used, `needed` would have been enough."""
        self.rows.append(
            {
                "scope_kind": kind,
                "scope_id": scope_id,
                "station_id": scope_id if kind == "station" else None,
                "street_id": scope_id if kind == "street" else None,
                "analysis": analysis,
                "class": of_class,
                "outcome": outcome,
                "n": n,
                "needed": needed,
                "n_found": n_found,
                "n_left_out": n_left_out,
            }
        )

    def store(self, con: duckdb.DuckDBPyConnection, report: Report) -> None:
        """Fill `mart.analysis_notes`, and tell the steward what the whole district lacks."""
        insert(con, "analysis_notes", self.rows)
        for row in self.rows:
            said = _SAYINGS.get(str(row["outcome"]))
            if row["scope_kind"] != "district" or said is None or row["class"] in _PARTS:
                continue
            en, zh = _NAMES[str(row["analysis"])]
            n, needed = row["n"], row["needed"]
            more_en = f" ({n} found, {needed} needed)" if needed is not None else ""
            more_zh = f"（实有 {n}，需要 {needed}）" if needed is not None else ""
            report.find(
                "info",
                f"analysis_{row['analysis']}_{row['outcome']}",
                f"{en}, {row['class']}: {said[0]}{more_en}; nothing is shown for it.",
                f"{zh}（{row['class']}）：{said[1]}{more_zh}，不予显示。",
                table="incidents",
                n=n if isinstance(n, int) else None,
            )


# classes that are part of `all`: their lack is told on the page, not to the steward
_PARTS = ("call", "public_security", "criminal", "dispute", "case")


def insert(con: duckdb.DuckDBPyConnection, table: str, rows: list[Row] | pa.Table) -> None:
    """Insert rows into a table of schema `mart`, by name; columns left out are null."""
    given = rows if isinstance(rows, pa.Table) else pa.Table.from_pylist(rows)
    if given.num_rows:
        con.register("given_rows", given)
        con.execute(f"INSERT INTO mart.{table} BY NAME SELECT * FROM given_rows")
        con.unregister("given_rows")
