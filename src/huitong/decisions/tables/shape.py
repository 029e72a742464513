"""Whether tables have the right number of cells, names and ids, before any cell is read."""

from collections.abc import Sequence

from huitong.decisions.feel import Place, policy_error
from huitong.decisions.tables.dmn import DmnTable
from huitong.kernel import PolicyError


def shape_errors(tables: Sequence[DmnTable]) -> list[list[PolicyError]]:
    """The errors of each table."""
    names: dict[str, Place] = {}
    ids: dict[str, Place] = {}
    return [[*_name_errors(table, names), *_id_errors(table, ids), *_cell_errors(table)] for table in tables]


def _name_errors(table: DmnTable, names: dict[str, Place]) -> list[PolicyError]:
    if not table.name:
        return [_error("table.name.missing", table.place, "the decision has no name", "该决策没有名称", "name it", "请为其命名")]
    known = names.setdefault(table.name, table.place)
    if known is table.place:
        return []
    cause = (f"{known.file} has a table of this name too", f"{known.file} 中已有同名的表")
    return [_error("table.name.twice", table.place, *cause, "rename one", "请重命名其中之一")]


def _id_errors(table: DmnTable, ids: dict[str, Place]) -> list[PolicyError]:
    places = [
        (table.id, table.place),
        *((column.id, table.place.at(cell=column.label)) for column in table.inputs),
        *((column.id, table.place.at(cell=column.name)) for column in table.outputs),
        *((rule.id, table.place.at(row=row)) for row, rule in enumerate(table.rules, start=1)),
    ]
    errors = []
    for written, place in places:
        if not written:
            continue
        # Ids are unique within a file, by the XML schema.
        key = f"{place.file}\0{written}"
        known = ids.setdefault(key, place)
        if known is not place:
            other = known.text()
            cause = (f"the id {written!r} stands at {other['en']} too", f"标识“{written}”在{other['zh']}处重复")
            errors.append(_error("table.id.twice", place, *cause, "give each a fresh id", "请为每一处分配新的标识"))
    return errors


def _cell_errors(table: DmnTable) -> list[PolicyError]:
    place = table.place
    errors = []
    if not table.inputs or not table.outputs:
        cause = ("the table has no input or no output column", "该表缺少输入列或输出列")
        errors.append(_error("table.columns", place, *cause, "add one", "请添加"))
    if not table.rules:
        errors.append(_error("table.rows", place, "the table has no rows", "该表没有任何行", "add one", "请添加"))
    names = [output.name for output in table.outputs]
    for name in sorted(set(names)):
        if names.count(name) > 1 or not name:
            cause = (f"{names.count(name)} output columns are named {name!r}", f"有 {names.count(name)} 个输出列名为“{name}”")
            errors.append(_error("table.output.name", place, *cause, "name each output", "请为每个输出列命名"))
    for row, rule in enumerate(table.rules, start=1):
        wanted, found = (len(table.inputs), len(table.outputs)), (len(rule.inputs), len(rule.outputs))
        if wanted != found:
            cause = (
                f"the row has {found[0]} input and {found[1]} output cells, the table {wanted[0]} and {wanted[1]}",
                f"该行有 {found[0]} 个输入、{found[1]} 个输出单元格，表为 {wanted[0]} 和 {wanted[1]} 个",
            )
            errors.append(_error("table.row.cells", place.at(row=row), *cause, "complete the row", "请补全该行"))
    return errors


def _error(code: str, place: Place, english: str, chinese: str, remedy: str, remedy_zh: str) -> PolicyError:
    return policy_error(code, place, None, {"en": english, "zh": chinese}, {"en": remedy, "zh": remedy_zh})
