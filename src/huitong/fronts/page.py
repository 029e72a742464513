"""The page that a person sees while the bank's process starts again: both languages, nothing that would have to be fetched."""

import base64
import hashlib
from html import escape

from huitong.fronts.answers import HEADERS, RETRY_AFTER_S, header_lines
from huitong.fronts.frames import Answer
from huitong.kernel import HuitongError, Language, Text, preferred

_STYLE = (
    ":root{color-scheme:light dark}body{margin:15vh auto;max-width:38em;padding:0 24px;line-height:1.6;"
    'font-family:system-ui,"Noto Sans SC","PingFang SC","Microsoft YaHei",sans-serif}'
    "h1{font-size:20px;font-weight:600;margin:24px 0 8px}p{margin:0 0 8px}a{color:LinkText}"
)
_POLICY = f"'sha256-{base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()}'"
_TITLE: Text = {"en": "The service is starting again", "zh": "服务正在重新启动"}
_WAIT: Text = {
    "en": "The page that you asked for did not come in time. It is asked for again by itself in {seconds} seconds.",
    "zh": "您请求的页面未能及时返回，{seconds} 秒后将自动重新请求。",
}
_SENT: Text = {
    "en": "Whether what you sent was carried out is not known. Go back, reload the page, and look whether it was before you send it again.",
    "zh": "您提交的内容是否已执行尚不确定。请返回并刷新页面，确认未执行后再提交。",
}
_LANGUAGES: dict[Language, tuple[Language, Language]] = {"zh": ("zh", "en"), "en": ("en", "zh")}
_TAGS: dict[Language, str] = {"zh": "zh-CN", "en": "en-US"}


def page_of(error: HuitongError, status: int, accept_language: str, *, again: bool) -> Answer:
    """The page that tells of a bank that is away, the reader's own language first.

    Args:
        error: The error, whose code stands below for whoever is asked about it.
        status: HTTP status.
        accept_language: What the caller reads, as its header says.
        again: Whether the page asks again by itself; else it says that something was sent.
    """
    first, second = _LANGUAGES[preferred(accept_language)]
    refresh = f'<meta http-equiv="refresh" content="{RETRY_AFTER_S}">' if again else ""
    body = (
        f'<!doctype html><html lang="{_TAGS[first]}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"{refresh}<title>{_TITLE[first]}</title><style>{_STYLE}</style></head><body><main>"
        f"{_part(first, again=again)}{_part(second, again=again)}<p><small>{status} · {escape(error.code)}</small></p></main></body></html>"
    ).encode()
    headers = {
        **HEADERS,
        "content-length": str(len(body)),
        "content-type": "text/html; charset=utf-8",
        "content-language": first,
        "vary": "accept, accept-language",
        "retry-after": str(RETRY_AFTER_S),
        "content-security-policy": f"default-src 'none'; style-src {_POLICY}; frame-ancestors 'none'",
    }
    return Answer(0, status, header_lines((name.encode(), value.encode()) for name, value in headers.items()), body)


def _part(language: Language, *, again: bool) -> str:
    said = (_WAIT if again else _SENT)[language].format(seconds=RETRY_AFTER_S)
    return f'<section lang="{_TAGS[language]}"><h1>{_TITLE[language]}</h1><p>{said}</p></section>'
