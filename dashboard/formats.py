"""Numbers, shares and dates as each language writes them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pandas as pd
from babel.dates import format_date, format_datetime
from babel.numbers import format_compact_decimal, format_decimal, format_percent

LOCALES = {"zh": "zh_Hans_CN", "en": "en_GB"}
NOTHING = "–"


def is_missing(value: object) -> bool:
    """Tell whether a cell holds nothing: None, NaN, NaT or NA."""
    if value is None or value is pd.NaT or value is pd.NA:
        return True
    return isinstance(value, float) and math.isnan(value)


@dataclass(frozen=True)
class Formats:
    """How one language writes what one district measures."""

    language: str
    time_zone: str

    @property
    def locale(self) -> str:
        """Babel's name of the locale."""
        return LOCALES[self.language]

    def count(self, value: object) -> str:
        """Return a whole number with its grouping."""
        return NOTHING if is_missing(value) else format_decimal(int(value), locale=self.locale)  # type: ignore[call-overload]

    def number(self, value: object, digits: int = 1) -> str:
        """Return a number with at most `digits` decimals."""
        if is_missing(value):
            return NOTHING
        pattern = "#,##0" + ("." + "#" * digits if digits else "")
        return format_decimal(round(float(value), digits), pattern, locale=self.locale)  # type: ignore[arg-type]

    def share(self, value: object, digits: int = 1) -> str:
        """Return a share in 0 to 1 as percent."""
        if is_missing(value):
            return NOTHING
        pattern = "#,##0." + "0" * digits + "%" if digits else "#,##0%"
        return format_percent(float(value), pattern, locale=self.locale)  # type: ignore[arg-type]

    def change(self, value: object, digits: int = 1) -> str:
        """Return a relative change as percent with its sign."""
        if is_missing(value):
            return NOTHING
        sign = "+" if float(value) > 0 else "−" if float(value) < 0 else "±"  # type: ignore[arg-type]
        return sign + self.share(abs(float(value)), digits)  # type: ignore[arg-type]

    def metres(self, value: object) -> str:
        """Return a length in metres."""
        return NOTHING if is_missing(value) else f"{self.number(value, 0)} m"

    def area(self, value: object) -> str:
        """Return an area in square metres."""
        return NOTHING if is_missing(value) else f"{self.number(value, 0)} m²"

    def yuan(self, value: object) -> str:
        """Return an amount of money."""
        return NOTHING if is_missing(value) else f"¥{self.number(value, 0)}"

    def bytes(self, value: object) -> str:
        """Return a number of bytes, short."""
        if is_missing(value):
            return NOTHING
        size = float(value)  # type: ignore[arg-type]
        for unit in ("B", "kB", "MB"):
            if size < 1000:
                return f"{self.number(size, 0 if unit == 'B' else 1)} {unit}"
            size /= 1000
        return f"{self.number(size, 1)} GB"

    def compact(self, value: object) -> str:
        """Return a large number short, as 1.2万 or 12K."""
        if is_missing(value):
            return NOTHING
        return format_compact_decimal(float(value), fraction_digits=1, locale=self.locale)  # type: ignore[arg-type]

    def day(self, value: object) -> str:
        """Return a calendar day."""
        if is_missing(value):
            return NOTHING
        return format_date(_day(value), "medium" if self.language == "en" else "long", self.locale)

    def month(self, value: object) -> str:
        """Return a month of a year."""
        return NOTHING if is_missing(value) else format_date(_day(value), "yyyy-MM", self.locale)

    def instant(self, value: object) -> str:
        """Return an instant (UTC when naive) in the district's time zone."""
        if is_missing(value):
            return NOTHING
        at = pd.Timestamp(value).to_pydatetime()  # type: ignore[arg-type]
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        local = at.astimezone(ZoneInfo(self.time_zone))
        return format_datetime(local, "yyyy-MM-dd HH:mm", locale=self.locale)

    def instants(self, values: pd.Series) -> pd.Series:
        """Return many instants (UTC when naive) in the district's time zone, missing as None."""
        local = pd.to_datetime(values, utc=True).dt.tz_convert(self.time_zone)
        return local.dt.strftime("%Y-%m-%d %H:%M").astype(object).where(local.notna(), None)


def _day(value: object) -> date:
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date) else pd.Timestamp(value).date()  # type: ignore[arg-type]
