"""How results show themselves: text for a terminal, tables for a notebook, a page that stands alone. No dependency."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Final

SCREEN: Final = 40
"""Rows of a table that fit one screen."""
_FIGURE: Final = re.compile(r"[+-]?[0-9][0-9,]*(?:\.[0-9]+)?(?: (?:%|days?|[A-Z]{3}))?\*?")
"""A number written out, with its unit and the star of a figure that will still move."""
_WIDEST: Final = 60
"""Characters of a text cell before it is cut."""


# --- words and numbers ------------------------------------------------------------------------------------------------


def percent(value: Fraction | Decimal | int, places: int = 1) -> str:
    """
    A fraction as a percentage, rounded half-even.

    >>> percent(Fraction(1, 3)), percent(Fraction(-1, 8), 0), percent(1)
    ('33.3 %', '-12 %', '100.0 %')
    """
    scale = 10**places
    units = round(Fraction(value) * 100 * scale)
    whole, rest = divmod(abs(units), scale)
    return f"{'-' if units < 0 else ''}{whole}{f'.{rest:0{places}d}' if places else ''} %"


def plural(count: int, one: str, many: str) -> str:
    """
    A count with its noun.

    >>> plural(1, "touch", "touches"), plural(1200, "touch", "touches")
    ('1 touch', '1,200 touches')
    """
    return f"{count:,} {one if count == 1 else many}"


def join_and(words: Sequence[str]) -> str:
    """
    Words as a phrase.

    >>> join_and(["acme", "birch", "cedar"])
    'acme, birch and cedar'
    """
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def escape(text: object) -> str:
    """Text that is safe in HTML, inside quotes too."""
    from html import escape as html_escape  # noqa: PLC0415 - the terminal does not need it

    return html_escape(str(text), quote=True)


def _is_number(value: object) -> bool:
    # Money too, without importing it: what has minor units is an amount.
    return (isinstance(value, int | Decimal | Fraction) and not isinstance(value, bool)) or hasattr(value, "minor")


def _cell(value: object) -> str:
    if value is None:
        return ""
    if hasattr(value, "minor"):
        return f"{value:,}"
    return str(value)


def _right(rows: Sequence[Sequence[object]], column: int) -> bool:
    """Whether a column holds numbers; amounts and percentages written out count, unknown cells do not object."""
    cells = [row[column] for row in rows if row[column] not in (None, "", "n/a")]
    if not all(_is_number(cell) or _FIGURE.fullmatch(str(cell)) for cell in cells):
        return False
    # Bare digits in a text may as well be an id, so a unit somewhere in the column has to say that they count.
    return any(_is_number(cell) or not str(cell).isdigit() for cell in cells)


# --- tables -----------------------------------------------------------------------------------------------------------


def text_table(headers: Sequence[str], rows: Iterable[Sequence[object]], *, limit: int = SCREEN) -> str:
    """
    A table for one screen: numbers to the right, long cells cut, rows beyond *limit* counted.

    >>> print(text_table(["party", "share"], [["acme", Fraction(1, 2)], ["birch", Fraction(1, 4)]]))
    party  share
    acme     1/2
    birch    1/4
    """
    every = [list(row) for row in rows]
    shown = every[:limit]
    right = [_right(shown, column) for column in range(len(headers))]
    cells = [[_cut(_cell(value)) for value in row] for row in shown]
    widths = [max(len(text) for text in column) for column in zip(headers, *cells, strict=True)]
    lines = [
        "  ".join(
            text.rjust(width) if to_right else text.ljust(width)
            for text, width, to_right in zip(line, widths, right, strict=True)
        ).rstrip()
        for line in [list(headers), *cells]
    ]
    if not every:
        lines.append("(none)")
    if len(every) > limit:
        lines.append(f"... and {len(every) - limit:,} more")
    return "\n".join(lines)


def _cut(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _WIDEST else text[: _WIDEST - 1] + "…"


def html_table(headers: Sequence[str], rows: Iterable[Sequence[object]], *, caption: str = "", limit: int = 200) -> str:
    """A table for a notebook or a page, everything escaped; rows beyond *limit* are counted."""
    every = [list(row) for row in rows]
    shown = every[:limit]
    styles = [
        ' style="text-align:right"' if _right(shown, column) else ' style="text-align:left"'
        for column in range(len(headers))
    ]
    head = "".join(f"<th{style}>{escape(header)}</th>" for header, style in zip(headers, styles, strict=True))
    body = "".join(
        "<tr>"
        + "".join(f"<td{style}>{escape(_cell(value))}</td>" for value, style in zip(row, styles, strict=True))
        + "</tr>"
        for row in shown
    )
    rest = len(every) - len(shown)
    note = f"... and {rest:,} more" if rest else "" if every else "(none)"
    foot = f'<tr><td colspan="{len(headers)}">{note}</td></tr>' if note else ""
    title = f"<caption>{escape(caption)}</caption>" if caption else ""
    return f'<table class="po-table">{title}<thead><tr>{head}</tr></thead><tbody>{body}{foot}</tbody></table>'


# --- pages ------------------------------------------------------------------------------------------------------------

_STYLE: Final = """
:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:0 auto;padding:1rem}
h1{font-size:1.5rem;line-height:1.25}h2{font-size:1.2rem;margin-top:2rem}
.po-scroll{overflow-x:auto}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;width:100%}
caption{text-align:left;font-weight:600;padding:.25rem 0}
th,td{padding:.25rem .6rem;border-bottom:1px solid rgba(128,128,128,.35);vertical-align:top}
svg{max-width:100%;height:auto}
@media print{body{max-width:none}}
"""


def html_page(title: str, body: str, *, lang: str = "en") -> str:
    """
    One page that stands alone: its style is inside, it asks nothing of any other place, and a phone can read it.

    *title* is escaped; *body* is HTML already, with wide tables inside `<div class="po-scroll">`.
    """
    return (
        f'<!doctype html>\n<html lang="{escape(lang)}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width,initial-scale=1"><title>{escape(title)}</title>'
        f"<style>{_STYLE}</style></head>\n<body><main>\n{body}\n</main></body></html>\n"
    )


# --- results ----------------------------------------------------------------------------------------------------------


class Printable:
    """
    A result that prints well: one screen of text, and HTML for a notebook.

    A class gives `_headline()`, `to_dicts()`, and where they differ `_rows()` for people and a `_figure()` as SVG.
    """

    __slots__ = ()

    if TYPE_CHECKING:

        def to_dicts(self) -> list[dict[str, object]]:
            """The result as rows, for tables and files."""
            ...

        def _headline(self) -> str: ...

    def _rows(self) -> list[dict[str, object]]:
        return self.to_dicts()

    def _figure(self) -> str:
        return ""

    def _table(self) -> tuple[list[str], list[list[object]]]:
        rows = self._rows()
        headers = list(rows[0]) if rows else []
        return headers, [[row[header] for header in headers] for row in rows]

    def __str__(self) -> str:
        headers, rows = self._table()
        return "\n".join([self._headline(), *([text_table(headers, rows)] if headers else ["(none)"])])

    def _repr_html_(self) -> str:
        headers, rows = self._table()
        table = f'<div class="po-scroll">{html_table(headers, rows)}</div>' if headers else "<p>(none)</p>"
        return f'<div class="po-result"><p><strong>{escape(self._headline())}</strong></p>{table}{self._figure()}</div>'
