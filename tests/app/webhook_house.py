"""A bank that tells a receiver on this machine what happens, and a receiver that refuses some of it."""

import random
import time
from pathlib import Path

from huitong.app import Bank
from huitong.app.webhooks import BankKnows
from huitong.contracts import Actor, Command, Role
from huitong.kernel import ExternalError, FixedClock
from huitong.operations import webhooks as wh
from huitong.operations.webhooks import Deliveries, Occurrence, Reach, Subscription, Terms, Wanted, networks_of
from tests.app.receiver import Receiver

HOME = Reach(networks_of(["127.0.0.0/8"]), time_seconds=5.0)
PATIENCE = 60.0
"""Rounds wait for their turns, so that a test can look at what they did."""
NAME, ACCOUNT = "Zhang-Wei-17", "Account-17"


class House:
    """A bank that is told to go out to this machine, its clock, and an administrator."""

    def __init__(self, root: Path) -> None:
        self.clock = FixedClock(time.time_ns() // 1_000)
        self.bank = Bank(root, clock=self.clock, threads=2)
        self.paid = 0

    def command(self, *roles: Role) -> Command:
        now_us = self.clock.now_us()
        return self.bank.people.desk.registry.command_by(Actor("li.wei", frozenset(roles or ("admin",))), now_us)

    def pay(self, *amounts: int) -> list[str]:
        """Payments; ids of their decisions."""
        made = []
        for amount in amounts:
            self.paid += 1
            payment = {"id": f"P-{self.paid}", "time": self.clock.now_us(), "customer": NAME, "account": ACCOUNT, "currency": "CNY"}
            made.append(self.bank.decide({**payment, "amount": str(amount)}, policy="small").id)
        return made

    def subscribe(self, url: str, *of: Occurrence, outcome: str | None = None, grade: int = 2) -> str:
        command, end = self.command(), self.bank.log.end()
        wanted = Wanted(self._free_name(), url, of or ("decision",), outcome, grade=grade)
        self.bank.books.webhooks.act(command, lambda state: wh.subscribe(state, command, wanted, end, HOME))
        return command.id

    def _free_name(self) -> str:
        taken = self.bank.books.webhooks.ask(lambda state: len(state.subscriptions))
        return f"core-{taken + 1}" if taken else "core"

    def change(self, subscription: str, url: str, *of: Occurrence, outcome: str | None = None, grade: int = 2) -> None:
        name = self.stands(subscription).name
        command, wanted = self.command(), Wanted(name, url, of or ("decision",), outcome, grade=grade)
        self.bank.books.webhooks.act(command, lambda state: wh.change(state, command, subscription, wanted, HOME))

    def remove(self, subscription: str) -> None:
        command = self.command()
        self.bank.books.webhooks.act(command, lambda state: wh.remove(state, command, subscription, "gone"))

    def resume(self, subscription: str, place: int | None = None) -> None:
        command = self.command("operator")
        self.bank.books.webhooks.act(command, lambda state: wh.resume(state, command, subscription, place))

    def stop(self, subscription: str) -> None:
        command = self.command("operator")
        self.bank.books.webhooks.act(command, lambda state: wh.stop(state, command, subscription, "for now"))

    def deliveries(self, reach: Reach = HOME, patience_seconds: float = PATIENCE) -> Deliveries:
        """As a process that was just started, now: receivers compare the time of a message with their own."""
        bank = self.bank
        self.clock.advance_us(max(time.time_ns() // 1_000 - self.clock.now_us(), 0))
        secret = lambda: bank.people.desk.registry.secret(self.clock.now_us())  # noqa: E731
        knows, chance = BankKnows(bank), random.Random(7)
        return Deliveries(bank.books.webhooks, bank.log, knows, secret, Terms(reach), self.clock, chance, patience_seconds)

    def stands(self, subscription: str) -> Subscription:
        return self.bank.books.webhooks.ask(lambda state: state.subscriptions[subscription])


class Refusing:
    """A receiver that refuses the messages of some payments."""

    def __init__(self, house: House, told: Deliveries) -> None:
        self.house, self.told = house, told
        self.refused: set[str] = set()
        self.status = 400
        self.receiver = Receiver()

    def answer(self, _: int) -> int:
        return self.status if self.receiver.ids[-1] in self.refused else 200

    def rounds(self, seconds: int) -> str | None:
        """Rounds for a while; the code of what is wrong after the last."""
        code = None
        for _ in range(seconds):
            self.house.clock.advance_us(1_000_000)
            try:
                self.told.round()
                code = None
            except ExternalError as error:
                code = error.code
        return code
