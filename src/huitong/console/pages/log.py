"""Log and proof, with the files to keep."""

from collections.abc import Mapping

import msgspec

from huitong.console.acting import Act, Done
from huitong.console.forms import Given
from huitong.console.mounting import File
from huitong.console.ports import BankPort
from huitong.console.views.log import KEYS_FILE, Proved, log_view
from huitong.console.views.looking import look_at
from huitong.console.views.proof import PROOF_FILE, proof_lines
from huitong.console.visit import Visit
from huitong.console.words import sentence
from huitong.console.work.showing import show
from huitong.contracts import Command
from huitong.identity import GRADE_UNKNOWN, Clearance
from huitong.kernel import HuitongError, InputError

AGAIN_SECONDS = 2


async def build(visit: Visit) -> None:
    """Builds the page."""
    bank, look = visit.bank, look_at(visit)
    record = visit.query.get("record", "").strip()[:256]
    proved = await visit.ask(_proved, bank, record, look.clearance) if record else None
    check = await visit.ask(bank.checked)
    running = check is not None and check.ended_us is None
    facts = await visit.ask(bank.log_facts)
    await show(visit, lambda: log_view(facts, check, proved, look), again_seconds=AGAIN_SECONDS if running else None)


def _proved(bank: BankPort, record: str, clearance: Clearance) -> Proved:
    try:
        lines = proof_lines(bank.verify(msgspec.json.encode(bank.proof(record))), bank)
        return Proved(record, lines, whole=bank.whole(record, clearance) is not None)
    except HuitongError as error:
        return Proved(record, error=error)


def proof(visit: Visit) -> File:
    """The proof of a record, as a file. It holds decision and event whole, so that only who sees all of them gets it."""
    bank, look, record = visit.bank, look_at(visit), visit.parts["record"]
    whole = bank.whole(record, look.clearance)
    if whole is None:
        look.require(GRADE_UNKNOWN, "the proof, which holds both records whole", "含有两条记录全部内容的证明")
    else:
        look.seen.take_all([whole.decision, whole.event])
    document = msgspec.json.format(msgspec.json.encode(bank.proof(record)), indent=1)
    return File(PROOF_FILE, "application/json", document)


def keys(visit: Visit) -> File:
    """The public keys, as a file."""
    return File(KEYS_FILE, "application/x-pem-file", visit.bank.public_keys())


def check(bank: BankPort, command: Command, given: Given) -> Done:  # noqa: ARG001 -- every act is given what its form holds
    """Begins a check of the whole log."""
    bank.check_log(command.by)
    return Done({"en": "The check has begun.", "zh": "已开始检查。"})


def verify(bank: BankPort, command: Command, given: Given) -> Done:  # noqa: ARG001 -- every act is given who sent it
    """Verifies a proof that was given as a file."""
    upload = given.files.get("proof")
    if upload is None:
        raise InputError(
            "proof.missing", {"en": "no file was given", "zh": "未选择文件"}, {"en": "choose the file of the proof", "zh": "请选择证明文件"}
        )
    shown = proof_lines(bank.verify(upload.content), bank)
    en, zh = " ".join(sentence(one["en"], "en") for one in shown), "".join(sentence(one["zh"], "zh") for one in shown)
    return Done({"en": f"It holds. {en}", "zh": f"验证通过。{zh}"})


LOG_ACTS: Mapping[str, Act[BankPort]] = {"log.check": check, "log.verify": verify}
