"""One module a format; each gives raw rows as found, with line numbers and digest."""

from etl.readers.raw import RawTable, SourceFile

__all__ = ["RawTable", "SourceFile"]
