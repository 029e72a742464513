"""The page of commands, read from the command line itself. A help text there is English, a middle dot, Chinese."""

from collections.abc import Iterator
from typing import Any

import typer

from huitong.kernel import Language

_COMMON = ("--bank", "--lang", "--json")
_NOT_OURS = {"--help", "--install-completion", "--show-completion"}
_WORDS: dict[Language, dict[str, str]] = {
    "en": {
        "head": """# Commands

Generated from the command line by `scripts/docs`; do not edit.

`huitong COMMAND --help` says the same. Every command takes `--bank` (folder of the bank; all but `verify`, which needs none), `--lang`
(`zh` or `en`, before or after the command: `huitong --lang zh --help`) and `--json` (one JSON document for machines on standard output,
nothing else there; `users totp` shows the device's secret on standard error, before it asks for a code).
Work of more than a second tells its rate and the time left, on standard error.

""",
        "table": "| argument or option | means | default |\n|---|---|---|\n",
        "needed": "needed",
        "codes": """
## Exit codes

| code | means |
|---|---|
| 0 | done |
| 1 | a fault of ours |
| 2 | the input can be mended by the caller |
| 3 | data is missing, inconsistent or damaged |
| 4 | a policy is wrong, or forbids it |
| 5 | a disk, a device, a service or the network failed |
| 130 | interrupted |

Every error names its cause and its remedy: [errors and findings](errors.md).
""",
    },
    "zh": {
        "head": """# 命令

本页由 `scripts/docs` 从命令行生成，请勿手工修改。

`huitong COMMAND --help` 给出同样的内容。每个命令都接受以下选项：`--bank`（银行的数据目录；`verify` 不需要，除外）、`--lang`（`zh` 或 `en`，
可写在命令之前或之后，例如 `huitong --lang zh --help`）、`--json`（标准输出上只有一个供机器读取的 JSON 文档；
`users totp` 在要求输入动态口令之前，将设备密钥写到标准错误）。
超过一秒的工作会在标准错误上报告速度和剩余时间。

""",
        "table": "| 参数或选项 | 含义 | 默认值 |\n|---|---|---|\n",
        "needed": "必填",
        "codes": """
## 退出码

| 退出码 | 含义 |
|---|---|
| 0 | 完成 |
| 1 | 我方程序的错误 |
| 2 | 输入有误，调用者可以改正 |
| 3 | 数据缺失、矛盾或损坏 |
| 4 | 策略有误，或策略不允许 |
| 5 | 磁盘、设备、服务或网络故障 |
| 130 | 被中断 |

每个错误都会说明原因与对策：见[错误与检查结果](errors.md)。
""",
    },
}


def leaves(command: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Each command with its full name; Typer promises no types for what it builds."""
    inner = getattr(command, "commands", None)
    if inner is None:
        yield path, command
        return
    for name, child in inner.items():
        yield from leaves(child, f"{path} {name}".strip())


def _half(text: str | None, language: Language) -> str:
    from huitong.cli.usage import half  # noqa: PLC0415  # loads everything; who asks only for the errors need not wait

    return half(text, language).replace("|", "\\|")


def _default(parameter: Any, needed: str) -> str:
    if parameter.required:
        return needed
    shown = parameter.default
    return "" if shown is None or shown is False or callable(shown) or shown in ((), []) else f"`{shown}`"


def _section(path: str, command: Any, language: Language) -> str:
    words = _WORDS[language]
    lines = [f"## huitong {path}\n\n{_half(command.help, language)}\n\n"]
    own = [one for one in command.params if not {*_COMMON, *_NOT_OURS} & set(one.opts)]
    if own:
        lines.append(words["table"])
    for one in own:
        option = any(name.startswith("-") for name in one.opts)
        names = ", ".join(f"`{name}`" for name in one.opts) if option else f"`{one.name.upper()}`"
        lines.append(f"| {names} | {_half(getattr(one, 'help', ''), language)} | {_default(one, words['needed'])} |\n")
    return "".join([*lines, "\n" if own else ""])


def command_pages() -> dict[str, str]:
    """The page of commands in both languages."""
    from huitong.cli import app  # noqa: PLC0415  # loads everything; who asks only for the errors need not wait

    found = list(leaves(typer.main.get_command(app)))
    texts = {
        language: words["head"] + "".join(_section(path, command, language) for path, command in found).rstrip("\n") + "\n" + words["codes"]
        for language, words in _WORDS.items()
    }
    return {"commands.md": texts["en"], "zh/commands.md": texts["zh"]}
