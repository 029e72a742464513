"""Writes small DMN files for tests, as a modeller would."""

from collections.abc import Sequence
from html import escape

DMN_15 = "https://www.omg.org/spec/DMN/20230324/MODEL/"


def dmn_table(
    inputs: Sequence[str | tuple[str, str]],
    outputs: Sequence[str],
    rules: Sequence[Sequence[str]],
    hit_policy: str = "UNIQUE",
    *,
    aggregation: str = "",
    name: str = "limits",
    output_values: Sequence[str] = (),
    defaults: Sequence[str] = (),
    input_values: Sequence[str] = (),
    namespace: str = DMN_15,
) -> bytes:
    """One decision with one table; an input is its expression, or that and its type reference; rules are cells from left to right."""
    parts = [f'<definitions xmlns="{namespace}" id="d" name="d" namespace="n"><decision id="{name}" name="{name}">']
    parts.append(f'<decisionTable id="t" hitPolicy="{hit_policy}"' + (f' aggregation="{aggregation}">' if aggregation else ">"))
    for number, column in enumerate(inputs):
        expression, type_ref = (column, "") if isinstance(column, str) else column
        reference = f' typeRef="{type_ref}"' if type_ref else ""
        allowed = f"<inputValues>{_text(input_values[number])}</inputValues>" if number < len(input_values) and input_values[number] else ""
        parts.append(
            f'<input id="i{number}"><inputExpression id="ie{number}"{reference}>{_text(expression)}</inputExpression>{allowed}</input>'
        )
    for number, output in enumerate(outputs):
        values = f"<outputValues>{_text(output_values[number])}</outputValues>" if number < len(output_values) else ""
        default = f"<defaultOutputEntry>{_text(defaults[number])}</defaultOutputEntry>" if number < len(defaults) else ""
        parts.append(f'<output id="o{number}" name="{output}">{values}{default}</output>')
    parts.append('<annotation name="why"/>')
    for row, cells in enumerate(rules, start=1):
        entries = [f"<inputEntry>{_text(cell)}</inputEntry>" for cell in cells[: len(inputs)]]
        entries += [f"<outputEntry>{_text(cell)}</outputEntry>" for cell in cells[len(inputs) :]]
        parts.append(f'<rule id="r{row}">' + "".join(entries) + f"<annotationEntry>{_text(f'row {row}')}</annotationEntry></rule>")
    parts.append("</decisionTable></decision></definitions>")
    return "".join(parts).encode()


def _text(content: str) -> str:
    return f"<text>{escape(content)}</text>"
