"""What the command line says about itself: help and usage errors in the reader's language, before and after the command."""

import re
from pathlib import Path

import pytest

from huitong.cli.usage import half
from tests.cli.conftest import Run

CHINESE = re.compile(r"[\u4e00-\u9fff]")
ENGLISH = re.compile(
    r"\b(Usage|Options|Arguments|Commands|Show|Install|required|default|env var|missing|there is|needs|give|Input|should|valid)\b"
)

WRONG = {
    "option": (("replay", "small", "--agianst", "x"), "--agianst", "--against"),
    "option of the main command": (("--bogus",), "--bogus", ""),
    "option that needs a value": (("replay", "small", "--from"), "--from", "huitong replay --help"),
    "option that takes none": (("log", "check", "--json=3"), "--json", "huitong log check --help"),
    "argument": (("explain",), "EVENT", "huitong explain --help"),
    "argument too many": (("explain", "a", "b"), "b", "huitong explain --help"),
    "command": (("explan",), "'explan'", "explain"),
    "command below": (("policy", "dif"), "'dif'", "diff"),
    "no whole number": (("demo", "--seed", "1.5"), "'1.5'", "--seed"),
    "number out of range": (("train", "small", "--seed", "-1"), "'-1'", "2,147,483,647"),
    "no port": (("serve", "--port", "abc"), "--port", "huitong serve --help"),
    "port out of range": (("serve", "--port", "70000"), "65535", "huitong serve --help"),
    "customers": (("demo", "--customers", "299"), "'299'", "300"),
    "language": (("--lang", "fr", "log", "check"), "'fr'", "--lang zh"),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_line_that_cannot_be_taken_is_told_with_cause_and_remedy_in_the_language_asked_for(run: Run, what: str) -> None:
    given, word, hint = WRONG[what]
    told = {}
    for language in ("en", "zh"):
        asked = () if what == "language" else ("--lang", language)
        ran = run(*asked, *given)
        assert (ran.code, ran.out) == (2, "")
        assert len(ran.err.splitlines()) == 2
        assert word in ran.err
        assert hint in ran.err
        told[language] = ran.err
    if what != "language":
        assert not CHINESE.search(told["en"])
        assert not ENGLISH.search(told["zh"]), told["zh"]
    if "--json=3" not in given:
        error = run(*given, "--json").document["error"] if len(given) > 1 else None
        assert error is None or all(error[part][language] for part in ("cause", "remedy") for language in ("zh", "en"))


@pytest.mark.parametrize("command", [(), ("policy",), ("features", "list"), ("log",), ("train",), ("replay",), ("demo",), ("decide",)])
def test_help_is_in_one_language_wherever_it_is_asked_for(run: Run, command: tuple[str, ...]) -> None:
    zh, en = run("--lang", "zh", *command, "--help"), run(*command, "--lang", "en", "--help")
    assert (zh.code, en.code, zh.err, en.err) == (0, 0, "", "")
    assert run(*command, "--lang", "zh", "--help").out == zh.out
    assert not ENGLISH.search(zh.out), zh.out
    assert CHINESE.search(zh.out)
    assert not CHINESE.search(en.out.replace("中文", ""))
    assert "..." not in en.out.replace("[ARGS]...", ""), "nothing is cut off"


def test_a_command_without_its_subcommand_shows_what_there_is(run: Run) -> None:
    for command in ((), ("policy",)):
        ran = run("--lang", "zh", *command)
        assert (ran.code, ran.out) == (2, "")
        assert "命令：" in ran.err
    assert run("policy", "--json").document["error"]["code"] == "cli.usage"


def test_the_language_after_the_command_outweighs_the_one_before_and_that_one_the_environment(
    run: Run, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def language(*words: str) -> str:
        return "zh" if CHINESE.search(run(*words, "--bank", root).out) else "en"

    assert language("--lang", "zh", "policy", "check", "small") == "zh"
    assert language("policy", "--lang=zh", "check", "small") == "zh"
    assert language("--lang", "zh", "policy", "check", "small", "--lang", "en") == "en"
    monkeypatch.setenv("HUITONG_LANG", "zh")
    assert language("policy", "check", "small") == "zh"
    assert run("--lang", "en", "log", "check", "--bank", root).out == "nothing found\n"
    monkeypatch.setenv("HUITONG_LANG", "fr")
    assert run("log", "check", "--bank", root, "--json").document["error"]["code"] == "cli.language.unknown"


@pytest.mark.parametrize("option", ["--from", "--prequential"])
def test_a_moment_that_cannot_be_read_says_which_forms_can(run: Run, root: Path, tables: list[str], option: str) -> None:
    for moment in ("soon", "2025-11-31", "2025-11-01T09:30:00", "01.11.2025", "", "1761955200", "2025-11-01 "):
        error = run("replay", "small", *tables, option, moment, "--bank", root, "--json").document["error"]
        assert error["code"] == "time.moment.unreadable", moment
        for language in ("zh", "en"):
            assert repr(moment) in error["cause"][language]
            assert "2025-11-01T09:30:00+08:00" in error["remedy"][language]
            assert ("UTC" if option == "--prequential" else "Asia/Shanghai") in error["remedy"][language]


def test_a_help_text_has_two_halves() -> None:
    assert [half("A text. · 一段文字。", "en"), half("A text. · 一段文字。", "zh"), half("one", "zh"), half(None, "en")] == [
        "A text.",
        "一段文字。",
        "one",
        "",
    ]
