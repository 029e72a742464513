"""A small bank that tests build for themselves: a few hundred customers, a policy of a dozen features, a model of forty trees."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from huitong.app import Bank, Source
from huitong.kernel import FixedClock, time_us
from huitong.risk import transactions

SEED = 11
DAYS = 45
CUSTOMERS = 400
RATES = transactions.FraudRates(
    stolen_card=300.0, compromised_terminal=30.0, account_takeover=150.0, mule_chain=60.0, round_tripping=20.0, new_device_burst=20.0
)
"""Ten times what is realistic, so that a small bank has enough to learn from."""
MAPPINGS = ("synthetic", "synthetic_labels", "synthetic_profiles")

FEATURES = """
[settings]
zone = "Asia/Shanghai"

[features]
amount = { field = "amount" }
channel = { field = "channel" }
is_night = { calendar = "is_night" }
customer_count_1h = { count = true, by = "customer", over = "1h" }
customer_count_7d = { count = true, by = "customer", over = "7d" }
customer_mean_30d = { mean = "amount", by = "customer", over = "30d" }
customer_ratio_30d = { ratio_to_mean = "amount", by = "customer", over = "30d" }
customer_max_30d = { max = "amount", by = "customer", over = "30d" }
device_hours = { first_seen = true, by = ["customer", "device"], unit = "hours" }
terminal_fraud_rate_28d = { rate = "fraud", events = "payment.labelled", by = "terminal", over = "28d" }
payees_24h = { distinct = "counterparty", by = "customer", over = "24h" }
on_block_list = { list = "blocked", of = "terminal" }
cycle_length = { graph = "cycle_length", over = "24h" }
"""

POLICY = """
format = 1

[policy]
name = "small"
title = { zh = "小策略", en = "Small policy" }
owner = "tests"
decides = "payment.requested"
currency = "CNY"
labels = { events = "payment.labelled", field = "fraud" }
outcomes = ["approve", "review", "decline"]

[lists.blocked]
file = "blocked.csv"
of = "terminal"
outcome = "decline"
final = true
reason = { zh = "终端在封禁名单上", en = "the terminal is blocked" }

[[rules]]
id = "large_transfer"
when = 'amount > 20000 and channel = "transfer"'
outcome = "review"
reason = { zh = "大额转账", en = "a large transfer" }

[[rules]]
id = "huge"
when = "amount > 200000"
outcome = "decline"
reason = { zh = "金额巨大", en = "a huge amount" }

[tables.velocity]
file = "velocity.dmn"
reason = { zh = "短时间内支付过多", en = "too many payments in a short time" }

[model]
features = ["amount", "customer_count_1h", "customer_count_7d", "customer_mean_30d", "customer_ratio_30d", "customer_max_30d",
  "device_hours", "terminal_fraud_rate_28d", "payees_24h"]
missing = { default = { imputed = -1 } }

[model.training]
rounds = 40
early_stopping_rounds = 40
label_delay_days = 7
validation_share = 0.2
calibration_share = 0.25

[model.reasons]
amount = { zh = "金额为 {value} 元", en = "the amount is CNY {value}" }

[thresholds]
alerts_per_day = 5
loss_missed = 1.0
cost_per_alert = 20
cost_per_harmed_customer = 100

[measures.decline]
kind = "hold"
role = "customer"
for = "24h"

[smallest_change]
fields = ["amount"]
"""

VELOCITY = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20230324/MODEL/" id="d" name="velocity" namespace="http://huitong">
  <decision id="velocity" name="velocity">
    <decisionTable id="t" hitPolicy="FIRST">
      <input id="i1" label="payments in an hour">
        <inputExpression id="e1" typeRef="number"><text>customer_count_1h</text></inputExpression>
      </input>
      <input id="i2" label="amount">
        <inputExpression id="e2" typeRef="number"><text>amount</text></inputExpression>
      </input>
      <output id="o1" name="outcome" typeRef="string"/>
      <annotation name="zh"/>
      <annotation name="en"/>
      <rule id="r1">
        <inputEntry id="c11"><text>&gt;= 6</text></inputEntry><inputEntry id="c12"><text>&gt;= 100</text></inputEntry>
        <outputEntry id="c13"><text>"decline"</text></outputEntry>
        <annotationEntry><text>一小时内第六笔</text></annotationEntry>
        <annotationEntry><text>the sixth payment within an hour</text></annotationEntry>
      </rule>
      <rule id="r2">
        <inputEntry id="c21"><text>&gt;= 4</text></inputEntry><inputEntry id="c22"><text>-</text></inputEntry>
        <outputEntry id="c23"><text>"review"</text></outputEntry>
        <annotationEntry><text>一小时内第四笔</text></annotationEntry>
        <annotationEntry><text>the fourth payment within an hour</text></annotationEntry>
      </rule>
      <rule id="r3">
        <inputEntry id="c31"><text>-</text></inputEntry><inputEntry id="c32"><text>-</text></inputEntry>
        <outputEntry id="c33"><text>"approve"</text></outputEntry>
        <annotationEntry><text></text></annotationEntry><annotationEntry><text></text></annotationEntry>
      </rule>
    </decisionTable>
  </decision>
</definitions>
"""


def write_policy(folder: Path) -> Path:
    """The small policy as a folder."""
    folder.mkdir(parents=True)
    (folder / "features.toml").write_text(FEATURES, "utf-8")
    (folder / "policy.toml").write_text(POLICY, "utf-8")
    (folder / "velocity.dmn").write_text(VELOCITY, "utf-8")
    (folder / "blocked.csv").write_text("value,from,until,note,owner\nT000001,,,skimmer found,desk\n", "utf-8")
    return folder


def write_tables(folder: Path) -> list[Source]:
    """The small bank's payments, labels and profiles as files."""
    files = transactions.generate(SEED, days=DAYS, customers=CUSTOMERS, rates=RATES).write_parquet(folder)
    return [Source(path, mapping) for path, mapping in zip((files.payments, files.labels, files.profiles), MAPPINGS, strict=True)]


def new_bank(folder: Path) -> Bank:
    """A bank with the small policy beside the shipped one."""
    bank = Bank(folder, threads=2)
    write_policy(folder / "policies" / "small")
    return bank


def make_trained_bank(folder: Path) -> Path:
    """The small bank, trained, in ``folder/bank``; what it was trained on in ``folder/tables``."""
    (folder / "tables").mkdir()
    sources = write_tables(folder / "tables")
    with new_bank(folder / "bank") as bank:
        bank.train("small", sources)
    return folder


def sources_in(folder: Path) -> list[Source]:
    """The tables of a trained small bank."""
    names = ("payments.parquet", "labels.parquet", "profiles.parquet")
    return [Source(folder / "tables" / name, mapping) for name, mapping in zip(names, MAPPINGS, strict=True)]


def changed(file: Path, *changes: tuple[str, str]) -> None:
    """Replaces texts in a file; each must stand there exactly once."""
    text = file.read_text("utf-8")
    for before, after in changes:
        assert text.count(before) == 1, f"{before!r} stands {text.count(before)} times in {file.name}"
        text = text.replace(before, after)
    file.write_text(text, "utf-8")


def clock() -> FixedClock:
    """A moment after everything that happened at the small bank."""
    return FixedClock(time_us("2026-01-01T00:00:00Z"))


@contextmanager
def full_disk(bytes_max: int) -> Iterator[None]:
    """No file may grow beyond this size: what a full disk does to whoever writes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_max, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
