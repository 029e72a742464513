"""Draws the synthetic bank as three SVG files: ``python -m docs.synthetic_bank`` from the repository's root."""

from collections.abc import Sequence
from html import escape
from pathlib import Path

import numpy as np
import numpy.typing as npt

from huitong.contracts import Codes
from huitong.kernel import MICROSECONDS_PER_DAY
from huitong.risk.transactions import SyntheticBank, generate

IMAGES = Path(__file__).resolve().parent / "images"
SEED = 7
WIDTH, LEFT, PLOT = 900, 190, 680
INK, HINT, LINE, ACCENT, FRAUD = "#16202a", "#4a5866", "#e1e6eb", "#0b5cad", "#b3261e"
_LOCAL_US = 8 * 3_600_000_000
Numbers = npt.NDArray[np.float64]


def _text(x: float, y: float, words: str, *, size: int = 12, anchor: str = "start", ink: str = HINT) -> str:
    return f'<text x="{x:.0f}" y="{y:.0f}" font-size="{size}" text-anchor="{anchor}" fill="{ink}">{escape(words)}</text>'


def _bars(values: Numbers, top: float, height: float, ink: str, opacity: float = 1.0) -> str:
    step = PLOT / len(values)
    peak = float(values.max()) or 1.0
    bars = (
        f"M{LEFT + place * step:.1f} {top + height:.1f}v{-value / peak * height:.1f}h{step * 0.86:.1f}v{value / peak * height:.1f}z"
        for place, value in enumerate(values.tolist())
        if value > 0
    )
    return f'<path d="{"".join(bars)}" fill="{ink}" fill-opacity="{opacity}"/>'


def _ticks(labels: Sequence[str], y: float) -> str:
    step = PLOT / max(len(labels) - 1, 1)
    return "".join(_text(LEFT + place * step, y, label, size=11, anchor="middle") for place, label in enumerate(labels))


def _picture(height: int, parts: Sequence[str]) -> str:
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="system-ui, sans-serif">'
    return f'{head}<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>{"".join(parts)}</svg>\n'


def rhythm_picture(bank: SyntheticBank) -> str:
    """Payments by day and by hour of the day."""
    local = bank.payments.time_us + _LOCAL_US
    day = local // MICROSECONDS_PER_DAY
    by_day = np.bincount(day - day.min()).astype(np.float64)
    by_hour = np.bincount(local // 3_600_000_000 % 24, minlength=24).astype(np.float64)
    honest = bank.scenario == 0
    theft = np.bincount((local // 3_600_000_000 % 24)[~honest], minlength=24).astype(np.float64)
    return _picture(
        470,
        [
            _text(20, 26, "Payments by day / 每日支付笔数", size=14, ink=INK),
            _text(20, 110, f"0 – {by_day.max():,.0f}"),
            _bars(by_day, 40, 130, ACCENT),
            _ticks(["2025-09-01", "10-01 国庆 National Day", "10-31", "11-30"], 190),
            _text(20, 236, "By hour / 按小时：honest 正常", size=14, ink=INK),
            _bars(by_hour, 245, 80, ACCENT),
            _text(20, 352, "fraud 欺诈", size=14, ink=INK),
            _bars(theft, 345, 80, FRAUD),
            _ticks(["0", "6", "12", "18", "24 h"], 445),
        ],
    )


def amounts_picture(bank: SyntheticBank) -> str:
    """Amounts of honest payments by channel, and of each scenario, on one logarithmic axis."""
    amount, channel = bank.payments.data["amount"], bank.payments.data["channel"]
    if isinstance(amount, Codes) or not isinstance(channel, Codes):
        raise TypeError("amount is a column of numbers, channel one of texts")
    logs, kind = np.log10(amount / 100), np.array(channel.arrow().to_pylist())
    edges = np.linspace(0, 5, 81)
    rows: list[tuple[str, npt.NDArray[np.bool_], str]] = [
        ("card_present 刷卡", (kind == "card_present") & (bank.scenario == 0), ACCENT),
        ("online 网上", (kind == "online") & (bank.scenario == 0), ACCENT),
        ("transfer 转账", (kind == "transfer") & (bank.scenario == 0), ACCENT),
        *((name, bank.scenario == code, FRAUD) for code, name in enumerate(bank.scenarios) if code),
    ]
    parts = [_text(20, 26, "Amounts, CNY / 金额（元）", size=14, ink=INK)]
    for place, (name, mask, ink) in enumerate(rows):
        top = 45 + place * 52
        parts += [
            _text(20, top + 36, f"{name} ({mask.sum():,})"),
            _bars(np.histogram(logs[mask], edges)[0].astype(np.float64), top, 42, ink),
        ]
    return _picture(60 + 52 * len(rows) + 25, [*parts, _ticks(["1", "10", "100", "1,000", "10,000", "100,000"], 62 + 52 * len(rows))])


def scenarios_picture(bank: SyntheticBank) -> str:
    """Each fraudulent payment as a dot on its day, pale where it was never found; and how late the labels come."""
    said = bank.labels.data["fraud"]
    subject = bank.labels.data["payment"]
    if isinstance(said, Codes) or not isinstance(subject, Codes):
        raise TypeError("fraud is a column of numbers, payment one of texts")
    row = subject.codes[said == 1]
    delay = (bank.labels.time_us[said == 1] - bank.payments.time_us[row]) / MICROSECONDS_PER_DAY
    found = np.zeros(len(bank.payments), np.bool_)
    found[row] = True
    first, last = int(bank.payments.time_us[0]), int(bank.payments.time_us[-1])
    parts = [_text(20, 26, "Fraud by day; pale: never found / 每笔欺诈，浅色为从未发现", size=14, ink=INK)]
    spread = np.random.default_rng(SEED).uniform(-14, 14, len(bank.payments))
    for code, name in enumerate(bank.scenarios):
        if code == 0:
            continue
        y = 30 + code * 44
        parts += [_text(20, y + 4, name), f'<path d="M{LEFT} {y}h{PLOT}" stroke="{LINE}"/>']
        for seen, ink in ((True, FRAUD), (False, "#e8a39e")):
            payments = np.flatnonzero((bank.scenario == code) & (found == seen))
            x = LEFT + (bank.payments.time_us[payments] - first) / (last - first) * PLOT
            dots = "".join(f"M{at:.0f} {y + off:.0f}h0" for at, off in zip(x.tolist(), spread[payments].tolist(), strict=True))
            parts.append(f'<path d="{dots}" stroke="{ink}" stroke-width="3.2" stroke-linecap="round"/>')
    parts += [
        _ticks(["2025-09-01", "10-01", "10-31", "11-30"], 325),
        _text(20, 372, "Days until the label / 定性延迟（天）", size=14, ink=INK),
        _bars(np.histogram(delay, np.linspace(0, 40, 81))[0].astype(np.float64), 380, 70, FRAUD),
        _ticks(["0", "10", "20", "30", "40"], 470),
    ]
    return _picture(490, parts)


def pictures() -> dict[str, str]:
    """The SVG files by name."""
    bank = generate(SEED)
    return {
        "synthetic-rhythm.svg": rhythm_picture(bank),
        "synthetic-amounts.svg": amounts_picture(bank),
        "synthetic-scenarios.svg": scenarios_picture(bank),
    }


if __name__ == "__main__":
    for file, picture in pictures().items():
        (IMAGES / file).write_text(picture, "utf-8")
