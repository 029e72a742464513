"""Every finding that data can meet: its code, what it says and what to do, in Chinese and English."""

from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal

from huitong.contracts import DataContract, FieldSpec, FieldType
from huitong.kernel import AMOUNT_MINOR_MAX, ID_LENGTH_MAX, Finding, Text, time_text

SHOWN_LENGTH_MAX = 80
"""Longest piece of an offending value that a finding repeats, in characters."""
_LONG_INTEGER = 10**40


@dataclass(frozen=True, slots=True)
class Entry:
    """What a finding says; ``{field}``, ``{value}`` and ``{limit}`` are filled in."""

    text: Text
    remedy: Text


def _entry(en: str, zh: str, remedy_en: str, remedy_zh: str) -> Entry:
    return Entry({"en": en, "zh": zh}, {"en": remedy_en, "zh": remedy_zh})


CATALOGUE: dict[str, Entry] = {
    "field.missing": _entry("{field} is missing", "缺少{field}", "give {field}; the contract requires it", "请给出{field}，契约要求必填"),
    "field.type": _entry("{field} {value} is not {limit}", "{field}的值 {value} 不是{limit}", "give {limit}", "请给出{limit}"),
    "field.range.below": _entry(
        "{field} {value} is below {limit}", "{field}的值 {value} 低于 {limit}", "check the value and its unit", "请检查数值及其单位"
    ),
    "field.range.above": _entry(
        "{field} {value} is above {limit}", "{field}的值 {value} 高于 {limit}", "check the value and its unit", "请检查数值及其单位"
    ),
    "field.one_of": _entry(
        "{field} {value} is none of {limit}",
        "{field}的值 {value} 不在 {limit} 之中",
        "use one of these, or add a value map",
        "请使用其中之一，或增加取值映射",
    ),
    "field.length": _entry(
        "{field} {value} is longer than {limit} characters", "{field}的值 {value} 超过 {limit} 个字符", "shorten it", "请缩短"
    ),
    "field.unknown": _entry(
        "the contract has no field {field}; {limit}", "契约中没有字段{field}；{limit}", "correct the name", "请更正字段名"
    ),
    "amount.negative": _entry(
        "{field} {value} is negative",
        "{field}的值 {value} 为负",
        "give the amount without sign; what it is belongs to the event kind",
        "请给出不带符号的金额，方向由事件种类表示",
    ),
    "amount.too_large": _entry(
        "{field} {value} is beyond {limit} minor units",
        "{field}的值 {value} 超过 {limit}（最小货币单位）",
        "check the unit of the amount",
        "请检查金额单位",
    ),
    "amount.fraction": _entry(
        "{field} {value} has more than {limit} decimals",
        "{field}的值 {value} 的小数超过 {limit} 位",
        "give whole minor units; money is never rounded",
        "请给出整数个最小货币单位，金额从不舍入",
    ),
    "amount.two_forms": _entry(
        "{field} is given twice, as {field} and as {limit}", "{field}给出了两次：{field} 与 {limit}", "give one of them", "请只给出其中一个"
    ),
    "number.fraction": _entry("{field} {value} is not a whole number", "{field}的值 {value} 不是整数", "give a whole number", "请给出整数"),
    "number.not_finite": _entry(
        "{field} is {value}, not a finite number", "{field}为 {value}，不是有限的数", "leave it empty where it is not known", "未知时请留空"
    ),
    "number.too_large": _entry(
        "{field} {value} does not fit 63 bits", "{field}的值 {value} 超出 63 位整数", "check the value and its unit", "请检查数值及其单位"
    ),
    "currency.unknown": _entry(
        "{field} {value} is not an ISO 4217 currency code",
        "{field}的值 {value} 不是 ISO 4217 货币代码",
        "use a code such as CNY, USD, EUR",
        "请使用 CNY、USD、EUR 等代码",
    ),
    "currency.not_accepted": _entry(
        "{field} {value} is not {limit}, the contract's currency",
        "{field}的值 {value} 不是契约的货币 {limit}",
        "convert it at a dated rate, or use a contract in that currency",
        "请按带日期的汇率换算，或使用该货币的契约",
    ),
    "time.unreadable": _entry(
        "{field} {value} is not a date-time with an offset",
        "{field}的值 {value} 不是带时区偏移的日期时间",
        "write it like 2018-07-25T00:00:00Z, or name the zone in the mapping",
        "请写成 2018-07-25T00:00:00Z，或在映射中写明时区",
    ),
    "time.local.twice": _entry(
        "{field} {value} happened twice when the clocks went back",
        "{field}的值 {value} 在时钟回拨时出现了两次",
        "give the offset",
        "请给出时区偏移",
    ),
    "time.local.never": _entry(
        "{field} {value} never happened: the clocks went forward",
        "{field}的值 {value} 从未出现：时钟向前拨快了",
        "give the offset",
        "请给出时区偏移",
    ),
    "time.before_horizon": _entry(
        "{field} {value} is before {limit}",
        "{field}的值 {value} 早于 {limit}",
        "check the epoch and the unit of the time",
        "请检查时间的起点与单位",
    ),
    "time.ahead": _entry(
        "{field} {value} lies ahead of the latest that is taken now, {limit}",
        "{field}的值 {value} 晚于目前可接受的最晚时间 {limit}",
        "check the clock of the source, the epoch and the unit of the time",
        "请检查来源的时钟、时间的起点与单位",
    ),
    "id.length": _entry("the id {value} is longer than {limit} characters", "编号 {value} 超过 {limit} 个字符", "shorten it", "请缩短"),
    "id.dots": _entry(
        "the id {value} is a step in a path, so that no address can name it",
        "编号 {value} 在地址中表示路径跳转，无法用于查询",
        "give it another sign beside the dots",
        "请使用点号以外的字符",
    ),
    "id.duplicate": _entry(
        "the id {value} is also that of an earlier row with other content",
        "编号 {value} 与前面内容不同的一行相同",
        "correct the id or the content",
        "请更正编号或内容",
    ),
    "text.control": _entry("{field} {value} holds control characters", "{field}的值 {value} 含有控制字符", "remove them", "请去掉"),
    "text.encoding": _entry(
        "{field} {value} is not valid UTF-8", "{field}的值 {value} 不是有效的 UTF-8", "save the file as UTF-8", "请以 UTF-8 保存文件"
    ),
    "kind.other": _entry(
        "the kind {value} is not {limit}",
        "事件类型 {value} 不是 {limit}",
        "leave the kind out, or send the event where its kind is taken: `huitong ingest`, or a policy that decides it",
        "请去掉 kind，或将事件交给接收该类型之处：`huitong ingest`，或对其决策的策略",
    ),
    "value.unmapped": _entry(
        "{field} {value} is not in the mapping's values",
        "{field}的值 {value} 不在映射的取值表中",
        "add it under values",
        "请在 values 中补充",
    ),
    "row.columns": _entry(
        "the row has {value} columns, the header {limit}",
        "该行有 {value} 列，表头有 {limit} 列",
        "quote texts that hold the separator",
        "含有分隔符的文字请加引号",
    ),
    "row.quote": _entry(
        "{field} opens a quote that is not closed where the field ends, so that what follows is in it",
        "{field}中的引号未在字段结尾处闭合，其后的内容混入其中",
        "close the quote and take the file in again; what is in it is kept here under original",
        "请闭合引号后重新读入；混入的内容保留在 original 中",
    ),
    "row.too_long": _entry(
        "{field} is longer than {limit} characters",
        "{field}超过 {limit} 个字符",
        "look for a quote that is never closed",
        "请检查是否有未闭合的引号",
    ),
}
"""Finding code to what it says; ``docs/data.md`` lists them all."""


_TYPE_WORDS: dict[FieldType, Text] = {
    FieldType.MONEY: {"en": "an amount", "zh": "金额"},
    FieldType.INTEGER: {"en": "a whole number", "zh": "整数"},
    FieldType.NUMBER: {"en": "a number", "zh": "数"},
    FieldType.BOOLEAN: {"en": "true or false", "zh": "真或假"},
    FieldType.STRING: {"en": "text", "zh": "文字"},
    FieldType.TIMESTAMP: {"en": "a date-time", "zh": "日期时间"},
    FieldType.DATE: {"en": "a date", "zh": "日期"},
}


def finding(
    code: str,
    field: str,
    value: object,
    contract: DataContract,
    ahead_us: int | None = None,
    row: int | None = None,
    limit: Text | None = None,
) -> Finding:
    """The finding of ``code`` about ``field`` with its texts filled in.

    Args:
        code: A key of ``CATALOGUE``.
        field: Name of the field, or ``"id"`` or ``"time"``.
        value: What the source said.
        contract: The contract that it was checked against.
        ahead_us: Latest time that was accepted, µs UTC, for ``time.ahead``.
        row: Row of the source, counted from 1; ``None`` for a single event.
        limit: The limit that was broken, where the contract does not say it.
    """
    spec = contract.field(field)
    limits = limit or _limit(code, field, spec, contract, ahead_us)
    names: Text = spec.title if spec else {"en": field, "zh": _PLACE_ZH.get(field, field)}
    shown = _shown(value)
    entry = CATALOGUE[code]
    where = f"row {row}, {field}" if row is not None else field
    return Finding(
        code,
        where,
        {"en": _fill(entry.text["en"], names["en"], shown, limits["en"]), "zh": _fill(entry.text["zh"], names["zh"], shown, limits["zh"])},
        {
            "en": _fill(entry.remedy["en"], names["en"], shown, limits["en"]),
            "zh": _fill(entry.remedy["zh"], names["zh"], shown, limits["zh"]),
        },
    )


_PLACE_ZH = {"id": "编号", "time": "时间", "row": "行"}


def _fill(template: str, field: str, value: str, limit: str) -> str:
    return template.format(field=field, value=value, limit=limit)


def shown_name(name: str) -> str:
    """A name as a finding repeats it: as it stands, but for one that a reader could not see or would not want to."""
    return name if name.isprintable() and name == name.strip() and 0 < len(name) <= SHOWN_LENGTH_MAX else _shown(name)


def _shown(value: object) -> str:
    if isinstance(value, date | time):
        text = value.isoformat()
    elif isinstance(value, int) and abs(value) >= _LONG_INTEGER:
        text = f"{Decimal(value):.6e}"  # int to text is refused beyond 4,300 digits
    else:
        text = str(value) if isinstance(value, int | float | Decimal) else repr(value)
    return text if len(text) <= SHOWN_LENGTH_MAX else text[: SHOWN_LENGTH_MAX - 1] + "…"


def _limit(code: str, field: str, spec: FieldSpec | None, contract: DataContract, ahead_us: int | None) -> Text:
    plain: str | None = {
        "amount.too_large": str(AMOUNT_MINOR_MAX),
        "currency.not_accepted": contract.currency,
        "time.before_horizon": time_text(contract.horizon_us),
        "id.length": str(ID_LENGTH_MAX),
        "kind.other": contract.kind,
    }.get(code)
    if code == "time.ahead" and ahead_us is not None:
        plain = time_text(ahead_us)
    if spec is not None and plain is None:
        if code == "field.type":
            return _TYPE_WORDS[spec.type]
        plain = _spec_limit(code, spec)
    if code == "field.type" and plain is None:  # an id
        return _TYPE_WORDS[FieldType.STRING]
    plain = plain or field
    return {"en": plain, "zh": plain}


def _spec_limit(code: str, spec: FieldSpec) -> str | None:
    if code in ("field.range.below", "field.range.above"):
        bound = spec.minimum if code == "field.range.below" else spec.maximum
        if bound is None:
            return None
        if spec.type is FieldType.TIMESTAMP:
            return time_text(bound)
        return f"{bound / spec.scale:,.{spec.decimals}f}" if spec.decimals else f"{bound:,}"
    if code == "field.one_of":
        return ", ".join(spec.one_of)
    return {"field.length": str(spec.length_max), "amount.fraction": str(spec.decimals), "amount.two_forms": f"{spec.name}_minor"}.get(code)
