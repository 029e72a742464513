"""The page as text: both languages everywhere, nothing from outside, nothing hostile alive, small."""

import re
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from importlib.resources import files

import numpy as np
import pytest

from huitong.contracts import Reason
from huitong.evaluation import FeatureWord, ReplayColumns, RuleWord, evaluate_replay, render_html, summary
from huitong.evaluation.answer import answer
from huitong.evaluation.report.chart_words import CHART_WORDS
from huitong.evaluation.report.markup import both, script_json
from huitong.kernel import LANGUAGES, InputError, Language, Text
from tests.evaluation.sample_bank import sample_columns

HOSTILE = (
    "</script><script>document.documentElement.dataset.hacked=1</script>"
    '<img src=x onerror="document.documentElement.dataset.hacked=1"><!--\u2028'
)
VOID = {"meta", "br", "input", "img"}
# Neither language: code, names of things, figures.
SHARED_TAGS = {"code", "pre", "time", "script", "style", "title"}
SHARED_WORDS = {
    "AUC",
    "PSI",
    "CNY",
    "Huitong",
    "English",
    "Asia",
    "Shanghai",
    "huitong",
    "numpy",
    "lightgbm",
    "card",
    "payments",
    "row",
    "amount",
}


def hostile_columns() -> ReplayColumns:
    columns = sample_columns(3_000, merchant=HOSTILE)
    text: Text = {"en": HOSTILE, "zh": HOSTILE}
    assert columns.rules is not None
    rules = replace(columns.rules, rules=[RuleWord(HOSTILE, text) for _ in columns.rules.rules])
    return replace(
        columns,
        rules=rules,
        ids=[HOSTILE] * 3_000,
        command=HOSTILE,
        hashes={HOSTILE: HOSTILE},
        features=[FeatureWord(HOSTILE, text, HOSTILE)] * 8,
    )


def empty_columns(kind: str) -> ReplayColumns:
    columns = replace(
        sample_columns(2_000), rival=None, prequential=(), samples=(), rules=None, groups=(), feature_values=None, features=()
    )
    if kind == "no model":
        return replace(columns, score=np.full(2_000, np.nan))
    if kind == "no labels":
        return replace(columns, label=np.full(2_000, -1, np.int8), label_time_us=None)
    if kind == "no labels, no model":
        full = sample_columns(2_000)
        return replace(full, label=np.full(2_000, -1, np.int8), label_time_us=None, score=np.full(2_000, np.nan), trained_until_us=None)
    if kind == "no alerts":
        return replace(columns, outcome=np.zeros(2_000, np.int8))
    if kind == "no costs":
        return replace(columns, costs=None)
    one = slice(0, 1)
    short = {name: getattr(columns, name)[one] for name in ("time_us", "amount_minor", "customer", "outcome", "score", "label")}
    return replace(columns, label_time_us=None, ids=None, **short)


EMPTY = ("no model", "no labels", "no labels, no model", "no alerts", "no costs", "one payment")


class Page(HTMLParser):
    """Reads a page: its open tags, the texts outside either language, the order of languages."""

    def __init__(self, document: str) -> None:
        super().__init__()
        self.open: list[tuple[str, str]] = []
        self.languages: list[str] = []
        self.strays: list[str] = []
        self.tags: list[str] = []
        self.feed(document)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        language = dict(attrs).get("lang") or ""
        if tag == "span" and language:
            self.languages.append(language)
        if tag not in VOID:
            self.open.append((tag, language))

    def handle_endtag(self, tag: str) -> None:
        opened, _ = self.open.pop()
        assert opened == tag, f"</{tag}> closes <{opened}>"

    def handle_data(self, data: str) -> None:
        inside = any((tag == "span" and language) or tag in SHARED_TAGS for tag, language in self.open)
        if not inside:
            self.strays += [word for word in re.findall(r"[A-Za-z]{2,}|[\u4e00-\u9fff]+", data) if word not in SHARED_WORDS]


@pytest.mark.parametrize("kind", ["full", *EMPTY])
def test_every_word_is_there_in_both_languages_and_every_tag_is_closed(kind: str) -> None:
    columns = sample_columns(3_000) if kind == "full" else empty_columns(kind)
    page = Page(render_html(evaluate_replay(columns)))
    assert page.open == []
    assert len(page.languages) > 100
    assert page.languages == ["en", "zh"] * (len(page.languages) // 2)
    assert set(page.strays) <= {"汇通", "中文"}


def english_of(document: str) -> dict[str, str]:
    """What each section says in English, without tags."""
    sections = re.findall(r'<section id="(\w+)".*?>(.*?)</section>', document, re.DOTALL)
    plain = {name: re.sub(r'<span lang="zh">.*?</span>', "", body) for name, body in sections}
    return {name: unescape(re.sub(r"<[^>]+>", " ", body)) for name, body in plain.items()}


def test_without_labels_no_section_says_that_there_was_no_fraud_or_no_harm() -> None:
    said = english_of(render_html(evaluate_replay(empty_columns("no labels, no model"))))
    assert said["answer"].count("not known yet: no payment has a label") == 3
    assert "of 4 the team can work" in said["answer"]
    assert "No payment has a score" in said["tradeoff"]
    assert "[thresholds]" not in said["tradeoff"]
    assert "capacity 4" in said["alerts"]
    assert "Which payments were fraud is not known yet." in said["weeks"]
    assert "Fraud money missed" not in said["weeks"]
    assert "how many of them were fraud is not known yet" in said["rules"]
    assert "who is right is not known yet" in said["difference"]
    assert "fraud" not in said["difference"].split("From one outcome to the other")[1]
    everything = " ".join(said.values())
    for untrue in ("No week", "– of them", "right in 0", "no capacity", "0 fraud"):
        assert untrue not in everything


def mostly_frauds() -> ReplayColumns:
    """A live week: known are frauds alone."""
    columns = sample_columns(3_000)
    return replace(columns, label=np.where(columns.label == 1, 1, -1).astype(np.int8), settled_before_us=int(columns.time_us[0]))


def test_where_only_frauds_are_known_the_page_says_whom_it_does_not_know_and_recommends_nothing() -> None:
    report = evaluate_replay(mostly_frauds())
    said = english_of(render_html(report))
    assert f"of the {report.touched:,} payments stopped or reviewed is still open" in said["answer"]
    assert "Honest is a payment whose label says so" in said["answer"]
    assert "losses, reviews and harm" not in said["answer"]
    assert "Known are mostly frauds" in said["tradeoff"]
    assert "Too few outcomes are known" in said["score"]
    assert "100.0" not in said["rules"]
    everything = " ".join(said.values())
    for untrue in ("did no wrong", "Cheapest", "came true", "saves"):
        assert untrue not in everything, untrue


def test_where_only_frauds_are_known_the_page_says_amounts_and_counts_known_so_far_and_no_share_of_them() -> None:
    report = evaluate_replay(replace(mostly_frauds(), trained_until_us=None))
    said = english_of(render_html(report))
    caught, frauds = report.effect.caught, report.effect.fraud
    opened = f"too early for rates: the outcome of {report.method.labels_unknown:,} of 3,000 payments is open"
    first, _, rest = said["answer"].partition(opened)
    assert f"of the fraud known so far, in {caught.count:,} of {frauds.count:,} frauds, and missed" in first
    assert f"in {caught.count:,} of {frauds.count:,} frauds known so far; too early for rates; live policy of June: CNY" in rest
    assert f"Of {frauds.count:,} frauds known so far {caught.count:,} are caught; too early for rates." in said["weeks"]
    assert "the figure is how many are caught of the frauds known so far" in said["groups"]
    assert "%" not in said["answer"]
    for language in LANGUAGES:
        assert "%" not in answer(report)[language]
    assert "尚不能给出比率" in answer(report)["zh"]
    none = evaluate_replay(replace(mostly_frauds(), label=np.where(np.arange(3_000) < 9, 0, -1).astype(np.int8)))
    assert "no payment is known to be fraud so far. It is too early for rates" in answer(none)["en"]


def test_where_it_is_too_early_for_rates_those_known_to_be_honest_are_not_called_nobody() -> None:
    columns = sample_columns(3_000)
    touched = np.array([columns.outcomes[code].role != "pass" for code in columns.outcome])
    known = replace(columns, label=np.where(touched, 0, -1).astype(np.int8), settled_before_us=int(columns.time_us[0]))
    report = evaluate_replay(known)
    assert (report.too_early, report.touched_unknown, report.touched_honest) == (True, 0, report.touched)
    whom = f"of the {report.touched:,} payments stopped or reviewed {report.touched:,} are known to be honest so far"
    words: dict[Language, tuple[str, str]] = {"en": ("nobody else", whom), "zh": ("未打扰任何", f"目前已知 {report.touched:,} 笔正常")}
    for language, (wrong, right) in words.items():
        for said in (answer(report)[language], summary(report, language)[2]):
            assert wrong not in said
            assert right in said


def test_a_share_of_all_is_said_as_100_and_scores_as_the_console_says_them() -> None:
    columns = sample_columns(3_000)
    every = evaluate_replay(replace(columns, label=np.ones(3_000, np.int8)))
    assert "100 % came true" in english_of(render_html(every))["score"]
    said = english_of(render_html(evaluate_replay(columns)))["decisions"]
    assert "score 93.0\u202f%" in said


def test_what_would_have_changed_a_decision_is_promised_where_it_is_said_and_only_there() -> None:
    columns = sample_columns(3_000)
    silent = tuple(replace(one, decision=replace(one.decision, smallest_change=None)) for one in columns.samples)
    promise = "what would have changed it"
    assert promise in english_of(render_html(evaluate_replay(columns)))["decisions"]
    assert promise not in english_of(render_html(evaluate_replay(replace(columns, samples=silent))))["decisions"].lower()


def test_a_decision_is_headed_by_what_asked_for_its_outcome_not_by_a_measure_that_is_only_told() -> None:
    columns = sample_columns(3_000)
    told = Reason("measure.step_up.customer", {"en": "verify them", "zh": "加强验证"}, 1_500.0, "measure")
    samples = tuple(replace(one, decision=replace(one.decision, reasons=(told, *one.decision.reasons))) for one in columns.samples)
    said = english_of(render_html(evaluate_replay(replace(columns, samples=samples))))["decisions"]
    assert "verify them" in said
    assert "— verify them" not in said


def test_a_trade_off_that_cannot_be_shown_says_what_lacks() -> None:
    lacks = {kind: english_of(render_html(evaluate_replay(empty_columns(kind))))["tradeoff"] for kind in (*EMPTY[:3], "no costs")}
    assert "huitong train" in lacks["no model"]
    assert "when the labels are in" in lacks["no labels"]
    assert "Add [thresholds]" in lacks["no costs"]
    assert not [kind for kind, text in lacks.items() if kind != "no costs" and "Add [thresholds]" in text]


def test_the_lead_warns_of_payments_that_training_has_seen() -> None:
    columns = sample_columns(3_000)
    document = render_html(evaluate_replay(columns))
    answer = document[document.index('<section id="answer"') : document.index('<dl class="figures">')]
    assert '<p class="warning">' in answer
    assert "learned from the time of the first" in answer
    assert "最早的" in answer
    fair = render_html(evaluate_replay(replace(columns, trained_until_us=None)))
    assert '<p class="warning">' not in fair[: fair.index('<dl class="figures">')]


def test_the_answer_compares_in_words_and_every_figure_has_the_other_beside_it() -> None:
    columns = sample_columns(6_000)
    report = evaluate_replay(columns)
    document = render_html(report)
    top = document[document.index('<section id="answer"') : document.index('<section id="tradeoff"')]
    assert "Against live policy of June it" in top
    assert "与“六月在线策略”相比" in top
    figures = re.findall(r"<dt>.*?</dd></div>", top)
    assert len(figures) == 5
    assert all("live policy of June: " in one and "六月在线策略：" in one for one in figures)
    assert report.comparison is not None
    assert f"live policy of June: {report.comparison.effect.alerts_per_day:,.1f}" in figures[3]


def test_a_grouping_with_a_single_part_is_not_said_to_be_where_most_is_missed() -> None:
    columns = sample_columns(3_000)
    channel = columns.groups[1]
    one = replace(channel, codes=np.zeros(3_000, np.int32))
    said = english_of(render_html(evaluate_replay(replace(columns, groups=(columns.groups[0], one)))))
    assert "point of sale" not in said["groups"]
    document = render_html(evaluate_replay(replace(columns, groups=(one,))))
    assert "groups" not in english_of(document)
    assert 'href="#groups"' not in document


def test_a_text_without_one_language_is_refused() -> None:
    with pytest.raises(ValueError, match="lacks a language"):
        both("only English", " ")


def test_the_script_knows_every_word_it_says_and_says_every_word_it_knows() -> None:
    assets = files("huitong.evaluation.report") / "assets"
    script = "".join(one.read_text("utf-8") for one in assets.iterdir() if one.name.endswith(".js"))
    said = set(re.findall(r'W\("(\w+)"\)', script)) | set(re.findall(r'\["(\w+_from)"', script))
    said |= {f"drag_{name}" for name in ("review", "decline")} | {f"{name}_from" for name in ("review", "decline")}
    assert said == set(CHART_WORDS)
    for en, zh in CHART_WORDS.values():
        assert en.strip()
        assert re.search(r"[\u4e00-\u9fff]", zh)
        assert not re.search(r"[\u4e00-\u9fff]", en)


def test_the_page_needs_nothing_from_outside() -> None:
    document = render_html(evaluate_replay(sample_columns(3_000)))
    assert set(re.findall(r"https?://[^\s\"'<>)]+", document)) == {"http://www.w3.org/2000/svg"}
    for call in (" src=", "@import", "fetch(", "XMLHttpRequest", "WebSocket", "<link", "localStorage"):
        assert call not in document
    assert set(re.findall(r"url\(([^)]*)\)", document)) <= {"#${head}"}


def test_hostile_text_stays_text() -> None:
    document = render_html(evaluate_replay(hostile_columns()))
    page = Page(document)
    assert page.tags.count("script") == 2
    assert "img" not in page.tags
    assert document.count("</script>") == 2
    assert "<!--" not in document
    assert "\u2028" not in document


def test_a_differing_payment_names_its_customer_and_leads_to_the_decision_where_there_is_one() -> None:
    columns = sample_columns(3_000)
    named = replace(columns, customers=[f"C{code}<" for code in range(int(columns.customer.max()) + 1)])
    report = evaluate_replay(named)
    assert report.comparison is not None
    first, second = report.comparison.differences[:2]
    listed = render_html(report, None, {first.id: "/decisions/first?&"})
    listed = listed[listed.index("The payments</span>") :]
    assert f'<a href="/decisions/first?&amp;"><code>{first.id}</code></a>' in listed
    assert f"<code>{second.id}</code>" in listed
    assert listed.count("/decisions/") == 1
    assert f"<code>{str(first.customer).replace('<', '&lt;')}</code>" in listed
    assert "leads to the decision on it" in listed
    assert "leads to the decision on it" not in render_html(report), "a file leads nowhere"


def test_json_in_a_script_cannot_end_it() -> None:
    assert script_json('{"a":"</script><!--&\u2028\u2029"}'.encode()) == ('{"a":"\\u003c/script\\u003e\\u003c!--\\u0026\\u2028\\u2029"}')


def test_a_full_quarter_stays_small_whatever_the_number_of_payments() -> None:
    few, many = (len(render_html(evaluate_replay(sample_columns(n))).encode()) for n in (20_000, 200_000))
    assert many < 600_000
    assert many < 1.3 * few


def test_the_same_report_is_the_same_page() -> None:
    report = evaluate_replay(sample_columns(2_000))
    assert render_html(report) == render_html(report)


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(InputError, match="no language"):
        render_html(evaluate_replay(sample_columns(500)), "fr")  # type: ignore[arg-type]  # the point is a wrong one


def luminance(colour: str) -> float:
    """Relative luminance of ``#rrggbb`` or ``#rgb``; WCAG 2.2."""
    digits = colour[1:] if len(colour) == 7 else "".join(one * 2 for one in colour[1:])
    parts = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_every_text_colour_stands_out_from_its_ground_in_light_and_dark() -> None:
    style = (files("huitong.evaluation.report") / "assets" / "report.css").read_text("utf-8")
    themes = [dict(re.findall(r"--([\w-]+):(#\w+)", block)) for block in re.findall(r"\{(--ink:[^}]*)\}", style)]
    assert len(themes) == 4  # light, dark by the system, dark by choice, paper
    assert themes[1] == themes[2]
    pairs = [(name, "paper") for name in ("ink", "ink-2", "hint", "accent", "approve", "review", "decline", "held")]
    pairs += [(name, "paper-2") for name in ("ink", "ink-2", "hint", "accent")]
    for theme in themes:
        for name, ground in pairs:
            bright, dim = sorted((luminance(theme[name]), luminance(theme[ground])), reverse=True)
            assert (bright + 0.05) / (dim + 0.05) >= 4.5, (name, theme[name], ground)
