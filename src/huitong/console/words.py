"""Words that more than one page uses, in Chinese and English; and how a page says something in both."""

from collections.abc import Mapping

from huitong.kernel import Language, Text
from huitong.risk.disposition import KIND_TITLES


def text(en: str, zh: str) -> Text:
    """A text in both languages.

    Raises:
        ValueError: If one is missing.
    """
    if not en.strip() or not zh.strip():
        raise ValueError(f"a text lacks a language: en={en!r}, zh={zh!r}")
    return {"en": en, "zh": zh}


def sentence(said: str, language: Language, *, ends: bool = True) -> str:
    """A text of the error tree as a page says it: in English with a capital, unless it begins with a name, a path or a file; with its stop.

    Args:
        said: The text.
        language: Of the text.
        ends: Whether it ends here.
    """
    first = said.partition(" ")[0].rstrip(",:;")
    whole = said[:1].upper() + said[1:] if language == "en" and first.isalpha() else said
    stop = "。" if language == "zh" else "."
    return whole if not ends or whole.endswith((".", "。", "!", "?", "！", "？")) else f"{whole}{stop}"


BRAND = text("Huitong", "汇通")
TAGLINE = text("Every decision can be replayed", "每一次决策都可回放")
SKIP = text("Skip to the content", "跳到正文")
SEARCH = text("Payment, decision, customer or account", "支付、决策、客户或账户编号")
SEARCH_LABEL = text("Search decisions", "搜索决策")
MENU = text("Pages", "页面导航")
THEME = text("Light or dark", "浅色或深色")
PURPOSE = text("What you read for", "查看目的")
PURPOSE_NONE = text("No purpose stated", "未说明目的")
PURPOSE_OF_PAGE = text("What this page is for, unless you state another purpose", "本页自身的目的；如有其他目的请在此说明")
PURPOSE_WHY = text(
    "What says something about a person is shown for a purpose only, and who read what for which purpose is written down.",
    "涉及个人的内容只在说明目的后显示；何人因何目的查看了什么，均会记录。",
)
PURPOSE_KIND = text("Purpose", "目的")
PURPOSE_REFERENCE = text("Number of the alert, case or request", "所涉预警、案件或请求的编号")
PURPOSE_SET = text("State it", "确定")
PURPOSE_END = text("End the purpose", "结束该目的")
SIGN_OUT = text("Sign out", "退出登录")
SIGN_IN = text("Sign in", "登录")
KEYS = text("Keys", "快捷键")
CLOSE = text("Close", "关闭")
NOTHING = text("none", "无")
UNKNOWN = text("unknown", "未知")
ALL = text("all", "全部")
NEWEST = text("Newest", "最新")

KEY_HELP: tuple[tuple[str, Text], ...] = (
    ("/", text("search", "搜索")),
    ("j  k", text("next or previous row", "下一行或上一行")),
    ("Enter", text("open the row", "打开所在行")),
    ("e", text("the page's first act", "执行页面的首要操作")),
    ("Esc", text("close", "关闭")),
    ("?", text("this list", "显示本列表")),
)

NAV_OVERVIEW = text("Overview", "总览")
LOOK_IN = text("Look in {page}", "到“{page}”中查找")
NAV_DECISIONS = text("Decisions", "决策")
NAV_ALERTS = text("Alerts", "预警")
NAV_CASES = text("Cases", "案件")
NAV_MEASURES = text("Measures", "管控措施")
NAV_LISTS = text("Lists", "名单")
NAV_POLICIES = text("Policies", "策略与发布")
NAV_REPLAY = text("Replay", "回放")
NAV_LOG = text("Log and proof", "日志与证明")
NAV_USERS = text("Users and access", "用户与权限")
NAV_WEBHOOKS = text("Webhooks", "回调")
NAV_SYSTEM = text("System", "系统")
NAV_ACCOUNT = text("My access", "我的账号")

OUTCOMES: dict[str, Text] = {
    "approve": text("approved", "通过"),
    "review": text("to review", "人工复核"),
    "decline": text("declined", "拒绝"),
    "held": text("held", "暂缓"),
    "freeze": text("frozen", "冻结"),
}
"""The usual outcomes; a policy's own words stand for themselves."""
OF_THE_HOUSE: dict[str, Text] = {
    "huitong:watch": text("roll-out watch", "发布监察"),
    "huitong:webhooks": text("webhook delivery", "回调发送"),
    "local": text("this machine", "本机"),
    "fraud.desk": text("fraud desk", "反欺诈岗"),
}
"""Who acts or answers for something without being a user: what acts by itself, whoever is at the bank's own machine, and the desk that owns
what is shipped."""
MEASURES: dict[str, Text] = {str(kind): title for kind, title in KIND_TITLES.items()}
OUTCOME_SIGNS: dict[str, str] = {"approve": "✓", "review": "?", "decline": "✕", "held": "‖", "freeze": "‖"}


def other_language(language: Language) -> Language:
    """The one that the page is not in."""
    return "en" if language == "zh" else "zh"


def word(of: Mapping[str, Text], name: str) -> Text:
    """The word for a name; the name itself where there is none."""
    return of.get(name, {"en": name, "zh": name})
