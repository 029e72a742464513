"""Keeps a book over a log: its state follows the log's end, acts on it run one after another, and it can be thrown away at any time."""

import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from hashlib import blake2b
from pathlib import Path
from typing import Concatenate, Generic, ParamSpec, TypeVar

import msgspec

from huitong.contracts import Act, Answered, Book, Command, Event, Log
from huitong.kernel import EventId
from huitong.store import errors
from huitong.store.persons import FORGOTTEN_KIND

S = TypeVar("S")
T = TypeVar("T")
P = ParamSpec("P")
_MAGIC = b"huitong book 1\n"
_DIGEST_SIZE = 32


class _Header(msgspec.Struct):
    """What a kept state is: of which book, and of which past of which log."""

    book: str
    version: int
    offset: int
    root: str


class BookKeeper(Generic[S]):
    """One book over one log. Any number of threads may ask and act.

    Where a person was forgotten, the state is folded again, so that no name outlives its key in memory.

    Args:
        book: The book.
        log: The log.
        turn: Held by whoever writes to the log, so that nothing comes between an act's question and its events.
        path: Where ``keep`` puts the state; ``None`` to fold it from the log at each start.
    """

    def __init__(self, book: Book[S], log: Log, turn: AbstractContextManager[object], path: Path | None = None) -> None:
        self.book = book
        self._log = log
        self._turn = turn
        self._path = path
        self._guard = threading.RLock()
        self._kinds = tuple(dict.fromkeys((*book.kinds, FORGOTTEN_KIND)))
        self._state: S | None = None
        self._offset = 0

    def ask(self, question: Callable[[S], T]) -> T:
        """What a question finds in the state of the log's end. What it returns must not be a part of the state that changes."""
        with self._guard:
            return question(self._followed())

    def act(self, command: EventId | Command, act: Act[S]) -> tuple[Event, ...]:
        """Runs an act and writes its events in one commit; a command that was carried out before only answers with its first event.

        Args:
            command: The command or its id, which is that of the first event it leads to: the same command twice acts once.
            act: From the state to the events.

        Returns:
            The events, durable.

        Raises:
            HuitongError: What the act raises where it may not be, or the log's; nothing is written then.
        """
        self.ask(lambda _state: None)  # what can be folded beforehand keeps nobody else from writing
        with self._turn, self._guard:
            command_id = command.id if isinstance(command, Command) else command
            earlier = self._log.event(command_id)
            if earlier is not None:
                return (earlier,)
            if isinstance(command, Command) and command.expects is not None:
                command.expects(self._followed())
            events = tuple(act(self._followed()))
            if not events:
                return ()
            if events[0].id != command_id:
                raise TypeError(f"the first event of command {command_id} has id {events[0].id}")
            if isinstance(command, Command):
                events = (command.marked(events[0]), *events[1:])
            self._log.append_answers([Answered((), (), events)], self._log.end()).result()
            return events

    def carry_out(
        self, command: Command, act: Callable[Concatenate[S, Command, P], Sequence[Event]], *given: P.args, **named: P.kwargs
    ) -> tuple[Event, ...]:
        """Runs an act that takes the state, a command, and what it is about; see ``act``."""
        return self.act(command, lambda state: act(state, command, *given, **named))

    def note(self, events: Sequence[Event]) -> None:
        """Writes events that no act led to: they rest on nothing in the state. They wait for the turn as every act does.

        Raises:
            HuitongError: The log's.
        """
        with self._turn:
            self._log.append_events(events)

    def keep(self) -> None:
        """Writes the state to its file, so that the next start is quick.

        Raises:
            ExternalError: If the disk refuses; what was kept before is still there.
        """
        if self._path is None:
            return
        with self._guard:
            content = msgspec.msgpack.encode(self._followed())
            header = _Header(self.book.name, self.book.version, self._offset, self._log.root(self._offset).hex())
        encoded = msgspec.json.encode(header) + b"\n" + content
        beside = self._path.with_name(f".{self._path.name}.new")
        try:
            beside.write_bytes(_MAGIC + blake2b(encoded, digest_size=_DIGEST_SIZE).digest() + encoded)
            beside.replace(self._path)
        except OSError as error:
            beside.unlink(missing_ok=True)
            raise errors.refused(self._path, error) from error

    def agrees(self) -> bool:
        """Whether the kept state, brought to the log's end, is what the whole log gives; so too where none is kept that would be used."""
        state, offset = self._restored()
        if offset == 0:
            return True
        end = self._log.end()
        kept, whole = self._folded(state, offset, end)[0], self._folded(self.book.blank(), 0, end)[0]
        return msgspec.msgpack.encode(kept) == msgspec.msgpack.encode(whole)

    def rebuild(self) -> int:
        """Throws the state away, folds it from the whole log and keeps it; the offset that it goes up to.

        Raises:
            ExternalError: As ``keep``.
        """
        with self._guard:
            self._state, self._offset = self.book.blank(), 0
            self.keep()
            return self._offset

    def rebuilt(self) -> S:
        """A state folded from the whole log, beside the one in use: what a check compares that with."""
        return self._folded(self.book.blank(), 0, self._log.end())[0]

    def _followed(self) -> S:
        if self._state is None:
            self._state, self._offset = self._restored()
        end = self._log.end()  # before the state is touched: a log that is away costs no fold of all of it
        state, self._state = self._state, None  # a fold that stopped half-way must not be gone on with
        if end > self._offset:
            state, self._offset = self._folded(state, self._offset, end)
        self._state = state
        return state

    def _folded(self, state: S, offset: int, end: int) -> tuple[S, int]:
        begun = offset
        for record in self._log.read(offset, self._kinds):
            if record.offset >= end:
                break
            event = record.content
            if not isinstance(event, Event):
                continue
            if event.kind == FORGOTTEN_KIND and begun > 0:  # what was folded before may hold the name
                return self._folded(self.book.blank(), 0, end)
            if event.kind in self.book.kinds:
                self.book.enter(state, event)
        return state, end

    def _restored(self) -> tuple[S, int]:
        """The kept state; a missing, damaged, outdated or foreign one costs the time to fold again, never an answer."""
        blank = self.book.blank(), 0
        try:
            content = b"" if self._path is None else self._path.read_bytes()
        except OSError:
            return blank
        body = content[len(_MAGIC) + _DIGEST_SIZE :]
        if content != _MAGIC + blake2b(body, digest_size=_DIGEST_SIZE).digest() + body:
            return blank
        line, _, rest = body.partition(b"\n")
        header = msgspec.json.decode(line, type=_Header)
        if (header.book, header.version) != (self.book.name, self.book.version) or header.offset > self._log.end():
            return blank
        if self._log.root(header.offset).hex() != header.root:
            return blank
        return msgspec.msgpack.decode(rest, type=self.book.state), header.offset
