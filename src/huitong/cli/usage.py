"""What the command line says about itself, in the reader's language: its help, and what is wrong with a line that it cannot take."""

import re
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING

import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

from huitong.kernel import InputError, Language, Text

if TYPE_CHECKING:
    from typer._click import Command, Context, Parameter

UsageError: type[Exception] = typer.BadParameter.__mro__[1]
"""A line that Typer cannot take; Typer exports it under no name."""

_HEADS_ZH = {"Usage:": "用法：", "Options:": "选项：", "Arguments:": "参数：", "Commands:": "命令："}
_HEAD = re.compile(rf"^(?:{'|'.join(_HEADS_ZH)})", re.MULTILINE)
_NOTES_ZH = {"default: ": "默认：", "env var: ": "环境变量：", "required": "必填"}
_NOTE = re.compile(r"\[[^][]*\]")
_TYPERS_OWN: dict[str, Text] = {
    "--help": {"en": "Show this help.", "zh": "显示本帮助。"},
    "--install-completion": {"en": "Install completion for this shell.", "zh": "为当前 shell 安装自动补全。"},
    "--show-completion": {"en": "Show the completion script of this shell.", "zh": "显示当前 shell 的自动补全脚本。"},
}
_TOO_MANY = re.compile(r"unexpected extra arguments? ?(?:\(s\) )?\((.*)\)", re.DOTALL)
_NO_COMMAND = re.compile(r"No such command '(.*?)'", re.DOTALL)
_MISSING_COMMAND = "Missing command"
_VALUES_ZH: Sequence[tuple[re.Pattern[str], str]] = (
    (re.compile("valid integer"), "须为整数"),
    (re.compile("valid number"), "须为数字"),
    (re.compile(r"greater than or equal to (\S+)"), "不得小于 {}"),
    (re.compile(r"less than or equal to (\S+)"), "不得大于 {}"),
)
"""By what Typer says of a value."""


def half(text: str | None, language: Language) -> str:
    """One language of a help text, which is English, a middle dot, Chinese."""
    english, _, chinese = (text or "").partition(" · ")
    return " ".join((chinese or english if language == "zh" else english).split())


class _Spoken:
    """Help whose headings are in its language too."""

    language: Language = "en"

    def get_help(self, ctx: "Context") -> str:
        """The help of one command."""
        option = self.get_help_option(ctx)  # type: ignore[attr-defined]  # a command's
        option.help = _TYPERS_OWN["--help"][self.language]
        text: str = super().get_help(ctx)  # type: ignore[misc]  # a command's
        return _chinese(text) if self.language == "zh" else text


class SpokenCommand(_Spoken, TyperCommand):
    """A command whose help is in one language."""


class SpokenGroup(_Spoken, TyperGroup):
    """Commands whose help is in one language."""


def _chinese(text: str) -> str:
    return _NOTE.sub(_chinese_note, _HEAD.sub(lambda head: _HEADS_ZH[head[0]], text))


def _chinese_note(note: re.Match[str]) -> str:
    text = note[0]
    for english, chinese in _NOTES_ZH.items():
        text = text.replace(english, chinese)
    return text


def speak(command: "Command", language: Language) -> "Command":
    """The command and those below it with all their help in one language."""
    if isinstance(command, SpokenCommand | SpokenGroup):
        command.language = language
    command.help = command.short_help = half(command.help, language)  # a short help is never cut off
    for parameter in command.params:
        if isinstance(parameter, TyperOption | TyperArgument):
            own = next((_TYPERS_OWN[name] for name in parameter.opts if name in _TYPERS_OWN), None)
            parameter.help = own[language] if own else half(parameter.help, language)
    if isinstance(command, TyperGroup):
        for child in command.commands.values():
            speak(child, language)
    return command


def not_understood(error: Exception, command: "Command", given: list[str]) -> InputError:
    """The error of the tree for a line that Typer cannot take.

    Args:
        error: What Typer says.
        command: The whole command line.
        given: The words of the line.
    """
    path = "huitong"
    for word in given:
        if isinstance(command, TyperGroup) and word in command.commands:
            command, path = command.commands[word], f"{path} {word}"
    return InputError(
        "cli.usage",
        _cause(error, command),
        {"en": f"`{path} --help` lists what can be given", "zh": f"`{path} --help` 列出可用的命令、参数与选项"},
    )


def help_wanted(error: Exception) -> str | None:
    """The help to show where a line only names commands that have others below them; ``None`` where something is wrong with it."""
    context = getattr(error, "ctx", None)
    return context.get_help() if context is not None and str(error).startswith(_MISSING_COMMAND) else None


def _cause(error: Exception, command: "Command") -> Text:
    message = str(getattr(error, "message", "") or error)
    option, parameter = getattr(error, "option_name", None), getattr(error, "param", None)
    if option is not None:
        return _about_option(option, getattr(error, "possibilities", ()), message)
    if parameter is not None:
        return _about_parameter(error, parameter, message)
    if too_many := _TOO_MANY.search(message):
        return {"en": f"there are more arguments than expected: {too_many[1]}", "zh": f"参数过多：{too_many[1]}"}
    if message.startswith(_MISSING_COMMAND):
        return {"en": "a command is missing", "zh": "缺少命令"}
    if unknown := _NO_COMMAND.search(message):
        close_en, close_zh = _close(get_close_matches(unknown[1], getattr(command, "commands", ()), 1))
        return {"en": f"there is no command {unknown[1]!r}{close_en}", "zh": f"没有命令 {unknown[1]!r}{close_zh}"}
    return {"en": f"the command line is not understood: {message}", "zh": "无法理解该命令行"}


def _about_option(option: str, possibilities: Sequence[str] | None, message: str) -> Text:
    if "requires" in message:
        return {"en": f"the option {option} needs a value", "zh": f"选项 {option} 需要取值"}
    if "not take" in message:
        return {"en": f"the option {option} takes no value", "zh": f"选项 {option} 不接受取值"}
    close_en, close_zh = _close(possibilities)
    return {"en": f"there is no option {option}{close_en}", "zh": f"没有选项 {option}{close_zh}"}


def _about_parameter(error: Exception, parameter: "Parameter", message: str) -> Text:
    option = isinstance(parameter, TyperOption)
    name = parameter.opts[0] if option else (parameter.name or "").upper()
    if hasattr(error, "param_type"):
        word_en, word_zh = ("option", "选项") if option else ("argument", "参数")
        return {"en": f"the {word_en} {name} is missing", "zh": f"缺少{word_zh} {name}"}
    return {"en": f"{name} cannot be read: {message}", "zh": f"无法读取 {name}：{_value_in_chinese(message)}"}


def _value_in_chinese(message: str) -> str:
    """What Typer finds wrong with a value: it says so in English only."""
    found = ((form.search(message), said) for form, said in _VALUES_ZH)
    return next((said.format(*match.groups()) for match, said in found if match), "取值不符合要求")


def _close(names: Sequence[str] | None) -> tuple[str, str]:
    if not names:
        return "", ""
    return f"; did you mean {names[0]}?", f"；是否想写 {names[0]}？"


def whole_number(name: str, least: int, most: int) -> Callable[[str | int], int]:
    """Reads the whole number of an option.

    Args:
        name: The option, for the error.
        least: Least number allowed.
        most: Greatest number allowed.
    """

    def read(given: str | int) -> int:
        try:
            number = int(given)
        except ValueError:
            number = None
        if number is not None and least <= number <= most:
            return number
        raise InputError(
            "cli.number",
            {
                "en": f"{name} {given!r} is no whole number from {least:,} to {most:,}",
                "zh": f"{name} 的值 {given!r} 不是 {least:,} 到 {most:,} 之间的整数",
            },
            {"en": f"give such a number, like {name} {least}", "zh": f"请给出这样的整数，例如 {name} {least}"},
        )

    return read
