"""Whether segments are whole: each file there, and what it was when it was sealed; and whether there are files that no segment names."""

from collections.abc import Iterator

from huitong.kernel import DataError, ExternalError, Finding, HuitongError, InputError, Severity, Text
from huitong.store.segments.manifest import Segment
from huitong.store.segments.reading import SealedReader

_NOT_NEEDED: Text = {
    "en": "a file that no segment names: a sealing was cut off or is under way, or a restored log holds its records as rows again",
    "zh": "没有数据段引用该文件：封存曾中断或正在进行，或日志恢复后其记录重新以行保存",
}
_REMOVE: Text = {
    "en": "nothing is missing; it may be deleted when no sealing is under way and no log that was put aside is needed",
    "zh": "没有缺失任何内容；没有封存在进行、且不再需要恢复时另存的日志时，可以删除",
}


def damaged(reader: SealedReader, segment: Segment) -> list[Finding]:
    """What is wrong with the files of a segment, each read whole and checked against its hash."""
    found = []
    for file in segment.files:
        try:
            reader.open(segment, file)
        except HuitongError as error:
            found.append(Finding.at("log.segment", offsets(segment.first, segment.stop), error.cause, error.remedy))
    return found


def offsets(first: int, stop: int | None = None) -> Text:
    """The place of a record, or of those from one up to another."""
    if stop is None or stop == first + 1:
        return {"en": f"offset {first}", "zh": f"偏移 {first}"}
    return {"en": f"offsets {first}–{stop - 1}", "zh": f"偏移 {first}–{stop - 1}"}


def leftovers(reader: SealedReader) -> Iterator[Finding]:
    """Files that no segment names."""
    try:
        names = unneeded(reader)
    except (InputError, DataError):
        return  # nobody said where segments are, or what they hold: that was told already
    except ExternalError as error:
        yield Finding("log.segment", reader.place.where, error.cause, error.remedy)
        return
    for name in names:
        yield Finding("log.segment.unneeded", name, _NOT_NEEDED, _REMOVE, Severity.WARNING)


def unneeded(reader: SealedReader, *, remove: bool = False) -> list[str]:
    """Files in the place of segments that no segment names; deleted on request, by whoever knows that no sealing is under way.

    Raises:
        InputError: If nobody said where segments are.
        DataError: If the list of a segment's files cannot be read.
        ExternalError: If the place cannot be read.
    """
    found = reader.place.names()  # first: what is sealed after that is named by then
    named = {file.name for segment in reader.segments() for file in segment.files}
    names = [name for name in found if name not in named]
    for name in names if remove else ():
        reader.place.remove(name)
    return names
