"""The system: whether all is well, what runs, and what the institution set for it."""

from collections.abc import Mapping, Sequence

from huitong.console.markup import Markup, link, markup, tag
from huitong.console.views.log import finding_line
from huitong.console.words import text, word
from huitong.console.work.look import Look, View, facts, figures, path_to, section, table
from huitong.contracts import ROLE_TITLES, Health
from huitong.decisions.rollout import SHARE_WHOLE_PPM, percent_of
from huitong.evaluation.words import plural
from huitong.kernel import Text

SETTINGS: Mapping[str, Text] = {
    "log.url": text("Where the log is", "日志位置"),
    "log.durability": text("When a decision is answered", "何时答复决策"),
    "log.witness": text("Witnesses", "见证方数量"),
    "keys.master": text("Source of the master key", "主密钥来源"),
    "access.idle": text("A session ends when idle for", "会话闲置上限"),
    "access.life": text("A session ends after", "会话时长上限"),
    "access.second_factor": text("Roles that need a code device", "须绑定动态口令的角色"),
    "access.openid": text("OpenID provider", "OpenID 提供方"),
    "policy.zone": text("Time zone", "时区"),
    "bank.currency": text("Currency", "币种"),
}
VALUES: Mapping[str, Text] = {
    "full": text("once it is on the disk", "写入磁盘后"),
    "relaxed": text("before it is on the disk; each record says so", "写入磁盘前；每条记录均注明"),
    "file": text("a file", "文件"),
    "env": text("the environment", "环境变量"),
}
_ROLE_WORDS: Mapping[str, Text] = {str(role): title for role, title in ROLE_TITLES.items()}
_RETENTION, _ROLES = "retention.", "access.second_factor"
_UNITS = (
    ("day", "days", "天", 86_400),
    ("hour", "hours", "小时", 3_600),
    ("minute", "minutes", "分钟", 60),
    ("second", "seconds", "秒", 1),
)


def system_view(health: Health, titles: Mapping[str, Text], version: str, settings: Mapping[str, str], look: Look) -> View:
    """The page.

    Args:
        health: Whether all is well.
        titles: What people call the policies that decide, by name.
        version: Of Huitong.
        settings: What the institution set, by name.
        look: Who looks.
    """
    body = markup(_figures(health, version, look), _findings(health, look), _policies(health, titles, look), _settings(settings, look))
    return View(look.pick("System", "系统"), _answer(health, look), body)


def _answer(health: Health, look: Look) -> str:
    if not health.findings:
        return look.pick("All is well: the log takes records and calls are answered in time.", "一切正常：日志可写，请求均及时答复。")
    number = len(health.findings)
    en = f"{plural(number, 'thing is', 'things are')} wrong"
    if health.fit:
        return look.pick(f"{en}; decisions are answered all the same.", f"有 {number} 处异常，决策不受影响。")
    return look.pick(f"{en}, and decisions may not be answered.", f"有 {number} 处异常，可能无法答复决策。")


def _figures(health: Health, version: str, look: Look) -> Markup:
    up = look.span(look.now_us - health.started_us)
    since = markup(look.pick("since ", "自 "), look.moment(health.started_us))
    return figures(
        (look.pick("Runs for", "已运行"), up, since),
        (
            look.pick("Calls that wait", "等待中的请求"),
            look.count(health.waiting),
            look.pick("for their turn to be decided", "排队等待决策"),
        ),
        (look.pick("Records", "记录数"), link("/log", look.count(health.log_end)), look.pick("in the log", "已写入日志")),
        (look.pick("Version", "版本"), version, look.pick("of Huitong", "汇通")),
    )


def _findings(health: Health, look: Look) -> Markup:
    title = look.pick("Health", "运行状况")
    if not health.findings:
        fine = look.pick("Nothing is wrong.", "没有异常。")
        return section(title, tag("p", tag("span", "✓ ", class_="mark mark-approve", aria_hidden="true"), fine))
    return section(title, tag("ul", [tag("li", finding_line(one, look)) for one in health.findings], class_="plain"))


def _policies(health: Health, titles: Mapping[str, Text], look: Look) -> Markup:
    title = look.pick("What decides", "正在决策的策略")
    heads = (look.pick("Policy", "策略"), look.pick("Version", "版本"), look.pick("Decides for", "决策范围"))
    rows, hrefs = [], []
    for name in health.policies:
        for version, share_ppm in deciding(health, name):
            part = percent_of(share_ppm)
            some = look.pick(f"{part} % of the customers", f"{part}% 的客户")
            whom = look.pick("all customers", "全部客户") if share_ppm == SHARE_WHOLE_PPM else some
            rows.append((look.text(word(titles, name)), tag("code", version), whom))
            hrefs.append(path_to("policies", name))
    return section(title, table(title, heads, rows, hrefs=hrefs))


def deciding(health: Health, policy: str) -> Sequence[tuple[str, int]]:
    """The versions of a policy that decide, each with its share of the customers in parts per million: of a canary both."""
    live, (canary, share_ppm) = health.policies[policy], health.canaries.get(policy, ("", 0))
    return [(live, SHARE_WHOLE_PPM - share_ppm), *([(canary, share_ppm)] if share_ppm else [])]


def _settings(settings: Mapping[str, str], look: Look) -> Markup:
    rows = [(_name(name, look), _value(name, value, look)) for name, value in settings.items() if value]
    lead = look.pick(
        "From bank.toml in the bank's folder; what it does not name is as shipped. Secrets are not shown.",
        "取自机构目录中的 bank.toml，未写明的为默认值。不显示密钥与口令。",
    )
    return section(look.pick("Settings", "设置"), facts(*rows), lead=lead)


def _name(name: str, look: Look) -> str:
    if name.startswith(_RETENTION):
        kind = name.removeprefix(_RETENTION)
        contract = look.contracts.get(kind)
        said = kind if contract is None else look.text(contract.title)
        return look.pick(f"Kept: {said}", f"保存期限：{said}")
    return look.text(SETTINGS[name])


def _value(name: str, value: str, look: Look) -> str:
    if name == _ROLES:
        titles = [look.text(word(_ROLE_WORDS, role)) for role in value.split(", ")]
        return look.pick(", ", "、").join(titles)
    if value in VALUES:
        return look.text(VALUES[value])
    number, unit = value[:-1], value[-1]
    if not number.isdecimal():
        return value
    if unit == "d":
        return look.pick(plural(int(number), "day", "days"), f"{int(number):,} 天")
    return _lasts(int(number), look) if unit == "s" else value


def _lasts(seconds: int, look: Look) -> str:
    """A length of time in whole units, none of them left out: ``1 hour 30 minutes``."""
    en, zh = list[str](), list[str]()
    for one, many, chinese, each in _UNITS:
        number, seconds = divmod(seconds, each)
        if number:
            en.append(plural(number, one, many))
            zh.append(f"{number:,} {chinese}")
    return look.pick(" ".join(en), " ".join(zh))
