"""The commands that prove: prove, bundle, verify; and those that turn the bank's keys."""

import sys
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from huitong import verifier
from huitong.api.sentences import json_in_chinese
from huitong.app import Bundled, Recomputed, recompute, write_whole
from huitong.cli.opening import opened_bank
from huitong.cli.options import DEFAULT_BANK, ExistingBankOption, GroundOption, JsonOption, LanguageOption, said_ground
from huitong.cli.terminal import Terminal
from huitong.cli.usage import SpokenCommand, SpokenGroup
from huitong.kernel import DataError, ExternalError, InputError, Text, refusal

keys_app = typer.Typer(cls=SpokenGroup, help="Show and turn the bank's keys. · 查看与轮换密钥。")


@keys_app.callback()
def _group(lang: LanguageOption = None) -> None:
    pass


_WITHOUT_POLICY: Text = {
    "en": "the proof does not name the files of the policy: the version that decided is not kept in versions/ any more, or was changed; "
    "the decision is proved all the same, but cannot be computed again with --recompute",
    "zh": "证明未列出策略文件：作出该决策的版本已不在 versions/ 中，或已被改动；决策本身仍得到证明，但无法用 --recompute 重算",
}


def prove(
    record: Annotated[str, typer.Argument(metavar="ID", help="Id of an event or a decision. · 事件或决策的编号。")],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE", help="Where to write it. · 输出文件。", show_default=False)
    ] = None,
    bank: ExistingBankOption = DEFAULT_BANK,
    lang: LanguageOption = None,
    json: JsonOption = False,
) -> None:
    """Prove that a record is in the log, to anyone with the public key. · 证明某条记录在日志中，持有公钥者均可验证。"""
    terminal = Terminal(lang, json or out is None)
    with opened_bank(terminal, bank) as opened:
        proof, key = opened.prove(record), opened.logbook.custody.public_file
    if "policy" not in proof and msgspec.json.decode(proof["records"][0]["payload"])["type"] == "decision":
        terminal.warn(_WITHOUT_POLICY)
    document = msgspec.json.format(msgspec.json.encode(proof), indent=1) + b"\n"
    if out is None:
        sys.stdout.write(document.decode())
        return
    write_whole(out, document)
    terminal.say(f"{out} · huitong verify {out} --key {key}")
    terminal.give({"record": record, "file": str(out), "key": str(key)})


def bundle(
    policy: Annotated[str, typer.Argument(metavar="POLICY", help="Policy, or NAME@HASH of a version. · 策略，或 名称@版本。")],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="Where to write it (zip). · 输出文件（zip）。")],
    bank: ExistingBankOption = DEFAULT_BANK,
    lang: LanguageOption = None,
    json: JsonOption = False,
) -> None:
    """Write a policy's version into one file, with which anyone can recompute its decisions. · 将策略版本写成单个文件，供他人重算决策。"""
    terminal = Terminal(lang, json)
    with opened_bank(terminal, bank) as opened:
        written = opened.bundle(policy, out)
    _tell_bundle(terminal, written)


def _tell_bundle(terminal: Terminal, written: Bundled) -> None:
    manifest = written.manifest
    terminal.say(f"{manifest.policy}@{manifest.version[:12]} → {written.path} · sha256 {written.digest}")
    for one in written.lists:
        persons = f" · {terminal.word('names_persons')}" if one.names_persons else ""
        line = terminal.word("list_inside").format(name=one.name, of=one.of, entries=f"{one.entries:,}")
        terminal.say(f"  {line}{persons}", style="yellow" if one.names_persons else None)
    terminal.give(
        {
            "policy": manifest.policy,
            "version": manifest.version,
            "file": str(written.path),
            "sha256": written.digest,
            "files": manifest.files,
            "lists": [
                {"name": one.name, "of": one.of, "entries": one.entries, "names_persons": one.names_persons} for one in written.lists
            ],
        }
    )


def verify(
    proof: Annotated[Path, typer.Argument(metavar="FILE", help="The proof. · 证明文件。")],
    key: Annotated[Path, typer.Option("--key", metavar="FILE", help="Public keys, PEM. · 公钥文件（PEM）。")],
    log: Annotated[
        str | None, typer.Option("--log", metavar="NAME", help="Log that it must be of. · 必须属于的日志。", show_default=False)
    ] = None,
    bundle: Annotated[
        Path | None,
        typer.Option(
            "--recompute",
            metavar="FILE",
            help="Bundle with which to compute the decision again. · 用于重算该决策的策略包。",
            show_default=False,
        ),
    ] = None,
    lang: LanguageOption = None,
    json: JsonOption = False,
) -> None:
    """Check a proof with the public key alone; `python -m huitong.verifier` does the same without the rest. · 仅凭公钥验证证明。"""
    terminal = Terminal(lang, json)
    try:
        keys = verifier.read_keys(_read(key))
    except verifier.BadProofError as error:
        raise InputError(
            "proof.key",
            {"en": f"{key}: {error.text['en']}", "zh": f"{key}：{error.text['zh']}"},
            {
                "en": "give the bank's public keys: keys/public.pem, as it hands them out",
                "zh": "请给出银行对外提供的公钥文件 keys/public.pem",
            },
        ) from None
    try:
        document = msgspec.json.decode(_read(proof))
        verified = verifier.verify(document, keys, log)
    except msgspec.DecodeError as error:
        raise _does_not_hold(
            f"{proof} is no JSON, or is cut short: {error}", f"{proof} 不是 JSON，或不完整：{json_in_chinese(error)}"
        ) from None
    except verifier.BadProofError as error:
        raise _does_not_hold(error.text["en"], error.text["zh"]) from None
    again = None if bundle is None else recompute(verified, bundle)
    terminal.say(verifier.told(verified, terminal.language), style="green")
    if again is not None:
        _tell_recomputed(terminal, again)
    terminal.give(
        {
            "holds": True,
            "log": verified.head.origin,
            "size": verified.head.size,
            "signed": verifier.signed_time(verified.head),
            "records": [{"offset": offset, "record": content} for offset, content in verified.records],
            "recomputed": None if again is None else {"same": True, "taken_from_record": again.taken},
        }
    )


def _tell_recomputed(terminal: Terminal, again: Recomputed) -> None:
    decision = again.decision
    score = "" if decision.score is None else f" · {decision.score!r}"
    terminal.say(
        f"{terminal.word('recomputed')}{terminal.colon}{decision.outcome}{score} · {decision.policy}@{decision.version[:12]}", style="green"
    )
    for text in again.taken:
        terminal.say(f"  {terminal.word('from_record')}{terminal.colon}{terminal.text(text)}", style="dim")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise InputError(
            "proof.file.missing",
            {"en": f"there is no file {path}", "zh": f"没有文件 {path}"},
            {"en": "check the path", "zh": "请核对路径"},
        ) from None
    except OSError as error:
        raise ExternalError(
            "proof.file.refused",
            {"en": f"{path} cannot be read: {refusal(error)['en']}", "zh": f"无法读取 {path}：{refusal(error)['zh']}"},
            {"en": "check the file's permissions", "zh": "请检查文件权限"},
        ) from None


def _does_not_hold(en: str, zh: str) -> DataError:
    return DataError(
        "proof.false",
        {"en": f"the proof does not hold: {en}", "zh": f"证明不成立：{zh}"},
        {
            "en": "ask for the proof and the key again, by another way; if it fails again, the record is not what was signed",
            "zh": "请通过其他途径重新索取证明与公钥；若仍不成立，则记录与签名内容不符",
        },
    )


@keys_app.command("show", cls=SpokenCommand)
def show(bank: ExistingBankOption = DEFAULT_BANK, lang: LanguageOption = None, json: JsonOption = False) -> None:
    """Show the log's name, its latest signed head, and where the public keys are. · 显示日志名称、最新签名头与公钥位置。"""
    terminal = Terminal(lang, json)
    with opened_bank(terminal, bank) as opened:
        shown, keys = opened.logbook.show(), opened.logbook.custody.public_file
    note = None if shown.head is None else shown.head.note
    terminal.say(f"{shown.name} · {keys}", (note or "").rstrip())
    if shown.unsigned is not None:
        covered, why = 0 if shown.head is None else shown.head.size, shown.unsigned.cause
        terminal.warn(
            {
                "en": f"it covers {covered:,} of {shown.size:,} records; none can be signed for the rest now: {why['en']}",
                "zh": f"它覆盖 {shown.size:,} 条记录中的 {covered:,} 条；目前无法为其余记录签署：{why['zh']}",
            }
        )
    terminal.give({"log": shown.name, "records": shown.size, "public_keys": str(keys), "head": note})


@keys_app.command("rotate", cls=SpokenCommand)
def rotate(bank: ExistingBankOption = DEFAULT_BANK, lang: LanguageOption = None, json: JsonOption = False) -> None:
    """Sign with a new key from now on; old heads stay verifiable. · 此后改用新的签名密钥；旧签名头仍可验证。"""
    terminal = Terminal(lang, json)
    with opened_bank(terminal, bank) as opened:
        keys = opened.logbook.rotate_signing_key()
    terminal.say(f"{terminal.word('keys_turned')}{terminal.colon}{keys}", style="green")
    terminal.give({"public_keys": str(keys)})


@keys_app.command("new", cls=SpokenCommand)
def new_key(ground: GroundOption, bank: ExistingBankOption = DEFAULT_BANK, lang: LanguageOption = None, json: JsonOption = False) -> None:
    """Sign with a new key, since the one before is lost; the log says so. · 原签名密钥丢失时启用新密钥，并记入日志。"""
    terminal = Terminal(lang, json)
    said_ground(ground)
    with opened_bank(terminal, bank) as opened:
        keys = opened.logbook.replace_signing_key(ground)
    terminal.say(f"{terminal.word('key_replaced')}{terminal.colon}{keys}", style="yellow")
    terminal.give({"public_keys": str(keys)})


@keys_app.command("rotate-master", cls=SpokenCommand)
def rotate_master(
    to: Annotated[
        str | None,
        typer.Option("--to", metavar="SOURCE", help="A key that is kept elsewhere. · 存放在别处的密钥。", show_default=False),
    ] = None,
    bank: ExistingBankOption = DEFAULT_BANK,
    lang: LanguageOption = None,
    json: JsonOption = False,
) -> None:
    """Wrap the keys of all names with a new master key. · 用新的主密钥重新封装所有名称的密钥。"""
    terminal = Terminal(lang, json)
    with opened_bank(terminal, bank) as opened:
        count = opened.logbook.rotate_master_key(to)
    terminal.say(f"{terminal.word('master_turned')}{terminal.colon}{count:,}", style="green")
    if to is not None:
        terminal.say(terminal.word("master_elsewhere").format(source=to), style="yellow")
    terminal.give({"keys": count})
