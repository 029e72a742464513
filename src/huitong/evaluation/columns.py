"""What a replay hands over to be judged: columns, the words they are coded in, and what goes with them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt

from huitong.contracts import NULL_INT, Decision, Event, Float64Array, Int32Array, Int64Array
from huitong.evaluation.thresholds import Costs
from huitong.kernel import InputError, Text

Role = Literal["pass", "review", "stop"]
"""What an outcome does to the payment: lets it through, asks a person, stops it."""


@dataclass(frozen=True, slots=True)
class OutcomeWord:
    """One word of a policy's vocabulary.

    Attributes:
        name: As in decisions (``"review"``).
        title: For people.
        role: What it does to the payment.
    """

    name: str
    title: Text
    role: Role


PAYMENT_OUTCOMES: tuple[OutcomeWord, ...] = (
    OutcomeWord("approve", {"en": "approve", "zh": "通过"}, "pass"),
    OutcomeWord("review", {"en": "review", "zh": "人工复核"}, "review"),
    OutcomeWord("decline", {"en": "decline", "zh": "拒绝"}, "stop"),
)
"""The usual vocabulary of a payment policy, mildest first."""


class Texts(Protocol):
    """A sequence of texts that is only looked into here and there: a list or an Arrow string array."""

    def __len__(self) -> int: ...
    def __getitem__(self, row: int, /) -> object: ...


@dataclass(frozen=True, slots=True)
class Group:
    """A way of parting the payments: scenario, channel, region.

    Attributes:
        name: Stable name.
        title: For people.
        codes: Position in ``values`` for each payment, -1 for none, shape ``(n,)``.
        values: Titles of the values.
    """

    name: str
    title: Text
    codes: Int32Array
    values: Sequence[Text]


@dataclass(frozen=True, slots=True)
class RuleWord:
    """A rule, list or table row that can hit."""

    name: str
    title: Text


@dataclass(frozen=True, slots=True)
class RuleHits:
    """Which rules hit which payments, as pairs in any order.

    Attributes:
        rules: The rules.
        rows: Payment of each hit, shape ``(hits,)``.
        codes: Rule of each hit, shape ``(hits,)``.
    """

    rules: Sequence[RuleWord]
    rows: Int64Array
    codes: Int32Array


@dataclass(frozen=True, slots=True)
class FeatureWord:
    """A feature for people.

    Attributes:
        name: Stable name.
        title: What it says.
        unit: Unit of its values: a currency's ISO 4217 code, seconds to days, or one that people read as it is.
        values: What values are called that are not read as numbers (``"0"`` no, ``"1"`` yes), by their text.
    """

    name: str
    title: Text
    unit: str = ""
    values: Mapping[str, Text] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FeatureValues:
    """Feature values of some payments, for drift.

    Attributes:
        rows: Which payments, shape ``(m,)``; a sample of some ten thousand is enough.
        values: NaN where missing, shape ``(m, features)``.
    """

    rows: Int64Array
    values: npt.NDArray[np.floating]


@dataclass(frozen=True, slots=True)
class Rival:
    """Another version's decisions on the same payments, in the same order and words.

    Attributes:
        version: Its content hash.
        title: What to call it.
        outcome: Outcome codes, shape ``(n,)``.
        score: Its scores, or ``None``.
    """

    version: str
    title: Text
    outcome: npt.NDArray[np.integer]
    score: Float64Array | None = None


@dataclass(frozen=True, slots=True)
class PastPayment:
    """One earlier payment of the same customer."""

    time_us: int
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Usual:
    """What a feature's value usually is for this customer: 5 %, 50 % and 95 % point of the own history (or of everybody's)."""

    low: float
    middle: float
    high: float


@dataclass(frozen=True, slots=True)
class Sample:
    """A decision to be shown in full.

    Attributes:
        decision: With its reasons and evidence.
        event: What was decided.
        label: 1 fraud, 0 honest, -1 not known.
        usual: Usual values of its features, by feature.
        history: Earlier payments of the customer, oldest first.
    """

    decision: Decision
    event: Event
    label: int
    usual: Mapping[str, Usual] = field(default_factory=dict)
    history: Sequence[PastPayment] = ()


@dataclass(frozen=True, slots=True)
class Fold:
    """One step of a prequential evaluation: trained on the past, tested on a week that the training could not know."""

    train_from: str
    train_to: str
    test_from: str
    test_to: str
    payments: int
    frauds: int
    average_precision: float
    roc_auc: float
    card_precision_100: float


@dataclass(frozen=True, slots=True)
class Prequential:
    """A protocol of prequential evaluation and its folds."""

    title: Text
    folds: Sequence[Fold]


@dataclass(frozen=True, slots=True)
class QuarantineCount:
    """How many rows one kind of finding sent to quarantine, with an example."""

    code: str
    text: Text
    rows: int
    example: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayColumns:
    """A replayed period, one row for each payment, in time order.

    Attributes:
        policy: Name of the policy.
        title: Its title.
        version: Its content hash.
        made_at_us: When the replay was made, µs UTC.
        currency: ISO 4217 code of the amounts.
        zone: IANA name of the institution's time zone; days are cut at its midnights.
        outcomes: The policy's words, mildest first.
        time_us: Event times, rising, shape ``(n,)``.
        amount_minor: ``NULL_INT`` where none, shape ``(n,)``.
        customer: Customer codes from 0, -1 where none, shape ``(n,)``.
        outcome: Position in ``outcomes``, shape ``(n,)``.
        score: Probability, NaN where the model did not run, shape ``(n,)``.
        label: 1 fraud, 0 honest, -1 not known, shape ``(n,)``.
        label_time_us: When each label became known, ``NULL_INT`` where it did not; ``None`` where nobody knows.
        settled_before_us: Payments before it had the time that a label takes. Of later ones frauds are known first, so that they are in no
            rate, cost or threshold; ``None`` where all had it.
        from_us: Where the period was cut out of a longer one, its first moment: the first day counts from there on.
        until_us: The moment after its last, likewise; the last day counts up to it.
        costs: The team's capacity and the loss matrix.
        review_from: Score from which the policy reviews, where it has such a threshold.
        decline_from: The same for declining.
        ids: Event ids, for the lists of decisions.
        customers: Their names by code, likewise.
        groups: Ways to part the payments.
        rules: Rule hits.
        roles: Titles of key roles, by role.
        features: The policy's features, for people.
        feature_values: For drift; columns in the order of ``features``.
        rival: Another version to compare with.
        prequential: Protocols evaluated prequentially.
        samples: Decisions to show in full.
        rows_read: Rows of the source, those in quarantine included.
        quarantine: What was sent to quarantine, by kind.
        hashes: Content hashes that pin the run, by what they pin (``"data"``, ``"model"``).
        seeds: Seeds used, by purpose.
        software: Versions of the software, by name.
        command: The command that makes this report again.
        trained_until_us: The latest time of a payment or label that training or choice of thresholds has seen, or ``None``.
    """

    policy: str
    title: Text
    version: str
    made_at_us: int
    currency: str
    zone: str
    outcomes: Sequence[OutcomeWord] = PAYMENT_OUTCOMES
    time_us: Int64Array
    amount_minor: Int64Array
    customer: Int32Array
    outcome: npt.NDArray[np.integer]
    score: Float64Array
    label: npt.NDArray[np.int8]
    label_time_us: Int64Array | None = None
    settled_before_us: int | None = None
    from_us: int | None = None
    until_us: int | None = None
    costs: Costs | None = None
    review_from: float | None = None
    decline_from: float | None = None
    ids: Texts | None = None
    customers: Texts | None = None
    groups: Sequence[Group] = ()
    rules: RuleHits | None = None
    roles: Mapping[str, Text] = field(default_factory=dict)
    features: Sequence[FeatureWord] = ()
    feature_values: FeatureValues | None = None
    rival: Rival | None = None
    prequential: Sequence[Prequential] = ()
    samples: Sequence[Sample] = ()
    rows_read: int | None = None
    quarantine: Sequence[QuarantineCount] = ()
    hashes: Mapping[str, str] = field(default_factory=dict)
    seeds: Mapping[str, int] = field(default_factory=dict)
    software: Mapping[str, str] = field(default_factory=dict)
    command: str = ""
    trained_until_us: int | None = None

    def rows_seen_in_training(self) -> int | None:
        """How many of the rows lie in the time that training has seen; ``None`` where nobody knows."""
        if self.trained_until_us is None:
            return None
        return int(np.searchsorted(self.time_us, self.trained_until_us, side="right"))

    def rows_settled(self) -> int:
        """How many of the rows, from the first on, had the time that a label takes."""
        if self.settled_before_us is None:
            return len(self.time_us)
        return int(np.searchsorted(self.time_us, self.settled_before_us, side="left"))

    def check(self) -> None:
        """Refuses columns that cannot be judged.

        Raises:
            InputError: If lengths differ, a code is out of range, times fall, an amount is negative or a score is no probability.
        """
        n = len(self.time_us)
        for name in ("amount_minor", "customer", "outcome", "score", "label", "label_time_us"):
            _fits(name, getattr(self, name), n)
        for group in self.groups:
            _fits(f"group {group.name}", group.codes, n)
            _within(f"group {group.name}", group.codes, -1, len(group.values))
        _within("outcome", self.outcome, 0, len(self.outcomes))
        if self.rival:
            _fits(f"outcome of {self.rival.version}", self.rival.outcome, n)
            _fits(f"score of {self.rival.version}", self.rival.score, n)
            _within(f"outcome of {self.rival.version}", self.rival.outcome, 0, len(self.outcomes))
        if self.rules:
            _within("rows of rules", self.rules.rows, 0, n)
            _within("codes of rules", self.rules.codes, 0, len(self.rules.rules))
        if self.feature_values:
            _fits("feature_values", self.feature_values.values, len(self.feature_values.rows), len(self.features))
            _within("rows of feature_values", self.feature_values.rows, 0, n)
        self._check_values()

    def _check_values(self) -> None:
        if (np.diff(self.time_us) < 0).any():
            raise _wrong("rows are not in time order", "各行未按时间排序")
        with np.errstate(invalid="ignore"):
            if (self.score < 0).any() or (self.score > 1).any():
                raise _wrong("a score lies outside 0 to 1", "存在不在 0 到 1 之间的分数")
        if ((self.amount_minor < 0) & (self.amount_minor != NULL_INT)).any():
            raise _wrong("an amount is negative", "存在负的金额")
        _within("customer", self.customer, -1, 2**31)
        _within("label", self.label, -1, 2)


def _fits(name: str, column: npt.NDArray[np.generic] | None, *shape: int) -> None:
    if column is not None and column.shape != shape:
        raise _wrong(f"{name} has shape {column.shape}, not {shape}", f"{name} 的形状为 {column.shape}，应为 {shape}")


def _within(name: str, codes: npt.NDArray[np.integer], least: int, limit: int) -> None:
    if len(codes) and (codes.min() < least or codes.max() >= limit):
        raise _wrong(f"{name} has a code outside {least} to {limit - 1}", f"{name} 中存在 {least} 至 {limit - 1} 之外的编码")


def _wrong(en: str, zh: str) -> InputError:
    return InputError(
        "evaluation.columns.wrong",
        {"en": en, "zh": zh},
        {"en": "hand over the columns as ReplayColumns describes them", "zh": "请按 ReplayColumns 的说明提供各列"},
    )
