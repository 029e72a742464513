"""A bank: one folder, its policies, its log, and the acts on them. The composition root: the only place that wires rooms together."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

from huitong import evaluation as ev
from huitong.app import replaying, training
from huitong.app.books import BOOK_NAMES, Books
from huitong.app.bundles import Bundled, write_bundle
from huitong.app.checking import check_bank
from huitong.app.conflicts import keep
from huitong.app.consequences import consequences_of
from huitong.app.desk import desk_settings_in
from huitong.app.erasing import Persons, erased_in
from huitong.app.explaining import Explained, as_recorded, recomputed, unknown_event
from huitong.app.grading import Grades
from huitong.app.house import require_foreign
from huitong.app.incoming import fact_of
from huitong.app.ingesting import append
from huitong.app.judgeable import Judgeable
from huitong.app.judging import columns_of
from huitong.app.known_settings import KnownSettings
from huitong.app.lists import KeptLists
from huitong.app.live import Live
from huitong.app.lives import Lives
from huitong.app.logbook import Logbook
from huitong.app.measures import Measures
from huitong.app.moments import moment_us
from huitong.app.people import People
from huitong.app.progress import Progress, silent
from huitong.app.projections import Projection, Rebuilt
from huitong.app.reports import RunReport
from huitong.app.reproducing import reproduced
from huitong.app.rolling import rolling_evaluation
from huitong.app.rollouts import RolloutOffice
from huitong.app.runs import command_of, last_run, remember
from huitong.app.settings import read_settings_of
from huitong.app.sources import Source, Table, Taken, contracts_in, from_log, read_by, sources_of, take_in
from huitong.app.turn import Turn
from huitong.app.workspace import Workspace, answers_otherwise, write_whole
from huitong.contracts import Appended, Decision, Event
from huitong.cores import cores
from huitong.decisions.compare import Difference, differences
from huitong.decisions.policy import LoadedPolicy, content_of, load_policy
from huitong.decisions.replay import decided_of
from huitong.features import FeatureEngine, warm_up
from huitong.kernel import Clock, EventId, Finding, SystemClock, Text
from huitong.operations import cases
from huitong.risk import disposition, transactions
from huitong.store import Proof, RecordLog


class Bank:
    """One institution's policies, models and log, in one folder.

    Args:
        root: The folder; made, with the shipped policies, where it is not there yet.
        clock: Tells the present.
        threads: Threads for features and models; all the machine's cores by default.

    Raises:
        InputError: If the folder holds something else.
        ExternalError: If the disk refuses.
    """

    def __init__(self, root: str | Path, *, clock: Clock | None = None, threads: int | None = None) -> None:
        self.clock: Clock = clock or SystemClock()
        self.threads = threads or cores()
        self.workspace = workspace = Workspace.open(Path(root), {**transactions.shipped(), **disposition.shipped(), **cases.shipped()})
        self.contracts, self.settings = contracts_in(workspace), read_settings_of(Path(root))
        self.policies_say = KnownSettings(workspace)
        self.turn = Turn()
        self.logbook = Logbook(self.workspace, self.settings, self.contracts, self.clock, self.turn)
        self.books = Books(self.logbook, self.turn, self.workspace.root / "state")
        self.measures = Measures(self.workspace.root, self.books, self.logbook, self.contracts[disposition.CHANGED].currency, self.clock)
        self.lists = KeptLists(self.books, self.measures.settings)
        self.desk_settings = desk = desk_settings_in(workspace.root, self.contracts)
        self.consequences = consequences_of(desk, self.measures.settings)
        self.grades = Grades(self.load, self.contracts, lambda: self.log)
        self.people = People(self.logbook, self.turn, self.settings.access, self.clock)
        self.lives = Lives(self.turn, self._start, lambda: self.log)
        house = self.books, self.logbook, self.load, self.engine, workspace, desk.alerting, self.clock, self.lives
        self.rollouts = RolloutOffice(*house, self.settings.rollout)
        still = self.measures.require_settled, self.lives.still
        self.persons = Persons(self.logbook, self.workspace.root, self.settings, self.contracts, self.clock, *still, self.turn)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Keeps the feature state and lets go of the log."""
        try:
            self.people.close()
            self.lives.rest()
            self.books.close()
        finally:
            self.logbook.close()

    @property
    def policies(self) -> list[str]:
        """Names of the policies."""
        return self.workspace.policies

    @property
    def log(self) -> RecordLog:
        """The event and decision log, opened for writing at its first use.

        Raises:
            ExternalError: If another process has it open, or the disk refuses.
        """
        return self.logbook.log

    def warm_up(self, on_wait: Callable[[Text], None]) -> None:
        """Compiles the kernels, or loads them from the cache; ``on_wait`` is told, at most once, why it takes a while."""
        warm_up(on_wait)

    def load(self, policy: str, *, trained: bool = True) -> LoadedPolicy:
        """A policy ready to run: by name, folder, or ``NAME@HASH`` of a version that answered before.

        Raises:
            PolicyError: If something in its folder cannot mean what it says.
            InputError: If there is no such policy, or its model is gone.
        """
        folder = self.workspace.policy_folder(policy)
        loaded = load_policy(folder, self.contracts, self.workspace.root / "models", self.workspace.root / "cache", trained=trained)
        if trained and self.workspace.is_version(folder) and folder.name != loaded.program.version:
            return replace(loaded, findings=(*loaded.findings, answers_otherwise(folder, loaded.program.version)))
        return loaded

    def untrained(self, policy: str) -> bool:
        """Whether the policy has a model that was never trained here."""
        program = self.load(policy).program
        return program.settings.model is not None and program.scorer is None

    def check(self, policy: str) -> tuple[Finding, ...]:
        """What speaks against a policy: warnings; an error is raised.

        Raises:
            PolicyError: As ``load``.
        """
        loaded = self.load(policy)
        return *loaded.findings, *self.measures.unfit(policy, loaded), *self.lists.unfit(policy, loaded)

    def diff(self, policy: str, against: str) -> list[Difference]:
        """What changed from version ``against`` to ``policy``: settings, rules, cells, lists, features, model."""
        after, before = (content_of(self.workspace.policy_folder(name)) for name in (policy, against))
        return differences(before, after)

    def train(
        self,
        policy: str,
        table: Table | Sequence[Source],
        *,
        mapping: str | None = None,
        until: str | datetime | None = None,
        seed: int | None = None,
        progress: Progress = silent,
    ) -> training.Trained:
        """Trains the policy's model on the past and chooses its thresholds; the policy gets a new version.

        Args:
            policy: Name of the policy.
            table: A file, an Arrow table, or sources with their mappings.
            mapping: Name or path of the mapping that reads ``table``.
            until: Nothing later than this is seen; by default the first six tenths of the period are.
            seed: Seed of the training; by default the policy's.
            progress: Told how far it is.

        Raises:
            InputError: If the rows do not suffice, or LightGBM is not installed.
            PolicyError: If the policy has no model, or the trained one breaks a declared sign.
        """
        folder = self.workspace.editable_folder(policy)
        loaded = self.load(policy, trained=False)
        taken = self.take_in(table, mapping, progress)
        settings = loaded.program.settings
        until_us = training.until_of(decided_of(taken.batches, settings.decides), moment_us(until, loaded.plan.zone), loaded.plan.zone)
        rows = training.training_set(loaded, self.engine(loaded), taken.batches, until_us, threads=self.threads, progress=progress)
        model, path = training.train_model(loaded, rows, self.workspace.root / "models", seed, progress)
        progress("thresholds", 0, 1)
        choice = training.choose(loaded, model, rows)
        progress("thresholds", 1, 1)
        text = training.trained_toml(settings, path.stem, choice, until_us, model.ensemble.record.seed, taken.hashes)
        write_whole(folder / "trained.toml", text.encode())
        self.lives.rest()
        again = self.load(policy)
        thresholds = again.program.settings.thresholds
        return training.Trained(
            policy=settings.name,
            version=again.program.version,
            model=path.stem,
            trained_until_us=until_us,
            zone=loaded.plan.zone,
            rows=len(rows.label),
            frauds=int(rows.label.sum()),
            metrics=model.ensemble.record.metrics,
            thresholds=thresholds.chosen if thresholds else {},
            typed=frozenset(settings.thresholds.chosen if settings.thresholds else ()),
            choice=choice,
            findings=training.noticed(loaded, taken.batches, model.findings),
        )

    def replay(
        self,
        policy: str,
        table: Table | Sequence[Source] | None = None,
        *,
        mapping: str | None = None,
        against: str | None = None,
        since: str | datetime | None = None,
        prequential_from: str | datetime | None = None,
        progress: Progress = silent,
    ) -> RunReport:
        """Decides every event of a table as it would have been decided live, and judges the result.

        Args:
            policy: Name, folder or version of the policy.
            table: A file, an Arrow table, or sources with their mappings; ``None`` for the bank's log, whose decisions are made again too.
            mapping: Name or path of the mapping that reads ``table``.
            against: Another policy or version to compare with.
            since: Judge from here on; by default from the last moment that the model has learned from.
            prequential_from: Midnight from which the model is also evaluated prequentially, four weeks on, by the book's protocol and by a
                bank's (the book's own date is 2018-07-25).
            progress: Told how far it is.

        Raises:
            InputError: If a policy, a mapping or a file is not there or cannot be read, or ``since`` is later than every payment.
            PolicyError: If a policy cannot mean what it says.
        """
        loaded = self.load(policy)
        rival = self.load(against) if against else None
        taken = self.take_in(table, mapping, progress, loaded, *([rival] if rival else []))
        since_us = moment_us(since, loaded.plan.zone)
        replaying.refuse_beyond(decided_of(taken.batches, loaded.plan.decides), since_us, loaded.plan.zone)
        first_us = moment_us(prequential_from)
        protocols: Sequence[ev.Prequential] = ()
        if first_us is not None:
            protocols = rolling_evaluation(loaded, self.engine(loaded), taken, first_us, threads=self.threads, progress=progress)
        done = self._replayed(loaded, rival, taken, since_us, protocols, progress)
        if table is not None:
            return done
        with self.logbook.reading() as log:
            return done if log is None else replace(done, reproduced=reproduced(loaded, self.engine(loaded), log, taken, progress))

    def _replayed(
        self,
        loaded: LoadedPolicy,
        rival: LoadedPolicy | None,
        taken: Taken,
        since_us: int | None,
        prequential: Sequence[ev.Prequential],
        progress: Progress,
    ) -> RunReport:
        program = loaded.program
        self.workspace.freeze(program.settings.name, program.version, program.content)
        done = replaying.replay_policies(loaded, [rival] if rival else [], self.engine, taken, threads=self.threads, progress=progress)
        progress("judging", 0, 1)
        learned_us = since_us - 1 if since_us is not None else replaying.learned_until_us(program)
        rows = replaying.judged_rows(done.events, learned_us)
        judgeable = Judgeable(
            loaded=loaded,
            replayed=done,
            taken=taken,
            labels=replaying.labelled(done, taken, program.settings),
            made_at_us=self.clock.now_us(),
            command=command_of(program.settings.name, program.version, taken, since_us),
            contracts=self.contracts,
            prequential=prequential,
            window_us=replaying.window_us(done.events, rows, taken, learned_us),
        )
        columns = columns_of(judgeable, rows)
        report = ev.evaluate_replay(columns)
        progress("judging", 1, 1)
        remember(self.workspace, program.settings.name, program.version, taken)
        return RunReport(report, judgeable, columns.samples)

    def ingest(self, table: Table | Sequence[Source], *, mapping: str | None = None, progress: Progress = silent) -> tuple[Taken, Appended]:
        """Writes a table's events to the log; bad rows go to quarantine, rows already there are not written again.

        Rows whose id is there with other content go to quarantine as well, each with what is there.
        """
        taken = self.take_in(table, mapping, progress)
        done = append(self.log, taken.batches, self.contracts, self.policies_say.decided_kinds(), self.turn, progress)
        if not done.conflicts:
            return taken, done.appended
        findings = tuple(one.finding(self.contracts[one.given.kind]) for one in done.conflicts)
        kept = keep(done.conflicts, self.workspace.root / "quarantine")
        return replace(taken, conflicts=findings, conflicts_kept=kept), done.appended

    def decide(self, event: Event | Mapping[str, object], *, policy: str | None = None) -> Decision:
        """Decides one event, and answers once event and decision are durable.

        Args:
            event: An event, or names and values that its data contract understands (``{"id": …, "time": …, "amount": "12.50", …}``).
            policy: Name of the policy; not needed where the bank has one for the event's kind.

        Returns:
            The decision; for an event decided before, the answer that was given first.

        Raises:
            InputError: If the event breaks its contract; the message lists every finding.
            DataError: If an event of this id is there with other content.
            ExternalError: If the disk refuses; then nothing was answered and nothing is counted.
        """
        live = self.live(policy)
        fact = fact_of(live.reader, live.loaded.contract, event, self.clock)
        return self.rollouts.deciding(live, fact).decide(fact)

    def explain(self, event_id: EventId, *, policy: str | None = None, progress: Progress = silent) -> Explained:
        """Why an event was decided as it was: the log's own record of it, else the last replay's decision, computed again.

        Raises:
            InputError: If neither the log nor the last replay knows the event.
            DataError: If a table of the last replay has changed since.
        """
        with self.logbook.reading() as log:
            decisions = [] if log is None else [one for one in log.decisions_of(event_id) if policy in (None, one.policy)]
            event = None if log is None else log.event(event_id)
            erased = None if log is None or event is None else erased_in(event, log, self.contracts.get(event.kind))
        if decisions and event is not None:
            return replace(as_recorded(decisions[-1], event, self.load), erased=erased)
        run = last_run(self.workspace)
        if event is None and (run is None or not run.tables):
            raise unknown_event(event_id)
        loaded = self.load(policy or (f"{run.policy}@{run.version}" if run else self.workspace.only_policy()))
        taken = self.take_in(run.sources() if run and event is None else None, None, progress, loaded)
        progress("features", 0, None)
        decision, event = recomputed(loaded, self.engine(loaded), taken, event_id)
        tables = ", ".join(taken.hashes)
        origin: Text = {"zh": f"由{tables or '日志'}重新计算", "en": f"computed again from {tables or 'the log'}"}
        return Explained(decision, event, loaded, origin)

    def check_log(self, progress: Progress = silent) -> tuple[Finding, ...]:
        """Reads the whole log and says what is wrong with it, and with what was folded from it; another process may write meanwhile."""
        return check_bank(self.logbook, self.books, self.policies, self.projections, self.workspace.root, progress)

    def projections(self, policy: str | None = None) -> list[Projection]:
        """What is folded from the log: the feature state of each policy, or of one."""
        found = {}
        for name in self.policies if policy is None else [policy]:
            loaded = self.load(name, trained=False)
            path = self.workspace.state_file(loaded.plan.version)
            found[path] = Projection(name, loaded.plan, partial(self.engine, loaded), path)
        return list(found.values())

    def rebuild(self, name: str | None = None, progress: Progress = silent) -> list[Rebuilt]:
        """Throws away what is folded from the log, and folds it again from all of it.

        Args:
            name: Whose: a policy's, or of a book; by default all of it.
            progress: Told how far it is.

        Raises:
            InputError: If there is no such policy.
        """
        projections = [] if name in BOOK_NAMES else self.projections(name)
        with self.lives.still(), self.logbook.reading() as log:
            done = [] if log is None else [projection.rebuild(log, progress) for projection in projections]
            return done if log is None else [*done, *self.books.rebuild(log, name)]

    def prove(self, record_id: EventId) -> Proof:
        """The proof that a decision with its event, or an event, is in the log; see ``Logbook.prove``."""
        return self.logbook.prove(record_id)

    def bundle(self, policy: str, path: Path) -> Bundled:
        """Writes all that an outsider needs to compute decisions of a version again, and nothing of the log, into a zip at ``path``.

        Raises:
            HuitongError: As ``load``; a ``DataError`` if the version is another one today, or too large.
        """
        return write_bundle(self.load(policy), self.workspace, path)

    def live(self, policy: str | None = None, *, progress: Progress = silent) -> Live:
        """The policy as it decides now, in the version that is live: its state is that of the log's end."""
        return self.lives.of(self.rollouts.arms(policy or self.workspace.only_policy()).live, progress)

    def _start(self, name: str, progress: Progress) -> Live:
        loaded = self.load(name)
        require_foreign(loaded.program.settings.decides)  # else whoever asks could write what only the house writes
        self.grades.note(loaded)
        return Live.start(name, loaded, self.engine, self.log, self.workspace, self.turn, progress, self.consequences)

    def take_in(self, table: Table | Sequence[Source] | None, mapping: str | None, progress: Progress, *policies: LoadedPolicy) -> Taken:
        """Reads and checks tables, or where there is none what policies read of the log; bad rows go to the quarantine folder."""
        if table is None:
            with self.logbook.reading() as log:
                return from_log(log, read_by(policies, self.contracts), progress)
        return take_in(sources_of(table, mapping), self.workspace, self.contracts, self.clock, progress)

    def engine(self, loaded: LoadedPolicy) -> FeatureEngine:
        """A fresh engine for a policy's features."""
        return FeatureEngine(loaded.plan, {entries.name: entries.entries for entries in loaded.program.lists})
