"""What a replay leaves behind: the report, its page, and the run itself for whoever asks on."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from huitong.app.judgeable import Judgeable
from huitong.app.workspace import write_whole
from huitong.evaluation import ReplayReport, Sample
from huitong.evaluation.report import render_html
from huitong.evaluation.summary import summary
from huitong.features import missing_inputs
from huitong.kernel import Finding, Language


@dataclass(frozen=True, slots=True)
class RunReport:
    """A judged replay.

    Attributes:
        report: Every figure, as plain values; ``report.to_json()`` for machines.
        run: The replay behind it.
        samples: Decisions that the report shows in full.
    """

    report: ReplayReport
    run: Judgeable
    samples: Sequence[Sample] = ()

    def lines(self, language: Language = "en") -> list[str]:
        """The report in plain words."""
        return summary(self.report, language)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What to know about the input: what features need and it never gives, and events that came too late to be counted."""
        run = self.run
        return (*missing_inputs(run.loaded.plan, list(run.taken.batches.values())), *run.replayed.engine.late.findings())

    def first_sample(self) -> Sample | None:
        """The decision that is shown first in the report."""
        return self.samples[0] if self.samples else None

    def save(self, path: str | Path, language: Language | None = None) -> Path:
        """Writes the report as one HTML file that opens without a network; whole or not at all.

        Raises:
            ExternalError: If the disk refuses.
        """
        target = Path(path)
        write_whole(target, render_html(self.report, language).encode())
        return target
