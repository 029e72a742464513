"""What the code offers stands in the documentation, in both languages, or the tests fail."""

import re
import tomllib
from pathlib import Path

import pytest
import typer

from docs.commands import leaves
from docs.generate import DOCS, GENERATED
from docs.generate import pages as generated_pages
from docs.messages import messages
from huitong.cli import app
from tests.docs.pages import pages
from tests.sources import ROOT, SOURCE, short

CHINESE = re.compile(r"[\u4e00-\u9fff]")
LINK = re.compile(r"(?<!`)\[[^\]]*\]\((?P<target>[^)#\s]+)(?:#[^)]*)?\)")
ENGLISH = sorted(path for path in DOCS.glob("*.md"))
LANGUAGES = {"en": DOCS, "zh": DOCS / "zh"}


def words(language: str) -> str:
    """Everything that the site says in one language, less the generated list of errors."""
    return "\n".join(path.read_text("utf-8") for path in LANGUAGES[language].glob("*.md") if path.name != "errors.md")


def commands() -> list[tuple[str, list[str]]]:
    """Each command of the command line with its long options."""
    found = leaves(typer.main.get_command(app))
    return [(name, [option for one in command.params for option in one.opts if option.startswith("--")]) for name, command in found]


@pytest.mark.parametrize("page", ENGLISH, ids=short)
def test_a_page_has_its_chinese_twin(page: Path) -> None:
    twin = DOCS / "zh" / page.name
    assert twin.is_file()
    assert len(CHINESE.findall(twin.read_text("utf-8"))) >= 20 or page.name == "errors.md"


def test_no_chinese_page_lacks_its_english_twin() -> None:
    assert [path.name for path in (DOCS / "zh").glob("*.md") if not (DOCS / path.name).is_file()] == []


def test_generated_pages_are_fresh() -> None:
    texts = generated_pages()
    assert sorted(texts) == sorted(GENERATED)
    stale = [name for name, text in texts.items() if not (DOCS / name).is_file() or (DOCS / name).read_text("utf-8") != text]
    assert stale == [], "run scripts/docs and commit what it writes"


def test_every_page_is_in_the_site_s_menu_and_every_entry_is_a_page() -> None:
    listed = set(re.findall(r"^ +- .*?([\w./-]+\.md)$", (ROOT / "mkdocs.yml").read_text("utf-8"), re.MULTILINE))
    assert listed == {path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")}


@pytest.mark.parametrize("page", pages(), ids=short)
def test_the_links_of_a_page_lead_to_files(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.DOTALL)
    targets = [
        match["target"] for match in LINK.finditer(text) if "://" not in match["target"] and not match["target"].startswith("mailto:")
    ]
    assert [target for target in targets if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_error_code_is_told(language: str) -> None:
    told = (LANGUAGES[language] / "errors.md").read_text("utf-8")
    assert [message.code for message in messages() if f"`{message.code}`" not in told] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_command_and_option_is_told(language: str) -> None:
    told = words(language)
    missing = [f"huitong {name}" for name, _ in commands() if f"huitong {name}" not in told]
    ours = {option for _, options in commands() for option in options} - {"--help", "--install-completion", "--show-completion"}
    missing += [option for option in sorted(ours) if f"`{option}`" not in told]
    assert missing == []


def test_every_command_takes_what_the_page_of_commands_promises_of_each() -> None:
    lacking = {(name, one) for name, options in commands() for one in ("--bank", "--lang", "--json") if one not in options}
    assert lacking == {("verify", "--bank")}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_event_kind_is_told(language: str) -> None:
    documents = [tomllib.loads(path.read_text("utf-8")) for path in sorted(SOURCE.rglob("*.toml"))]
    kinds = {str(document["kind"]) for document in documents if "kind" in document and "." in str(document["kind"])}
    told = words(language)
    assert [kind for kind in sorted(kinds) if f"`{kind}`" not in told] == []


def test_the_architecture_page_names_the_rooms_that_there_are_and_no_others() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
    rooms = {path.name for path in SOURCE.iterdir() if path.is_dir() and path.name != "__pycache__"}
    table = text.split("## The rooms")[1].split("\n## ")[0]
    named = set(re.findall(r"^\| \[?`([a-z_]+)(?:/[a-z_]+)?`", table, re.MULTILINE))
    assert named == rooms
    assert [name for name in re.findall(r"`(src/[\w/.]+)`", text) if not (ROOT / name).exists()] == []
