"""What is refused at the door of an OpenID provider."""

import logging

from huitong.kernel import ExternalError, PolicyError, Text

_log = logging.getLogger("huitong.openid")


def unreachable(address: str, reason: str) -> ExternalError:
    """The provider gives no usable answer, for a reason that reads the same in both languages."""
    return silent(address, {"en": reason, "zh": reason})


def silent(address: str, why: Text) -> ExternalError:
    """The provider gives no usable answer.

    Whoever signs in reads this before anybody knows them: which address was asked stands in the log of occurrences alone.
    """
    _log.warning("provider unreachable", extra={"address": address, "cause": why["en"]})
    return ExternalError(
        "access.openid.unreachable",
        {"en": f"the provider gave no usable answer: {why['en']}", "zh": f"身份提供方没有给出可用的应答：{why['zh']}"},
        {
            "en": "check the provider and the network; users of the bank's own can still sign in",
            "zh": "请检查身份提供方与网络；本系统自有用户仍可登录",
        },
    )


def broken_off() -> PolicyError:
    """Somebody cancelled at the provider, or it lets them in nowhere here."""
    return PolicyError(
        "access.openid.broken_off",
        {"en": "the sign-in was broken off at the provider (access_denied)", "zh": "登录已在身份提供方处取消（access_denied）"},
        {
            "en": "begin to sign in again; if you did not cancel it, ask whoever runs the provider whether you may sign in here",
            "zh": "请重新登录；如并非您本人取消，请向身份提供方管理员确认您是否可登录本系统",
        },
    )


def refused(en: str, zh: str) -> PolicyError:
    """What came back does not let anybody in."""
    return PolicyError(
        "access.openid.refused",
        {"en": f"the sign-in at the provider is not accepted: {en}", "zh": f"身份提供方的登录未被接受：{zh}"},
        {
            "en": "begin to sign in again; if it stays so, compare the provider's settings with [access.openid]",
            "zh": "请重新登录；如仍不成功，请核对身份提供方的设置与 [access.openid]",
        },
    )
