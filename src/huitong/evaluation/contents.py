"""What a replay report holds: plain frozen values that become JSON and come back. Money in minor units, shares 0 to 1, dates local."""

import msgspec

from huitong.evaluation.metrics import CalibrationBin, Estimate
from huitong.evaluation.sample_contents import SampleDecision, Words
from huitong.evaluation.thresholds import Costs, ThresholdChoice


class Tally(msgspec.Struct, frozen=True):
    """Payments: how many, how much."""

    count: int = 0
    amount_minor: int = 0


class OutcomeTally(msgspec.Struct, frozen=True):
    """What one outcome was given to."""

    name: str
    title: Words
    role: str
    payments: Tally
    fraud: Tally
    honest: Tally
    unknown: Tally


class Effect(msgspec.Struct, frozen=True):
    """What a version of the policy was worth, and at whose cost.

    What is said of frauds counts those known; of people, and the cost, nothing can be said (``None``) while the outcomes of too few
    payments are known (``evaluation.known``).

    Attributes:
        payments: All of them.
        fraud: Those that turned out to be fraud.
        declined: Frauds stopped at once.
        reviewed: Frauds laid before a person; taken as found.
        missed: Frauds let through.
        honest_payments_touched: Honest payments reviewed or declined.
        honest_customers_touched: Distinct customers of theirs.
        honest_customers_declined: Distinct customers with an honest payment declined.
        honest_customer_days_declined: The same counted anew each day: what harm is paid for.
        customers: Distinct customers.
        alerts: Payments to review.
        alerts_per_day: On average.
        days_over_capacity: Days with more alerts than the team can review; ``None`` without a capacity.
        cost_minor: Loss + reviews + harm; ``None`` without a loss matrix.
        cost_of_nothing_minor: Loss if every payment had passed; ``None`` likewise.
    """

    payments: Tally
    fraud: Tally
    declined: Tally
    reviewed: Tally
    missed: Tally
    honest_payments_touched: int | None
    honest_customers_touched: int | None
    honest_customers_declined: int | None
    honest_customer_days_declined: int | None
    customers: int
    alerts: int
    alerts_per_day: float
    days_over_capacity: int | None
    cost_minor: int | None
    cost_of_nothing_minor: int | None

    @property
    def caught(self) -> Tally:
        """Frauds declined or reviewed."""
        return Tally(self.declined.count + self.reviewed.count, self.declined.amount_minor + self.reviewed.amount_minor)


class Day(msgspec.Struct, frozen=True):
    """One day."""

    date: str
    payments: int
    alerts: int
    declined: int
    frauds: int
    frauds_caught: int


class Week(msgspec.Struct, frozen=True):
    """Seven days (the last week may have fewer).

    Attributes:
        outcomes: Payments by outcome, in the report's order of outcomes.
        average_precision: ``None`` without a fraud.
        psi: Stability of the score against the reference weeks; ``None`` without scores.
    """

    start: str
    days: int
    payments: int
    outcomes: list[int]
    frauds: int
    frauds_caught: int
    fraud_missed_minor: int
    alerts_per_day: float
    average_precision: Estimate | None
    psi: float | None


class ScoreQuality(msgspec.Struct, frozen=True):
    """How good the score is, over payments that have one and whose label is known.

    Attributes:
        judged_from: Date from which payments were judged, because training had seen the earlier ones; ``None`` for all of them.
    """

    judged_from: str | None
    cases: int
    wrongs: int
    average_precision: Estimate | None
    roc_auc: Estimate | None
    card_precision_100: float | None
    card_precision_possible: float | None
    log_loss: float | None
    brier: float | None
    calibration_error: float | None
    review_precision: float | None
    review_recall: float | None
    decline_precision: float | None
    decline_recall: float | None
    calibration: tuple[CalibrationBin, ...]


class ScoreBin(msgspec.Struct, frozen=True):
    """Payments with a score from ``low`` up to below ``high``."""

    low: float
    high: float
    honest: int
    frauds: int
    unknown: int


class GroupRow(msgspec.Struct, frozen=True):
    """One value of a grouping; whom it touched is ``None`` while too few outcomes are known."""

    title: Words
    payments: Tally
    fraud: Tally
    caught: Tally
    missed: Tally
    honest_payments_touched: int | None
    alerts: int


class GroupTable(msgspec.Struct, frozen=True):
    """A grouping."""

    name: str
    title: Words
    rows: tuple[GroupRow, ...]


class RuleRow(msgspec.Struct, frozen=True):
    """A rule: how often it hit, how often rightly, and whom else; the last two ``None`` where too few outcomes are known."""

    name: str
    title: Words
    hits: int
    frauds: int
    fraud_minor: int
    precision: Estimate | None
    honest_customers: int | None


class Transition(msgspec.Struct, frozen=True):
    """Payments that the other version gave one outcome and this version another."""

    before: int
    after: int
    payments: Tally
    frauds: Tally


class Difference(msgspec.Struct, frozen=True):
    """One payment decided differently; ``right`` is ``"this"``, ``"other"`` or ``"unknown"``."""

    id: str
    time_us: int
    amount_minor: int
    before: int
    after: int
    score_before: float | None
    score_after: float | None
    label: int
    right: str
    customer: str | None = None


class Comparison(msgspec.Struct, frozen=True):
    """This version against another on the same payments.

    Attributes:
        version: The other version's hash.
        title: The other version.
        effect: What the other version was worth.
        transitions: Every pair of outcomes that occurred.
        differing: Payments decided differently.
        this_right: Of these, a fraud treated more strictly or an honest one more mildly by this version.
        other_right: The reverse.
        undecided: Label not known.
        gained_minor: Money of frauds that only this version catches.
        lost_minor: Money of frauds that only the other catches.
        differences: The differing payments with the most money, at most ``DIFFERENCES_MAX``.
    """

    version: str
    title: Words
    effect: Effect
    transitions: tuple[Transition, ...]
    differing: int
    this_right: Tally
    other_right: Tally
    undecided: Tally
    gained_minor: int
    lost_minor: int
    differences: tuple[Difference, ...]


class DriftRow(msgspec.Struct, frozen=True):
    """How far a feature's distribution moved from the first weeks to the last."""

    name: str
    title: Words
    psi: float | None
    missing_before: float
    missing_after: float
    median_before: float | None
    median_after: float | None


class FeatureRow(msgspec.Struct, frozen=True):
    """A feature of the policy."""

    name: str
    title: Words
    unit: str


class FoldRow(msgspec.Struct, frozen=True):
    """One fold."""

    train_from: str
    train_to: str
    test_from: str
    test_to: str
    payments: int
    frauds: int
    average_precision: float
    roc_auc: float
    card_precision_100: float


class PrequentialTable(msgspec.Struct, frozen=True):
    """A protocol, its folds and their mean."""

    title: Words
    folds: tuple[FoldRow, ...]
    average_precision: float
    roc_auc: float
    card_precision_100: float


class QuarantineRow(msgspec.Struct, frozen=True):
    """Rows in quarantine for one kind of finding."""

    code: str
    text: Words
    rows: int
    example: str


class Method(msgspec.Struct, frozen=True):
    """Enough to make the report again."""

    made_at_us: int
    command: str
    hashes: dict[str, str]
    seeds: dict[str, int]
    software: dict[str, str]
    rows_read: int
    rows_judged: int
    rows_quarantined: int
    quarantine: tuple[QuarantineRow, ...]
    label_delay_days: float | None
    labels_unknown: int
    scores_missing: int
    trained_until_us: int | None
    payments_seen_in_training: int | None
    settled_before_us: int | None = None


class ReplayReport(msgspec.Struct, frozen=True, kw_only=True):
    """The whole report. Plain data: ``to_json`` and ``of_json`` lose nothing.

    Attributes:
        length_days: How long the period is, a day that is cut off only in part: what figures "a day" are divided by.
        costs: The team's capacity and the loss matrix, where the policy names them.
        choice: The cheapest thresholds; ``None`` without costs, without a score or while too few outcomes are known.
    """

    policy: str
    title: Words
    version: str
    currency: str
    zone: str
    first_date: str
    last_date: str
    length_days: float
    outcomes: tuple[OutcomeTally, ...]
    effect: Effect
    days: tuple[Day, ...]
    weeks: tuple[Week, ...]
    quality: ScoreQuality | None
    scores: tuple[ScoreBin, ...]
    review_from: float | None
    decline_from: float | None
    costs: Costs | None
    choice: ThresholdChoice | None
    groups: tuple[GroupTable, ...]
    rules: tuple[RuleRow, ...]
    comparison: Comparison | None
    drift: tuple[DriftRow, ...]
    features: tuple[FeatureRow, ...]
    roles: dict[str, Words]
    samples: tuple[SampleDecision, ...]
    prequential: tuple[PrequentialTable, ...]
    method: Method

    @property
    def unlabelled(self) -> bool:
        """Whether of no payment it is known how it turned out: then nothing was stopped, missed or harmed as far as anybody knows."""
        return self.method.labels_unknown == self.effect.payments.count

    @property
    def too_early(self) -> bool:
        """Whether the outcomes of too few payments are known for any rate (``evaluation.known``): only what is known so far can be said."""
        return self.effect.honest_payments_touched is None

    @property
    def touched(self) -> int:
        """Payments stopped or reviewed."""
        return sum(one.payments.count for one in self.outcomes if one.role != "pass")

    @property
    def touched_unknown(self) -> int:
        """Those of them whose outcome is not known."""
        return sum(one.unknown.count for one in self.outcomes if one.role != "pass")

    @property
    def touched_honest(self) -> int:
        """Those of them that are known to be honest."""
        return sum(one.honest.count for one in self.outcomes if one.role != "pass")

    def to_json(self) -> bytes:
        """The report as JSON, UTF-8; the same report gives the same bytes."""
        return msgspec.json.encode(self)

    @classmethod
    def of_json(cls, document: bytes) -> "ReplayReport":
        """The report from its JSON."""
        return msgspec.json.decode(document, type=cls)
