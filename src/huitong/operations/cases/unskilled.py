"""The warning that an alert is given to somebody without the skill that its pattern asks for."""

from huitong.kernel import Finding, Severity
from huitong.operations.cases.queue import skilled
from huitong.operations.cases.settings import DeskSettings
from huitong.operations.cases.state import Alert


def unskilled(alert: Alert, to: str, settings: DeskSettings) -> list[Finding]:
    """A warning, and no refusal: whoever assigns may know what the settings do not. It names no skill, which would tell the pattern.

    Args:
        alert: The alert.
        to: Who gets it.
        settings: Which skill a pattern asks for, and who has it.
    """
    if skilled(alert, settings, to):
        return []
    return [
        Finding(
            "alert.unskilled",
            "to",
            {"en": f"{to} lacks the skill that the pattern of this alert asks for", "zh": f"{to} 不具备该预警的模式所需的技能"},
            {
                "en": "assign it to whom the platform proposes, or add the skill under [people] in cases/desk.toml",
                "zh": "请改派给建议处理人，或在 cases/desk.toml 的 [people] 中为其登记该技能",
            },
            Severity.WARNING,
        )
    ]
