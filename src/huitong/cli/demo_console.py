"""The end of the demonstration: a console on synthetic traffic, with users for each role."""

import logging
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from huitong.app import Bank, Source
from huitong.app.demo_users import DEMO_PASSWORD, DEMO_USERS, make_demo_users, open_demo_lists
from huitong.app.occurrences import write_occurrences
from huitong.app.server import serve
from huitong.app.traffic import Traffic
from huitong.cli.terminal import Terminal
from huitong.contracts import ROLE_TITLES
from huitong.decisions.rollout import RolloutSettings, StopSettings
from huitong.kernel import MICROSECONDS_PER_SECOND, Text, time_text

_MINUTE_US = 60 * MICROSECONDS_PER_SECOND
EAGER = RolloutSettings(
    shadow_decisions_min=100,
    shadow_time_min_us=_MINUTE_US,
    canary_decisions_min=100,
    canary_time_min_us=_MINUTE_US,
    declined_rise_max=0.2,
    stop=StopSettings(alerts_rise_max=1.0),
)
"""What an eager demonstration asks of each step: as much as its traffic gives within minutes, and at the bank's night, too, when payments
of the day look unusual and a slightly lower threshold sends them all to review."""

EAGER_LEFT_MIN = 1_000
"""Fewer payments to come than that end before a roll-out does, at two a second."""

ROUND: Sequence[Text] = (
    {
        "en": "wang.fang opens an alert, looks at its evidence and freezes the account; zhao.min confirms; lifting it takes both again",
        "zh": "wang.fang 打开一条预警、查看证据并冻结账户，zhao.min 确认；解除时同样由两人完成",
    },
    {
        "en": "li.wei drafts the policy as it is and replays the version; zhao.min makes it live: from then on it is changed by versions",
        "zh": "li.wei 登记现有策略并回放该版本，zhao.min 使其生效；此后每次修改都是一个版本",
    },
    {
        "en": "li.wei changes a threshold and replays the new version; the report lists the payments that it would decide otherwise",
        "zh": "li.wei 修改一个阈值并回放新版本，报告列出结果会有所不同的支付",
    },
    {
        "en": "zhao.min runs it in shadow, then as canary (with --eager, 50 % has its evidence in two minutes), then live, then back",
        "zh": "zhao.min 让新版本依次进入影子运行、灰度（--eager 下 50% 两分钟即可满足要求）、生效，最后回退",
    },
)
"""What the console is for, as a way through it; docs/console.md has the whole."""


def show_console(
    terminal: Terminal,
    bank: Bank,
    policy: str,
    sources: list[Source],
    port: int,
    next_steps: Callable[[str], Sequence[str]],
    document: Mapping[str, object],
    *,
    eager: bool = False,
) -> None:
    """Plays the bank's payments as if they happened now, and serves service and console until Ctrl-C.

    Args:
        terminal: Where it is said.
        bank: The bank.
        policy: What decides.
        sources: The payments, with their labels and profiles.
        port: Where to listen; 0 for any free port.
        next_steps: What to try next, for the version that decides.
        document: What machines are told of the demonstration before; given with the console's address.
        eager: Whether a roll-out takes minutes: payments come faster, and its steps ask for less; only for as long as this is served.
    """
    if eager:
        bank.rollouts.settings = EAGER
        terminal.say("", terminal.word("eager"))
    make_demo_users(bank)
    open_demo_lists(bank)
    with terminal.progress() as progress:
        traffic = Traffic(bank, policy, sources, hurried=eager, progress=progress)
        decided = traffic.catch_up(progress)
    terminal.say("", terminal.word("traffic").format(count=f"{decided:,}"))
    _say_what_comes(terminal, traffic.left, traffic.last_us, eager=eager)
    terminal.say("", *next_steps(bank.live(policy).loaded.program.version))
    with traffic, _troubles():
        serve(bank, policy=policy, port=port, console=True, ready=lambda address: _say(terminal, bank, address, document))


def _say_what_comes(terminal: Terminal, left: int, last_us: int, *, eager: bool) -> None:
    """How long payments come: they are of one quarter, moved once, and a bank that was made a week ago has none left."""
    enough = left >= EAGER_LEFT_MIN if eager else left > 0
    word = ("traffic_left" if eager else "traffic_comes") if enough else "traffic_few" if left else "traffic_ended"
    said = terminal.word(word).format(left=f"{left:,}", last=time_text(last_us))
    terminal.say(said, style=None if enough else "yellow")


@contextmanager
def _troubles() -> Iterator[None]:
    """Has what goes wrong meanwhile said in a line that names part and code; not each request, which would bury what stands above."""
    handler = write_occurrences("text")
    handler.setLevel(logging.WARNING)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(handler)


def _say(terminal: Terminal, bank: Bank, address: str, document: Mapping[str, object]) -> None:
    made = bank.people.desk.registry.ask(lambda state: set(state.users))
    users = [user for user in DEMO_USERS if user.id in made]  # an older demonstration made fewer
    terminal.say("", f"{terminal.word('console_at')}{terminal.colon}{address}", style="bold")
    separator = "、" if terminal.language == "zh" else ", "
    for user in users:
        terminal.say(f"  {user.id}  {user.name}  {separator.join(terminal.text(ROLE_TITLES[role]) for role in user.roles)}")
    terminal.say(f"{terminal.word('demo_password')}{terminal.colon}{DEMO_PASSWORD}")
    terminal.say("", terminal.word("round"), *(f"  {terminal.text(step)}" for step in ROUND), "", terminal.word("demo_end"))
    terminal.give({**document, "address": address, "users": [user.id for user in users], "password": DEMO_PASSWORD})
    sys.stdout.flush()
