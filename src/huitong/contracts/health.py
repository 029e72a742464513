"""Whether a bank is fit to answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from huitong.kernel import Finding, Severity


@dataclass(frozen=True, slots=True)
class Health:
    """How a running bank is.

    Attributes:
        findings: What is wrong; empty where nothing is.
        waiting: Calls that wait for their turn.
        log_end: Number of records in the log.
        started_us: Since when it runs, µs UTC.
        policies: Policies that decide, with their versions.
        fronts: How many processes take connections before it; 0 where it takes them itself.
        canaries: By policy the version that decides for a share of the customers, with that share in parts per million.
    """

    findings: tuple[Finding, ...]
    waiting: int
    log_end: int
    started_us: int
    policies: Mapping[str, str]
    fronts: int = 0
    canaries: Mapping[str, tuple[str, int]] = field(default_factory=dict)

    @property
    def fit(self) -> bool:
        """Whether it can decide: nothing that is wrong is an error."""
        return all(one.severity is Severity.WARNING for one in self.findings)
