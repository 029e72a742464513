"""Roll-outs in a bank: versions drafted from a policy's folder, moved by people, watched while they run, and who decides for whom."""

import math
import threading
import time
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from functools import partial
from hashlib import sha256

from huitong.app.books import Books
from huitong.app.live import Live
from huitong.app.lives import Lives
from huitong.app.logbook import Logbook
from huitong.app.progress import Progress, silent
from huitong.app.reports import RunReport
from huitong.app.watches import Watches
from huitong.app.watching import Watch
from huitong.app.workspace import Workspace
from huitong.contracts import Actor, Command, Event
from huitong.decisions import rollout as ro
from huitong.decisions.policy import LoadedPolicy
from huitong.features import FeatureEngine
from huitong.kernel import Clock, EventId, HuitongError, PolicyError

WATCHER = Actor("huitong:watch", frozenset({"machine"}), person=False)
"""Who writes down what was counted, and takes back what does harm."""
JUDGED_EVERY = 2_000
"""Records after which a challenger that is far behind the log's end is judged by what was counted so far."""
LOOKED_SECONDS = 2.0
"""How long one that is behind keeps a round from the next."""


@dataclass(frozen=True, slots=True)
class Arms:
    """Which versions of a policy decide.

    Attributes:
        live: The version that decides, by a name that ``Bank.load`` knows.
        canary: The version that decides for some customers; ``None`` for nobody.
        share_ppm: For how many, in parts per million.
        salt: What they are drawn by.
    """

    live: str
    canary: str | None = None
    share_ppm: int = 0
    salt: str = ""

    def of(self, event: Event) -> str:
        """The version that decides an event: for its customer always the same; an event without one is the live version's."""
        customer = event.keys.get("customer")
        if self.canary is not None and customer is not None and ro.in_canary(self.salt, customer, self.share_ppm):
            return self.canary
        return self.live


def version_moved(policy: str, booked: str, loaded: str) -> PolicyError:
    """The error for a version that decides as nobody signed it: what computes with its files has changed since."""
    return PolicyError(
        "rollout.version.moved",
        {
            "en": f"{policy}@{booked[:12]} answers today as {loaded[:12]}: the software or its time zones changed since it was signed",
            "zh": f"{policy}@{booked[:12]} 如今以 {loaded[:12]} 答复：签署之后软件或时区数据有过改动",
        },
        {"en": "take the version up, and roll out what that makes", "zh": "请取回该版本，并重新发布由此得到的版本"},
    )


class RolloutOffice:
    """The acts on roll-outs of a bank.

    Args:
        books: The bank's books.
        logbook: Its log.
        load: Loads a policy, by a name that ``Bank.load`` knows.
        engine: Makes a fresh feature engine of a loaded policy.
        workspace: The bank's folder.
        alerting: Outcomes that somebody has to look at.
        clock: Tells the present.
        lives: Gives versions that decide, or are to decide next, by names that ``Bank.load`` knows.
        settings: What is asked before each step.
    """

    def __init__(
        self,
        books: Books,
        logbook: Logbook,
        load: Callable[[str], LoadedPolicy],
        engine: Callable[[LoadedPolicy], FeatureEngine],
        workspace: Workspace,
        alerting: frozenset[str],
        clock: Clock,
        lives: Lives,
        settings: ro.RolloutSettings | None = None,
    ) -> None:
        self._books, self._logbook, self._load = books, logbook, load
        self._workspace, self._clock = workspace, clock
        self._lives = lives
        self.settings = settings or ro.RolloutSettings()
        self._arms: dict[str, Arms] = {}
        self._arming = threading.Lock()
        self._watches = Watches(logbook, load, engine, self.status, lambda: self.settings, alerting)
        self.editing = threading.Lock()
        """Held by whoever changes a policy's folder."""

    def status(self, policy: str) -> ro.PolicyRollout:
        """Every version of a policy and where it stands; empty where nobody ever rolled one out."""
        return self._books.rollouts.ask(lambda state: deepcopy(state.policies.get(policy, ro.PolicyRollout())))

    def seen(self, policy: str) -> tuple[ro.PolicyRollout, ro.Found | None]:
        """As ``status``, and what is counted about the challenger; needs no turn among writers."""
        with self._books.reading(ro.RolloutBook()) as keeper, self._logbook.reading() as log:
            rollout = ro.PolicyRollout()
            if keeper is not None:
                rollout = keeper.ask(lambda state: deepcopy(state.policies.get(policy, rollout)))
            if log is None or rollout.challenger is None or rollout.live is None:
                return rollout, None
            watch = self._watches.begin(policy, rollout.challenger, log)
            watch.step()
            return rollout, watch.found()

    def arms(self, policy: str) -> Arms:
        """Which versions decide now. A policy that was never rolled out decides as its folder says."""
        arms = self.known_arms(policy)
        return self._armed(policy) if arms is None else arms

    def _armed(self, policy: str) -> Arms:
        """Which versions decide by what the book says now, for whoever asks from here on."""
        with self._arming:  # so that what was read before a step is not remembered after it
            rollout = self.status(policy)
            live, challenger = rollout.live, rollout.challenger
            arms = Arms(policy if live is None else f"{policy}@{live.hash}")
            if challenger is not None and challenger.stage == "canary":
                arms = Arms(arms.live, f"{policy}@{challenger.hash}", challenger.share_ppm, challenger.salt)
            self._arms[policy] = arms
        return arms

    def known_arms(self, policy: str) -> Arms | None:
        """As ``arms``, where nothing has to be asked to know it: after each act the log has to be, which may be away."""
        return self._arms.get(policy)

    def start(self, policy: str) -> None:
        """Starts the versions of a policy that decide, so that nobody who asks for a decision waits for it."""
        live = self._lives.of(self.arms(policy).live)
        arms = self.arms(live.loaded.program.settings.name)
        for name in (arms.live, arms.canary):
            if name is not None:
                self._lives.of(name)

    def deciding(self, live: Live, event: Event) -> Live:
        """Who decides an event: the live version, or for the customers of a canary the challenger."""
        return self._lives.of(self.arms(live.loaded.program.settings.name).of(event))

    def start_former(self, progress: Progress = silent) -> None:
        """Starts the version before the live one of each policy that decides, so that a step back is quick after a restart, too.

        Args:
            progress: Told how far a start is; what it raises ends it.

        Raises:
            HuitongError: The first that kept one from being started; the others are.
        """
        wrong: list[HuitongError] = []
        for policy in self._workspace.policies:
            lives = self.status(policy).lives[-2:]
            if len(lives) == 2 and self._lives.started(f"{policy}@{lives[1]}"):  # those that decide come first
                try:
                    self._lives.of(f"{policy}@{lives[0]}", progress)
                except HuitongError as error:
                    wrong.append(error)
        if wrong:
            raise wrong[0]

    def let_go(self) -> None:
        """Lets go of versions that decide no more; the one before the live version stays, so that a step back is quick."""
        needed: set[str | None] = set()
        for policy in {*self._workspace.policies, *tuple(self._arms)}:
            arms = self.arms(policy)
            needed |= {arms.live, arms.canary, *(f"{policy}@{version}" for version in self.status(policy).lives[-2:])}
        self._lives.let_go({name for name in needed if name is not None})

    def draft(
        self, command: Command, policy: str, reason: str, loaded: LoadedPolicy | None = None, *, edited_from: str | None = None
    ) -> str:
        """Makes what stands in a policy's folder, or is to stand there, a version; its hash.

        Args:
            command: Who answers for what changed since the version that it was made from.
            policy: Name of the policy.
            reason: Why.
            loaded: The version; by default what stands in the folder.
            edited_from: Hash of the version that it was made from, by default the one that the folder held last.

        Raises:
            HuitongError: As ``Bank.load`` and ``rollout.draft``.
        """
        return self._write_down(command, policy, reason, loaded or self._load(policy), partial(ro.draft, edited_from=edited_from))

    def take_up(self, command: Command, policy: str, version: str, reason: str, loaded: LoadedPolicy) -> str:
        """Goes on from a version whose files are to stand in the policy's folder; the hash that they have. See ``rollout.take_up``.

        Raises:
            HuitongError: As ``draft``, except that a known version is taken up.
        """
        if loaded.program.version in self.status(policy).versions:
            return self._write_down(command, policy, reason, loaded, ro.take_up)
        return self.draft(command, policy, reason, loaded, edited_from=version)  # the software has changed since

    def _write_down(self, command: Command, policy: str, reason: str, loaded: LoadedPolicy, act: Callable[..., list[Event]]) -> str:
        program = loaded.program
        self._workspace.freeze(program.settings.name, program.version, program.content)
        return self._act(command, policy, act, program.version, reason).keys["version"]

    def replayed(self, command: Command, policy: str, report: RunReport) -> ro.Found:
        """Takes a replay of a version as evidence about it, and returns that.

        Raises:
            InputError: If nobody drafted the version.
        """
        found = report.report
        times_us = report.run.replayed.events.time_us
        counts = {tally.name: tally.payments.count for tally in found.outcomes}
        decided, declined = sum(counts.values()), counts.get(report.run.loaded.program.settings.outcomes[-1], 0)
        digest = sha256(found.to_json()).hexdigest()
        evidence = ro.Found("replay", int(times_us.min()), int(times_us.max()), decided, declined, report=digest)
        self._act(command, policy, ro.add_evidence, found.version, evidence)
        return evidence

    def forward(self, command: Command, policy: str, version: str, to: ro.Stage, *, share_ppm: int = 0) -> None:
        """A step forward of a version; see ``rollout.step_forward``. What was counted so far goes with it as evidence.

        Raises:
            HuitongError: As ``rollout.step_forward``.
            PolicyError: If the version's files answer otherwise today.
        """
        known = self.version_of(policy, version)
        ro.require_signature(self.status(policy), known, command)  # whoever may not sign has nothing written down by asking
        if known.stage in ("shadow", "canary"):
            self.sum_up(policy)
        loaded = self._load(f"{policy}@{known.hash}").program.version
        if loaded != known.hash:
            raise version_moved(policy, known.hash, loaded)
        if to in ("canary", "live"):
            self._lives.ready(f"{policy}@{known.hash}")
        self._act(command, policy, ro.step_forward, known.hash, to, self.settings, share_ppm=share_ppm)

    def back(self, command: Command, policy: str, ground: str, version: str | None = None) -> str:
        """Takes back a version, by default the challenger; its hash.

        Raises:
            HuitongError: As ``rollout.step_back``.
        """
        named = None if version is None else self.version_of(policy, version).hash
        lives = self.status(policy).lives
        if named is not None and lives[-1:] == [named] and len(lives) > 1:
            # Asked first: whoever may not step back has nothing made ready.
            self._books.rollouts.ask(lambda state: ro.step_back(state, command, policy, named, ground))
            self._lives.ready(f"{policy}@{lives[-2]}")
        return self._act(command, policy, ro.step_back, named, ground).keys["version"]

    def retire(self, command: Command, policy: str, version: str, ground: str) -> None:
        """Gives a version up; see ``rollout.retire``."""
        self._act(command, policy, ro.retire, self.version_of(policy, version).hash, ground)

    def version_of(self, policy: str, version: str) -> ro.Version:
        """The version that a hash, or the first digits of one, names.

        Raises:
            InputError: If there is none, or several.
        """
        known = self.status(policy).versions
        return known[ro.hash_named(policy, known, version)]

    def watch(self, policy: str) -> Watch | None:
        """See ``Watches.of``."""
        return self._watches.of(policy)

    def watched(self, policy: str) -> Watch | None:
        """See ``Watches.counted``."""
        return self._watches.counted(policy)

    def sum_up(self, policy: str) -> None:
        """Counts what is new about the challenger, and writes it down as evidence."""
        watch = self.watch(policy)
        if watch is None:
            return
        watch.step()
        self._write_up(policy, watch)

    def _write_up(self, policy: str, watch: Watch) -> None:
        if self.watch(policy) is watch:  # else the terms have changed meanwhile, and what was counted is of former ones
            now_us, version = self._clock.now_us(), watch.watched.version
            command = Command(EventId(f"{version[:16]}:{watch.watched.stage}:{now_us}"), WATCHER, now_us)
            self._act(command, policy, ro.add_evidence, version, watch.found())

    def look(self, policy: str, seconds_max: float = math.inf) -> list[ro.Broken]:
        """Counts what is new about the challenger, and takes it back if it has done harm; what it was taken back for.

        It is asked again and again on the way: the sequences hold at any time, and after a restart the way is long.

        Args:
            policy: Name of the policy.
            seconds_max: How long it may take until the next look goes on; others are waiting for theirs.

        Raises:
            PolicyError: If one of the two versions answers otherwise today. A canary is taken back for that.
            HuitongError: If the challenger cannot be watched.
        """
        watch = self.watch(policy)
        if watch is None:
            return []
        canary, until = watch.watched.stage == "canary", time.monotonic() + seconds_max
        moved = [version_moved(policy, *one) for one in watch.watched.moved.items()]
        strangers = [ro.Broken("stop.version", error.cause) for error in moved] if canary else []  # who decide for customers
        while True:
            watch.step(JUDGED_EVERY)
            broken = watch.broken(self.settings.alpha, self._lives.deciding_times(watch.watched.names)) + strangers
            if broken or watch.at_end or time.monotonic() >= until:
                break
        if broken:
            self._write_up(policy, watch)
            version, now_us = watch.watched.version, self._clock.now_us()
            command = Command(EventId(f"{version[:16]}:stop:{now_us}"), WATCHER, now_us)
            ground = "; ".join(f"{rule.text['zh']} · {rule.text['en']}" for rule in broken)
            self._act(command, policy, ro.step_back, version, ground[:1000])
        elif moved:
            raise moved[0]
        return broken

    def look_at_canaries(self) -> None:
        """Looks at each policy's canary, which decides for customers, and at who decides; see ``look_at_shadows``."""
        self._look_at_all(shadows=False)

    def look_at_shadows(self) -> None:
        """Looks at each policy's shadow, whose beginning folds the whole log: no canary waits for that. What is wrong with one hides no
        other.

        Raises:
            HuitongError: The first that kept it from looking at one.
        """
        self._look_at_all(shadows=True)

    def _look_at_all(self, *, shadows: bool) -> None:
        stages = self._books.rollouts.ask(
            lambda state: {name: one.challenger and one.challenger.stage for name, one in state.policies.items()}
        )
        wrong: list[HuitongError] = []
        for policy, stage in sorted(stages.items()):
            if (stage == "shadow") is not shadows:
                continue
            try:
                self._armed(policy)  # a step whose answer was lost may have got through later than anybody looked
                self.look(policy, LOOKED_SECONDS)
            except HuitongError as error:
                wrong.append(error)
        if wrong:
            raise wrong[0]

    def _act(self, command: Command, policy: str, act: Callable[..., list[Event]], *given: object, **named: object) -> Event:
        try:
            return self._books.rollouts.carry_out(command, act, policy, *given, **named)[0]
        finally:  # a step that got no answer may have been taken all the same
            with self._arming:
                self._arms.pop(policy, None)
