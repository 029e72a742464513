"""Whether a bank's log is whole, and what is folded from it is what it gives."""

from collections.abc import Callable, Iterator, Sequence

from huitong.app.logbook import Logbook
from huitong.app.progress import Progress
from huitong.app.projections import Projection
from huitong.kernel import Finding, HuitongError, Severity

Projections = Callable[[str], Sequence[Projection]]


def check_bank(logbook: Logbook, policies: Sequence[str], projections: Projections, progress: Progress) -> tuple[Finding, ...]:
    """What is wrong; empty where all is well. A log that is not whole gives nothing to compare with.

    Args:
        logbook: The bank's log.
        policies: Names of its policies.
        projections: What is kept for a policy.
        progress: Told how far it is.
    """
    findings = logbook.check(lambda done, total: progress("checking", done, total))
    if any(finding.severity is Severity.ERROR for finding in findings):
        return findings
    return (*findings, *_kept(logbook, policies, projections, progress))


def _kept(logbook: Logbook, policies: Sequence[str], projections: Projections, progress: Progress) -> Iterator[Finding]:
    for name in policies:
        try:
            with logbook.reading() as log:
                for projection in projections(name):
                    yield from projection.check(log, progress) if log is not None else ()
        except HuitongError as error:  # a policy that cannot be read, a key that is not there: the rest is checked all the same
            yield Finding("state.unchecked", name, error.cause, error.remedy, Severity.WARNING)
