"""Users and access: who is there with which roles, what waits for a second person, API keys, who read what."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from huitong.console.forms import Field, Form, button_of
from huitong.console.markup import Markup, Part, markup, tag
from huitong.console.work.look import Look, View, figures, mark, nothing, section, table, typed
from huitong.console.work.measure_forms import local_minute
from huitong.console.work.readings import readings_table
from huitong.console.work.webhook_forms import GRADE_WORDS
from huitong.contracts import ROLE_TITLES, Event, Role
from huitong.evaluation.words import MISSING, plural
from huitong.identity import PERSON_ROLES, SCOPES, ApiKey, Asked, Listed, Scope, User
from huitong.kernel import MICROSECONDS_PER_DAY, Text

READINGS_SHOWN = 100
SCOPE_WORDS: Mapping[str, Text] = {
    "decide": {"en": "ask for decisions", "zh": "请求决策"},
    "ingest": {"en": "bring events", "zh": "写入事件"},
    "feedback": {"en": "bring labels", "zh": "反馈标签"},
    "read": {"en": "read", "zh": "读取"},
    "policies": {"en": "policies", "zh": "策略"},
    "lists": {"en": "lists", "zh": "名单"},
    "measures": {"en": "measures", "zh": "管控措施"},
    "cases": {"en": "alerts and cases", "zh": "预警与案件"},
    "metrics": {"en": "metrics", "zh": "运行指标"},
}
_GROUND = Field("ground", {"en": "Why", "zh": "理由"}, "lines")


@dataclass(frozen=True, slots=True)
class Access:
    """What the page of users knows.

    Attributes:
        listed: Users and what waits.
        keys: API keys; ``None`` where the reader may not see them.
        readings: The access log, newest first; ``None`` where the reader may not see it.
        sessions: How many are signed in.
        open_to_machine: Whether the bank has no users yet.
    """

    listed: Listed
    keys: Sequence[ApiKey] | None
    readings: Sequence[Event] | None
    sessions: int
    open_to_machine: bool = False
    chosen: str = ""
    inline: list[Form] = field(default_factory=list)


def users_view(known: Access, look: Look) -> View:
    """The page of users and access."""
    inline: list[Form] = []
    parts: list[Part] = []
    parts.append(_figures(known, known.listed, look))
    parts.append(section(look.pick("Waiting for a second person", "待第二人复核"), _asked(known.listed.asked, look, inline)))
    parts.append(section(look.pick("Users", "用户"), _users(known.listed.users, look, inline)))
    if known.keys is not None:
        parts.append(section(look.pick("API keys", "接口密钥"), _keys(known.keys, look, inline), lead=_keys_lead(look)))
    if known.readings is not None:
        shown = readings_table(known.readings, look)
        parts.append(section(look.pick("Who read what", "查阅记录"), shown, lead=_readings_lead(look)))
    forms: list[Form] = []
    if look.is_a("admin"):
        forms = [_adding(), _making_key(look)]
    return View(look.pick("Users and access", "用户与权限"), _answer(known, look), markup(parts), forms, inline)


def _answer(known: Access, look: Look) -> str:
    if known.open_to_machine:
        return look.pick(
            "Nobody has an account yet: whoever is on this machine may do everything.", "尚无用户：本机上的任何人均可执行全部操作。"
        )
    users, waits = known.listed.users, len(known.listed.asked)
    en = f"{plural(len(users), 'user', 'users')}, {plural(known.sessions, 'session', 'sessions')} open"
    zh = f"共 {len(users):,} 名用户，当前会话 {known.sessions:,} 个"
    if waits:
        en, zh = (
            f"{en}; {plural(waits, 'change of rights waits', 'changes of rights wait')} for a second person",
            f"{zh}；{waits:,} 项权限变更待第二人复核",
        )
    return look.pick(f"{en}.", f"{zh}。")


def _figures(known: Access, listed: Listed, look: Look) -> Markup:
    locked = sum(not user.active for user in listed.users)
    codes = sum(user.totp is not None or user.issuer is not None for user in listed.users)
    confirm = sum(user.confirms for user in listed.users)
    provided = sum(user.confirms and user.issuer is not None for user in listed.users)
    who = ("administrators and approvers", "系统管理员与审批人")
    if provided:
        who = (f"{who[0]}, {provided:,} of them through the provider", f"{who[1]}，其中经统一认证登录 {provided:,} 名")
    return figures(
        (look.pick("Users", "用户"), look.count(len(listed.users)), look.pick(f"{locked:,} locked", f"{locked:,} 名已锁定")),
        (look.pick("Open sessions", "当前会话"), look.count(known.sessions), None),
        (
            look.pick("Second factor", "双因素认证"),
            look.count(codes),
            look.pick("have a code device or sign in through the provider", "已绑定动态口令或经统一认证登录"),
        ),
        (
            look.pick("Can be a second person", "可作第二人"),
            look.count(confirm),
            look.pick(*who),
        ),
    )


WHAT_WORDS: Mapping[str, tuple[str, str]] = {
    "grant": ("grant the role", "授予角色"),
    "recover": ("give a new one-time password", "重置一次性口令"),
    "unlock": ("unlock", "解锁"),
}


def _asked(asked: Sequence[Asked], look: Look, inline: list[Form]) -> Markup:
    if not asked:
        return tag("p", look.pick("Nothing waits.", "没有待复核事项。"), class_="muted")
    rows: list[list[Part]] = []
    for one in asked:
        forms: list[Form] = []
        about = {"request": one.id}
        if look.actor.id not in (one.by, one.user) and look.is_a("admin", "approver"):
            title: Text = {"en": "Confirm", "zh": "同意"}
            forms.append(Form("access.confirm", title, fixed=about, tone="primary", id=f"confirm-{one.id}", asks=True, note=_wish(one)))
        if one.by == look.actor.id or look.is_a("admin", "approver"):
            no: Text = {"en": "Take back", "zh": "撤回"} if one.by == look.actor.id else {"en": "Decline", "zh": "驳回"}
            forms.append(Form("access.decline", no, [_GROUND], about, id=f"decline-{one.id}"))
        inline += forms
        role = MISSING if one.role is None else look.text(ROLE_TITLES[one.role])
        rows.append(
            [
                look.pick(*WHAT_WORDS[one.what]),
                one.user,
                role,
                one.by,
                look.moment(one.asked_us),
                tag("div", [button_of(form, look.language) for form in forms], class_="rowacts"),
            ]
        )
    heads = [
        look.pick("Proposed", "申请"),
        look.pick("For", "对象"),
        look.pick("Role", "角色"),
        look.pick("By", "申请人"),
        look.pick("When", "时间"),
        look.pick("Action", "操作"),
    ]
    return table(look.pick("Waiting for a second person", "待第二人复核"), heads, rows)


def _wish(one: Asked) -> Text:
    en, zh = WHAT_WORDS[one.what]
    role: Text = {"en": "", "zh": ""} if one.role is None else ROLE_TITLES[one.role]
    en_role = f" {role['en']}" if role["en"] else ""
    return {"en": f"{one.by} asks for {one.user}: {en}{en_role}.", "zh": f"{one.by} 申请为 {one.user} {zh}{role['zh']}。"}


def _users(users: Sequence[User], look: Look, inline: list[Form]) -> Markup:
    if not users:
        return nothing(
            look.pick("No users yet", "尚无用户"),
            look.pick(
                "The first administrator is added on the bank's own machine: huitong users add NAME --first",
                "首位管理员须在本机添加：huitong users add 用户名 --first",
            ),
        )
    rows: list[list[Part]] = []
    for user in users:
        forms = _forms_of_user(user, look) if look.is_a("admin") else []
        inline += forms
        rows.append(
            [
                user.id,
                typed(user.name),
                _roles(user, look),
                _standing(user, look),
                look.moment(user.signed_in_us),
                tag("div", [button_of(form, look.language) for form in forms], class_="rowacts") if forms else MISSING,
            ]
        )
    heads = [
        look.pick("User", "用户"),
        look.pick("Name", "姓名"),
        look.pick("Roles", "角色"),
        look.pick("Status", "状态"),
        look.pick("Last signed in", "最近登录"),
        look.pick("Action", "操作"),
    ]
    return table(look.pick("Users", "用户"), heads, rows)


def _roles(user: User, look: Look) -> Markup:
    """What a user may do: by the bank's own grant, and below by the provider's groups, as far as is known here."""
    granted, provided = (
        look.pick(", ", "、").join(look.text(ROLE_TITLES[role]) for role in roles) for roles in (user.roles, user.provided)
    )
    parts: list[Part] = [tag("div", granted)] if granted else []
    if provided:
        since = look.pick("from the provider, at the last sign-in", "由统一认证提供，截至最近登录")
        parts.append(tag("div", provided, " ", tag("span", since, class_="meta")))
    return markup(*parts) if parts else tag("div", look.pick("none", "无"))


def _standing(user: User, look: Look) -> Markup:
    if not user.active:
        return mark(look.pick("locked", "已锁定"), "decline", "✕")
    if user.locked_until_us > look.now_us:
        return mark(look.pick("locked out after failures", "多次失败，暂时锁定"), "review", "!")
    if user.until_us is not None:
        return mark(look.pick("has a one-time password", "待修改一次性口令"), "review", "…")
    if user.issuer is not None:
        return mark(look.pick("through the provider", "经统一认证"), "approve", "✓")
    if user.totp is not None:
        return mark(look.pick("active, with codes", "正常，已绑定动态口令"), "approve", "✓")
    return mark(look.pick("active", "正常"), "approve", "✓")


def _forms_of_user(user: User, look: Look) -> list[Form]:
    about = {"user": user.id}
    missing = [(role, ROLE_TITLES[role]) for role in PERSON_ROLES if role not in user.roles]
    forms: list[Form] = []
    if missing and user.id != look.actor.id:
        second: Text = {
            "en": "Administrators, approvers, data stewards and investigators take a second person to make.",
            "zh": "授予系统管理员、审批人、数据管理员或调查员角色须由第二人复核。",
        }
        grant: Text = {"en": "Grant a role", "zh": "授予角色"}
        to: Text = {"en": f"Grant a role to {user.id}", "zh": f"授予 {user.id} 角色"}
        forms.append(Form("access.grant", grant, [_role(missing)], about, second, id=f"grant-{user.id}", named=to))
    if user.roles and user.id != look.actor.id:
        held = [(role, ROLE_TITLES[role]) for role in user.roles]
        remove: Text = {"en": "Remove a role", "zh": "收回角色"}
        of: Text = {"en": f"Remove a role from {user.id}", "zh": f"收回 {user.id} 的角色"}
        forms.append(Form("access.revoke", remove, [_role(held)], about, id=f"revoke-{user.id}", named=of))
    if user.active and user.id != look.actor.id:
        lock: Text = {"en": f"Lock {user.id}", "zh": f"锁定 {user.id}"}
        forms.append(Form("access.lock", {"en": "Lock", "zh": "锁定"}, [_GROUND], about, tone="danger", id=f"lock-{user.id}", named=lock))
    if not user.active or user.locked_until_us > look.now_us:
        unlock: Text = {"en": f"Unlock {user.id}", "zh": f"解锁 {user.id}"}
        forms.append(Form("access.unlock", {"en": "Unlock", "zh": "解锁"}, fixed=about, id=f"unlock-{user.id}", asks=True, named=unlock))
    if user.issuer is None and user.id != look.actor.id:
        note: Text = {"en": "Their sessions end, their code device is forgotten.", "zh": "其会话将全部结束，动态口令绑定将被清除。"}
        forms.append(
            Form(
                "access.recover",
                {"en": "New password", "zh": "重置口令"},
                fixed=about,
                note=note,
                id=f"recover-{user.id}",
                asks=True,
                named={"en": f"New password for {user.id}", "zh": f"重置 {user.id} 的口令"},
            )
        )
    return forms


def _role(roles: Sequence[tuple[Role, Text]]) -> Field:
    return Field("role", {"en": "Role", "zh": "角色"}, "choice", list(roles))


def _adding() -> Form:
    fields = [
        Field("user", {"en": "User name", "zh": "用户名"}, length_max=64, hint={"en": "such as li.wei", "zh": "例如 li.wei"}),
        Field("title", {"en": "Name", "zh": "姓名"}, length_max=128),
    ]
    note: Text = {
        "en": "They get a one-time password, which is shown once, and no role yet.",
        "zh": "将生成仅显示一次的一次性口令；尚无任何角色。",
    }
    return Form("access.add", {"en": "Add a user", "zh": "添加用户"}, fields, note=note, tone="primary")


def _coded(scope: Scope) -> Text:
    """A scope in words, with its name as commands and docs have it."""
    words = SCOPE_WORDS[scope]
    return {"en": f"{words['en']} ({scope})", "zh": f"{words['zh']}（{scope}）"}


def _making_key(look: Look) -> Form:
    ends = local_minute(look.now_us + 90 * MICROSECONDS_PER_DAY, look.zone)
    fields = [
        Field(
            "name",
            {"en": "System that calls", "zh": "调用系统名称"},
            length_max=64,
            hint={"en": "such as core-banking", "zh": "例如 core-banking"},
        ),
        Field("scopes", {"en": "What it may", "zh": "权限范围"}, "several", [(scope, _coded(scope)) for scope in SCOPES]),
        Field("grade", {"en": "Sees data up to", "zh": "可见数据分级上限"}, "choice", GRADE_WORDS, initial="3"),
        Field("until", {"en": "Until", "zh": "有效期至"}, "moment", initial=ends),
    ]
    return Form("access.make_key", {"en": "Make an API key", "zh": "生成接口密钥"}, fields)


def _keys_lead(look: Look) -> str:
    return look.pick("With these, systems call. A key is shown once, when it is made.", "供业务系统调用；密钥仅在生成时显示一次。")


def _keys(keys: Sequence[ApiKey], look: Look, inline: list[Form]) -> Markup:
    if not keys:
        return tag("p", look.pick("None so far.", "暂无。"), class_="muted")
    rows: list[list[Part]] = []
    for key in sorted(keys, key=lambda one: (not one.valid(look.now_us), -one.made_us)):
        valid = key.valid(look.now_us)
        stands = mark(look.pick("valid", "有效"), "approve", "✓") if valid else mark(look.pick("over", "已失效"), "other", "○")
        act: Part = MISSING
        if valid and look.is_a("admin"):
            form = Form(
                "access.revoke_key",
                {"en": "Revoke", "zh": "吊销"},
                fixed={"key": key.id},
                tone="danger",
                id=f"key-{key.id}",
                asks=True,
                named={"en": f"Revoke the key of {key.name}", "zh": f"吊销 {key.name} 的密钥"},
            )
            inline.append(form)
            act = button_of(form, look.language)
        scopes = look.pick(", ", "、").join(look.text(SCOPE_WORDS[scope]) for scope in key.scopes)
        rows.append([key.name, scopes, str(key.grade), stands, look.moment(key.expires_us), _used(key, look), act])
    heads = [
        look.pick("System", "系统"),
        look.pick("What it may", "权限范围"),
        look.pick("Grade", "分级"),
        look.pick("Status", "状态"),
        look.pick("Until", "有效期至"),
        look.pick("Last used", "最近使用"),
        look.pick("Action", "操作"),
    ]
    return table(look.pick("API keys", "接口密钥"), heads, rows, figures_in=(2,))


def _used(key: ApiKey, look: Look) -> Part:
    """Use is written down once an hour at most: the last use lies anywhere in the hour from then on."""
    if key.used_us is None:
        return MISSING
    return markup(look.pick("within the hour from ", ""), look.moment(key.used_us), look.pick("", " 起一小时内"))


def _readings_lead(look: Look) -> str:
    return look.pick(
        f"The latest {READINGS_SHOWN}: personal data (grade 3 and above) that was shown to somebody, an entry for each page.",
        f"最近 {READINGS_SHOWN} 条：每次向人员显示个人数据（3 级及以上）的页面记为一条。",
    )
