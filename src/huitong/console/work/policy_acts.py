"""Acts on policies and replays, from forms."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace

from huitong.console.acting import Act, Done, RefusedWithWayError
from huitong.console.forms import Given
from huitong.console.ports_work import WorkPort
from huitong.console.work.look import path_to
from huitong.contracts import Command, require_role
from huitong.decisions.rollout import STAGE_TITLES, Stage, percent_of, share_ppm_of
from huitong.identity import ROLES_WHO_REPLAY
from huitong.kernel import InputError, Text

FORWARD: tuple[Stage, ...] = ("shadow", "canary", "live")


def _draft(bank: WorkPort, command: Command, given: Given) -> Done:
    policy = given.text("policy")
    version = bank.draft(command, policy, given.text("reason"))
    return Done(drafted(version), path_to("policies", policy))


def drafted(version: str) -> Text:
    """What is said once a version is drafted."""
    return {"en": f"Version {version[:12]} is drafted. Replay it next.", "zh": f"版本 {version[:12]} 已登记，下一步请回放。"}


def tag_of(content: bytes) -> str:
    """By which a page knows a file again."""
    return hashlib.sha256(content).hexdigest()


def seen(given: Given) -> Callable[[Mapping[str, bytes]], None]:
    """Refuses a change of a file that is no longer what its page showed.

    Raises:
        InputError: Where it is called with another content than the one of the form's ``seen``.
    """

    def expects(files: Mapping[str, bytes]) -> None:
        for file, content in files.items():
            if given.text("seen") and tag_of(content) != given.text("seen"):
                raise InputError(
                    "policy.file.changed",
                    {"en": f"{file} was changed by somebody else since you opened it", "zh": f"{file} 在您打开之后已被他人修改"},
                    {"en": "open the page anew in another tab, and bring your change over", "zh": "请在新标签页重新打开，再作修改"},
                )

    return expects


def _change(bank: WorkPort, command: Command, given: Given) -> Done:
    policy = given.text("policy")
    content = given.values.get("content", ("",))[0].replace("\r\n", "\n")
    version = draft_file(bank, command, given, given.text("file"), content.encode())
    return Done(drafted(version), path_to("policies", policy))


def draft_file(bank: WorkPort, command: Command, given: Given, file: str, content: bytes) -> str:
    """Changes a policy's file and drafts the version; its hash.

    Raises:
        HuitongError: As ``WorkPort.change_file``; where the content is that of a version that there is, the refusal leads to it.
    """
    policy = given.text("policy")
    try:
        return bank.change_file(replace(command, expects=seen(given)), policy, file, content, given.text("reason"))
    except InputError as error:
        if error.code != "rollout.known":
            raise
        version = bank.drafts.version(policy, {file: content})
        raise RefusedWithWayError(
            error, path_to("policies", policy, "versions", version), {"en": "See that version", "zh": "查看该版本"}
        ) from None


def _take_up(bank: WorkPort, command: Command, given: Given) -> Done:
    policy = given.text("policy")
    version = bank.take_up(command, policy, given.text("version"), given.text("reason"))
    said: Text = {
        "en": f"Version {version[:12]} stands in the folder again. Here is what it does otherwise than the live one; edit it from there.",
        "zh": f"版本 {version[:12]} 已回到文件夹中。以下为其与生效版本的差异，可继续修改。",
    }
    live = bank.rollout(policy).live
    if live is None or live.hash == version:
        return Done(
            {
                "en": f"Version {version[:12]}, which is live, stands in the folder again.",
                "zh": f"生效版本 {version[:12]} 已回到文件夹中，可继续修改。",
            },
            path_to("policies", policy, "versions", "folder"),
        )
    return Done(said, path_to("policies", policy, "difference", policy, against=live.hash))


def _forward(bank: WorkPort, command: Command, given: Given) -> Done:
    to = next(stage for stage in FORWARD if stage == given.one_of("to", FORWARD))
    share_ppm = share_ppm_of(given.text("share")) if to == "canary" else 0
    bank.forward(command, given.text("policy"), given.text("version"), to, share_ppm)
    title, part = STAGE_TITLES[to], given.text("version")[:12]
    en, zh = (f", {percent_of(share_ppm)} %", f"（{percent_of(share_ppm)}%）") if share_ppm else ("", "")
    return Done({"en": f"Signed: {part} is now in stage {title['en']}{en}.", "zh": f"已签署，{part} 现处于“{title['zh']}”阶段{zh}。"})


def _back(bank: WorkPort, command: Command, given: Given) -> Done:
    version = given.text("version")
    bank.back(command, given.text("policy"), version, given.text("ground"))
    return Done({"en": f"{version[:12]} is taken back.", "zh": f"{version[:12]} 已回退。"})


def _retire(bank: WorkPort, command: Command, given: Given) -> Done:
    bank.retire(command, given.text("policy"), given.text("version"), given.text("ground"))
    return Done({"en": "Given up.", "zh": "已放弃该版本。"})


def _replay(bank: WorkPort, command: Command, given: Given) -> Done:
    policy, version = given.text("policy"), given.text("version")
    against = given.optional("against")
    days = int(given.one_of("days", ("0", "7", "28")))
    bank.replay(command, f"{policy}@{version}" if version else policy, f"{policy}@{against}" if against else None, days)
    return Done({"en": "The replay runs.", "zh": "回放已开始。"}, path_to("policies", policy))


def _upload(bank: WorkPort, command: Command, given: Given) -> Done:
    require_role(command.by, *ROLES_WHO_REPLAY)
    table = given.files.get("table")
    if table is None:
        raise InputError(
            "replay.file.missing", {"en": "no file was chosen", "zh": "未选择文件"}, {"en": "choose the table", "zh": "请选择数据表"}
        )
    id_ = bank.uploads.keep(command.id, table.name, table.content)
    return Done(
        {"en": "The table is here: say which column is which.", "zh": "数据表已上传，请确认列的对应关系。"}, path_to("replay", file=id_)
    )


def _table(bank: WorkPort, command: Command, given: Given) -> Done:
    columns = {name.removeprefix("column."): given.text(name) for name in given.values if name.startswith("column.") and given.text(name)}
    bank.replay_table(command, given.text("version"), given.optional("against"), given.text("file"), given.text("mapping"), columns)
    return Done({"en": "The replay runs.", "zh": "回放已开始。"}, path_to("replay"))


def _cancel(bank: WorkPort, command: Command, given: Given) -> Done:
    bank.cancel(command, given.text("job"))
    return Done({"en": "The replay ends at its next step.", "zh": "回放将在下一步停止。"})


POLICY_ACTS: Mapping[str, Act[WorkPort]] = {
    "policy.draft": _draft,
    "policy.change": _change,
    "policy.take_up": _take_up,
    "policy.forward": _forward,
    "policy.back": _back,
    "policy.retire": _retire,
    "replay.start": _replay,
    "replay.upload": _upload,
    "replay.table": _table,
    "replay.cancel": _cancel,
}
