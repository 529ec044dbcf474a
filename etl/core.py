"""Fill the core tables of a build, in the order in which they refer to each other."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyproj import CRS

from etl import schema
from etl.datum_check import refuse_wrong_datum
from etl.dedupe import digests, find_repeats, unknown_references
from etl.district import District, SourceSpec
from etl.errors import SourceError
from etl.inputs import ORDER, InputFile, Inputs
from etl.load import TableLoader
from etl.place import Frame, box_of
from etl.progress import Progress
from etl.readers.raw import LINE
from etl.report import Report
from etl.schema import quote
from etl.scoping import Scoping
from etl.set_aside import set_aside_forbidden
from etl.shift import refuse_shift
from etl.staging import FILE, KEY, FileRows, Staged, batches_in_order, order_by
from etl.suspicion import tell_pile

MARGIN_DEG = 0.005
ROW_GROUP = 122_880  # rows that DuckDB lays down together


@dataclass
class CoreFiller:
    """Loads one table after the other into an open build."""

    con: duckdb.DuckDBPyConnection
    district: District
    report: Report
    progress: Progress
    now: datetime
    served: Path | None = None
    scoping: Scoping = field(init=False)
    loader: TableLoader = field(init=False)
    files: list[FileRows] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Start with the widest box: where the projection is meant to be used."""
        self.scoping = Scoping(self.district.tolerance_m, self.district.epsg)
        frame = Frame(self.district.bounds or usable_box(self.district.epsg), self.district.epsg)
        self.loader = TableLoader(
            self.district, self.report, self.progress, now=self.now, frame=frame
        )

    def fill(self, inputs: Inputs) -> None:
        """Load every table that has files.

        Raises
        ------
        SourceError
            With one line for every file refused; files of later tables are still read, so that one
            run tells everything.
        """
        faults = []
        for name in ORDER:
            if name not in inputs:
                continue
            try:
                self._fill_table(name, inputs[name])
            except SourceError as error:
                faults.append(str(error))
                if name in ("stations", "communities"):
                    break
        if faults:
            raise SourceError("\n".join(faults))

    def _fill_table(self, name: str, found: list[tuple[SourceSpec, InputFile]]) -> None:
        staged = self.loader.stage(name, found)
        table = schema.input_table(name)
        _refuse_repeats(staged, table)
        staged.rows = staged.rows.drop_columns([KEY])
        self._tell_repeats(staged, name)
        self._refuse_strangers(staged, table)
        if "x" in staged.rows.column_names:
            self._judge_places(staged, name)
            if "communities" in self.scoping.areas:
                communities = self.scoping.areas["communities"]
                refuse_wrong_datum(staged, communities, epsg=self.district.epsg)
        added = self.scoping.assign(name, staged, self.report)
        if name == "cameras":
            added = set_aside_forbidden(self.con, staged, added, self.report)
        for owner in staged.files:
            owner.check_share(self.district.reject_above_fraction)
        for column, values in added.items():
            staged.rows = staged.rows.append_column(column, values)
        staged.rows = staged.rows.drop_columns([LINE, FILE])
        self._write(staged.rows, table)
        self.files += staged.files
        if name == "stations":
            self._narrow_frame()

    def _tell_repeats(self, staged: Staged, name: str) -> None:
        for owner in staged.files:
            n, label = owner.n_duplicates, owner.file.label
            if n:
                self.report.find(
                    "warning",
                    "repeats_dropped",
                    f"{label}: {n:,} rows repeat another to the letter; each was kept once.",
                    f"{label}：{n:,} 行与其他行完全相同，只保留一份。",
                    table=name,
                    source=label,
                    n=n,
                )

    def _judge_places(self, staged: Staged, name: str) -> None:
        """Tell of points piled up on one spot; refuse a file whose points all moved alike."""
        x, y = (pc.fill_null(staged.rows[one], float("nan")).to_numpy() for one in ("x", "y"))
        tell_pile(x, y, self.report, table=name)
        if self.served is not None and len(staged.files) == 1:
            (owner,) = staged.files
            refuse_shift(name, staged.rows, owner.file.label, owner.datum, self.served)

    def _refuse_strangers(self, staged: Staged, table: schema.Table) -> None:
        """Refuse rows whose required reference is unknown; report the others."""
        for column in table.inputs:
            if column.references is None or column.name not in staged.rows.column_names:
                continue
            other, key = column.references.split(".")
            if not self._has_rows(other):
                continue
            known = (
                self.con.execute(f"SELECT DISTINCT {quote(key)} AS k FROM core.{quote(other)}")
                .to_arrow_table()["k"]
                .combine_chunks()
            )
            values = staged.rows[column.name].combine_chunks()
            strange = unknown_references(values, known)
            if not strange.any():
                continue
            if column.required:
                staged.drop(
                    strange, column.name, "reference", value=column.name, expected=f"a {key}"
                )
                continue
            n, first = int(strange.sum()), values.filter(pa.array(strange))[0].as_py()
            self.report.find(
                "warning",
                "unknown_reference",
                f"{n} rows name a {column.en.lower()} that is not loaded, for example {first!r}.",
                f"{n} 行引用了未载入的{column.zh}，例如 {first!r}。",
                table=table.name,
                n=n,
            )

    def _has_rows(self, name: str) -> bool:
        found = self.con.execute(f"SELECT 1 FROM core.{quote(name)} LIMIT 1").fetchone()
        return found is not None

    def _write(self, rows: pa.Table, table: schema.Table) -> None:
        columns = [column for column in table.columns if _holds_any(rows, column.name)]
        absent = frozenset(one.name for one in table.columns) - {one.name for one in columns}
        if absent:
            self.con.execute(f"DROP TABLE core.{quote(table.name)}")
            self.con.execute(schema.create_table(table, table.columns, absent))
        order = order_by(rows, "station_id") if "station_id" in rows.column_names else None
        self.con.register("staged", batches_in_order(rows, order, ROW_GROUP))
        names = ", ".join(quote(column.name) for column in columns)
        values = ", ".join(f"CAST({quote(c.name)} AS {c.sql_type})" for c in columns)
        self.con.execute(
            f"INSERT INTO core.{quote(table.name)} ({names}) SELECT {values} FROM staged"
        )
        self.con.unregister("staged")

    def _narrow_frame(self) -> None:
        """Use the box of the jurisdictions, with a margin, unless the district names one."""
        if self.district.bounds is None:
            shapes = self.scoping.lonlat_boxes(self.district.epsg)
            self.loader.frame = Frame(box_of(shapes, margin_deg=MARGIN_DEG), self.district.epsg)


def _holds_any(rows: pa.Table, column: str) -> bool:
    """Tell whether a column holds anything but nulls."""
    return column in rows.column_names and rows[column].null_count < rows.num_rows


def usable_box(epsg: int) -> tuple[float, float, float, float]:
    """Return the box (degrees) in which a projection may be used, with a degree to spare."""
    area = CRS.from_epsg(epsg).area_of_use
    if area is None:
        return -180.0, -90.0, 180.0, 90.0
    return area.west - 1.0, area.south - 1.0, area.east + 1.0, area.north + 1.0


def _refuse_repeats(staged: Staged, table: schema.Table) -> None:
    said = tuple(one for one in staged.rows.column_names if one not in (LINE, FILE, KEY))

    def contents(rows: np.ndarray) -> np.ndarray:
        return digests(staged.rows.take(pa.array(rows)), said)[0]

    repeats = find_repeats(staged.rows[KEY].to_numpy(), contents)
    if repeats.exact.any() or repeats.conflicting.any():
        exact = repeats.exact[~repeats.conflicting]
        staged.drop(
            repeats.conflicting,
            table.key[0],
            "key_conflict",
            value=table.key[0],
            expected="each number once",
        )
        staged.drop_repeats(exact)


def local_days(con: duckdb.DuckDBPyConnection, zone: str) -> tuple[date | None, date | None]:
    """Return the first and the last local day of the incidents, None when there is none."""
    found = con.execute(
        "SELECT min(occurred_from), max(occurred_from) FROM core.incidents"
    ).to_arrow_table()
    local = pa.timestamp("us", zone)
    days = [
        pc.cast(pc.cast(pc.assume_timezone(column, "UTC"), local), pa.date32())[0].as_py()
        for column in found.columns
    ]
    return days[0], days[1]
