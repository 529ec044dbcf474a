"""What the dashboard refuses, said so that a reader can mend it."""


class DashboardError(Exception):
    """A page cannot be served: what was found, what was expected, how to mend it."""


class StoreError(DashboardError):
    """A store, a build or a slice that cannot be opened."""


class AccessError(DashboardError):
    """A role asked for a page, a table or a scope that the matrix does not grant."""


class TextError(DashboardError):
    """A text that a language lacks, or one that does not take the values given."""
