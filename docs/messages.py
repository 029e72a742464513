"""Every error and finding that the code can give, read from the code itself: for the page of errors and for the tests.

A code is the first argument of a class of the error tree, of ``Finding``, or of a function of ours that has a parameter ``code``.
"""

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[1] / "src" / "huitong"
TREE = {
    "InputError": ("code", "cause", "remedy"),
    "DataError": ("code", "cause", "remedy"),
    "PolicyError": ("code", "cause", "remedy"),
    "ExternalError": ("code", "cause", "remedy"),
    "BusyError": ("code", "cause", "remedy"),
    "Finding": ("code", "where", "text", "remedy", "severity"),
}
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_CODE = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_…]+)+")


@dataclass(slots=True)
class Message:
    """A code and what is said with it; the texts are templates, empty where the code builds them elsewhere."""

    code: str
    kinds: set[str] = field(default_factory=set)
    cause: dict[str, str] = field(default_factory=dict)
    remedy: dict[str, str] = field(default_factory=dict)


def template(node: ast.expr | None) -> str:
    """A text literal as a reader may see it: what is filled in at run time stands in braces."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(template(part) if isinstance(part, ast.Constant) else _hole(part) for part in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return template(node.left) + template(node.right)
    return ""


def _hole(part: ast.expr) -> str:
    value = part.value if isinstance(part, ast.FormattedValue) else part
    name = value.attr if isinstance(value, ast.Attribute) else value.id if isinstance(value, ast.Name) else "…"
    return f"{{{name}}}" if name != "…" else "…"


def _texts(arguments: Mapping[str, ast.expr], named: Mapping[str, ast.expr]) -> list[dict[str, str]]:
    """The texts among the arguments, in order: dict literals, written there or named, and pairs of English and Chinese text."""
    found: list[dict[str, str]] = []
    loose: dict[str, list[str]] = {"en": [], "zh": []}
    for name, argument in arguments.items():
        given = named.get(argument.id, argument) if isinstance(argument, ast.Name) else argument
        if isinstance(given, ast.Dict):
            pairs = zip(given.keys, given.values, strict=True)
            found.append({str(key.value): template(value) for key, value in pairs if isinstance(key, ast.Constant)})
        elif isinstance(given, ast.Starred) or (name in {"cause", "text"} and not template(given)):
            found.append({})  # built elsewhere: keep its place, so that what follows is not taken for it
        elif name not in {"code", "where", "severity"} and (text := template(given)):
            loose["zh" if _CHINESE.search(text) else "en"].append(text)
    return found + [{"en": en, "zh": zh} for en, zh in zip(loose["en"], loose["zh"], strict=False)]


def _functions(trees: list[ast.Module]) -> dict[str, tuple[tuple[str, ...], set[str]]]:
    """Our own functions that take a code: the names of their parameters, and what they call."""
    found: dict[str, tuple[tuple[str, ...], set[str]]] = {}
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                names = tuple(argument.arg for argument in [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs])
                if "code" in names:
                    called = {_name(call.func) for call in ast.walk(node) if isinstance(call, ast.Call)}
                    found[node.name] = tuple(name for name in names if name not in {"self", "cls"}), called
    return found


def _name(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else function.id if isinstance(function, ast.Name) else ""


def _kinds(name: str, functions: Mapping[str, tuple[tuple[str, ...], set[str]]]) -> set[str]:
    """Classes of the tree that a call of ``name`` makes: itself, or those that the function makes, two calls deep."""
    reached = {name}
    for _ in range(2):
        reached |= {called for function in reached & set(functions) for called in functions[function][1]}
    return reached & set(TREE)


def _calls(tree: ast.Module, known: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[str, dict[str, ast.expr]]]:
    """Calls that give a code, and entries of a catalogue, which are keyed by it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = _name(node.func)
            if name in known:
                names = [*known[name], *(f"more_{place}" for place in range(len(node.args)))]
                keywords = {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg}
                yield name, {**dict(zip(names, node.args, strict=False)), **keywords}
        elif isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and isinstance(value, ast.Call) and len(value.args) >= 4:
                    yield "Finding", {"code": key, **{f"text_{place}": text for place, text in enumerate(value.args)}}


def _literals(tree: ast.Module) -> dict[str, ast.expr]:
    assigned = [node for node in ast.walk(tree) if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Dict)]
    targets = [(node.targets[0] if isinstance(node, ast.Assign) else node.target, node.value) for node in assigned]
    return {target.id: value for target, value in targets if isinstance(target, ast.Name) and value is not None}


@cache
def messages() -> tuple[Message, ...]:
    """Every message of the code, sorted by its code; read once."""
    trees = [ast.parse(path.read_text("utf-8")) for path in sorted(SOURCE.rglob("*.py"))]
    functions = _functions(trees)
    known = {**{name: parameters for name, (parameters, _) in functions.items()}, **TREE}
    found: dict[str, Message] = {}
    for tree in trees:
        named = _literals(tree)
        for name, arguments in _calls(tree, known):
            code = re.sub(r"\{.*?\}", "…", template(arguments.get("code")))
            if not _CODE.fullmatch(code):
                continue
            message = found.setdefault(code, Message(code))
            message.kinds |= _kinds(name, functions)
            texts: list[dict[str, str]] = [*_texts(arguments, named), {}, {}]
            message.cause, message.remedy = message.cause or texts[0], message.remedy or texts[1]
    return tuple(found[code] for code in sorted(found))


_HEAD = {
    "en": """# Errors and findings

Generated from the code by `scripts/docs`; do not edit.

An error stops what was asked; a finding is one thing that a check found, and the rest goes on.
Both carry a stable code, a cause and a remedy, in Chinese and English.
What stands in braces is filled in when it happens; … stands for what depends on the place.

| kind | who can fix it | exit code of the command line |
|---|---|---|
| `InputError` | the caller: a bad value, a missing file, a wrong option | 2 |
| `DataError` | whoever keeps the data: missing, stale, inconsistent or damaged | 3 |
| `PolicyError` | whoever writes the policy, or grants what it forbids | 4 |
| `ExternalError` | whoever runs the machine: a disk, a device, a service, the network | 5 |
| `Finding` | as its text says | - |

| code | kind | cause | remedy |
|---|---|---|---|
""",
    "zh": """# 错误与检查结果

本页由 `scripts/docs` 从代码生成，请勿手工修改。

错误（error）会中止所请求的事；检查结果（finding）只说明检查发现的一处问题，其余照常进行。二者都有稳定的代码、原因和对策，中英文俱全。
花括号中的内容在发生时填入；“…”表示随位置而变的部分。

| 种类 | 谁能解决 | 命令行退出码 |
|---|---|---|
| `InputError` | 调用者：值不对、文件缺失、选项有误 | 2 |
| `DataError` | 数据的管理者：数据缺失、过期、矛盾或损坏 | 3 |
| `PolicyError` | 策略的编写者，或有权放行的人 | 4 |
| `ExternalError` | 机器的运维者：磁盘、设备、服务、网络 | 5 |
| `Finding` | 见其文字说明 | - |

| 代码 | 种类 | 原因 | 对策 |
|---|---|---|---|
""",
}


def _cell(text: str) -> str:
    return re.sub(r"\s+", " ", text).replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*")


def error_pages() -> dict[str, str]:
    """The page of errors in both languages."""
    found = messages()
    bodies = {
        language: "".join(
            f"| `{message.code}` | {', '.join(sorted(message.kinds))} | {_cell(message.cause.get(language, ''))} "
            f"| {_cell(message.remedy.get(language, ''))} |\n"
            for message in found
        )
        for language in _HEAD
    }
    return {"errors.md": _HEAD["en"] + bodies["en"], "zh/errors.md": _HEAD["zh"] + bodies["zh"]}
