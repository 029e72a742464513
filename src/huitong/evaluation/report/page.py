"""The page: everything in one file, nothing from outside."""

import json
from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from importlib.resources import files

from msgspec import structs

from huitong.evaluation.contents import ReplayReport
from huitong.evaluation.report import decision_sections, effect_sections, headline, method_section, score_sections
from huitong.evaluation.report.chart_words import CHART_WORDS
from huitong.evaluation.report.markup import both, esc, script_json, words
from huitong.evaluation.sample_contents import SampleDecision
from huitong.evaluation.words import day, money_unit
from huitong.kernel import LANGUAGES, InputError, Language, currency_exponent

_ASSETS = files("huitong.evaluation.report") / "assets"
_SCRIPTS = ("draw.js", "charts.js", "decisions.js", "tradeoff.js", "page.js")
BARS_DRAWN = 9
"""Features that a waterfall shows one by one."""
DRIFT_DRAWN = 12
"""Features that the picture of drift shows; the table has all."""
_NAVIGATION = (
    ("answer", "The answer", "结论"),
    ("tradeoff", "Trade-off", "阈值取舍"),
    ("alerts", "Alerts", "预警"),
    ("weeks", "Outcomes", "结果与稳定性"),
    ("difference", "Differences", "版本差异"),
    ("groups", "By group", "分组"),
    ("rules", "Rules", "规则"),
    ("decisions", "Decisions", "决策解释"),
    ("score", "Score", "评分质量"),
    ("drift", "Drift", "特征漂移"),
    ("prequential", "Unseen weeks", "未见各周"),
    ("method", "Method", "方法与复现"),
)


def render_html(report: ReplayReport, language: Language | None = None, decisions: Mapping[str, str] | None = None) -> str:
    """The report as one HTML file.

    Args:
        report: What to show.
        language: Language at first sight; without it the reader's browser decides. The reader can change it at a click.
        decisions: Where the decisions on differing payments are, by payment, for a page that stands beside them; a file leads nowhere.

    Raises:
        InputError: If the language is none of ours.
    """
    if language is not None and language not in LANGUAGES:
        raise InputError(
            "report.language.unknown",
            {"en": f"{language!r} is no language of the report", "zh": f"报告没有语言 {language!r}"},
            {"en": "use zh or en", "zh": "请使用 zh 或 en"},
        )
    sections = [
        headline.headline(report),
        effect_sections.tradeoff(report),
        effect_sections.alerts(report),
        effect_sections.outcomes(report),
        decision_sections.difference(report, decisions or {}),
        effect_sections.groups(report),
        effect_sections.rules(report),
        decision_sections.decisions(report),
        score_sections.score(report),
        score_sections.drift(report),
        score_sections.prequential(report),
        method_section.method(report),
    ]
    return _document(report, "".join(sections), language)


def _document(report: ReplayReport, body: str, language: Language | None) -> str:
    style = (_ASSETS / "report.css").read_text("utf-8")
    script = '"use strict";(()=>{' + "".join((_ASSETS / name).read_text("utf-8") for name in _SCRIPTS) + "})();"
    digest = b64encode(sha256(script.encode()).digest()).decode()
    # Only this script may run: text that slipped through escaping could still do nothing.
    policy = (
        f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"
    )
    beside = {"words": CHART_WORDS, "exponent": currency_exponent(report.currency), "unit": money_unit(report.currency, "zh")}
    data = script_json(b'{"report":' + _drawn(report).to_json() + b"," + json.dumps(beside).encode()[1:])
    first = f' data-first="{language}"' if language else ""
    return (
        f'<!DOCTYPE html>\n<html lang="{language or "zh"}" data-lang="{language or "zh"}"{first}><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        f"<title>{esc(report.title['zh'])} · {esc(report.title['en'])}</title><style>{style}</style></head><body>"
        f'<a class="skip" href="#answer">{both("Skip to the answer", "跳到结论")}</a>{_top(report)}'
        f'<div class="frame">{_navigation(body)}<main>{body}</main></div><div id="tip" role="status" hidden></div>'
        f'<script type="application/json" id="data">{data}</script><script>{script}</script></body></html>\n'
    )


def _drawn(report: ReplayReport) -> ReplayReport:
    """What the script draws; the rest stands in the page as text already."""
    other = report.comparison
    return structs.replace(
        report,
        rules=(),
        features=(),
        prequential=(),
        samples=tuple(_drawn_sample(one) for one in report.samples),
        drift=report.drift[:DRIFT_DRAWN],
        comparison=structs.replace(other, differences=()) if other else None,
    )


def _drawn_sample(one: SampleDecision) -> SampleDecision:
    moved = [line for line in one.features if line.contribution]
    bars = tuple(structs.replace(line, value=None, usual=None) for line in moved[:BARS_DRAWN])
    rest = one.other_contributions + sum(line.contribution or 0.0 for line in moved[BARS_DRAWN:])
    return structs.replace(one, features=bars, other_contributions=rest, reasons=(), lists=(), measures=(), change=None)


def _top(report: ReplayReport) -> str:
    period = both(
        f"{day(report.first_date, 'en')} – {day(report.last_date, 'en')}", f"{day(report.first_date, 'zh')} – {day(report.last_date, 'zh')}"
    )
    period = f"{period} ({esc(report.zone)})"
    return (
        f'<header><div class="brand">汇通 <span class="thin">Huitong</span></div><h1>{words(report.title)}</h1>'
        f'<p class="meta">{both("Replay", "回放")} · {period} · <code title="{esc(report.version)}">{esc(report.version[:12])}</code></p>'
        '<div class="controls"><div class="switch" role="group" aria-label="语言 / language">'
        '<button type="button" data-set-lang="zh" lang="zh-CN" aria-pressed="false">中文</button>'
        '<button type="button" data-set-lang="en" aria-pressed="false">English</button></div>'
        '<button type="button" id="theme" aria-label="深色 / 浅色 · dark / light">◐</button></div></header>'
    )


def _navigation(body: str) -> str:
    items = "".join(
        f'<li><a href="#{anchor}">{both(en, zh)}</a></li>' for anchor, en, zh in _NAVIGATION if f'<section id="{anchor}"' in body
    )
    return f'<nav aria-label="目录 / contents"><ol>{items}</ol></nav>'
