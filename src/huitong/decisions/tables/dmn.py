"""Reads decision tables from DMN XML as modellers write them; what no table needs (diagrams, extensions) is passed over.

Source: DMN 1.5 (OMG formal/24-01-01), clause 8 and the schema DMN15.xsd; 1.3 and 1.4 differ in nothing that is read here.
"""

from dataclasses import dataclass
from typing import NoReturn
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from huitong.decisions.feel import Place, policy_error
from huitong.kernel import PolicyError, Text

FILE_BYTES_MAX = 32 * 1024 * 1024
RULES_MAX = 10_000
COLUMNS_MAX = 200

_NAMESPACES = (
    "https://www.omg.org/spec/DMN/20230324/MODEL/",  # 1.5
    "https://www.omg.org/spec/DMN/20211108/MODEL/",  # 1.4
    "https://www.omg.org/spec/DMN/20191111/MODEL/",  # 1.3
)
_HIT_POLICIES = {
    "UNIQUE": "U",
    "ANY": "A",
    "PRIORITY": "P",
    "FIRST": "F",
    "RULE ORDER": "R",
    "OUTPUT ORDER": "O",
    "COLLECT": "C",
}
HIT_POLICY_NAMES = {letter: name for name, letter in _HIT_POLICIES.items()}
"""Hit policies by their letter, as a file names them."""
_AGGREGATIONS = {"SUM": "+", "MIN": "<", "MAX": ">", "COUNT": "#"}
_FEEL = ("", "feel")


@dataclass(frozen=True, slots=True)
class DmnInput:
    """An input column: its expression and what modellers say about it."""

    id: str
    label: str
    expression: str
    type_ref: str
    values: str


@dataclass(frozen=True, slots=True)
class DmnOutput:
    """An output column; ``values`` lists what it may be, by priority, ``default`` what it is when no rule matches."""

    id: str
    name: str
    type_ref: str
    values: str
    default: str


@dataclass(frozen=True, slots=True)
class DmnRule:
    """A row: the texts of its cells, in the order of the columns."""

    id: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    annotations: tuple[str, ...]
    description: str


@dataclass(frozen=True, slots=True)
class DmnTable:
    """A decision table as written.

    Attributes:
        id: Id of the decision.
        name: Name of the decision.
        hit_policy: One letter: U, A, P, F, R, O or C.
        aggregation: ``+``, ``<``, ``>``, ``#`` or empty.
        annotations: Names of the annotation columns.
        place: The file and the table.
    """

    id: str
    name: str
    hit_policy: str
    aggregation: str
    inputs: tuple[DmnInput, ...]
    outputs: tuple[DmnOutput, ...]
    annotations: tuple[str, ...]
    rules: tuple[DmnRule, ...]
    place: Place


def read_dmn(content: bytes, file: str) -> tuple[DmnTable, ...]:
    """The decision tables of one file.

    Args:
        content: The file's bytes.
        file: Its name, for messages.

    Raises:
        PolicyError: If it is no DMN 1.3 to 1.5, is hostile XML, holds a decision that is no table, or a malformed table.
    """
    place = Place(file)
    if len(content) > FILE_BYTES_MAX:
        _refuse(
            "dmn.too_large",
            place,
            {"en": f"the file has {len(content)} bytes", "zh": f"文件有 {len(content)} 字节"},
            {"en": f"keep it under {FILE_BYTES_MAX}", "zh": f"请控制在 {FILE_BYTES_MAX} 字节以内"},
        )
    root = _root(content, place)
    namespace = next((name for name in _NAMESPACES if root.tag == f"{{{name}}}definitions"), None)
    if namespace is None:
        _refuse(
            "dmn.namespace",
            place,
            {"en": f"the root element is {root.tag}", "zh": f"根元素为 {root.tag}"},
            {"en": "save the model as DMN 1.3, 1.4 or 1.5", "zh": "请将模型保存为 DMN 1.3、1.4 或 1.5"},
        )
    return _Reader(f"{{{namespace}}}", place).tables(root)


def _root(content: bytes, place: Place) -> Element:
    try:
        root: Element = fromstring(content, forbid_dtd=True)
    except DefusedXmlException:
        _refuse(
            "dmn.hostile",
            place,
            {"en": "the XML declares a document type or entities", "zh": "XML 声明了文档类型或实体"},
            {"en": "remove them; no modeller writes them", "zh": "请删除；建模工具不会写入这些内容"},
        )
    except (ParseError, ValueError, LookupError) as error:
        _refuse(
            "dmn.xml",
            place,
            {"en": f"the XML cannot be read: {error}", "zh": f"无法读取 XML：{error}"},
            {"en": "open it in a DMN modeller and save it again", "zh": "请在 DMN 建模工具中打开并重新保存"},
        )
    return root


class _Reader:
    def __init__(self, prefix: str, place: Place) -> None:
        self.prefix = prefix
        self.place = place

    def tables(self, root: Element) -> tuple[DmnTable, ...]:
        tables = []
        for decision in root.findall(f"{self.prefix}decision"):
            logic = [child for child in decision if child.tag.removeprefix(self.prefix) in _LOGIC]
            place = self.place.at(table=decision.get("name") or decision.get("id") or "?")
            for element in logic:
                kind = element.tag.removeprefix(self.prefix)
                if kind != "decisionTable":
                    _refuse(
                        "dmn.logic",
                        place,
                        {"en": f"the decision holds a {kind}, not a table", "zh": f"该决策为 {kind}，不是决策表"},
                        {"en": "write it as a decision table or a FEEL rule", "zh": "请改写为决策表或 FEEL 规则"},
                    )
                tables.append(self._table(decision, element, place))
        return tuple(tables)

    def _table(self, decision: Element, element: Element, place: Place) -> DmnTable:
        policy = element.get("hitPolicy", "UNIQUE")
        aggregation = element.get("aggregation", "")
        if policy not in _HIT_POLICIES or (aggregation and (aggregation not in _AGGREGATIONS or policy != "COLLECT")):
            _refuse(
                "dmn.hit_policy",
                place,
                {"en": f"the hit policy is {policy} {aggregation}".rstrip(), "zh": f"命中策略为 {policy} {aggregation}".rstrip()},
                {"en": "use U, A, P, F, R, O or C with +, <, > or #", "zh": "请使用 U、A、P、F、R、O，或 C 加 +、<、>、#"},
            )
        name = decision.get("name", "")
        outputs = element.findall(f"{self.prefix}output")
        table = DmnTable(
            id=decision.get("id", ""),
            name=name,
            hit_policy=_HIT_POLICIES[policy],
            aggregation=_AGGREGATIONS.get(aggregation, ""),
            inputs=tuple(self._input(child, place) for child in element.findall(f"{self.prefix}input")),
            outputs=tuple(self._output(child, name, alone=len(outputs) == 1) for child in outputs),
            annotations=tuple(child.get("name", "") for child in element.findall(f"{self.prefix}annotation")),
            rules=tuple(self._rule(child) for child in element.findall(f"{self.prefix}rule")),
            place=place,
        )
        if len(table.rules) > RULES_MAX or len(table.inputs) + len(table.outputs) > COLUMNS_MAX:
            _refuse(
                "dmn.table.too_large",
                place,
                {"en": f"the table has {len(table.rules)} rows", "zh": f"该表有 {len(table.rules)} 行"},
                {
                    "en": f"keep it under {RULES_MAX} rows and {COLUMNS_MAX} columns",
                    "zh": f"请控制在 {RULES_MAX} 行、{COLUMNS_MAX} 列以内",
                },
            )
        return table

    def _input(self, element: Element, place: Place) -> DmnInput:
        expression = element.find(f"{self.prefix}inputExpression")
        text = "" if expression is None else self._text(expression)
        label = element.get("label") or text
        self._only_feel(expression, place.at(cell=label))
        return DmnInput(
            id=element.get("id", ""),
            label=label,
            expression=text,
            type_ref="" if expression is None else expression.get("typeRef", ""),
            values=self._text(element.find(f"{self.prefix}inputValues")),
        )

    def _output(self, element: Element, decision: str, *, alone: bool) -> DmnOutput:
        # One column needs no name of its own: it is the decision's.
        return DmnOutput(
            id=element.get("id", ""),
            name=element.get("name") or (element.get("label") or decision if alone else ""),
            type_ref=element.get("typeRef", ""),
            values=self._text(element.find(f"{self.prefix}outputValues")),
            default=self._text(element.find(f"{self.prefix}defaultOutputEntry")),
        )

    def _rule(self, element: Element) -> DmnRule:
        def texts(tag: str) -> tuple[str, ...]:
            return tuple(self._text(child) for child in element.findall(f"{self.prefix}{tag}"))

        return DmnRule(
            element.get("id", ""),
            texts("inputEntry"),
            texts("outputEntry"),
            texts("annotationEntry"),
            element.findtext(f"{self.prefix}description", "").strip(),
        )

    def _text(self, element: Element | None) -> str:
        return "" if element is None else element.findtext(f"{self.prefix}text", "").strip()

    def _only_feel(self, element: Element | None, place: Place) -> None:
        language = "" if element is None else element.get("expressionLanguage", "")
        if language.lower() not in _FEEL and "feel" not in language.lower():
            _refuse(
                "dmn.language",
                place,
                {"en": f"the expression language is {language}", "zh": f"表达式语言为 {language}"},
                {"en": "write it in FEEL", "zh": "请使用 FEEL 编写"},
            )


_LOGIC = frozenset(
    ["decisionTable", "literalExpression", "invocation", "context", "list", "relation", "functionDefinition", "conditional", "for"]
) | {"filter", "some", "every"}


def _refuse(code: str, place: Place, cause: Text, remedy: Text) -> NoReturn:
    error: PolicyError = policy_error(code, place, None, cause, remedy)
    raise error
