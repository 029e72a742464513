"""Whether a bank's log is whole, and what is folded from it is what it gives."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from huitong.app.books import Books
from huitong.app.logbook import Logbook
from huitong.app.progress import Progress
from huitong.app.projections import Projection
from huitong.app.stored_files import FOLDER, check_files
from huitong.kernel import Finding, HuitongError, Severity, Text, refusal
from huitong.store import open_log
from huitong.store.check import check_signatures
from huitong.store.vault.checking import check_ring
from huitong.store.vault.names import opens
from huitong.verifier import BadProofError, read_keys

_PUT_BACK: Text = {
    "en": "put the bank's public keys back: `huitong keys show` says where",
    "zh": "请放回银行的公钥文件：`huitong keys show` 会指出位置",
}

Projections = Callable[[str], Sequence[Projection]]


def check_bank(
    logbook: Logbook, books: Books, policies: Sequence[str], projections: Projections, root: Path, progress: Progress
) -> tuple[Finding, ...]:
    """What is wrong; empty where all is well. A log that is not whole gives nothing to compare with.

    Args:
        logbook: The bank's log.
        books: Its books.
        policies: Names of its policies.
        projections: What is kept for a policy.
        root: The bank's folder.
        progress: Told how far it is, phase by phase, each in a unit of its own.
    """
    findings = list(logbook.check(lambda done, total: progress("checking", done, total)))
    progress("signatures", 0, None)
    findings += _signed(logbook)
    progress("key_ring", 0, None)
    findings += _ring(logbook)
    progress("witnesses", 0, None)
    findings += logbook.check_witnesses()
    if any(finding.severity is Severity.ERROR for finding in findings):
        return tuple(findings)
    findings += _filed(logbook, root / FOLDER, progress)
    findings += _kept(logbook, policies, projections, progress)
    progress("books", 0, None)
    findings += _books(logbook, books)
    return tuple(findings)


def _signed(logbook: Logbook) -> Iterator[Finding]:
    """Heads that an outsider with the bank's public keys would refuse."""
    if isinstance(logbook.address, Path) and not logbook.address.exists():
        return
    with open_log(logbook.address, writable=False, segments=logbook.segments) as log:  # for which nobody's names are needed
        if log.head() is None:
            return
        path = logbook.custody.public_file
        try:
            keys = read_keys(path.read_bytes())
        except OSError as error:
            text: Text = {
                "en": f"no head's signature can be checked: {path} cannot be read: {refusal(error)['en']}",
                "zh": f"无法核对签名头的签名：无法读取 {path}：{refusal(error)['zh']}",
            }
            yield Finding("log.keys", path.name, text, _PUT_BACK, Severity.WARNING)
        except BadProofError as error:
            yield Finding("log.keys", path.name, error.text, _PUT_BACK)
        else:
            yield from check_signatures(log.reader, keys)


def _ring(logbook: Logbook) -> Iterator[Finding]:
    """What is wrong with the keys of names; without the master key, as far as can be seen."""
    if isinstance(logbook.address, Path) and not logbook.address.exists():
        return
    with open_log(logbook.address, writable=False, segments=logbook.segments) as log:
        master = None
        try:
            master = logbook.custody.master(opens(log.reader), writable=False)
        except HuitongError as error:
            yield Finding.at("log.ring.unchecked", {"en": "key ring", "zh": "密钥环"}, error.cause, error.remedy, Severity.WARNING)
        yield from check_ring(log.reader, master)


def _filed(logbook: Logbook, files: Path, progress: Progress) -> Iterator[Finding]:
    """Files of cases that are not there any more as they were added; the log tells which without anybody's names."""
    if isinstance(logbook.address, Path) and not logbook.address.exists():
        return
    with open_log(logbook.address, writable=False, segments=logbook.segments) as log:
        yield from check_files(files, log, progress)


def _kept(logbook: Logbook, policies: Sequence[str], projections: Projections, progress: Progress) -> Iterator[Finding]:
    for name in policies:
        try:
            with logbook.reading() as log:
                for projection in projections(name):
                    yield from projection.check(log, progress) if log is not None else ()
        except HuitongError as error:  # a policy that cannot be read, a key that is not there: the rest is checked all the same
            yield Finding("state.unchecked", name, error.cause, error.remedy, Severity.WARNING)


def _books(logbook: Logbook, books: Books) -> Iterator[Finding]:
    try:
        with logbook.reading() as log:
            yield from books.check(log) if log is not None else ()
    except HuitongError as error:
        yield Finding("state.unchecked", "books", error.cause, error.remedy, Severity.WARNING)
