"""Users of a demonstration, who show what each role may do. Their password is printed for all to see: never for a bank with real data."""

from collections.abc import Sequence
from dataclasses import dataclass

from huitong.app.bank import Bank
from huitong.app.desk import desk_settings_in
from huitong.app.workspace import write_whole
from huitong.contracts import Actor, Role
from huitong.identity import this_machine
from huitong.kernel import Text
from huitong.operations import cases
from huitong.risk.lists import Described, Holds, ListKind, describe

DEMO_PASSWORD = "replay-every-decision"  # noqa: S105 -- printed for everyone to see


@dataclass(frozen=True, slots=True)
class DemoUser:
    """Somebody of the demonstration."""

    id: str
    name: str
    roles: tuple[Role, ...]


DEMO_USERS: Sequence[DemoUser] = (  # two approvers: what one of them begins, the other one signs
    DemoUser("chen.jing", "陈静", ("admin", "operator")),
    DemoUser("li.wei", "李伟", ("analyst",)),
    DemoUser("wang.fang", "王芳", ("investigator",)),
    DemoUser("zhou.lan", "周岚", ("steward",)),
    DemoUser("zhao.min", "赵敏", ("approver", "auditor")),
    DemoUser("sun.yue", "孙悦", ("approver",)),
)


_DESK = """
# The demonstration's own: following money through accounts takes longer, and somebody who can.
[minutes]
"rule.money_passes_through" = 20
"rule.money_goes_round" = 30

[skills]
"rule.money_passes_through" = "networks"
"rule.money_goes_round" = "networks"
"rule.payee_of_known_frauds" = "networks"
"rule.device_of_many_customers" = "devices"
"rule.device_of_known_frauds" = "devices"

[people."wang.fang"]
skills = ["networks", "devices"]
minutes_a_day = 360
"""
"""What ``desk.toml`` says of the demonstration's investigator and of the shipped policy's patterns."""


def make_demo_users(bank: Bank) -> None:
    """Makes the users, and says what their investigator can do, where the bank has none."""
    office, desk = bank.people.office, bank.people.desk
    if not desk.registry.ask(lambda state: state.empty):
        return
    first, *others = DEMO_USERS
    office.add_first(bank.measures.command(this_machine().actor), first.id, first.name, first.roles[1:], DEMO_PASSWORD)
    admin = Actor(first.id, frozenset(first.roles))
    for user in others:
        once = office.add(bank.measures.command(admin), user.id, user.name).shown_once
        opened = desk.sign_in(user.id, once, "", "127.0.0.1", bank.clock.now_us())
        desk.set_password(opened.signed, once, DEMO_PASSWORD, bank.clock.now_us())
        for role in user.roles:
            office.grant(bank.measures.command(admin), user.id, role)
    approver = next(user for user in others if "approver" in user.roles)  # once there is one, it takes both to make another
    for asked in desk.registry.ask(lambda state: list(state.asked)):
        office.confirm(bank.measures.command(Actor(approver.id, frozenset(approver.roles))), asked)
    for folder, (shipped,) in cases.shipped().items():
        file = bank.workspace.root / folder / shipped.name
        if file.read_bytes() == shipped.read_bytes():
            write_whole(file, shipped.read_bytes() + _DESK.encode())
            bank.desk_settings = desk_settings_in(bank.workspace.root, bank.contracts)


_LISTS: Sequence[tuple[str, Text, Holds, ListKind, str]] = (
    ("blocked_customers", {"zh": "封禁客户", "en": "Blocked customers"}, "customer", "block", "调查中 / under investigation"),
    ("blocked_cards", {"zh": "封禁卡", "en": "Blocked cards"}, "card", "block", "挂失或被盗 / reported stolen"),
    ("watched_accounts", {"zh": "关注账户", "en": "Watched accounts"}, "account", "watch", "疑似转移赃款 / may pass stolen money on"),
)


def open_demo_lists(bank: Bank) -> None:
    """Opens the lists that the shipped policy reads, empty, where the bank has no list yet."""
    if bank.lists.ask(lambda state: bool(state.lists)):
        return
    analyst = Actor("li.wei", frozenset[Role]({"analyst"}))
    for name, title, holds, kind, purpose in _LISTS:
        command = bank.measures.command(analyst)
        bank.lists.act(command, describe(command, Described(name, title, holds, kind, "fraud.desk", purpose), anew=False))
