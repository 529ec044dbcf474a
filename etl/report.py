"""What a run has to tell the steward: findings and rejected rows, collected, never printed here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Severity = Literal["info", "warning", "error"]


@dataclass(frozen=True)
class Finding:
    """One thing the steward should know, in both languages."""

    severity: Severity
    code: str
    en: str
    zh: str
    table: str | None = None
    source: str | None = None
    n: int | None = None
    area_m2: float | None = None


@dataclass(frozen=True)
class Rejection:
    """One value of one row that was refused; `rule` is a key of `etl.rules.RULES`."""

    table: str
    source: str
    line: int | None
    column: str | None
    value: str | None
    rule: str
    expected: str | None = None


@dataclass
class Report:
    """Findings and rejections of one run, in the order they were made."""

    findings: list[Finding] = field(default_factory=list)
    rejections: list[Rejection] = field(default_factory=list)

    def find(
        self,
        severity: Severity,
        code: str,
        en: str,
        zh: str,
        *,
        table: str | None = None,
        source: str | None = None,
        n: int | None = None,
        area_m2: float | None = None,
    ) -> None:
        """Add one finding."""
        self.findings.append(Finding(severity, code, en, zh, table, source, n, area_m2))
