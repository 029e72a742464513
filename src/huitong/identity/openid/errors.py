"""What is refused at the door of an OpenID provider."""

from huitong.kernel import ExternalError, PolicyError, Text


def unreachable(address: str, reason: str) -> ExternalError:
    """The provider gives no usable answer, for a reason that reads the same in both languages."""
    return silent(address, {"en": reason, "zh": reason})


def silent(address: str, why: Text) -> ExternalError:
    """The provider gives no usable answer."""
    return ExternalError(
        "access.openid.unreachable",
        {"en": f"{address} gave no usable answer: {why['en']}", "zh": f"{address} 没有给出可用的应答：{why['zh']}"},
        {
            "en": "check the provider and the network; users of the bank's own can still sign in",
            "zh": "请检查身份提供方与网络；本系统自有用户仍可登录",
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
