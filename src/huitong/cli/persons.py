"""The commands about persons in the log: forget, hold."""

from typing import Annotated

import typer

from huitong.app import moment_us
from huitong.cli.opening import opened_bank
from huitong.cli.options import DEFAULT_BANK, ExistingBankOption, GroundOption, JsonOption, LanguageOption, said_ground
from huitong.cli.terminal import Terminal
from huitong.kernel import InputError, time_text
from huitong.store import Hold

PersonArgument = Annotated[str, typer.Argument(metavar="PERSON", help="The name as it stands in the source. · 来源中的名称。")]
SpaceOption = Annotated[
    str | None, typer.Option("--as", metavar="SPACE", help="What it is a name of: customer, account. · 名称类别。", show_default=False)
]


def forget(
    person: PersonArgument,
    ground: GroundOption,
    space: SpaceOption = None,
    bank: ExistingBankOption = DEFAULT_BANK,
    lang: LanguageOption = None,
    json: JsonOption = False,
) -> None:
    """Forget a person: destroy the keys of their names; proofs and money stay. · 遗忘个人：销毁其名称的密钥，证明与金额不变。"""
    terminal = Terminal(lang, json)
    said_ground(ground)
    with opened_bank(terminal, bank) as opened, terminal.progress() as progress:
        done = opened.persons.forget(person, ground, space=space, progress=progress)
    terminal.say(
        terminal.word("forgotten").format(
            names=done.forgotten.names, shared=done.forgotten.shared, states=done.states, rows=done.quarantined
        ),
        style="green",
    )
    terminal.findings(done.findings)
    terminal.give(
        {
            "space": done.name.space,
            "pseudonym": done.forgotten.pseudonym,
            "names": done.forgotten.names,
            "shared": done.forgotten.shared,
            "states": done.states,
            "quarantined": done.quarantined,
            "still_named": [one.where for one in done.findings],
        }
    )


def hold(
    person: PersonArgument,
    until: Annotated[
        str | None, typer.Option("--until", metavar="TIME", help="First moment of freedom. · 保留截止时刻。", show_default=False)
    ] = None,
    ground: Annotated[str | None, typer.Option("--ground", metavar="TEXT", help="Why. · 依据。", show_default=False)] = None,
    lift: Annotated[bool, typer.Option("--lift", help="Take every hold away. · 解除全部保留。")] = False,
    space: SpaceOption = None,
    bank: ExistingBankOption = DEFAULT_BANK,
    lang: LanguageOption = None,
    json: JsonOption = False,
) -> None:
    """Keep a person from being forgotten before a date, or lift that. · 在某日期之前禁止遗忘某人，或予以解除。"""
    terminal = Terminal(lang, json)
    new: Hold | None = None
    if not lift:
        until_us = moment_us(until)
        if until_us is None or not (ground or "").strip():
            raise InputError(
                "cli.hold.incomplete",
                {"en": "a hold needs a date and a ground", "zh": "保留需要截止日期与依据"},
                {"en": "give --until and --ground, or --lift", "zh": "请给出 --until 与 --ground，或 --lift"},
            )
        new = Hold(until_us, ground or "")
    with opened_bank(terminal, bank) as opened:
        if new is not None and new.until_us <= opened.clock.now_us():
            raise InputError(
                "cli.hold.past",
                {
                    "en": f"{time_text(new.until_us)} is past: such a hold keeps nobody",
                    "zh": f"{time_text(new.until_us)} 已经过去：这样的保留不起作用",
                },
                {"en": "give a later --until, or --lift", "zh": "请给出更晚的 --until，或 --lift"},
            )
        name = opened.persons.hold(person, new, space=space)
    until_text = "-" if new is None else time_text(new.until_us)
    terminal.say(terminal.word("lifted" if new is None else "held").format(until=until_text), style="green")
    terminal.give({"space": name.space, "until": None if new is None else until_text})
