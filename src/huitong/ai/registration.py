"""The gate a model passes before a policy may use it: its declared signs are proved, its blanks are accounted for."""

from pathlib import Path

import numpy as np

from huitong.ai.artefact import save
from huitong.ai.ensemble import MISSING_NONE, Missing, TreeEnsemble
from huitong.ai.monotone import blank_swing, prove_monotone
from huitong.kernel import Finding, PolicyError, Severity


def registration_findings(ensemble: TreeEnsemble) -> list[Finding]:
    """Everything that speaks against the model: errors that forbid its use, and warnings to know about.

    Errors: a monotone sign that a tree breaks; a feature declared ``informative`` whose blanks the trees never saw, and would
    therefore read as zero. Warnings: how far leaving an informative feature blank can move the score.
    """
    findings = []
    for index, feature in enumerate(ensemble.features):
        if feature.monotone:
            findings += prove_monotone(ensemble, feature.name, feature.monotone)
        if feature.missing is Missing.INFORMATIVE:
            findings += _blank_findings(ensemble, index)
    return findings


def register(ensemble: TreeEnsemble, folder: Path) -> Path:
    """Checks the model and saves it to ``folder`` under its digest.

    Raises:
        PolicyError: If ``registration_findings`` has an error; nothing is written.
        ExternalError: If the folder cannot be written to.
    """
    errors = [finding for finding in registration_findings(ensemble) if finding.severity is Severity.ERROR]
    if errors:
        raise PolicyError(
            "model.registration.refused",
            {
                "en": "the model may not be used: " + "; ".join(f"{finding.where}: {finding.text['en']}" for finding in errors),
                "zh": "该模型不得使用：" + "；".join(f"{finding.where}：{finding.text['zh']}" for finding in errors),
            },
            {language: errors[0].remedy[language] for language in ("en", "zh")},
        )
    return save(ensemble, folder)


def _blank_findings(ensemble: TreeEnsemble, index: int) -> list[Finding]:
    name = ensemble.features[index].name
    missing = ensemble.trees.node_missing[ensemble.trees.node_feature == index]
    if (missing == MISSING_NONE).any() or not ensemble.features[index].blanks_in_training:
        return [
            Finding(
                code="model.blank.never_seen",
                where=name,
                text={
                    "en": f"{name} is declared informative, but training never saw it blank: the trees would read a blank as zero",
                    "zh": f"{name} 声明为 informative，但训练数据中从未缺失：树模型会把缺失当作零",
                },
                remedy={
                    "en": "declare it required, or imputed with a value, and train again",
                    "zh": "请将其声明为 required，或声明为 imputed 并给出填补值，然后重新训练",
                },
            )
        ]
    lowest, highest = blank_swing(ensemble, name)
    if not np.any([lowest, highest]):
        return []
    return [
        Finding(
            code="model.blank.swing",
            where=name,
            text={
                "en": f"leaving {name} blank can move the log-odds by {lowest:+.3f} to {highest:+.3f}",
                "zh": f"{name} 缺失可使对数几率变化 {lowest:+.3f} 至 {highest:+.3f}",
            },
            remedy={
                "en": "if a customer can leave it blank at will, declare it required",
                "zh": "如果客户可以随意留空，请将其声明为 required",
            },
            severity=Severity.WARNING,
        )
    ]
