"""Decisions found: a filter bar that lives in the address, a dense table, pages of it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from huitong.console.markup import Markup, Part, link, markup, tag
from huitong.console.ports import DecisionPage, DecisionSearch, Found
from huitong.console.words import OUTCOMES, word
from huitong.console.work.look import Look, View, nothing, path_to, table
from huitong.console.work.parts import outcome, veiled, veiled_text
from huitong.console.work.passed import Passed, not_among, passed_over
from huitong.contracts import DataContract, main_reason
from huitong.evaluation.words import MISSING, plural, share
from huitong.identity import Hidden, ShownEvent
from huitong.kernel import MICROSECONDS_PER_SECOND, Text, midnight_us

STEP = 50
HELD_UP = "~stopped"
"""Stands in the address for every outcome but the mildest; no word that a policy would have for an outcome."""
_KEPT_LINK = "held"
"""Likewise in links that people kept, where no outcome is called so."""
SUBJECTS = ("customer", "account", "terminal", "counterparty", "merchant", "device")
"""Key roles that a row names, the first that the event has."""
_DAY_PATTERN = r"\d{4}-\d{2}-\d{2}( \d{2}:\d{2})?"
_DAY_LENGTH, _MINUTE_LENGTH = 10, 16
_NAMES: Mapping[str, Text] = {
    "outcome": {"en": "Outcome", "zh": "结果"},
    "policy": {"en": "Policy", "zh": "策略"},
    "since": {"en": "From", "zh": "起始"},
    "until": {"en": "To", "zh": "截止"},
}
"""What filters are called."""
_WRITE_DAY: Text = {"en": "write a day as 2026-01-31, or a time as 2026-01-31 14:00", "zh": "请写成 2026-01-31，或 2026-01-31 14:00"}


@dataclass(frozen=True, slots=True)
class Asked:
    """What an address asks for; what it cannot mean is passed over, and told.

    Attributes:
        subject: A name under any key role; also the id of a decision or an event.
        outcome: The outcome.
        policy: Name of the policy.
        since: First day, or a time from which on.
        until: Last day, itself included, or a time before which.
        before: Offset in the log before which.
        passed: What it cannot mean.
    """

    subject: str = ""
    outcome: str = ""
    policy: str = ""
    since: str = ""
    until: str = ""
    before: int | None = None
    passed: tuple[Passed, ...] = ()

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "Asked":
        """From the query of an address."""
        before = query.get("before", "")
        days = {name: query.get(name, "").strip() for name in ("since", "until")}
        return cls(
            query.get("q", "").strip()[:128],
            query.get("outcome", "")[:64],
            query.get("policy", "")[:200],
            _day(days["since"]),
            _day(days["until"]),
            int(before) if before.isascii() and before.isdecimal() and len(before) < 18 else None,
            tuple(Passed(_NAMES[name], text, _WRITE_DAY) for name, text in days.items() if text and not _day(text)),
        )

    def among(self, outcomes: Sequence[str], policies: Collection[str]) -> "Asked":
        """Without an outcome or a policy that there is not, which it tells."""
        if self.outcome == _KEPT_LINK and _KEPT_LINK not in outcomes:
            return replace(self, outcome=HELD_UP).among(outcomes, policies)
        known = {"outcome": (_NAMES["outcome"], (HELD_UP, *outcomes)), "policy": (_NAMES["policy"], policies)}
        passed = not_among({"outcome": self.outcome, "policy": self.policy}, known)
        outcome = self.outcome if self.outcome in known["outcome"][1] else ""
        return replace(self, outcome=outcome, policy=self.policy if self.policy in policies else "", passed=(*self.passed, *passed))

    @property
    def narrowed(self) -> bool:
        """Whether anything is asked for at all."""
        return bool(self.subject or self.outcome or self.policy or self.since or self.until)

    @property
    def query(self) -> dict[str, str | None]:
        """As an address carries it, without the place in the log."""
        return {"q": self.subject, "outcome": self.outcome, "policy": self.policy, "since": self.since, "until": self.until}

    def search(self, zone: str, stopping: Sequence[str]) -> DecisionSearch:
        """As the bank is asked.

        Args:
            zone: Where days begin at midnight.
            stopping: Outcomes that do not let a payment through at once.
        """
        wanted = stopping if self.outcome == HELD_UP else [self.outcome] if self.outcome else ()
        return DecisionSearch(
            _moment_us(self.since, zone) if self.since else None,
            _moment_us(self.until, zone, days=1) if self.until else None,
            self.subject or None,
            wanted,
            self.policy or None,
            self.before,
            STEP,
        )


def _day(text: str) -> str:
    """A day or a minute as it is written; empty of what is neither."""
    if len(text) not in (_DAY_LENGTH, _MINUTE_LENGTH) or not "0002" < text < "9998":
        return ""
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        return ""
    return read.strftime("%Y-%m-%d %H:%M")[: len(text)] if read.tzinfo is None else ""


def _moment_us(text: str, zone: str, *, days: int = 0) -> int:
    """A minute; of a day the midnight at which it begins, or so many days later."""
    if len(text) == _DAY_LENGTH:
        return midnight_us(date.fromisoformat(text) + timedelta(days), zone)
    return round(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()) * MICROSECONDS_PER_SECOND


def decisions_view(
    asked: Asked,
    page: DecisionPage,
    look: Look,
    contracts: Mapping[str, DataContract],
    outcomes: Sequence[str],
    policies: Mapping[str, Text],
) -> View:
    """The page.

    Args:
        asked: What is looked for.
        page: What was found.
        look: Who looks.
        contracts: Data contracts by kind of event.
        outcomes: Outcomes that there are.
        policies: Policies that there are.
    """
    title = look.pick("Decisions", "决策")
    if page.found:
        shown: Part = markup(decisions_table(page.found, look, contracts, title), _pages(asked, page, look))
    elif page.before is not None:
        why = look.pick(
            "Older decisions are looked for in the log itself, some thousand at a time.", "更早的决策直接在日志中查找，每次数千笔。"
        )
        shown = markup(nothing(look.pick("Nothing found so far", "目前尚未找到"), why), _pages(asked, page, look))
    elif asked.narrowed:
        clear = link("/decisions", look.pick("Show all decisions", "显示全部决策"), class_="button")
        why = look.pick(
            "No decision fits. Names that you may not see cannot be searched by either: state a purpose first.",
            "没有符合条件的决策。您无权查看的名称也不能用来搜索：请先说明目的。",
        )
        shown = nothing(look.pick("Nothing found", "未找到"), why, clear)
    else:
        why = look.pick(
            "Systems ask at POST /v1/decisions; each answer is listed here.", "业务系统通过 POST /v1/decisions 请求，每次答复都会列在这里。"
        )
        shown = nothing(look.pick("No decisions yet", "尚无决策"), why)
    return View(
        title, _answer(asked, page, look), markup(_filters(asked, look, outcomes, policies), passed_over(asked.passed, look), shown)
    )


def _answer(asked: Asked, page: DecisionPage, look: Look) -> str | None:
    if page.total is None:
        return look.pick(
            "The log is still being counted; until that is done, decisions are looked for in the log itself, some thousand at a time.",
            "日志仍在统计；完成之前直接在日志中查找决策，每次数千笔。",
        )
    if not page.total:
        return None
    number = look.count(page.total)
    if page.counted_from_us is not None:
        since = look.minute(page.counted_from_us)
        one_en, fit_en, fit_zh = (" fits", " fit", "符合条件的") if asked.narrowed else (" is in the log", " are in the log", "")
        return look.pick(
            f"Since {since}, {plural(page.total, f'decision{one_en}', f'decisions{fit_en}')}, the newest first; older ones follow.",
            f"自 {since} 起共有 {number} 笔{fit_zh}决策，按时间由近及远；更早的随后列出。",
        )
    if not asked.narrowed:
        known = plural(page.total, "decision is", "decisions are")
        return look.pick(f"{known} in the log, the newest first.", f"日志中共有 {number} 笔决策，按时间由近及远。")
    return look.pick(
        f"{plural(page.total, 'decision fits', 'decisions fit')}, the newest first.", f"共有 {number} 笔决策符合条件，按时间由近及远。"
    )


def _filters(asked: Asked, look: Look, outcomes: Sequence[str], policies: Mapping[str, Text]) -> Markup:
    def field(name: str, label: str, control: Markup, class_: str = "field") -> Markup:
        return tag("div", tag("label", label, for_=f"filter-{name}"), control, class_=class_)

    def entry(name: str, value: str, *, day: bool = False) -> Markup:
        # Browsers ask for a date in their own language, which need not be the page's.
        form = {"placeholder": "2026-01-31", "pattern": _DAY_PATTERN, "size": "16", "class_": "day"} if day else {}
        return tag("input", id=f"filter-{name}", name=name, value=value, type="text", maxlength=128, autocomplete="off", **form)

    def choice(name: str, value: str, options: Sequence[tuple[str, str]]) -> Markup:
        entries = [tag("option", said, value=key, selected=key == value) for key, said in options]
        return tag("select", entries, id=f"filter-{name}", name=name)

    every = ("", look.pick("all", "全部"))
    of_policy = field(
        "policy",
        look.text(_NAMES["policy"]),
        choice("policy", asked.policy, [every, *((name, look.text(title)) for name, title in policies.items())]),
    )
    return tag(
        "form",
        field("q", look.pick("Customer, account, terminal …", "客户、账户、终端等"), entry("q", asked.subject), "field wide"),
        field(
            "outcome",
            look.text(_NAMES["outcome"]),
            choice(
                "outcome",
                asked.outcome,
                [
                    every,
                    (HELD_UP, look.pick("not let through at once", "未直接放行")),
                    *((one, outcome_word(one, look)) for one in outcomes),
                ],
            ),
        ),
        of_policy if len(policies) > 1 else None,
        field("since", look.text(_NAMES["since"]), entry("since", asked.since, day=True)),
        field("until", look.text(_NAMES["until"]), entry("until", asked.until, day=True)),
        tag("button", look.pick("Search", "查询"), class_="button", type="submit"),
        link("/decisions", look.pick("Clear", "清除"), class_="button plain") if asked.narrowed else None,
        class_="filters",
        action="/decisions",
        method="get",
    )


def outcome_word(name: str, look: Look) -> str:
    """The word for an outcome."""
    return look.text(word(OUTCOMES, name))


def decisions_table(found: Sequence[Found], look: Look, contracts: Mapping[str, DataContract], caption: str) -> Markup:
    """Decisions as dense rows: when, how much, whom it concerns, what came of it and why.

    Args:
        found: The decisions.
        look: Who looks.
        contracts: Data contracts by kind of event.
        caption: What they are, for who cannot see.
    """
    heads = [
        look.pick("Time", "时间"),
        look.pick("Amount", "金额"),
        look.pick("Outcome", "结果"),
        look.pick("Score", "评分"),
        look.pick("Subject", "对象"),
        look.pick("Main reason", "首要理由"),
    ]
    rows = [_row(one, look, contracts) for one in found]
    hrefs = [path_to("decisions", one.decision.id) for one in found]
    return table(caption, heads, rows, figures_in=(1, 3), wide_in=(5,), hrefs=hrefs)


def _row(one: Found, look: Look, contracts: Mapping[str, DataContract]) -> list[Part]:
    reason = main_reason(one.decision.reasons)
    return [
        look.moment(one.event.time_us),
        amount_of(one.event, look),
        outcome(one.decision.outcome, look),
        MISSING if one.decision.score is None else share(one.decision.score),
        tag("span", subject_of(one.event, look, contracts), class_="nowrap"),
        MISSING if reason is None else veiled_text(reason.text, look),
    ]


def amount_of(event: ShownEvent, look: Look) -> Part:
    """The event's amount, or the mark that it is above the reader's grade."""
    amount = event.data.get("amount")
    if isinstance(amount, Hidden):
        return veiled(amount, look)
    return look.exact(amount, event.kind) if isinstance(amount, int) and not isinstance(amount, bool) else MISSING


def subject_of(event: ShownEvent, look: Look, contracts: Mapping[str, DataContract]) -> Part:
    """Whom an event concerns first, by the name that people have for the role."""
    role = next((role for role in SUBJECTS if role in event.keys), next(iter(event.keys), None))
    if role is None:
        return MISSING
    return markup(tag("span", role_title(role, event.kind, look, contracts), " ", class_="muted"), veiled(event.keys[role], look))


def role_title(role: str, kind: str, look: Look, contracts: Mapping[str, DataContract]) -> str:
    """What people call a key role of a kind of event."""
    contract = contracts.get(kind)
    spec = None if contract is None else contract.role(role)
    return role if spec is None else look.text(spec.title)


def _pages(asked: Asked, page: DecisionPage, look: Look) -> Part:
    newest = link(path_to("decisions", **asked.query), look.pick("Newest", "最新"), class_="button") if asked.before is not None else None
    older = None
    if page.before is not None:
        said = look.pick("Older", "更早") if page.found else look.pick("Look further back", "继续向前查找")
        older = link(path_to("decisions", **asked.query, before=str(page.before)), said, class_="button")
    return tag("div", newest, older, class_="pages-of") if newest or older else None
