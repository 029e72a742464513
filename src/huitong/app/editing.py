"""Changes of a policy from a page: tried beside its folder, drafted, then written there, so that each is a version with its author.

Drafted first: where the process ends between the two, what is lost is work that the book has, and no work without an author stays behind.
"""

import json
import re
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from huitong.app.bank import Bank
from huitong.app.workspace import write_whole
from huitong.contracts import Command, require_role
from huitong.decisions.policy import LoadedPolicy, content_of, read_settings
from huitong.decisions.rollout import DRAFTED
from huitong.kernel import InputError, PolicyError, in_one_line, read_toml

EDITABLE_SUFFIXES = (".toml", ".dmn", ".csv")
FILE_BYTES_MAX = 1_000_000
"""Largest file that a page edits."""
_SETTINGS, _TRAINED = "policy.toml", "trained.toml"


class Editing:
    """The editor of a bank's policies; one change at a time.

    Args:
        bank: The bank.
    """

    def __init__(self, bank: Bank) -> None:
        self._bank = bank
        self._turn = bank.rollouts.editing

    def files(self, policy: str) -> list[str]:
        """Files that a person may change; what training wrote is not among them."""
        content = content_of(self._bank.workspace.policy_folder(policy))
        return [file for file, data in content.items() if _editable(file) and len(data) <= FILE_BYTES_MAX]

    def text(self, policy: str, file: str) -> str:
        """The text of a file.

        Raises:
            InputError: If there is none that could be changed.
        """
        if file not in self.files(policy):
            raise _no_file(file)
        return content_of(self._bank.workspace.policy_folder(policy))[file].decode("utf-8", "replace")

    def change(self, command: Command, policy: str, files: Mapping[str, bytes], reason: str) -> str:
        """Changes files, and drafts the version.

        Args:
            command: Who wants it: an analyst.
            policy: Name of the policy.
            files: Their new content, by path inside the folder.
            reason: Why.

        Returns:
            The version's hash.

        Raises:
            PolicyError: If the policy could no longer mean what it says, or its folder is what decides; nothing is changed then.
            InputError: If nothing would change, a file is none to be changed, no reason is given, it is not what the command expects, or
                what stands in the folder is no version.
        """
        folder, name = self._changeable(command, policy, reason)
        with self._turn:
            if (earlier := self._earlier(command, name)) is not None:
                return earlier
            if command.expects is not None:
                command.expects({file: text for file, text in content_of(folder).items() if file in files})
            return self._changed(command, folder, files, reason)

    def take_up(self, command: Command, policy: str, version: str, reason: str) -> str:
        """Puts an old version's files back into the policy's folder, to go on from there; one that does not run is a draft again.

        Args:
            command: Who wants it: an analyst.
            policy: Name of the policy.
            version: The version's hash, or its first digits.
            reason: Why.

        Returns:
            The hash of what stands in the folder now: another one than the version's where the software has changed since it was written.

        Raises:
            PolicyError: If it could no longer mean what it says, or the folder is what decides; nothing is changed then.
            InputError: If there is no such version, no reason is given, or what stands in the folder is no version and would be lost.
        """
        folder, name = self._changeable(command, policy, reason)
        known = self._bank.rollouts.version_of(name, version)
        with self._turn:
            if (earlier := self._earlier(command, name)) is not None:
                return earlier
            before = content_of(folder)
            self._require_drafted(name, before)
            content = content_of(self._bank.workspace.policy_folder(f"{name}@{known.hash}"))
            loaded = self._load_beside(name, content)
            taken = self._bank.rollouts.take_up(command, name, known.hash, reason, loaded)
            _write({**dict.fromkeys(before), **content}, folder)
            return taken

    def drafted_before(self, command: Command, policy: str) -> str | None:
        """The version that a command, sent again, led to when it was first carried out; ``None`` where anything is left to be done."""
        folder = self._bank.workspace.editable_folder(policy)
        with self._turn:
            return self._earlier(command, folder.name)

    def _earlier(self, command: Command, name: str) -> str | None:
        """As ``drafted_before``: files that a process which ended did not write are left to be written, unless another version followed."""
        event = self._bank.log.event(command.id)
        if event is None or event.kind != DRAFTED or event.keys["policy"] != name:  # of another act: the book answers with that
            return None
        version = event.keys["version"]
        last = self._bank.rollouts.status(name).folder == version
        folder, drafted = (content_of(self._bank.workspace.policy_folder(one)) for one in (name, f"{name}@{version}"))
        return None if last and folder != drafted else version

    def _changed(self, command: Command, folder: Path, files: Mapping[str, bytes], reason: str) -> str:
        """Changes files in this turn, and drafts the version; its hash."""
        before = content_of(folder)
        loaded = self._try(folder.name, before, files)
        edited_from = self._require_drafted(folder.name, before)
        command = replace(command, expects=None)
        version = self._bank.rollouts.draft(command, folder.name, reason, loaded, edited_from=edited_from)
        if version == loaded.program.version:  # else the command was carried out before, with other files
            _write(files, folder)
        return version

    def _changeable(self, command: Command, policy: str, reason: str) -> tuple[Path, str]:
        """The folder of a policy that this person may change from a page, and the policy's name."""
        require_role(command.by, "analyst")
        if not reason.strip():
            raise InputError(
                "rollout.reason",
                {"en": "a version needs a reason", "zh": "新版本必须写明理由"},
                {"en": "say in a sentence what the change is for", "zh": "请用一句话说明修改理由"},
            )
        folder = self._bank.workspace.editable_folder(policy)
        if self._bank.rollouts.status(folder.name).live is None:
            raise _folder_decides(folder.name)
        return folder, folder.name

    def _require_drafted(self, name: str, content: Mapping[str, bytes]) -> str:
        """The version that stands in a policy's folder. Refused where nobody drafted it: it stands nowhere else, and has no author yet.

        Whoever went on from it would be the only author of both, and who wrote it could sign it as the second person.
        """
        rollout = self._bank.rollouts.status(name)
        last = rollout.folder  # by its files: the software may have changed since, and makes another version of them today
        if last is not None and content_of(self._bank.workspace.policy_folder(f"{name}@{last}")) == content:
            return last
        version = self._load_beside(name, content).program.version
        if version not in rollout.versions:
            raise InputError(
                "policy.folder.undrafted",
                {"en": "what stands in the folder is no version yet", "zh": "文件夹中的内容尚未登记为版本"},
                {
                    "en": "have whoever changed it draft it first, or take it out of the folder",
                    "zh": "请先由修改者登记该内容，或将其移出文件夹",
                },
            )
        return version

    def _try(self, name: str, known: Mapping[str, bytes], files: Mapping[str, bytes]) -> LoadedPolicy:
        """The policy with its changes, loaded beside its folder."""
        for file, content in files.items():
            if not _editable(file) or file not in known or len(content) > FILE_BYTES_MAX:
                raise _no_file(file)
        if all(known[file] == content for file, content in files.items()):
            raise InputError(
                "policy.unchanged",
                {"en": "nothing would change", "zh": "内容没有变化"},
                {"en": "change something, or draft the version as it is", "zh": "请作出修改，或直接登记当前内容"},
            )
        return self._load_beside(name, {**known, **files})

    def _load_beside(self, name: str, content: Mapping[str, bytes]) -> LoadedPolicy:
        """What a policy's folder would hold, loaded beside it."""
        with tempfile.TemporaryDirectory() as scratch:
            beside = Path(scratch) / name
            for file, data in content.items():
                (beside / file).parent.mkdir(parents=True, exist_ok=True)
                (beside / file).write_bytes(data)
            return self._bank.load(str(beside))

    def thresholds(self, policy: str, thresholds: Mapping[str, float], expects: Callable[[Mapping[str, float]], None]) -> bytes:
        """``policy.toml`` with other scores from which on outcomes are given: what stands in it goes before what training chose.

        Args:
            policy: Name of the policy.
            thresholds: The new ones, by outcome.
            expects: Refuses the change where other thresholds hold than whoever changes them believes; given those by outcome.

        Raises:
            HuitongError: As ``expects``, and if the policy gives no such outcome by its score.
        """
        content = content_of(self._bank.workspace.editable_folder(policy))
        settings = read_settings(content, policy)
        known = {} if settings.thresholds is None else settings.thresholds.chosen
        expects(known)
        text = content[_SETTINGS].decode()
        for outcome, score in thresholds.items():
            if outcome not in settings.outcomes[1:]:
                raise _no_outcome(outcome)
            if f"{score:.6g}" != f"{known.get(outcome, -1):.6g}":  # as the page shows it: what nobody touched stays to its last digit
                text = with_threshold(text, outcome, score)
        return text.encode()

    def conditions(self, policy: str, conditions: Mapping[str, str]) -> bytes:
        """``policy.toml`` with other conditions of its rules.

        Raises:
            HuitongError: As ``text`` and ``with_conditions``.
        """
        return with_conditions(self.text(policy, _SETTINGS), conditions).encode()


def _write(files: Mapping[str, bytes | None], folder: Path) -> None:
    """Writes files (``None`` for one that goes) into a folder; what was there is put back where the disk refuses one of them."""
    before = {file: (folder / file).read_bytes() if (folder / file).exists() else None for file in files}
    try:
        _put(files, folder)
    except BaseException:
        _put(before, folder)
        raise


def _put(files: Mapping[str, bytes | None], folder: Path) -> None:
    for file, content in files.items():
        if content is None:
            (folder / file).unlink(missing_ok=True)
        else:
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            write_whole(folder / file, content)


def with_threshold(text: str, outcome: str, score: float) -> str:
    r"""``policy.toml`` with a threshold set; everything else stays as its author wrote it.

    Raises:
        PolicyError: If it has no ``[thresholds]``.

    >>> with_threshold("[thresholds]\nreview = 0.2\n\n[x]\n", "review", 0.25)
    '[thresholds]\nreview = 0.25\n\n[x]\n'
    """
    head = re.search(r"^\[thresholds\][^\n]*\n", text, re.MULTILINE)
    if head is None:
        raise PolicyError(
            "policy.thresholds.missing",
            {"en": "the policy has no [thresholds]", "zh": "该策略没有 [thresholds]"},
            {"en": "write them into policy.toml", "zh": "请在 policy.toml 中写明"},
        )
    following = re.compile(r"^\[", re.MULTILINE).search(text, head.end())
    end = following.start() if following else len(text)
    section = text[head.end() : end]
    line = f"{outcome} = {score:g}"
    known = re.compile(rf"^{re.escape(outcome)}\s*=[^\n#]*", re.MULTILINE)
    section = known.sub(line, section, count=1) if known.search(section) else f"{line}\n{section}"
    return text[: head.end()] + section + text[end:]


_WHEN = re.compile(
    r"""^when[ \t]*=[ \t]*("{3}(?:.|\n)*?"{3}|'{3}(?:.|\n)*?'{3}|"(?:[^"\\\n]|\\.)*"|'[^'\n]*')""",
    re.MULTILINE,
)


def with_conditions(text: str, conditions: Mapping[str, str]) -> str:
    r"""``policy.toml`` with other conditions of rules; everything else stays as its author wrote it.

    Args:
        text: The file.
        conditions: By the rule's id.

    Raises:
        PolicyError: If a rule is not there, or its condition is written in a way that cannot be replaced.

    >>> print(with_conditions('[[rules]]\nid = "x"\nwhen = "a > 1" # why\n', {"x": 'b = "y"'}), end="")
    [[rules]]
    id = "x"
    when = 'b = "y"' # why
    """
    known = read_toml(text)
    ids = [rule.get("id") for rule in known.get("rules", ())]
    heads = [head.end() for head in re.finditer(r"^\[\[rules\]\]", text, re.MULTILINE)]
    for id_, when in reversed([(rule, conditions[rule]) for rule in ids if rule in conditions]):
        number = ids.index(id_)
        found = _WHEN.search(text, heads[number]) if number < len(heads) else None
        if found is None:
            raise _condition_unwritable(str(id_))
        if when.strip() == in_one_line(known["rules"][number]["when"]):
            continue  # a condition of several lines, in one as fields of a page have it
        text = text[: found.start(1)] + _toml_text(when.strip()) + text[found.end(1) :]
        known["rules"][number]["when"] = when.strip()
    if set(conditions) - set(ids) or read_toml(text) != known:
        raise _condition_unwritable(", ".join(conditions))
    return text


def _toml_text(value: str) -> str:
    plain = "'" not in value and value.isprintable()
    return f"'{value}'" if plain and '"' in value else json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _condition_unwritable(rule: str) -> PolicyError:
    return PolicyError(
        "policy.rule.unwritable",
        {"en": f"the condition of rule {rule} cannot be changed from a page", "zh": f"无法在页面上修改规则 {rule} 的条件"},
        {"en": "change policy.toml as text", "zh": "请以文本方式修改 policy.toml"},
    )


def _editable(file: str) -> bool:
    return file.endswith(EDITABLE_SUFFIXES) and file != _TRAINED


def _no_file(file: str) -> InputError:
    return InputError(
        "policy.file",
        {"en": f"{file!r} is no file of the policy that a page can change", "zh": f"{file!r} 不是可在页面上修改的策略文件"},
        {"en": "choose one of the list; larger files are changed in the folder", "zh": "请从列表中选择；较大的文件请在文件夹中修改"},
    )


def _no_outcome(outcome: str) -> InputError:
    return InputError(
        "policy.threshold.outcome",
        {"en": f"{outcome[:80]!r} is no outcome that a score leads to", "zh": f"{outcome[:80]!r} 不是由评分给出的结果"},
        {"en": "name one of the policy's outcomes but the mildest", "zh": "请使用该策略除最轻之外的某一结果"},
    )


def _folder_decides(policy: str) -> PolicyError:
    return PolicyError(
        "policy.folder_decides",
        {
            "en": f"no version of {policy} is live, so that its folder decides and a change would act at once",
            "zh": f"{policy} 尚无生效版本，当前由其文件夹直接决策，修改会立即生效",
        },
        {
            "en": "draft what stands in it, replay it, and have an approver make it live; then change it",
            "zh": "请先登记当前内容、完成回放并由审批人使其生效，再作修改",
        },
    )
