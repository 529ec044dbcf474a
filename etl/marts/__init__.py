"""Analysis of a cleaned build: each module fills mart tables from core tables.

Every module has one entry `derive(context) -> None`. The connection holds `core`, `mart` and `meta`
with the tables of `etl.schema` already created and `core` filled; a module inserts into its own
mart tables, adds findings, and reports progress. Nothing depends on the wall clock: "now" is
`context.as_of`, the last day of the data, inclusive, in the district's local calendar.
"""

from etl.marts.context import MartContext

__all__ = ["MartContext"]
