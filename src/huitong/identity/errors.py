"""What this room refuses, in words; and the HTTP status of what the error tree's own does not fit."""

from collections.abc import Mapping

from huitong.kernel import InputError, PolicyError, Text

HTTP_STATUS_OF: Mapping[str, int] = {
    "access.signed_out": 401,
    "access.key.refused": 401,
    "access.sign_in.refused": 401,
    "access.openid.refused": 401,
    "access.rate": 429,
    "access.user.unknown": 404,
    "access.request.unknown": 404,
    "access.api_key.unknown": 404,
}
"""Status by code of an error; others have their class's."""


def no_user(user: str) -> InputError:
    """Nobody of that name."""
    return InputError(
        "access.user.unknown",
        {"en": f"there is no user {user!r}", "zh": f"没有用户 {user!r}"},
        {"en": "`huitong users list` names them all", "zh": "`huitong users list` 列出全部用户"},
    )


def no_request(request: str) -> InputError:
    """Nothing of that id waits for a second person."""
    return InputError(
        "access.request.unknown",
        {"en": f"nothing called {request!r} waits for a second person", "zh": f"没有待复核的申请 {request!r}"},
        {
            "en": "`huitong users list` shows what waits; after seven days it has to be asked for again",
            "zh": "`huitong users list` 列出待复核的申请；七天后须重新申请",
        },
    )


def no_api_key(key: str) -> InputError:
    """No API key of that id."""
    return InputError(
        "access.api_key.unknown",
        {"en": f"there is no API key {key!r} in use", "zh": f"没有使用中的接口密钥 {key!r}"},
        {"en": "`huitong api-keys list` names them all", "zh": "`huitong api-keys list` 列出全部密钥"},
    )


def own_rights(user: str) -> PolicyError:
    """Nobody changes their own rights."""
    return PolicyError(
        "access.own_rights",
        {"en": f"{user} cannot change rights of their own", "zh": f"{user} 不能变更自己的权限"},
        {"en": "ask another administrator", "zh": "请由另一位系统管理员操作"},
    )


def last_admin(user: str) -> PolicyError:
    """A bank keeps an administrator."""
    return PolicyError(
        "access.last_admin",
        {"en": f"{user} is the only administrator", "zh": f"{user} 是唯一的系统管理员"},
        {"en": "give the role to somebody else first", "zh": "请先将该角色授予他人"},
    )


def already(cause: Text) -> InputError:
    """What was asked for is so already."""
    return InputError("access.already", cause, {"en": "nothing needs to be done", "zh": "无需操作"})


def sign_in_refused() -> PolicyError:
    """One sentence for every way in which a sign-in can fail, so that it tells nobody which names are known."""
    return PolicyError(
        "access.sign_in.refused",
        {
            "en": "user, password or code is wrong, or the user is locked out for now",
            "zh": "用户名、口令或动态口令有误，或该用户暂被锁定",
        },
        {
            "en": "check them and try again in a few minutes; an administrator can recover the account",
            "zh": "请核对后于几分钟后重试；系统管理员可以恢复账号",
        },
    )


def bound_to_another(user: str) -> PolicyError:
    """A provider's user name that was another person's; whom it belongs to now, the provider has just confirmed."""
    return PolicyError(
        "access.openid.bound",
        {
            "en": f"the name {user} is bound to another person at the provider, who signed in with it here before",
            "zh": f"用户名 {user} 已与身份提供方的另一人绑定，该人此前曾以此名在此登录",
        },
        {
            "en": "ask whoever administers the provider for a user name that nobody had before",
            "zh": "请联系身份提供方的管理员，换用一个从未有人使用过的用户名",
        },
    )


def signed_out() -> PolicyError:
    """Nobody signed in, or a session that has ended."""
    return PolicyError(
        "access.signed_out",
        {"en": "nobody is signed in, or the session has ended", "zh": "尚未登录，或会话已结束"},
        {"en": "sign in, or send an API key as Authorization: Bearer …", "zh": "请登录，或以 Authorization: Bearer … 发送接口密钥"},
    )


def key_refused() -> PolicyError:
    """An API key that opens nothing."""
    return PolicyError(
        "access.key.refused",
        {"en": "the API key is unknown, has ended or was revoked", "zh": "接口密钥不存在、已到期或已吊销"},
        {"en": "ask an administrator for a new one: huitong api-keys make", "zh": "请向系统管理员申请新密钥：huitong api-keys make"},
    )


def too_often(wait_us: int) -> PolicyError:
    """More calls than are allowed."""
    seconds = -(-wait_us // 1_000_000)
    error = PolicyError(
        "access.rate",
        {"en": "too many attempts from here", "zh": "来自此处的请求过于频繁"},
        {"en": f"wait {seconds} s, then go on", "zh": f"请等待 {seconds} 秒后继续"},
    )
    error.retry_after_s = seconds
    return error
