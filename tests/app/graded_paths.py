"""Where the planted values of ``test_grades_on_pages`` are looked for: every page, file and answer of the console."""

from collections.abc import Mapping, Sequence
from urllib.parse import quote


def paths_of(
    first: str, second: str, third: str, *, case: str, file: str, decision: str, measures: tuple[str, str], job: str, before: str
) -> Mapping[str, Sequence[str]]:
    """Addresses by route, of the first, second and third alert and of what else is planted."""

    def at(*parts: str) -> str:
        return "/" + "/".join(quote(part, safe="") for part in parts)

    measure, limit = measures
    return {
        "/": ["/"],
        "/decisions": ["/decisions", "/decisions?outcome=decline", "/decisions?q=cust-7f3", "/decisions?subject=acct-7f3"],
        "/decisions/{record:path}": [at("decisions", decision)],
        "/log": ["/log", f"/log?record={quote(decision)}"],
        "/system": ["/system"],
        "/alerts": ["/alerts", "/alerts?show=closed", "/alerts?show=review", "/alerts?pattern=rule.huge"],
        "/alerts/{alert:path}": [at("alerts", one) for one in (first, second, third)],
        "/cases": ["/cases", "/cases?show=proposed"],
        "/cases/{case:path}": [at("cases", case)],
        "/measures": ["/measures", "/measures?role=customer"],
        "/measures/of/{role}/{subject:path}": [
            at("measures", "of", "customer", "cust-7f3"),
            at("measures", "of", "customer", "nobody-7f3"),
            at("measures", "of", "account", "acct-7f3"),
        ],
        "/measures/{measure:path}": [at("measures", measure), at("measures", limit)],
        "/lists": ["/lists"],
        "/lists/{list}": ["/lists/suspects", "/lists/suspects?value=cust-7f3", "/lists/tools", "/lists/places"],
        "/policies": ["/policies"],
        "/policies/{policy}": ["/policies/small"],
        "/policies/{policy}/versions/{version}": [
            "/policies/small/versions/folder",
            "/policies/small/versions/folder?file=payers.csv",
            "/policies/small/versions/folder?file=policy.toml",
            f"/policies/small/versions/{before}",
        ],
        "/policies/{policy}/tables/{table}": ["/policies/small/tables/velocity"],
        "/policies/{policy}/rules": ["/policies/small/rules"],
        "/policies/{policy}/thresholds": ["/policies/small/thresholds"],
        "/policies/{policy}/difference/{version}": [f"/policies/small/difference/small?against={before}"],
        "/replay": ["/replay"],
        "/users": ["/users"],
        "/webhooks": ["/webhooks"],
        "/webhooks/{webhook:path}": [],
        "/download/proof/{record:path}": [at("download", "proof", decision)],
        "/download/keys": ["/download/keys"],
        "/replays/{job}": [at("replays", job)],
        "/download/lists/{list}": ["/download/lists/suspects", "/download/lists/places"],
        "/download/cases/{case}/files/{entry}": [at("download", "cases", case, "files", file)],
        "policy.check": ["/ask/policy.check"],
        "policy.trial": ["/ask/policy.trial"],
        "policy.shape": ["/ask/policy.shape"],
    }
