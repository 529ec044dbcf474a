"""Errors of the loading side: where, what was found, what was expected, how to mend it."""


class EtlError(Exception):
    """Something the operator must mend; the command line prints the text alone and exits 1."""


class DistrictError(EtlError):
    """A district file that cannot be honoured."""


class SourceError(EtlError):
    """A source file refused whole; what was served before is served still."""


class StoreError(EtlError):
    """A store that is missing, damaged or not what its manifest says."""


class StoreLockedError(StoreError):
    """Another build holds the store; the command line exits 75."""
