"""Tables of hazards, sanctions, workflow and the credit files of companies."""

from etl.dictionary.model import Table

CONDUCT: tuple[Table, ...] = ()
