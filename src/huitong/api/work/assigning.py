"""What it led to that an alert was assigned, and what speaks against it."""

from dataclasses import dataclass

from huitong.api.shapes import found_of
from huitong.api.work.acts import Carried
from huitong.api.work.port import WorkService
from huitong.kernel import Found
from huitong.operations import cases


@dataclass(frozen=True, slots=True)
class Assigned:
    """What assigning led to, and what speaks against it.

    Attributes:
        id: Id of its event in the log.
        kind: Kind of that event.
        findings: Warnings: ``alert.unskilled`` of somebody who lacks the skill that the alert's pattern asks for.
    """

    id: str
    kind: str
    findings: list[Found]


def with_findings(service: WorkService, done: Carried) -> Assigned:
    """The answer to whoever assigned an alert."""
    event = done.event
    alert, to, settings = event.keys["alert"], str(event.data["to"]), service.desk_settings
    found = service.ask_desk(lambda desk: cases.unskilled(cases.alert_of(desk, alert), to, settings))
    return Assigned(event.id, event.kind, [found_of(one) for one in found])
