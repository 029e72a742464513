"""What a proof has shown, as pages say it: records counted as the page of a decision counts them, kinds and policies by their titles."""

from collections.abc import Mapping
from typing import Any

from huitong.console.markup import Part, tag
from huitong.console.ports import BankPort
from huitong.console.words import OUTCOMES, word
from huitong.console.work.look import Look, path_to
from huitong.evaluation.words import plural
from huitong.kernel import Text, minute_text, time_us
from huitong.verifier import Verified, signed_time

PROOF_FILE = "proof.json"
"""Name of the file of a proof."""


def proof_file(record: str, look: Look, *, whole: bool) -> Part:
    """The way to the file of a proof, for whoever sees all of both records; else what is to be done to get it."""
    if not whole:
        said = look.pick(
            "The file of the proof holds both records whole: state what you read for to download it.",
            "证明文件含有两条记录的全部内容：请先说明查看目的，再下载。",
        )
        return tag("span", said, class_="muted")
    title = look.pick("Download the proof", "下载证明")
    return tag("a", title, href=path_to("download", "proof", record), class_="button", download=PROOF_FILE)


def proof_lines(verified: Verified, bank: BankPort) -> list[Text]:
    """The lines, the head that vouches first.

    Args:
        verified: What the proof has shown.
        bank: Says what kinds of events and policies are called, and in which zone times are told.
    """
    head, when = verified.head, signed_time(verified.head)
    if verified.earlier is not None:
        en = f"the first {verified.earlier.size:,} of the {head.size:,} records of {head.origin} are as they were signed before"
        return [{"en": en, "zh": f"{head.origin} 的 {head.size:,} 条记录中，前 {verified.earlier.size:,} 条与先前签名时一致"}]
    signed = when if when == "-" else minute_text(time_us(when), bank.zone)
    vouching: Text = {
        "en": f"the head that vouches covers {plural(head.size, 'record', 'records')} of {head.origin}, signed {signed}",
        "zh": f"签名头覆盖 {head.origin} 的 {head.size:,} 条记录，签名时间 {signed}",
    }
    return [vouching, *(_record(index, content, bank) for index, content in verified.records), *_policy(verified, bank)]


def _record(index: int, content: Mapping[str, Any], bank: BankPort) -> Text:
    id_, kind = content.get("id"), str(content.get("kind", ""))
    if content.get("type") == "decision":
        outcome = word(OUTCOMES, str(content.get("outcome", "")))
        return {
            "en": f"offset {index:,}: decision {id_}, {outcome['en']}",
            "zh": f"偏移 {index:,}：决策 {id_}，{outcome['zh']}",
        }
    contract = bank.contracts.get(kind)
    title: Text = {"en": kind, "zh": kind} if contract is None else contract.title
    return {"en": f"offset {index:,}: event {id_}, {title['en']}", "zh": f"偏移 {index:,}：事件 {id_}，{title['zh']}"}


def _policy(verified: Verified, bank: BankPort) -> list[Text]:
    """By what the first record was decided, where it is a decision."""
    decision = verified.records[0][1]
    if decision.get("type") != "decision":
        return []
    title, version = word(bank.policy_titles(), str(decision.get("policy"))), str(decision.get("version"))[:12]
    en, zh = f"decided by {title['en']}, version {version}", f"依据策略“{title['zh']}”版本 {version}"
    if not verified.files:
        return [{"en": f"{en}, whose files the proof does not name", "zh": f"{zh}，证明未列出其文件"}]
    count, model = len(verified.files), verified.engines.get("model", "-")[:12]
    return [{"en": f"{en}: {plural(count, 'file', 'files')}, model {model}", "zh": f"{zh}：{count:,} 个文件，模型 {model}"}]
