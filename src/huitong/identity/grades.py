"""Fields above a reader's grade, replaced by a mark that says why: in an event, and in everything of a decision that derives from a field.

A feature has the grade of the strongest field that it is computed from; a reason that of what it speaks of; a row of a table that of its
inputs. What no contract names has the highest grade: a new field is hidden until somebody grades it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias, TypeVar

from huitong.contracts import DataContract, Decision, Event, ListHit, Measure, PatternEdge, Reason, RuleHit, Standing, Value
from huitong.identity.purposes import PURPOSE_TITLES, Clearance
from huitong.kernel import Text

T = TypeVar("T")
GRADE_UNKNOWN = 5
"""Of what nobody graded."""
GRADE_PERSONAL = 3
"""From here on data says something about a person; reading it is written down."""
NOTHING_MORE: Mapping[str, int] = {}


@dataclass(frozen=True, slots=True)
class Hidden:
    """Stands where a value would, and says why it does not.

    Attributes:
        grade: Grade of what is hidden.
        why: For people, in zh and en.
    """

    grade: int
    why: Text


Veiled: TypeAlias = T | Hidden


def hidden(grade: int, clearance: Clearance) -> Hidden:
    """The mark for a value of that grade."""
    why = _limit(clearance)
    return Hidden(grade, {"en": f"of grade {grade}; {why['en']}", "zh": f"分级为 {grade} 级；{why['zh']}"})


def _limit(clearance: Clearance) -> Text:
    """Up to which grade somebody sees, and what that rests on."""
    if clearance.of_key:
        return {"en": f"this key's grade is {clearance.grade}", "zh": f"该密钥的级别为 {clearance.grade}"}
    purpose = clearance.purpose
    if purpose is None:
        en, zh = "no purpose is stated", "未说明目的"
    else:
        title = PURPOSE_TITLES[purpose.kind]
        en, zh = f"the purpose is {title['en']} {purpose.reference}", f"目的为{title['zh']} {purpose.reference}"
    return {"en": f"you see up to grade {clearance.grade}: {en}", "zh": f"您可见至 {clearance.grade} 级：{zh}"}


@dataclass(frozen=True, slots=True)
class FieldGrades:
    """Grades of an event's fields.

    Attributes:
        keys: Of each key role.
        data: Of each other field.
    """

    keys: Mapping[str, int]
    data: Mapping[str, int]

    @classmethod
    def of(cls, contract: DataContract | None) -> "FieldGrades":
        """Those of a contract; without one nothing is graded, hence everything hidden."""
        fields = () if contract is None else contract.fields
        return cls(
            {spec.key: spec.grade for spec in fields if spec.key is not None},
            {spec.name: spec.grade for spec in fields if spec.key is None},
        )

    def strongest(self) -> int:
        """The highest of them all."""
        return max((*self.keys.values(), *self.data.values()), default=GRADE_UNKNOWN)

    def of_field(self, name: str) -> int:
        """Grade of a key or field by name."""
        return self.keys.get(name, self.data.get(name, GRADE_UNKNOWN))


@dataclass(frozen=True, slots=True)
class ShownEvent:
    """An event as a reader may see it.

    Attributes:
        id: Its id.
        kind: Its kind.
        time_us: Its time.
        keys: Its keys, each itself or a mark.
        data: Its other fields, each itself or a mark.
        seen: Highest grade of what is shown.
        personal: Names of the shown fields from grade 3 on.
    """

    id: str
    kind: str
    time_us: int
    keys: Mapping[str, Veiled[str]]
    data: Mapping[str, Veiled[Value]]
    seen: int
    personal: tuple[str, ...]


def shown_event(
    event: Event, contract: DataContract | None, clearance: Clearance, at_least: Mapping[str, int] = NOTHING_MORE
) -> ShownEvent:
    """An event with every field above the clearance replaced by a mark.

    Args:
        event: The event.
        contract: Data contract of its kind; without one every field is hidden.
        clearance: Up to which grade the reader sees.
        at_least: Grades of single fields where what stands in them is graded higher than the contract says.
    """
    grades = FieldGrades.of(contract)
    keys = {role: (grades.keys.get(role, GRADE_UNKNOWN), text) for role, text in event.keys.items()}
    data = {name: (max(grades.data.get(name, GRADE_UNKNOWN), at_least.get(name, 1)), value) for name, value in event.data.items()}
    given = {name: grade for name, (grade, value) in (*keys.items(), *data.items()) if grade <= clearance.grade and value is not None}
    return ShownEvent(
        event.id,
        event.kind,
        event.time_us,
        {role: veiled(text, grade, clearance) for role, (grade, text) in keys.items()},
        {name: veiled(value, grade, clearance) for name, (grade, value) in data.items()},
        max(given.values(), default=1),
        tuple(sorted(name for name, grade in given.items() if grade >= GRADE_PERSONAL)),
    )


def veiled(value: T, grade: int, clearance: Clearance) -> Veiled[T]:
    """A value where the clearance reaches its grade, else the mark in its place: for whatever else a page shows."""
    return value if grade <= clearance.grade else hidden(grade, clearance)


def grade_of_key(contracts: Iterable[DataContract], role: str) -> int:
    """The highest grade that one of several kinds of event gives what stands under a key role; 1 where none has it."""
    return max((spec.grade for contract in contracts for spec in contract.fields if spec.key == role), default=1)


def searchable(contract: DataContract, clearance: Clearance) -> frozenset[str]:
    """Fields and key roles by which a reader may search or sort: what they may not see they are not to find out by guessing.

    Args:
        contract: Data contract of what is searched.
        clearance: Up to which grade the reader sees.
    """
    return frozenset(
        name for spec in contract.fields if spec.grade <= clearance.grade for name in (spec.name, spec.key) if name is not None
    )


@dataclass(frozen=True, slots=True)
class DecisionGrades:
    """Grades of what decisions of a policy say; what is not named here has the grade ``other``.

    Attributes:
        fields: Of the decided event.
        features: Of each feature: that of the strongest field that it comes from.
        tables: Of each decision table's rows, by its name, and of the rules, by ``"rules"``.
        lists: Of each list's entries: that of the field that they are looked up by.
        reasons: Of each reason by its code.
        ends: Of the ends of a pattern's edges.
        amount: Of an edge's amount.
        other: Of whatever else there is: the strongest of all fields that the policy knows.
        strongest: The strongest of them all: who sees up to it sees every decision whole.
    """

    fields: FieldGrades
    features: Mapping[str, int] = field(default_factory=dict)
    tables: Mapping[str, int] = field(default_factory=dict)
    lists: Mapping[str, int] = field(default_factory=dict)
    reasons: Mapping[str, int] = field(default_factory=dict)
    ends: int = GRADE_UNKNOWN
    amount: int = GRADE_UNKNOWN
    other: int = GRADE_UNKNOWN
    strongest: int = field(init=False)

    def __post_init__(self) -> None:
        """Finds the strongest, once for all the decisions that are to be shown."""
        named = (*self.features.values(), *self.tables.values(), *self.lists.values(), *self.reasons.values())
        object.__setattr__(self, "strongest", max(self.fields.strongest(), *named, self.ends, self.amount, self.other))

    @property
    def patterns(self) -> int:
        """Of a pattern that was found: that of a feature that says so."""
        return max(self.ends, self.amount)

    def of_code(self, code: str) -> int:
        """Grade of a reason by its code: as named; of the list, feature or table that the code names; else ``other``."""
        if code in self.reasons:
            return self.reasons[code]
        stage, _, name = code.partition(".")
        if stage == "table":
            return self.tables.get(name.rpartition(".")[0], self.other)
        known = {"list": self.lists, "model": self.features}.get(stage, {})
        return known.get(name, self.other)


@dataclass(frozen=True, slots=True)
class ShownReason:
    """A reason as a reader may see it. That a rule spoke tells what a field holds, hence its code is graded like its text."""

    source: str
    code: Veiled[str]
    text: Veiled[Text]
    contribution: Veiled[float]
    standing: Standing


@dataclass(frozen=True, slots=True)
class ShownRule:
    """A rule or table that hit, like the reason that it gave: that it did, and in which row, says between which bounds a value lies."""

    table: Veiled[str]
    row: Veiled[int]
    outcome: Veiled[str | None]


@dataclass(frozen=True, slots=True)
class ShownListHit:
    """A list that hit, like the reason that it gave."""

    list: Veiled[str]
    value: Veiled[str]
    note: Veiled[str]


@dataclass(frozen=True, slots=True)
class ShownEdge:
    """An edge of a pattern that the reader may see."""

    event: str
    source: str
    target: str
    time_us: int
    amount_minor: int | None


@dataclass(frozen=True, slots=True)
class ShownMeasure:
    """A measure."""

    kind: str
    role: str
    subject: Veiled[str]
    until_us: int
    ground: Veiled[str]


@dataclass(frozen=True, slots=True)
class ShownChange:
    """The smallest change that would have led to a milder outcome."""

    field: str
    value: float
    outcome: str
    text: Text


@dataclass(frozen=True, slots=True)
class ShownDecision:
    """A decision as a reader may see it. Outcome, score and tier are the policy's answer and no field of anybody's.

    ``seen`` is the highest grade of what is shown, ``personal`` names what of it has grade 3 or more.
    """

    id: str
    event: str
    policy: str
    version: str
    outcome: str
    score: float | None
    reasons: tuple[ShownReason, ...]
    features: Mapping[str, Veiled[float | str | None]]
    contributions: Mapping[str, Veiled[float]]
    base: Veiled[float | None]
    rules: tuple[ShownRule, ...]
    lists: tuple[ShownListHit, ...]
    patterns: Veiled[Mapping[str, tuple[ShownEdge, ...]]]
    measures: tuple[ShownMeasure, ...]
    smallest_change: Veiled[ShownChange] | None
    tier: str
    latency_ns: int
    seen: int
    personal: tuple[str, ...]


def shown_decision(decision: Decision, grades: DecisionGrades, clearance: Clearance) -> ShownDecision:
    """A decision with everything that derives from a field above the clearance replaced by a mark.

    Args:
        decision: The decision.
        grades: Grades of what its policy says.
        clearance: Up to which grade the reader sees.
    """
    evidence = decision.evidence
    of_feature = {name: grades.features.get(name, grades.other) for name in (*evidence.features, *evidence.contributions)}
    given = {name: grade for name, grade in _parts(decision, grades) if grade <= clearance.grade}
    change = decision.smallest_change
    shown_change: Veiled[ShownChange] | None = None
    if change is not None:
        plain = ShownChange(change.field, change.value, change.outcome, change.text)
        grade = max(grades.fields.of_field(change.field), of_feature.get(change.field, 1))
        shown_change = veiled(plain, grade, clearance)
    return ShownDecision(
        decision.id,
        decision.event,
        decision.policy,
        decision.version,
        decision.outcome,
        decision.score,
        tuple(_reason(reason, grades, clearance) for reason in decision.reasons),
        {name: veiled(value, of_feature[name], clearance) for name, value in evidence.features.items()},
        {name: veiled(value, of_feature[name], clearance) for name, value in evidence.contributions.items()},
        # With the score and all other contributions, the base would give a hidden one away.
        veiled(evidence.base, max((of_feature[name] for name in evidence.contributions), default=1), clearance),
        tuple(_rule(hit, grades, clearance) for hit in evidence.rules),
        tuple(_list_hit(hit, grades, clearance) for hit in evidence.lists),
        _patterns(evidence.patterns, grades, clearance),
        tuple(_measure(measure, grades, clearance) for measure in decision.measures),
        shown_change,
        decision.tier,
        decision.latency_ns,
        max(given.values(), default=1),
        tuple(sorted(name for name, grade in given.items() if grade >= GRADE_PERSONAL)),
    )


def _parts(decision: Decision, grades: DecisionGrades) -> Iterator[tuple[str, int]]:
    """What of a decision tells something about somebody, by the name under which its reading is written down, with its grade."""
    evidence = decision.evidence
    yield from ((name, grades.features.get(name, grades.other)) for name, value in evidence.features.items() if value is not None)
    yield from ((f"list:{hit.list}", grades.lists.get(hit.list, grades.other)) for hit in evidence.lists)
    if any(evidence.patterns.values()):
        yield "patterns", grades.patterns
    yield from ((reason.code, grades.of_code(reason.code)) for reason in decision.reasons)
    yield from ((measure.role, grades.fields.keys.get(measure.role, grades.other)) for measure in decision.measures)
    if decision.smallest_change is not None:
        yield decision.smallest_change.field, grades.fields.of_field(decision.smallest_change.field)


def _reason(reason: Reason, grades: DecisionGrades, clearance: Clearance) -> ShownReason:
    grade = grades.of_code(reason.code)
    return ShownReason(
        reason.source,
        veiled(reason.code, grade, clearance),
        veiled(reason.text, grade, clearance),
        veiled(reason.contribution, grade, clearance),
        reason.standing,
    )


def _rule(hit: RuleHit, grades: DecisionGrades, clearance: Clearance) -> ShownRule:
    grade = grades.tables.get(hit.table, grades.other)
    return ShownRule(veiled(hit.table, grade, clearance), veiled(hit.row, grade, clearance), veiled(hit.outcome, grade, clearance))


def _list_hit(hit: ListHit, grades: DecisionGrades, clearance: Clearance) -> ShownListHit:
    grade = grades.lists.get(hit.list, grades.other)
    return ShownListHit(veiled(hit.list, grade, clearance), veiled(hit.value, grade, clearance), veiled(hit.note, grade, clearance))


def _patterns(
    patterns: Mapping[str, tuple[PatternEdge, ...]], grades: DecisionGrades, clearance: Clearance
) -> Veiled[Mapping[str, tuple[ShownEdge, ...]]]:
    """The patterns that were found, or one mark for all of them."""
    if not patterns:
        return {}
    found = {
        name: tuple(ShownEdge(edge.event, edge.source, edge.target, edge.time_us, edge.amount_minor) for edge in edges)
        for name, edges in patterns.items()
    }
    return veiled(found, grades.patterns, clearance)


def _measure(measure: Measure, grades: DecisionGrades, clearance: Clearance) -> ShownMeasure:
    grade = grades.fields.keys.get(measure.role, grades.other)
    ground = veiled(measure.ground, grades.of_code(measure.ground), clearance)
    return ShownMeasure(measure.kind, measure.role, veiled(measure.subject, grade, clearance), measure.until_us, ground)
