"""Words of the commands about users and API keys, in Chinese and English."""

from huitong.kernel import Text

ACCESS_WORDS: dict[str, Text] = {
    "password_of": {"en": "password of {user}", "zh": "{user} 的口令"},
    "code_of": {"en": "code of the device (empty without one)", "zh": "动态口令（没有设备则留空）"},
    "new_password": {"en": "new password (15 characters or more)", "zh": "新口令（至少 15 个字符）"},
    "again": {"en": "once more", "zh": "再输入一次"},
    "done": {"en": "done", "zh": "已完成"},
    "waits": {
        "en": "waits for a second person: huitong users confirm {id}",
        "zh": "等待第二人复核：huitong users confirm {id}",
    },
    "one_time": {
        "en": "one-time password, shown once, good for a day: {secret}",
        "zh": "一次性口令（仅显示一次，一天内有效）：{secret}",
    },
    "api_key": {"en": "API key, shown once: {secret}", "zh": "接口密钥（仅显示一次）：{secret}"},
    "first": {"en": "{user} is the first administrator", "zh": "{user} 已成为首位系统管理员"},
    "app": {
        "en": "enter this secret into an authenticator app, or open the address with it",
        "zh": "请将此密钥输入身份验证器应用，或用其打开该地址",
    },
    "user": {"en": "user", "zh": "用户"},
    "name": {"en": "name", "zh": "姓名"},
    "roles": {"en": "roles", "zh": "角色"},
    "state": {"en": "state", "zh": "状态"},
    "signs_in": {"en": "signs in by", "zh": "登录方式"},
    "last": {"en": "last signed in", "zh": "最近登录"},
    "active": {"en": "active", "zh": "正常"},
    "locked": {"en": "locked", "zh": "已停用"},
    "locked_out": {"en": "locked out until {until}", "zh": "锁定至 {until}"},
    "one_time_due": {"en": "has a one-time password", "zh": "待设置口令"},
    "password": {"en": "password", "zh": "口令"},
    "password_and_code": {"en": "password and code", "zh": "口令与动态口令"},
    "openid": {"en": "OpenID", "zh": "OpenID"},
    "no_users": {
        "en": "no users yet: only the bank's own machine may use it; begin with huitong users add NAME --first",
        "zh": "尚无用户：仅本机可用；请先运行 huitong users add 用户名 --first",
    },
    "asked": {"en": "waiting for a second person", "zh": "等待第二人复核"},
    "grant": {"en": "{by} asks to make {user} {role}", "zh": "{by} 申请授予 {user} 角色 {role}"},
    "recover": {"en": "{by} asks to recover {user}", "zh": "{by} 申请恢复 {user} 的登录"},
    "unlock": {"en": "{by} asks to unlock {user}", "zh": "{by} 申请恢复 {user}"},
    "key": {"en": "key", "zh": "密钥"},
    "scopes": {"en": "scopes", "zh": "权限范围"},
    "grade": {"en": "grade", "zh": "分级上限"},
    "expires": {"en": "ends", "zh": "到期"},
    "used": {"en": "last used", "zh": "最近使用"},
    "revoked": {"en": "revoked", "zh": "已吊销"},
    "ended": {"en": "ended", "zh": "已到期"},
    "no_keys": {"en": "no API keys", "zh": "没有接口密钥"},
}
