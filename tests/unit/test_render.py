"""Text, tables and charts: aligned, escaped, cut where they must be, the same every time."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from xml.etree import ElementTree as ET

import pytest
from attrs import frozen

from partnerops import Money
from partnerops._render import Printable, escape, html_page, html_table, join_and, percent, plural, text_table
from partnerops._svg import svg_bars, svg_stacked, svg_waterfall

NASTY = "<script>alert('x')</script> & \"more\""


class TestWords:
    """Small phrases."""

    @pytest.mark.parametrize(
        ("value", "places", "text"),
        [
            (Fraction(1, 3), 1, "33.3 %"),
            (Fraction(2, 3), 0, "67 %"),
            (Fraction(1, 2000), 1, "0.0 %"),
            (Fraction(3, 2000), 1, "0.2 %"),
            (Fraction(-1, 3), 2, "-33.33 %"),
            (Decimal("0.125"), 1, "12.5 %"),
            (0, 1, "0.0 %"),
        ],
    )
    def test_percentages_round_half_even(self, value, places, text):
        """0.05 % goes to the even neighbour."""
        assert percent(value, places) == text

    def test_counts_and_lists_read_as_people_write(self):
        """One, many, thousands; and before the last."""
        assert [plural(n, "deal", "deals") for n in (0, 1, 2, 12000)] == [
            "0 deals",
            "1 deal",
            "2 deals",
            "12,000 deals",
        ]
        assert [join_and(words) for words in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == [
            "",
            "a",
            "a and b",
            "a, b and c",
        ]


class TestTextTable:
    """One screen of text."""

    def test_numbers_go_right_and_words_left(self):
        """Money and percentages are numbers; accents are one column wide."""
        rows = [["ação", Money("1234.50", "BRL"), "5.0 %", None], ["b", Money("-1", "BRL"), "12.5 %", "x"]]
        assert text_table(["name", "amount", "share", "note"], rows) == (
            "name        amount   share  note\nação  1,234.50 BRL   5.0 %\nb        -1.00 BRL  12.5 %  x"
        )

    def test_long_cells_and_long_tables_are_cut(self):
        """What is missing is counted."""
        text = text_table(["n", "text"], [[n, "word " * 40] for n in range(50)], limit=3)
        lines = text.split("\n")
        assert lines[-1] == "... and 47 more"
        assert len(lines) == 5
        assert all(len(line) <= 70 for line in lines)
        assert lines[1].endswith("…")

    def test_nothing_is_said_to_be_nothing(self):
        """An empty table is not a blank screen; a line break cannot tear a row."""
        assert text_table(["a"], []) == "a\n(none)"
        assert text_table(["a"], [["x\ny"]]) == "a\nx y"


class TestHtml:
    """For notebooks and pages."""

    def test_everything_is_escaped(self):
        """Headers, cells, caption and title."""
        table = html_table([NASTY], [[NASTY]], caption=NASTY)
        page = html_page(NASTY, table)
        assert "<script" not in page
        assert page.count(escape(NASTY)) == 4

    def test_a_table_is_well_formed_and_counts_the_rest(self):
        """It parses, numbers to the right."""
        root = ET.fromstring(html_table(["a", "n"], [["x", 1]] * 5, limit=2))  # noqa: S314
        assert root.find("tbody").findall("tr")[-1].find("td").text == "... and 3 more"
        assert root.find("thead/tr").findall("th")[1].get("style") == "text-align:right"
        assert "(none)" in html_table(["a"], [])

    def test_a_page_asks_nothing_of_any_other_place(self):
        """No address, no script, and a phone can read it."""
        page = html_page("Review", "<p>x</p>")
        assert "http" not in page.lower()
        assert "src=" not in page
        assert "width=device-width" in page


CHARTS = [
    lambda items, title: svg_bars(items, title=title, unit="BRL"),
    lambda items, title: svg_stacked([(title, items), ("none", [])], title=title, unit="BRL"),
    lambda items, title: svg_waterfall(items, title=title, unit="BRL"),
]


def test_notes_stand_in_place_of_totals():
    """Where the total says nothing, such as that of shares of one whole."""
    text = svg_stacked([("a", [("in", 30), ("out", 70)])], title="t", unit="%", notes=["7 missing"])
    assert ">7 missing<" in text
    assert ">100 %<" not in text


@pytest.mark.parametrize("chart", CHARTS)
class TestSvg:
    """Each of the charts."""

    def test_it_is_escaped_labelled_and_well_formed(self, chart):
        """Tooltips and a label for screen readers."""
        text = chart([(NASTY, 5), ("b", Decimal("-2.5"))], NASTY)
        root = ET.fromstring(text)  # noqa: S314
        assert "<script" not in text
        assert root.get("role") == "img"
        assert root.get("aria-label") == NASTY
        assert any(NASTY in (node.text or "") for node in root.iter("{http://www.w3.org/2000/svg}title"))

    @pytest.mark.parametrize(
        "items",
        [
            [],
            [("zero", 0)],
            [("a", 0), ("b", 0)],
            [("minus", -3)],
            [("third", Fraction(1, 3)), ("cent", Decimal("0.01"))],
            [(f"a label that is much too long, number {n}", n * n) for n in range(30)],
        ],
    )
    def test_odd_data_draws_inside_the_picture(self, chart, items):
        """Nothing has a negative width or stands outside the view."""
        root = ET.fromstring(chart(items, "t"))  # noqa: S314
        width, height = (int(part) for part in root.get("viewBox").split()[2:])
        for bar in root.iter("{http://www.w3.org/2000/svg}rect"):
            left, size = Decimal(bar.get("x")), Decimal(bar.get("width"))
            assert size >= 0
            assert 0 <= left <= left + size <= width
            assert 0 <= int(bar.get("y")) < height
        for word in root.iter("{http://www.w3.org/2000/svg}text"):
            assert int(word.get("y")) <= height

    def test_the_same_data_give_the_same_bytes(self, chart):
        """Geometry is whole tenths of a pixel."""
        items = [("a", Fraction(22, 7)), ("b", Decimal("1.005"))]
        assert chart(items, "t") == chart(items, "t")


def test_bars_are_in_proportion():
    """Twice the value is twice the length."""
    root = ET.fromstring(svg_bars([("a", 10), ("b", 20), ("c", -10)], title="t"))  # noqa: S314
    one, two, minus = (Decimal(bar.get("width")) for bar in root.iter("{http://www.w3.org/2000/svg}rect"))
    assert abs(two - 2 * one) <= Decimal("0.2")
    assert abs(minus - one) <= Decimal("0.2")


def test_a_waterfall_ends_at_the_sum():
    """The last bar is the total, and says so."""
    text = svg_waterfall([("earned", 100), ("clawed back", -30)], title="statement", unit="BRL")
    assert "total: 70 BRL" in text


def test_a_result_prints_from_its_rows():
    """One class, three ways to show itself."""

    @frozen
    class Report(Printable):
        rows: tuple[int, ...]

        def to_dicts(self) -> list[dict[str, object]]:
            return [{"n": n, "square": n * n} for n in self.rows]

        def _headline(self) -> str:
            return "squares <of> numbers"

    assert str(Report((2, 3))) == "squares <of> numbers\nn  square\n2       4\n3       9"
    assert str(Report(())) == "squares <of> numbers\n(none)"
    assert "squares &lt;of&gt; numbers" in Report((2,))._repr_html_()
    assert "(none)" in Report(())._repr_html_()
