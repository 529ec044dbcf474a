"""Tables of incident analysis: clusters, alarms, records, patrols."""

from etl.dictionary.model import Table

ANALYSIS: tuple[Table, ...] = ()
