"""The page in a real browser: it draws, says nothing on the console, switches language in place, fits a phone, lets nothing hostile run."""

import json
import re
import shutil
import subprocess
from html import escape
from pathlib import Path

import pytest

from huitong.evaluation import evaluate_replay, render_html
from tests.evaluation.sample_bank import sample_columns
from tests.evaluation.test_report import EMPTY, empty_columns, hostile_columns

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
FLAGS += ["--disable-component-update", "--disable-sync", "--enable-logging=stderr", "--virtual-time-budget=4000", "--dump-dom"]

pytestmark = pytest.mark.skipif(BROWSER is None, reason="skipped: no chromium")

# Runs outside the page, which stands in a frame as wide as a phone or a desk; writes what it saw as JSON.
DRIVER = """
const frame = document.getElementById("page");
frame.addEventListener("load", () => setTimeout(() => {
  const page = frame.contentDocument, root = page.documentElement, all = selector => [...page.querySelectorAll(selector)];
  const seen = {charts: all(".chart").length, drawn: all(".chart").filter(one => one.querySelector("svg")).length};
  seen.overflow = root.scrollWidth - root.clientWidth;
  seen.hacked = root.dataset.hacked ?? null;
  seen.cut = all(".stack .scroll").filter(one => one.scrollWidth > one.clientWidth).length;
  seen.narrowest = Math.min(...all(".stack td:first-child").map(one => one.getBoundingClientRect().width));
  const place = all("section h2")[4] ?? all("section h2")[0];
  place.scrollIntoView({behavior: "instant"});
  const before = place.getBoundingClientRect().top;
  const other = root.dataset.lang === "zh" ? "en" : "zh";
  page.querySelector(`[data-set-lang=${other}]`).click();
  seen.switched = root.dataset.lang === other && page.title !== "";
  const slider = page.querySelector(".sliders input");
  if (slider) {
    const cost = () => page.querySelector(".readout").innerText, was = cost();
    slider.value = 0; slider.dispatchEvent(new Event("input"));
    seen.followed = cost() !== was;
    page.querySelector(".reset").click();
    seen.back = cost() === was;
  }
  const head = page.querySelector("table[data-sortable] th button");
  if (head) { head.click(); seen.sorted = head.parentElement.getAttribute("aria-sort"); }
  page.getElementById("theme").click();
  seen.theme = root.dataset.theme ?? null;
  setTimeout(() => { // what the browser puts right by itself, it does a moment later
    seen.moved = Math.round(Math.abs(place.getBoundingClientRect().top - before));
    document.getElementById("seen").textContent = JSON.stringify(seen);
  }, 200);
}, 300));
"""


def look(document: str, width: int, folder: Path) -> tuple[dict[str, object], list[str]]:
    """What the driver saw, and what the page said on the console."""
    frame = f'<iframe id="page" style="width:{width}px;height:800px;border:0" srcdoc="{escape(document)}"></iframe>'
    outside = folder / "outside.html"
    outside.write_text(f'<!DOCTYPE html><meta charset="utf-8"><pre id="seen"></pre>{frame}<script>{DRIVER}</script>', "utf-8")
    assert BROWSER is not None
    command = [BROWSER, *FLAGS, f"--user-data-dir={folder / 'profile'}", f"--window-size={max(width, 800)},900", outside.as_uri()]
    result = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    console = [line for line in result.stderr.splitlines() if "CONSOLE" in line]
    found = re.search(r'<pre id="seen">(.*?)</pre>', result.stdout)
    assert found, result.stderr
    assert found.group(1), console
    return json.loads(found.group(1)), console


@pytest.mark.parametrize("width", [390, 1_280])
def test_the_page_draws_switches_follows_and_fits(width: int, tmp_path: Path) -> None:
    seen, console = look(render_html(evaluate_replay(sample_columns(20_000)), "zh"), width, tmp_path)
    assert console == []
    assert seen["charts"] == seen["drawn"]
    assert int(str(seen["drawn"])) >= 16
    assert seen["overflow"] == 0
    assert seen["cut"] == 0
    assert int(float(str(seen["narrowest"]))) >= 100
    assert seen["switched"]
    assert int(str(seen["moved"])) <= 2
    assert seen["followed"]
    assert seen["back"]
    assert seen["sorted"] == "descending"
    assert seen["theme"] in ("dark", "light")


@pytest.mark.parametrize("kind", EMPTY)
def test_a_page_with_something_missing_still_draws_the_rest(kind: str, tmp_path: Path) -> None:
    seen, console = look(render_html(evaluate_replay(empty_columns(kind)), "en"), 1_280, tmp_path)
    assert console == []
    assert seen["charts"] == seen["drawn"]
    assert seen["overflow"] == 0


def test_hostile_text_does_not_run(tmp_path: Path) -> None:
    seen, console = look(render_html(evaluate_replay(hostile_columns()), "en"), 390, tmp_path)
    assert console == []
    assert seen["hacked"] is None
    assert seen["overflow"] == 0


def test_the_browser_would_tell_of_an_error(tmp_path: Path) -> None:
    document = render_html(evaluate_replay(sample_columns(1_000)), "en")
    broken = re.sub(r"<meta http-equiv[^>]*>", "", document).replace(
        "charts.alerts = host => {", "charts.alerts = host => { console.error('broken');"
    )
    _, console = look(broken, 1_280, tmp_path)
    assert any("broken" in line for line in console)
