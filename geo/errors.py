"""Errors of the analysis package."""


class GeoError(ValueError):
    """An input that the analysis cannot honour; the text says what, where and how to mend it."""
