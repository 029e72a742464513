"""A small policy that reads measures: what is frozen is declined, what is limited pays up to the limit, and large payments impose both."""

from pathlib import Path

from huitong.contracts import DataContract
from huitong.decisions.policy import LoadedPolicy, load_policy
from huitong.risk import transactions
from tests.risk.disposition.build import CONTRACTS

FEATURES = """
[features]
amount = { field = "amount" }
channel = { field = "channel" }

[features.account_freeze_left]
remaining = "until"
by = "account"
events = "measure.changed"
where = { role = "account", measure = "freeze", scope = "whole" }
title = { zh = "账户冻结还剩的小时数", en = "hours that the account is still frozen" }
unit = "hours"

[features.online_freeze_left]
remaining = "until"
by = "account"
events = "measure.changed"
where = { role = "account", measure = "freeze", scope = "channel", channel = "online" }
unit = "hours"

[features.payee_hold_left]
remaining = "until"
by = ["account", "counterparty"]
events = "measure.changed"
where = { role = "account", measure = "hold", scope = "counterparty" }
unit = "hours"

[features.account_limit_left]
remaining = "until"
by = "account"
events = "measure.changed"
where = { role = "account", measure = "limit", scope = "whole" }
title = { zh = "账户限额还剩的小时数", en = "hours that the limit of the account still holds" }
unit = "hours"

[features.account_limit]
profile = "amount"
by = "account"
events = "measure.changed"
where = { role = "account", measure = "limit", scope = "whole" }
title = { zh = "账户限额", en = "limit of the account" }

[features.account_limit_used]
sum = "amount"
by = "account"
events = "measure.drawn"
over = "24h"
where = { role = "account" }
title = { zh = "账户限额之下已支付的金额", en = "paid under the limit of the account" }
"""
POLICY = """
format = 1

[policy]
name = "guarded"
title = { zh = "读取措施的策略", en = "A policy that reads measures" }
owner = "tests"
decides = "payment.requested"
currency = "CNY"
outcomes = ["approve", "review", "decline"]

[order]
stages = ["rules"]

[[rules]]
id = "account_frozen"
when = "account_freeze_left > 0"
outcome = "decline"
reason = { zh = "付款账户已被冻结", en = "the paying account is frozen" }

[[rules]]
id = "online_frozen"
when = 'channel = "online" and online_freeze_left > 0'
outcome = "decline"
reason = { zh = "付款账户的网上支付已被冻结", en = "payments of the account over the internet are frozen" }

[[rules]]
id = "payee_held"
when = "payee_hold_left > 0"
outcome = "decline"
reason = { zh = "向该收款账户的支付已被暂缓", en = "payments to this account are held" }

[[rules]]
id = "over_the_limit"
when = "account_limit_left > 0 and account_limit_used + amount > account_limit"
outcome = "decline"
reason = { zh = "超过该账户的限额", en = "more than the limit of the account allows" }

[[rules]]
id = "large"
when = "amount > 5000"
outcome = "review"
reason = { zh = "大额支付", en = "a large payment" }

[measures.review]
kind = "limit"
role = "account"
for = "24h"
"""


def write_guarded(policies: Path) -> Path:
    """Writes the policy's folder."""
    inside = policies / "guarded"
    inside.mkdir(parents=True, exist_ok=True)
    (inside / "policy.toml").write_text(POLICY, "utf-8")
    (inside / "features.toml").write_text(FEATURES, "utf-8")
    return inside


def guarded(folder: Path) -> LoadedPolicy:
    """The policy, loaded from a folder that is written here."""
    inside = write_guarded(folder)
    known = [DataContract.load(path) for path in transactions.shipped()["contracts"]]
    contracts = {contract.kind: contract for contract in known} | CONTRACTS
    return load_policy(inside, contracts, folder / "models", folder / "cache")
