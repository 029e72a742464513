"""Words of alerts and cases, in both languages."""

from huitong.console.words import text
from huitong.kernel import Text
from huitong.operations.cases import Alert, Verdict

VERDICT_WORDS: dict[Verdict, Text] = {
    "fraud": text("fraud", "欺诈"),
    "genuine": text("genuine", "正常交易"),
    "unclear": text("unclear", "无法判定"),
}
VERDICT_LOOKS: dict[str, tuple[str, str]] = {"fraud": ("decline", "✕"), "genuine": ("approve", "✓"), "unclear": ("other", "?")}
CHECKLIST_WORDS: dict[str, Text] = {
    "evidence_seen": text("evidence seen", "已查看证据"),
    "customer_contacted": text("customer contacted", "已联系客户"),
    "measures_reviewed": text("measures reviewed", "已复核管控措施"),
}
CHECKLIST_TODO: dict[str, Text] = {
    "evidence_seen": text("look at the evidence", "查看证据"),
    "customer_contacted": text("contact the customer", "联系客户"),
    "measures_reviewed": text("review the measures", "复核管控措施"),
}
"""Items of the checklist that are still to do."""
ENTRY_WORDS: dict[str, Text] = {
    "case.opened": text("opened the case", "立案"),
    "case.linked": text("linked", "关联"),
    "case.noted": text("wrote a note", "添加备注"),
    "case.filed": text("added a file", "登记附件"),
    "case.checked": text("ticked off", "完成检查项"),
    "case.proposed": text("proposed to close it", "提出结论"),
    "case.closed": text("closed the case", "结案"),
    "case.refused": text("sent the case back", "退回案件"),
    "case.reopened": text("reopened the case", "重新打开案件"),
    "alert.raised": text("a payment joined an", "有支付并入"),
    "alert.reopened": text("reopened an", "重新打开"),
    "alert.closed": text("closed an alert", "关闭预警"),
}
UNEXPLAINED = text("no single reason", "无单一原因")


def standing_of(alert: Alert, now_us: int) -> Text:
    """How an alert stands, in a word or two."""
    if not alert.open:
        return text("closed", "已关闭")
    if alert.escalated:
        return text("escalated", "已升级")
    if alert.snoozed_until_us > now_us:
        return text("snoozed", "稍后处理")
    if alert.begun_us is not None:
        return text("in work", "处理中")
    return text("assigned", "已分配") if alert.assignee else text("new", "待处理")


def closing_name(name: str) -> Text:
    """A verdict by its name, for people."""
    return next((words for verdict, words in VERDICT_WORDS.items() if verdict == name), {"en": name, "zh": name})
