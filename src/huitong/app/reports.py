"""What a replay leaves behind: the report, its page, and the run itself for whoever asks on."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from huitong.app.house import house_contracts
from huitong.app.judgeable import Judgeable
from huitong.app.reproducing import Reproduced
from huitong.app.workspace import write_whole
from huitong.evaluation import ReplayReport, Sample
from huitong.evaluation.answer import caution
from huitong.evaluation.report import render_html
from huitong.evaluation.summary import summary
from huitong.features import missing_inputs
from huitong.kernel import Finding, Language, Text


@dataclass(frozen=True, slots=True)
class RunReport:
    """A judged replay.

    Attributes:
        report: Every figure, as plain values; ``report.to_json()`` for machines.
        run: The replay behind it.
        samples: Decisions that the report shows in full.
        reproduced: For a replay of the log, what became of the decisions that it holds.
    """

    report: ReplayReport
    run: Judgeable
    samples: Sequence[Sample] = ()
    reproduced: Reproduced | None = None

    def lines(self, language: Language = "en") -> list[str]:
        """The report in plain words."""
        said = self.reproduced
        return [*summary(self.report, language), *([said.line(language)] if said and (said.decisions or said.of_other_versions) else [])]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Recorded decisions that come out otherwise; what features need and the input never gives; events too late to be counted."""
        run, said = self.run, self.reproduced
        differing = [] if said is None else said.findings()
        whole = () if said is None else house_contracts()  # the log holds all that Huitong itself ever wrote
        missing = missing_inputs(run.loaded.plan, list(run.taken.batches.values()), whole)
        return (*differing, *missing, *run.replayed.engine.late.findings())

    @property
    def caution(self) -> Text | None:
        """What makes the figures look better than they are: the model has learned from the time of these payments."""
        return caution(self.report)

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
