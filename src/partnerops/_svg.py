"""
Small charts as inline SVG: no script, no dependency, the same bytes on every platform.

Colours follow the page (`currentColor`) or its CSS variables `--po-a`, `--po-b`, ...; every mark has a tooltip, every
chart a label for screen readers. Geometry is computed in whole tenths of a pixel, never in floats.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Final, TypeAlias

from partnerops._render import escape

Number: TypeAlias = int | Decimal | Fraction
Item: TypeAlias = tuple[str, Number]

WIDTH: Final = 640
_ROW, _BAR, _LABEL, _VALUE, _TOP = 26, 16, 150, 120, 26
_PALETTE: Final = ("#2f6fb0", "#d9822b", "#3c9d6b", "#9b59b6", "#c0504d", "#7f8c8d")
_MAX_LABEL: Final = 20


def svg_bars(items: Sequence[Item], *, title: str, unit: str = "") -> str:
    """Horizontal bars, one an item; negative values run to the left of the zero line."""
    low, high = _range([Fraction(value) for _, value in items])
    marks: list[str] = []
    for row, (label, value) in enumerate(items):
        # From zero, wherever that lies: a bar that starts elsewhere shows a wrong proportion.
        start, length = _span(Fraction(0), Fraction(value), low, high)
        colour = _colour(0 if value >= 0 else 4)
        marks += [
            _label(label, row),
            _bar(start, row, length, colour, f"{label}: {_amount(value, unit)}"),
            _value(_amount(value, unit), row),
        ]
    return _figure(marks, len(items), title, zero=_place(Fraction(0), low, high))


def svg_stacked(
    groups: Sequence[tuple[str, Sequence[Item]]], *, title: str, unit: str = "", notes: Sequence[str] = ()
) -> str:
    """
    One horizontal bar a group, made of its parts; parts of the same name share a colour, shown in a legend.

    Beside each bar stands its total or, where *notes* are given, one for each bar, its note.
    """
    names = list(dict.fromkeys(name for _, parts in groups for name, _ in parts))
    totals = [sum((max(Fraction(value), Fraction(0)) for _, value in parts), Fraction(0)) for _, parts in groups]
    low, high = _range(totals)
    marks: list[str] = []
    for row, ((label, parts), total) in enumerate(zip(groups, totals, strict=True)):
        marks.append(_label(label, row))
        reached = Fraction(0)
        for name, value in parts:
            # A negative part has no place in a stack; its amount stays in the tooltip.
            part = max(Fraction(value), Fraction(0))
            start, length = _span(reached, reached + part, low, high)
            tip = f"{label}, {name}: {_amount(value, unit)}"
            marks.append(_bar(start, row, length, _colour(names.index(name)), tip))
            reached += part
        marks.append(_value(notes[row] if notes else _amount(_number(total), unit), row))
    return _figure(marks + _legend(names, len(groups)), len(groups) + -(-len(names) // 3), title)


def svg_waterfall(steps: Sequence[Item], *, title: str, unit: str = "") -> str:
    """Changes one under another, each from where the last one ended, and their total as the last bar."""
    ends = [Fraction(0)]
    for _, value in steps:
        ends.append(ends[-1] + Fraction(value))
    low, high = _range(ends)
    marks: list[str] = []
    for row, (label, value) in enumerate(steps):
        start, length = _span(ends[row], ends[row + 1], low, high)
        colour = _colour(2 if value >= 0 else 4)
        marks += [
            _label(label, row),
            _bar(start, row, length, colour, f"{label}: {_amount(value, unit)}"),
            _connector(_place(ends[row + 1], low, high), row),
            _value(_amount(value, unit), row),
        ]
    total = _number(ends[-1])
    start, length = _span(Fraction(0), ends[-1], low, high)
    last = len(steps)
    marks += [
        _label("total", last),
        _bar(start, last, length, _colour(0), f"total: {_amount(total, unit)}"),
        _value(_amount(total, unit), last),
    ]
    return _figure(marks, last + 1, title, zero=_place(Fraction(0), low, high))


# --- geometry, in tenths of a pixel -----------------------------------------------------------------------------------


def _range(values: Sequence[Fraction]) -> tuple[Fraction, Fraction]:
    """The span of the axis: zero is always on it, and it is never empty."""
    low, high = min([*values, Fraction(0)]), max([*values, Fraction(0)])
    # All values 0: without a span there would be a division by zero.
    return (low, high) if high > low else (Fraction(0), Fraction(1))


def _place(value: Fraction, low: Fraction, high: Fraction) -> int:
    room = (WIDTH - _LABEL - _VALUE) * 10
    return _LABEL * 10 + int((value - low) * room / (high - low))


def _span(one: Fraction, other: Fraction, low: Fraction, high: Fraction) -> tuple[int, int]:
    # Each end is rounded by itself, so bars that meet in value meet on the page.
    start, end = sorted((_place(one, low, high), _place(other, low, high)))
    return start, end - start


def _px(tenths: int) -> str:
    whole, rest = divmod(tenths, 10)
    return f"{whole}.{rest}" if rest else str(whole)


# --- marks ------------------------------------------------------------------------------------------------------------


def _colour(index: int) -> str:
    place = index % len(_PALETTE)
    return f"var(--po-{'abcdef'[place]},{_PALETTE[place]})"


def _middle(row: int) -> int:
    return _TOP + row * _ROW + _ROW // 2


def _label(text: str, row: int) -> str:
    # Labels have a column of fixed width; the whole text is in the tooltip.
    short = text if len(text) <= _MAX_LABEL else text[: _MAX_LABEL - 1] + "…"
    return (
        f'<text x="{_LABEL - 8}" y="{_middle(row) + 4}" text-anchor="end" fill="currentColor">'
        f"{escape(short)}<title>{escape(text)}</title></text>"
    )


def _value(text: str, row: int) -> str:
    return f'<text x="{WIDTH - 4}" y="{_middle(row) + 4}" text-anchor="end" fill="currentColor">{escape(text)}</text>'


def _bar(start: int, row: int, length: int, colour: str, tip: str) -> str:
    return (
        f'<rect x="{_px(start)}" y="{_middle(row) - _BAR // 2}" width="{_px(length)}" height="{_BAR}" '
        f'style="fill:{colour}"><title>{escape(tip)}</title></rect>'
    )


def _connector(place: int, row: int) -> str:
    top = _middle(row) + _BAR // 2
    return (
        f'<line x1="{_px(place)}" x2="{_px(place)}" y1="{top}" y2="{top + _ROW - _BAR}" '
        'stroke="currentColor" stroke-opacity="0.5"/>'
    )


def _legend(names: Sequence[str], rows: int) -> list[str]:
    marks: list[str] = []
    for index, name in enumerate(names):
        left, row = _LABEL + index % 3 * 160, rows + index // 3
        short = name if len(name) <= _MAX_LABEL else name[: _MAX_LABEL - 1] + "…"
        marks.append(
            f'<rect x="{left}" y="{_middle(row) - 5}" width="10" height="10" style="fill:{_colour(index)}"/>'
            f'<text x="{left + 16}" y="{_middle(row) + 4}" fill="currentColor">{escape(short)}'
            f"<title>{escape(name)}</title></text>"
        )
    return marks


def _number(value: Fraction) -> Number:
    """A sum as it is best read: whole, or with the decimals it has."""
    return value.numerator if value.denominator == 1 else value


def _amount(value: Number, unit: str) -> str:
    if isinstance(value, Fraction):
        cents = round(value * 100)
        # From its digits: no ambient decimal context may round what is shown.
        value = Decimal((int(cents < 0), tuple(map(int, str(abs(cents)))), -2))
    return f"{value:,}{' ' if unit else ''}{unit}"


def _figure(marks: Sequence[str], rows: int, title: str, zero: int | None = None) -> str:
    height = _TOP + max(rows, 1) * _ROW + 8
    axis = ""
    if zero is not None:
        axis = (
            f'<line x1="{_px(zero)}" x2="{_px(zero)}" y1="{_TOP}" y2="{height - 8}" '
            'stroke="currentColor" stroke-opacity="0.4"/>'
        )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
        f'aria-label="{escape(title)}" style="max-width:100%;height:auto" font-family="system-ui,sans-serif" '
        f'font-size="12"><title>{escape(title)}</title>'
        f'<text x="0" y="14" font-weight="600" fill="currentColor">{escape(title)}</text>'
        f"{axis}{''.join(marks)}</svg>"
    )
