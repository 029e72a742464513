"""The thresholds of a score: the page on which they are changed and tried, and what its form gives."""

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation

from huitong.console.forms import Given
from huitong.console.markup import Markup, markup, tag
from huitong.console.words import OUTCOMES, word
from huitong.console.work.editor import Edited, edit_form, edit_trail
from huitong.console.work.look import Look, View
from huitong.console.work.parts import outcome
from huitong.console.work.policy_acts import tag_of
from huitong.decisions.policy import falling
from huitong.evaluation.words import NARROW_SPACE
from huitong.kernel import InputError

FIELD = "score."
"""What the names of the form's fields begin with; an outcome follows."""


def thresholds_view(chosen: Mapping[str, float], known: Edited, look: Look) -> View:
    """The page on which thresholds are changed.

    Args:
        chosen: What holds in the folder, by outcome, the milder first.
        known: What is edited.
        look: Who looks.
    """
    heads = [
        tag("th", look.pick("Outcome", "结果"), scope="col"),
        tag("th", look.pick("In the folder from this probability of fraud on", "文件夹中：欺诈概率不低于"), scope="col", class_="n"),
        tag("th", look.pick("From now on", "改为不低于"), scope="col"),
    ]
    rows = [
        tag(
            "tr",
            tag("th", outcome(name, look), scope="row"),
            tag("td", f"{score * 100:.2f}{NARROW_SPACE}%", class_="n"),
            tag("td", _field(name, score, look)),
        )
        for name, score in chosen.items()
    ]
    title = look.pick("Thresholds of the score", "评分阈值")
    grid = tag("table", tag("caption", title, class_="unseen"), tag("thead", tag("tr", heads)), tag("tbody", rows), class_="scores")
    unit = look.pick(
        "Give a percentage such as 5 %, or the same as a probability: 0.05. A payment gets the gravest outcome whose threshold its score "
        "reaches; lists and rules may ask for more.",
        "请填写百分比，例如 5%；也可填写概率 0.05。支付取其评分所达到的最严结果；名单与规则可另行从严。",
    )
    fixed = {"policy": known.policy, "table": "", "seen": known.seen, "thresholds": tag_of_thresholds(chosen)}
    form = edit_form(known, fixed, "thresholds", markup(grid, tag("p", unit, class_="meta")), None, look)
    answer = look.pick(
        "The probability of fraud from which on a payment goes to review, and from which on it is declined.",
        "欺诈概率达到多少时转人工复核，达到多少时拒绝。",
    )
    return View(title, answer, form, trail=edit_trail(known, look))


def _field(name: str, score: float, look: Look) -> Markup:
    percent = look.pick(f"{score * 100:.6g} %", f"{score * 100:.6g}%")
    title = look.text(word(OUTCOMES, name))
    return tag(
        "input",
        name=f"{FIELD}{name}",
        value=percent,
        maxlength=16,
        autocomplete="off",
        inputmode="decimal",
        aria_label=look.pick(f"{title}: from", f"{title}：不低于"),
    )


def thresholds_fine(scores: Mapping[str, float], look: Look) -> str:
    """How thresholds are read in which nothing is wrong."""
    read = [(look.text(word(OUTCOMES, name)), f"{score * 100:.6g}") for name, score in scores.items()]
    means = [look.pick(f"{title} from {percent} % on", f"{percent}% 起为“{title}”") for title, percent in read]
    return look.pick(f"Read as: {', '.join(means)}.", f"按此理解：{'，'.join(means)}。")


def scores_of(given: Given) -> Mapping[str, float]:
    """The thresholds that a form gives, by outcome.

    Raises:
        InputError: If one is no probability.
    """
    names = {name: name.removeprefix(FIELD) for name in given.values if name.startswith(FIELD)}
    return {outcome: _score(outcome, given.text(name)) for name, outcome in names.items()}


def tag_of_thresholds(chosen: Mapping[str, float]) -> str:
    """By which a page knows the thresholds again that it shows."""
    return tag_of(repr(sorted(chosen.items())).encode())


def thresholds_seen(given: Given, scores: Mapping[str, float]) -> Callable[[Mapping[str, float]], None]:
    """Refuses a change where other thresholds hold than the page showed: it sends all of them, and would take the others back.

    And one after which a graver outcome would begin below a milder one.
    """

    def expects(chosen: Mapping[str, float]) -> None:
        if tag_of_thresholds(chosen) != given.text("thresholds"):
            raise InputError(
                "policy.thresholds.changed",
                {"en": "the thresholds were changed by somebody else since you opened the page", "zh": "阈值在您打开页面之后已被他人修改"},
                {"en": "open the page anew in another tab, and bring your change over", "zh": "请在新标签页重新打开，再作修改"},
            )
        changed = {outcome: scores.get(outcome, score) for outcome, score in chosen.items()}
        if (pair := falling(changed)) is not None:
            raise _falling(*pair, changed)

    return expects


def _falling(milder: str, graver: str, scores: Mapping[str, float]) -> InputError:
    """As the policy's reader refuses them, in the words of a page."""
    (one, low), (other, high) = ((word(OUTCOMES, outcome), scores[outcome]) for outcome in (milder, graver))
    return InputError(
        "policy.thresholds.falling",
        {
            "en": f"the threshold of “{one['en']}” ({low * 100:.6g} %) must not lie above that of “{other['en']}” ({high * 100:.6g} %)",
            "zh": f"“{one['zh']}”的阈值（{low * 100:.6g}%）不得高于“{other['zh']}”的阈值（{high * 100:.6g}%）",
        },
        {
            "en": f"lower the one of “{one['en']}” or raise the one of “{other['en']}”",
            "zh": f"请调低“{one['zh']}”的阈值，或调高“{other['zh']}”的阈值",
        },
    )


def _score(outcome: str, text: str) -> float:
    """A probability, or a percentage with its sign."""
    number = text.removesuffix("%").removesuffix("％")
    try:
        score = Decimal(number.strip()) / (1 if number == text else 100)
        fits = 0 <= score <= 1
    except InvalidOperation:  # also of what is no number and compares with none
        fits = False
    if not fits:
        title = word(OUTCOMES, outcome)
        raise InputError(
            f"policy.threshold.score.{outcome}",
            {
                "en": f"the threshold of “{title['en']}” is {text!r}, neither a probability from 0 to 1 nor a percentage up to 100 %",
                "zh": f"“{title['zh']}”的阈值 {text!r} 既不是 0 到 1 之间的概率，也不是不超过 100% 的百分比",
            },
            {
                "en": "give a percentage with its sign, such as 35 %, or a probability: 0.35",
                "zh": "请填写带百分号的百分比，例如 35%，或概率 0.35",
            },
        )
    return abs(float(score))  # of -0 too
