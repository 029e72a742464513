"""What is wrong in ``bank.toml`` is said in the reader's language, with the page that tells of the setting."""

from pathlib import Path

import pytest

from huitong.app.settings import read_settings_of
from huitong.kernel import DataError, Language
from tests.conftest import ROOT


def refused(folder: Path, written: str) -> DataError:
    (folder / "bank.toml").write_text(written, "utf-8")
    with pytest.raises(DataError) as wrong:
        read_settings_of(folder)
    assert wrong.value.code == "bank.settings.wrong"
    return wrong.value


@pytest.mark.parametrize(
    ("written", "page"),
    [
        ("[access]\nidel = '30m'", "access"),
        ("[access]\nidle = 30", "access"),
        ("[rollout]\nshadow = 1", "rollout"),
        ("[webhooks]\nnetwork = []", "webhooks"),
        ("[webhooks]\nnetworks = ['here']", "webhooks"),
        ("[webhooks]\ngive_up_days = 0", "webhooks"),
        ("[webhooks]\nauthorities = 'none.pem'", "webhooks"),
        ("[messages]\nurl = 'nats://x'", "nats"),
        ("[messages]\nnats = 4222", "nats"),
        ("[messages]\ngrade = 5", "nats"),
        ("[log]\nrows = -1", "log"),
        ("[service]\nfront = 1", "log"),
        ("[nats]\nurl = 'nats://x'", "log"),
    ],
)
def test_the_page_it_leads_to_tells_of_the_table(tmp_path: Path, written: str, page: str) -> None:
    error = refused(tmp_path, written)
    table = written[: written.index("]") + 1]
    names: dict[Language, str] = {"en": f"docs/{page}.md", "zh": f"docs/zh/{page}.md"}
    for language, name in names.items():
        assert f" {name}" in error.remedy[language]
        assert table == "[nats]" or table in (ROOT / name).read_text("utf-8")


@pytest.mark.parametrize("written", ['"10.0.0.0/8"', '["10.0.0.1/8"]', '[""]', "[8]"])
def test_a_network_that_is_none_is_said_in_both_languages(tmp_path: Path, written: str) -> None:
    error = refused(tmp_path, f"[webhooks]\nnetworks = {written}")
    assert "webhooks.networks" in error.cause["en"]
    assert "不是网络" in error.cause["zh"] or "应为文本列表" in error.cause["zh"]
    assert "host bits" not in error.cause["zh"]


def test_a_table_of_another_name_is_told_which_there_are(tmp_path: Path) -> None:
    assert "there are access, keys, log, messages, retention" in refused(tmp_path, "[nats]").cause["en"]


def test_what_is_no_toml_is_said_with_its_place_in_both_languages(tmp_path: Path) -> None:
    cause = refused(tmp_path, "[log]\nrows = = 1").cause
    assert "at line 2, column 8" in cause["en"]
    assert cause["zh"].endswith("第 2 行第 8 列不符合 TOML 语法")
