"""What a run tells at the command line, as data and as text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa

from etl.report import Report
from etl.staging import FileRows
from etl.store import Store, read_manifest

SHOWN = 20


def report_body(files: list[FileRows], report: Report) -> dict[str, Any]:
    """Return the report of a check as plain data."""
    rejected = [one for owner in files for one in owner.rejected]
    rows = pa.Table.from_batches(rejected).to_pylist() if rejected else []
    return {
        "sources": [
            {
                "table": one.spec.table,
                "file": one.file.label,
                "read": one.n_read,
                "loaded": one.n_loaded,
                "rejected": one.n_rejected,
                "duplicates": one.n_duplicates,
            }
            for one in files
        ],
        "findings": [
            {"severity": f.severity, "code": f.code, "table": f.table, "file": f.source}
            | {"n": f.n, "area_m2": f.area_m2, "en": f.en, "zh": f.zh}
            for f in report.findings
        ],
        "rejected": rows,
    }


def served_body(folder: Path) -> dict[str, Any]:
    """Return the report of a finished build as plain data."""
    import duckdb

    manifest = read_manifest(folder)
    with duckdb.connect(str(folder / "district.duckdb"), read_only=True) as con:
        con.execute("SET enable_external_access = false")
        sources = _rows(
            con,
            'SELECT table_name AS "table", source AS file, n_read AS read, n_loaded AS loaded, '
            "n_rejected AS rejected, n_duplicates AS duplicates FROM meta.sources",
        )
        findings = _rows(
            con,
            'SELECT severity, code, table_name AS "table", source AS file, n, area_m2, en, zh '
            "FROM meta.findings",
        )
        rejected = _rows(con, f"SELECT * FROM meta.rejected_rows LIMIT {SHOWN}")
    return {
        "build_id": manifest["build_id"],
        "as_of": manifest["as_of"],
        "sources": sources,
        "findings": findings,
        "rejected": rejected,
    }


def _rows(con: Any, query: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = con.execute(query).to_arrow_table().to_pylist()
    return rows


def report_text(body: dict[str, Any]) -> str:
    """Return a report as text: every source, what was refused, what was found."""
    lines = [
        f"{one['table']:<16} {one['file']}: {one['read']:,} rows read, {one['loaded']:,} loaded, "
        f"{one['rejected']:,} rejected, {one['duplicates']:,} duplicates"
        for one in body["sources"]
    ]
    for one in body["rejected"][:SHOWN]:
        value = "" if one["value"] is None else f": {one['value']!r}"
        expected = f"; expected {one['expected']}" if one["expected"] else ""
        lines.append(
            f"  {one['source']}, line {one['line']}, {one['column_name']}{value} breaks "
            f"'{one['rule']}'{expected}. {one['remedy_en']}"
        )
    if len(body["rejected"]) > SHOWN:
        lines.append(f"  … and {len(body['rejected']) - SHOWN:,} more; --json lists them all")
    lines += [f"{one['severity']}: {_named(one)}" for one in body["findings"]]
    return "\n".join(lines)


def _named(finding: dict[str, Any]) -> str:
    """Return a finding's text with the name of its file, once."""
    file, text = finding["file"], str(finding["en"])
    return text if not file or text.startswith(file) else f"{file}: {text}"


def build_text(body: dict[str, Any]) -> str:
    """Return the report of a finished build as text."""
    return f"{report_text(body)}\nbuilt {body['build_id']}, data up to {body['as_of']}"


def status_body(store: Store) -> dict[str, Any]:
    """Return what a store serves and how the last attempt ended."""
    manifest = store.current_manifest()
    return {
        "served": None
        if manifest is None
        else {
            key: manifest[key] for key in ("build_id", "district", "as_of", "built_at", "tables")
        },
        "kept": [one.name for one in store.finished()],
        "last_attempt": store.last_attempt(),
    }


def status_text(body: dict[str, Any]) -> str:
    """Return the state of a store as text."""
    served = body["served"]
    lines = ["nothing is served yet; run anxing build"]
    if served is not None:
        district = served["district"]
        lines = [
            f"served: {served['build_id']} ({district['name']} / {district['name_en']}), "
            f"data up to {served['as_of']}, built {served['built_at']}"
        ]
        lines += [f"  {name}: {n:,}" for name, n in sorted(served["tables"].items()) if n]
    attempt = body["last_attempt"]
    if attempt is not None:
        ended = "done" if attempt["ok"] else "refused"
        lines.append(f"last attempt {attempt['at']}: {ended}; " + "; ".join(attempt["messages"]))
    return "\n".join(lines)
