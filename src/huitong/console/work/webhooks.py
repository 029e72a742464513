"""Webhooks: who is told what happens, how each stands, and one with what was set aside of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from huitong.console.forms import Form, button_of
from huitong.console.markup import Markup, Part, link, markup, tag
from huitong.console.ports_webhooks import Waiting
from huitong.console.words import OUTCOMES, sentence, word
from huitong.console.work.look import Look, View, facts, figures, mark, nothing, path_to, section, table, typed
from huitong.console.work.parts import by_name
from huitong.console.work.webhook_forms import GRADE_WORDS, OCCURRENCE_WORDS, Choices, acting, adding, all_again, settling
from huitong.evaluation.words import MISSING, plural
from huitong.identity import ROLES_WHO_READ
from huitong.kernel import Text
from huitong.operations.webhooks import Aside, Subscription


@dataclass(frozen=True, slots=True)
class OneWebhook:
    """What the page of a webhook knows.

    Attributes:
        webhook: The webhook.
        waiting: What it was not told yet.
        decisions: Which of the messages that were set aside are decisions.
    """

    webhook: Subscription
    waiting: Waiting
    decisions: frozenset[str] = frozenset()


def webhooks_view(found: Sequence[tuple[Subscription, Waiting]], choices: Choices, look: Look) -> View:
    """The page of all webhooks."""
    body = section(look.pick("Systems that are told", "被通知的系统"), _all(found, look))
    forms = [adding(choices)] if look.is_a("admin") else []
    return View(look.pick("Webhooks", "回调"), _answer([one for one, _ in found], look), body, forms)


def _answer(found: Sequence[Subscription], look: Look) -> str:
    if not found:
        return look.pick("No system is told what happens.", "尚未配置回调。")
    en, zh = [f"{plural(len(found), 'system is', 'systems are')} told what happens"], [f"已配置回调 {len(found):,} 个"]
    stopped = sum(one.stopped is not None for one in found)
    failing = sum(one.stopped is None and one.troubled is not None for one in found)
    untold = sum(one.stopped is None and one.untold for one in found)
    aside = sum(len(one.aside) for one in found)
    if failing:
        en.append(f"{plural(failing, 'does', 'do')} not take it")
        zh.append(f"{failing:,} 个未接收")
    if untold:
        en.append(f"{plural(untold, 'has', 'have')} been told nothing yet")
        zh.append(f"{untold:,} 个尚未发送")
    if stopped:
        en.append(f"{plural(stopped, 'is', 'are')} stopped")
        zh.append(f"{stopped:,} 个已停止")
    if aside:
        en.append(f"{plural(aside, 'message was', 'messages were')} set aside")
        zh.append(f"搁置消息 {aside:,} 条")
    if len(en) == 1:
        return look.pick(f"{en[0]}; all of them take it.", f"{zh[0]}，均正常接收。")
    return look.pick("; ".join(en) + ".", "；".join(zh) + "。")


def _all(found: Sequence[tuple[Subscription, Waiting]], look: Look) -> Markup:
    if not found:
        why = look.pick(
            "A webhook tells a system of yours what happens, signed and in order. An administrator makes one.",
            "事件经签名后按顺序推送至贵方系统；回调由系统管理员新增。",
        )
        return nothing(look.pick("No webhook yet", "尚无回调"), why)
    heads = [
        look.pick("System", "系统"),
        look.pick("Address", "地址"),
        look.pick("Status", "状态"),
        look.pick("Told of", "告知事项"),
        look.pick("Waiting", "待告知"),
        look.pick("Oldest", "最早一条"),
        look.pick("Taken", "已接收"),
        look.pick("What is wrong", "异常"),
    ]
    rows: list[list[Part]] = [
        [
            typed(one.name),
            tag("span", one.url, class_="break", translate="no"),
            standing(one, look),
            _told_of(one, look),
            _count(waiting, look),
            _oldest(waiting, look),
            look.count(one.delivered),
            _wrong(one, look) or MISSING,
        ]
        for one, waiting in found
    ]
    hrefs = [path_to("webhooks", one.id) for one, _ in found]
    return table(look.pick("Systems that are told", "被通知的系统"), heads, rows, figures_in=(4, 5, 6), wide_in=(7,), hrefs=hrefs)


def standing(one: Subscription, look: Look) -> Markup:
    """How a webhook stands: word, sign, colour."""
    if one.given_up:
        return mark(look.pick("given up", "已放弃"), "decline", "✕")
    if one.stopped is not None:
        return mark(look.pick("stopped", "已停止"), "other", "○")
    if one.troubled is not None:
        return mark(look.pick("not taken", "未被接收"), "decline", "!")
    if one.aside:
        return mark(look.pick("messages set aside", "有消息搁置"), "review", "!")
    if one.untold:
        return mark(look.pick("nothing told yet", "尚未发送"), "other", "○")
    return mark(look.pick("delivering", "正常"), "approve", "✓")


def _told_of(one: Subscription, look: Look) -> str:
    return look.pick(", ", "、").join(look.text(OCCURRENCE_WORDS[kind]) for kind in one.occurrences)


def _count(waiting: Waiting, look: Look) -> str:
    """How many wait; where not all of the log was looked at, at least how many."""
    number = look.count(waiting.count)
    return number if waiting.whole else look.pick(f"{number} or more", f"{number} 以上")


def _oldest(waiting: Waiting, look: Look) -> str:
    if waiting.oldest_us is None:
        return MISSING
    return look.pick(f"{look.span(look.now_us - waiting.oldest_us)} ago", f"{look.span(look.now_us - waiting.oldest_us)}前")


def _wrong(one: Subscription, look: Look) -> Markup | None:
    """Why nothing is told, or not everything, and what to do about it; ``None`` where all is well."""
    if one.given_up:
        remedy = look.pick(
            "See that the receiver answers 2xx, then let it go on: it is told everything that happened meanwhile.",
            "请确认接收方返回 2xx 后恢复；其间发生的事项将全部告知。",
        )
        return _said(_noted(one.why_stopped, look), remedy)
    if one.stopped is not None:
        return _said(typed(one.stopped), look.pick("Let it go on when its reason is gone.", "原因消除后请恢复。"))
    if one.troubled is not None:
        return _said(_noted(one.why_troubled, look), _noted(one.what_to_do, look))
    if one.aside:
        refused = plural(len(one.aside), "message for what it says", "messages for what they say")
        cause = look.pick(f"It refuses {refused}.", f"因内容拒收 {len(one.aside):,} 条消息。")
        return _said(
            cause, look.pick("Mend the receiver and deliver again, or drop what it need not know.", "请修正接收方后重发，或不再发送。")
        )
    return None


def _said(cause: Part, remedy: Part) -> Markup:
    return markup(tag("div", cause, class_="break"), tag("div", remedy, class_="meta") if remedy else None)


def _noted(noted: Text | None, look: Look) -> str:
    """What the sender noted, in the page's language."""
    return "" if noted is None else sentence(look.text(noted), look.language, ends=False)


def webhook_view(found: OneWebhook, choices: Choices, look: Look) -> View:
    """The page of a webhook."""
    one, inline = found.webhook, list[Form]()
    wrong = _wrong(one, look)
    body = markup(
        _figures(found, look),
        section(look.pick("What is wrong", "异常"), wrong, _since(one, look)) if wrong else None,
        section(look.pick("Set aside", "搁置的消息"), _asides(found, look, inline), lead=_asides_lead(look)),
        section(look.pick("Settings", "设置"), _settings(one, choices, look)),
    )
    trail = link("/webhooks", look.pick("Webhooks", "回调"))
    return View(one.name, _answer_of(found, look), body, acting(one, choices, look), inline, trail)


def _answer_of(found: OneWebhook, look: Look) -> Markup:
    one, waiting = found.webhook, found.waiting
    if one.stopped is not None:
        told = look.pick("It is told nothing", "目前不告知")
    elif waiting.count:
        number, more = waiting.count, "" if waiting.whole else "以上"
        en = plural(number, "message waits", "messages wait") if waiting.whole else f"{_count(waiting, look)} messages wait"
        told = look.pick(en, f"待告知 {number:,} 条{more}")
    elif not waiting.whole:
        told = look.pick("It is behind: its next message lies further on in the log", "告知落后，下一条消息在日志更后处")
    elif one.untold:
        told = look.pick("Nothing has happened yet that it is told of", "尚无需告知的事项")
    else:
        told = look.pick("It is told everything so far", "已全部告知")
    if one.aside:
        told += look.pick(f"; {plural(len(one.aside), 'message was', 'messages were')} set aside", f"；搁置 {len(one.aside):,} 条")
    return markup(told, look.pick(".", "。"))


def _figures(found: OneWebhook, look: Look) -> Markup:
    one, waiting = found.webhook, found.waiting
    oldest = None if waiting.oldest_us is None else look.pick(f"oldest {_oldest(waiting, look)}", f"最早一条为 {_oldest(waiting, look)}")
    refused = look.pick("refused for their content", "因内容被拒收")
    return figures(
        (look.pick("Status", "状态"), standing(one, look), None),
        (look.pick("Waiting", "待告知"), _count(waiting, look), oldest or look.pick("nothing is behind", "没有落后")),
        (look.pick("Taken", "已接收"), look.count(one.delivered), look.pick("messages since it was made", "自新增以来的消息数")),
        (look.pick("Set aside", "搁置"), look.count(len(one.aside)), refused),
    )


def _since(one: Subscription, look: Look) -> Markup | None:
    since_us = one.stopped_us if one.stopped is not None else one.troubled_us if one.troubled is not None else None
    if since_us is None:
        return None
    by = markup(" · ", by_name(one.stopped_by, look)) if one.stopped is not None and not one.given_up else None
    return tag("p", look.pick("since ", "自 "), look.moment(since_us), by, class_="meta")


def _asides_lead(look: Look) -> str:
    return look.pick(
        "Messages that the receiver refuses for what they say (400, 413, 422). Those behind them went on; these wait for people.",
        "接收方因内容拒收（400、413、422）的消息。其后的消息已继续告知，这些消息等待人工处理。",
    )


def _asides(found: OneWebhook, look: Look, inline: list[Form]) -> Markup:
    one = found.webhook
    if not one.aside:
        return tag("p", look.pick("Nothing was set aside.", "没有搁置的消息。"), class_="muted")
    settles = look.is_a("admin", "operator")
    rows: list[list[Part]] = []
    for aside in one.aside:
        forms = settling(one, aside) if settles else ()
        inline += forms
        buttons = tag("div", [button_of(form, look.language) for form in forms], class_="rowacts") if forms else MISSING
        rows.append([_record(found, aside, look), str(aside.status), look.moment(aside.since_us), _waits(aside, look), buttons])
    heads = [
        look.pick("Message", "消息"),
        look.pick("Answer", "应答"),
        look.pick("Set aside", "搁置时间"),
        look.pick("Status", "状态"),
        look.pick("Action", "操作"),
    ]
    everything = None
    if settles and sum(not aside.due for aside in one.aside) > 1:
        everything = tag("p", button_of(all_again(one), look.language))
    return markup(table(look.pick("Set aside", "搁置的消息"), heads, rows, figures_in=(1,)), everything)


def _record(found: OneWebhook, aside: Aside, look: Look) -> Markup:
    shown = tag("code", aside.record, class_="break")
    opens = aside.record in found.decisions and look.is_a(*ROLES_WHO_READ)
    return link(path_to("decisions", aside.record), shown) if opens else shown


def _waits(aside: Aside, look: Look) -> Markup:
    if aside.due:
        return mark(look.pick("is sent again", "待重发"), "other", "…")
    return mark(look.pick("waits for you", "待处理"), "review", "!")


def _settings(one: Subscription, choices: Choices, look: Look) -> Markup:
    outcome = look.pick("all outcomes", "全部结论") if one.outcome is None else look.text(word(OUTCOMES, one.outcome))
    policy = look.pick("all policies", "全部策略") if one.policy is None else look.text(word(choices.policies, one.policy))
    decides = "decision" in one.occurrences
    secret = look.pick(f"number {one.generation}", f"第 {one.generation} 个")
    return facts(
        (look.pick("Address", "地址"), tag("span", one.url, class_="break", translate="no")),
        (look.pick("Told of", "告知事项"), _told_of(one, look)),
        (look.pick("Of decisions, at least", "决策结论不低于"), outcome if decides else None),
        (look.pick("Of decisions, only of", "仅此策略的决策"), policy if decides else None),
        (look.pick("Told data up to", "可告知数据分级上限"), look.text(dict(GRADE_WORDS)[str(one.grade)])),
        (look.pick("Made", "新增"), markup(look.moment(one.made_us), " · ", by_name(one.made_by, look))),
        (look.pick("Secret", "密钥"), markup(secret, look.pick(", since ", "，自 "), look.moment(one.turned_us or one.made_us))),
        (look.pick("Id", "编号"), tag("code", one.id, class_="break")),
    )
