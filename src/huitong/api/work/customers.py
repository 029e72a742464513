"""What customers are told about a measure, and what measures cost them: look-ups."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from huitong.api.work.port import WorkService
from huitong.api.work.reading import seen, told
from huitong.api.work.showing import Showing
from huitong.contracts import MeasureKind
from huitong.identity import Veiled
from huitong.kernel import Text, time_us
from huitong.risk.disposition import CHANGED, Figures, Stretch, measure_of
from huitong.risk.disposition.figures import LONG_HOURS

LONG_HOURS_MAX = 10_000
NAMED_IN_A_NOTICE = ("role", "until", "channel", "amount", "ground_zh")
"""Fields of a measure that its notice may tell."""


@dataclass(frozen=True, slots=True)
class Notice:
    """What the customer is told about a measure, by the texts of ``measures/notices.toml``.

    Attributes:
        measure: Id of the measure.
        text: In each language; ``null`` where nothing is to be said, as of a watch.
    """

    measure: str
    text: Veiled[Text] | None


@dataclass(frozen=True, slots=True)
class MeasureFigures:
    """Figures of the limits, holds and freezes that began since a moment; amounts in minor units.

    Attributes:
        measures: How many began, by kind.
        innocent: How many fell only on payments that turned out to be genuine.
        guilty: How many fell on at least one payment that turned out to be fraud.
        unknown: Of how many nobody knows.
        unjudged_by_persons: How many of these no policy had a part in, and no verdict says of.
        released: How many of the innocent are over.
        release_median_hours: Median time from imposing to release of the innocent; one still in force counts as released now.
        release_p90_hours: Within it nine in ten of them were released.
        long_hours: What counts as long.
        long_share: Share of the innocent that were held longer.
        held_minor: Money of the payments that led to holds and freezes, each payment once.
        held_now_minor: That part of it whose measure is in force.
        wrongly_held_minor: That part of it which turned out to be genuine.
        wrongly_held_hours_minor: Wrongly held money times the hours that it was held.
    """

    measures: Mapping[MeasureKind, int]
    innocent: int
    guilty: int
    unknown: int
    unjudged_by_persons: int
    released: int
    release_median_hours: float | None
    release_p90_hours: float | None
    long_hours: int
    long_share: float | None
    held_minor: Veiled[int]
    held_now_minor: Veiled[int]
    wrongly_held_minor: Veiled[int]
    wrongly_held_hours_minor: Veiled[int]


def add_customers(router: APIRouter, service: WorkService) -> None:
    """Adds both; before the look-up of one measure, whose id may hold anything."""

    @router.get("/measures/figures", response_model=MeasureFigures, tags=["measures"], operation_id="measure_figures")
    def figures(
        request: Request,
        since: Annotated[
            str | None,
            Query(
                description="Of measures that began at or after it: a time with its offset; by default all that are remembered.",
                max_length=40,
                examples=["2026-10-01T00:00:00+08:00"],
            ),
        ] = None,
        long_hours: Annotated[
            int, Query(description="Beyond so many hours an innocent customer was held long.", ge=1, le=LONG_HOURS_MAX)
        ] = LONG_HOURS,
    ) -> Response:
        """What measures cost the innocent and held of the guilty's money. The first time it reads through labels of the log."""
        signed, _, showing = seen(request, service, "measures")
        found = service.measure_figures(0 if since is None else time_us(since), long_hours)
        return told(request, signed, showing, figures_shown(found, showing))

    @router.get("/measures/{measure_id:path}/notice", response_model=Notice, tags=["measures"], operation_id="measure_notice")
    def notice(request: Request, measure_id: Annotated[str, Path(max_length=128)]) -> Response:
        """What the customer is told about a measure, in force or over."""
        signed, _, showing = seen(request, service, "measures")
        measure = service.ask_measures(lambda ledger: measure_of(ledger, measure_id))
        return told(request, signed, showing, notice_shown(measure, service.notice(measure), showing))


def figures_shown(found: Figures, showing: Showing) -> MeasureFigures:
    """Figures as their reader may see them: where one payment is held, a sum is its amount."""

    def money(minor: int) -> Veiled[int]:
        return showing.value("", CHANGED, "held", minor)

    return MeasureFigures(
        found.measures,
        found.innocent,
        found.guilty,
        found.unknown,
        found.unjudged_by_persons,
        found.released,
        found.release_median_hours,
        found.release_p90_hours,
        found.long_hours,
        found.long_share,
        money(found.held_minor),
        money(found.held_now_minor),
        money(found.wrongly_held_minor),
        money(found.wrongly_held_hours_minor),
    )


def notice_shown(measure: Stretch, text: Text | None, showing: Showing) -> Notice:
    """A notice as its reader may see it: whole, or nothing of it."""
    last = measure.ended_by or measure.changes[-1]
    grade = max(showing.grade(CHANGED, field) for field in NAMED_IN_A_NOTICE)
    of_ground = showing.of_code(last.decision if last.automatic else None, last.ground)
    return Notice(measure.id, showing.maybe(measure.id, CHANGED, "ground_zh", text, max(grade, of_ground)))
