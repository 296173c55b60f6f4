"""Rows into nouns: every setting of a mapping, every fate of a row."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from partnerops import DIRECT, Money, Period
from partnerops.adapters import Import, ImportIssue, Severity, import_rows, parse_mapping
from partnerops.entities import SourceRef
from partnerops.exceptions import InvalidImport, InvalidMapping, InvalidValue

HEAD = 'system = "crm"\ncurrency = "BRL"\nzone = "America/Sao_Paulo"\n'


def run(mapping: str, *rows: dict[Any, Any], head: str = HEAD, **files: list[Any]) -> Import:
    """An import of `rows.csv` and other files."""
    tables = {"rows.csv": list(rows), **{f"{name}.csv": members for name, members in files.items()}}
    return import_rows(tables, parse_mapping(head + mapping))


def accounts(fields: str, *rows: dict[Any, Any], more: str = "", **options: Any) -> Import:
    """An import into accounts, with an id and a name of their own."""
    given = [{"id": f"A-{number}", **row} for number, row in enumerate(rows, 1)]
    text = f'{more}\n[accounts.fields]\nid = "id"\nname = {{ constant = "x" }}\n{fields}'
    return run(f'[accounts]\nfile = "rows.csv"\n{text}', *given, **options)


def one(result: Import) -> Any:
    """The only account, of an import with nothing to report."""
    assert [str(issue) for issue in result.issues] == []
    (account,) = result.dataset.accounts
    return account


def issue(result: Import) -> ImportIssue:
    """The only issue."""
    (found,) = result.issues
    return found


class TestText:
    """Where the text of a field comes from."""

    def test_a_column_is_stripped(self):
        assert one(accounts('segment = "s"', {"s": "  retail \t"})).segment == "retail"

    def test_a_blank_leaves_the_field_out(self):
        assert one(accounts('segment = "s"', {"s": " "})).segment is None

    def test_texts_of_the_mapping_and_of_the_field_mean_blank(self):
        head = HEAD + 'blanks = ["N/A"]\n'
        assert one(accounts('segment = "s"', {"s": "N/A"}, head=head)).segment is None
        field = 'segment = { column = "s", blanks = ["-"] }'
        assert one(accounts(field, {"s": "-"}, head=head)).segment is None
        assert one(accounts(field, {"s": "N/A"}, head=head)).segment == "N/A"

    def test_a_constant_may_be_any_scalar(self):
        fields = 'segment = { constant = 7 }\ncustom = { live = { constant = true, type = "flag" } }'
        account = one(accounts(fields, {}))
        assert (account.segment, dict(account.custom)) == ("7", {"live": True})

    def test_a_template_composes_columns(self):
        field = 'segment = { template = "{a}-{b}!" }'
        assert one(accounts(field, {"a": "x", "b": "y"})).segment == "x-y!"
        assert one(accounts(field, {"a": "x", "b": ""})).segment is None
        assert one(accounts(field, {"a": "x", "b": "N/A"}, head=HEAD + 'blanks = ["N/A"]\n')).segment is None

    def test_the_first_that_is_not_blank_counts(self):
        field = 'segment = { first = ["a", { column = "b", default = "z" }] }'
        assert one(accounts(field, {"a": "x", "b": "y"})).segment == "x"
        assert one(accounts(field, {"a": "", "b": "y"})).segment == "y"
        assert one(accounts(field, {"a": "", "b": ""})).segment == "z"
        assert one(accounts('segment = { first = ["a", "b"] }', {"a": "", "b": ""})).segment is None

    def test_values_translate(self):
        field = 'segment = { column = "s", values = { Tech = "it", none = "" } }'
        assert one(accounts(field, {"s": "Tech"})).segment == "it"
        assert one(accounts(field, {"s": "none"})).segment is None
        found = issue(accounts(field, {"s": "tech"}))
        assert (found.code, found.value, found.severity) == ("unknown_value", "tech", "kept")
        assert "did you mean 'Tech'" in found.problem

    def test_a_star_catches_the_other_values(self):
        assert (
            one(accounts('segment = { column = "s", values = { TI = "it", "*" = "other" } }', {"s": "x"})).segment
            == "other"
        )
        assert one(accounts('segment = { column = "s", values = { TI = "it", "*" = "*" } }', {"s": "x"})).segment == "x"

    def test_when_asks_another_column(self):
        field = 'segment = { column = "s", when = { column = "k", in = ["y", "Y"] } }'
        assert one(accounts(field, {"s": "x", "k": "Y"})).segment == "x"
        assert one(accounts(field, {"s": "x", "k": "n"})).segment is None

    def test_a_default_is_silent_unless_a_value_was_expected(self):
        assert one(accounts('segment = { column = "s", default = "d" }', {"s": ""})).segment == "d"
        result = accounts('segment = { column = "s", default = "d", expected = true }', {"s": ""})
        assert result.dataset.accounts[0].segment == "d"
        assert str(issue(result)) == (
            "rows.csv row 1, segment: blank in column s, taken as 'd'; kept; fill it in where it is known"
        )

    def test_a_sentinel_is_blank_and_reported(self):
        field = 'created_at = { column = "c", sentinels = ["9999-12-31 23:59:59"] }'
        result = accounts(field, {"c": "9999-12-31 23:59:59"})
        assert result.dataset.accounts[0].created_at is None
        assert (issue(result).code, issue(result).severity) == ("sentinel", "kept")

    @pytest.mark.parametrize(
        ("cell", "text"),
        [(7, "7"), (True, "true"), (None, None), (Decimal("1E+2"), "100"), (date(2026, 3, 1), "2026-03-01")],
    )
    def test_cells_of_an_api_are_taken_as_text(self, cell: object, text: str | None):
        assert one(accounts('segment = "s"', {"s": cell})).segment == text

    @pytest.mark.parametrize("cell", [0.5, ["x"], 10**400, b"x"])
    def test_cells_that_are_no_text_are_named(self, cell: object):
        found = issue(accounts('segment = "s"', {"s": cell}))
        assert (found.code, found.severity, found.value) == ("not_text", "kept", None)

    def test_a_float_gets_its_remedy(self):
        assert issue(accounts('segment = "s"', {"s": 0.5})).remedy == "parse numbers with parse_float=Decimal"


class TestValues:
    """How texts are read as the type of their field."""

    @pytest.mark.parametrize(
        ("setting", "text", "at"),
        [
            ("", "2026-03-01T10:00:00-03:00", "2026-03-01T13:00"),
            ("", "2026-03-01T10:00:00.000+0000", "2026-03-01T10:00"),
            ("", "2026-03-01 6:49:18", "2026-03-01T09:49:18"),
            ("", "2026-03-01T10:00:00Z", "2026-03-01T10:00"),
            ("", "2026-03-01 10:00 UTC", "2026-03-01T10:00"),
            ("", "2026-03-01", "2026-03-01T03:00"),
            ("", "2026-3-1", "2026-03-01T03:00"),
            ('day = "end"', "2026-03-01", "2026-03-02T02:59:59.999999"),
            ('zone = "UTC"', "2026-03-01", "2026-03-01T00:00"),
            ('formats = ["%m/%d/%Y"]', "3/1/2026", "2026-03-01T03:00"),
            ('formats = ["%d/%m/%Y %H:%M", "iso"]', "1/3/2026 6:49", "2026-03-01T09:49"),
            ('formats = ["%d/%m/%y %I:%M %p"]', "01/03/26 12:30 am", "2026-03-01T03:30"),
            ('formats = ["%d-%b-%Y %H:%M:%S %z"]', "01-MAR-2026 10:00:00 +0100", "2026-03-01T09:00"),
            ('formats = ["%d/%m/%y"]', "01/03/70", "1970-03-01T03:00"),
            ('formats = ["epoch_ms"]', "1772359200000", "2026-03-01T10:00"),
            ('formats = ["epoch_s"]', "1772359200", "2026-03-01T10:00"),
            ("", "2018-11-04 00:30:00", "2018-11-04T03:00"),
        ],
    )
    def test_instants(self, setting: str, text: str, at: str):
        """The last one is a time that the clocks of São Paulo skipped."""
        comma = f", {setting}" if setting else ""
        account = one(accounts(f'created_at = {{ column = "c"{comma} }}', {"c": text}))
        assert account.created_at == datetime.fromisoformat(at).replace(tzinfo=UTC)

    @pytest.mark.parametrize(
        ("setting", "text"),
        [
            ("", "2026-02-30"), ("", "2026-2-30"), ("", "2026-03-01 25:00:00"), ("", "2026-03-01T10:00:00+09:75"),
            ("", "01/03/2026"),
            ("", "0001-01-01T00:00:00+10:00"), ("", "9999-12-31 23:59:59"), ("", "2026-03-01T10:00:00+99:00"),
            ('formats = ["%d/%m/%Y"]', "2026-03-01"), ('formats = ["%d/%m/%Y"]', "31/02/2026"),
            ('formats = ["%d/%b/%Y"]', "01/xyz/2026"), ('formats = ["epoch_s"]', "soon"),
            ('formats = ["epoch_s"]', "99999999999999999"), ('formats = ["%d/%m/%y %I:%M %p"]', "01/03/26 13:30 am"),
        ],
    )  # fmt: skip
    def test_texts_that_are_no_instant(self, setting: str, text: str):
        comma = f", {setting}" if setting else ""
        found = issue(accounts(f'created_at = {{ column = "c"{comma} }}', {"c": text}))
        assert (found.code, found.value, found.severity) == ("not_a_date", text, "kept")

    def test_a_local_time_needs_a_zone(self):
        found = issue(accounts('created_at = "c"', {"c": "2026-03-01 10:00"}, head='system = "crm"\n'))
        assert (found.code, found.remedy) == ("no_zone", "name the zone of local times in `zone`")

    def dates(self, *pairs: str, head: str = HEAD, setting: str = "") -> Import:
        fields = f'id = "id"\nname = "id"\ntype = "id"\nsigned_on = {{ column = "d"{setting} }}'
        rows = [{"id": f"p{number}", "d": text} for number, text in enumerate(pairs)]
        return run(f'[partners]\nfile = "rows.csv"\n[partners.fields]\n{fields}', *rows, head=head)

    def test_dates(self):
        """An instant gives the date of the zone, a local time its own."""
        result = self.dates("2026-03-01", "2026-03-01T01:00:00Z", "2026-03-01 01:00:00")
        assert [partner.signed_on.isoformat() for partner in result.dataset.partners if partner.signed_on] == [
            "2026-03-01", "2026-02-28", "2026-03-01",
        ]  # fmt: skip

    def test_a_last_day_becomes_the_first_day_after(self):
        assert self.dates("2026-03-31", setting=", add_days = 1").dataset.partners[0].signed_on == date(2026, 4, 1)

    def test_dates_out_of_range_and_without_zone(self):
        assert issue(self.dates("9999-12-31", setting=", add_days = 1")).code == "not_a_date"
        assert issue(self.dates("0001-01-01T00:00:00Z")).code == "not_a_date"
        assert issue(self.dates("0001-01-01T00:00:00+10:00")).code == "not_a_date"
        assert issue(self.dates("2026-03-01T01:00:00Z", head='system = "crm"\n')).code == "no_zone"

    @pytest.mark.parametrize(
        ("setting", "text", "amount"),
        [
            ("", "1054", "1054.00 BRL"), ("", "-12.5", "-12.50 BRL"), ("", "0", "0.00 BRL"), ("", "+.5", "0.50 BRL"),
            (', decimal = ",", thousands = "."', "1.234,56", "1234.56 BRL"),
            (', decimal = ",", thousands = "."', "1234,56", "1234.56 BRL"),
            (', decimal = ",", thousands = "."', "1.234.567", "1234567.00 BRL"),
            (', thousands = ","', "1,234.56", "1234.56 BRL"),
            (', symbols = ["R$"]', "R$ 12.50", "12.50 BRL"), (', symbols = ["R$"]', "-R$12.50", "-12.50 BRL"),
            (', symbols = ["R$", "reais"]', "12.50 reais", "12.50 BRL"), (', symbols = ["R$"]', "12", "12.00 BRL"),
            (', currency = "JPY"', "1054", "1054 JPY"), (', rounding = "half_even"', "0.125", "0.12 BRL"),
            (', currency_column = "c"', "9.99", "9.99 USD"),
        ],
    )  # fmt: skip
    def test_amounts(self, setting: str, text: str, amount: str):
        result = deal(f'amount = {{ column = "a"{setting} }}', {"a": text, "c": "USD"})
        assert str(result.dataset.opportunities[0].amount) == amount
        assert result.issues == ()

    @pytest.mark.parametrize(
        ("setting", "text", "code"),
        [
            ("", "12,50", "not_a_number"), ("", "ten", "not_a_number"), ("", "1e3", "not_a_number"),
            ("", "\u0663", "not_a_number"),
            (', decimal = ","', "1.234", "not_a_number"), (', decimal = ",", thousands = "."', "1.23", "not_a_number"),
            (', thousands = ","', "12,34", "not_a_number"), ("", "0.125", "not_an_amount"),
            (', currency_column = "c"', "1", "unknown_currency"),
        ],
    )  # fmt: skip
    def test_texts_that_are_no_amount(self, setting: str, text: str, code: str):
        """An open deal of unknown value is still a deal."""
        result = deal(f'amount = {{ column = "a"{setting} }}', {"a": text, "c": "EURO"})
        assert (issue(result).code, issue(result).value, issue(result).severity) == (code, text, "kept")
        assert result.dataset.opportunities[0].amount is None

    def test_a_field_cannot_group_by_the_decimal_sign_that_it_inherits(self):
        """Or 1.234 would be a thousand, and 1.23 less than two."""
        with pytest.raises(InvalidMapping, match=r"\$\.opportunities\.fields\.amount\.thousands: '\.' must be another"):
            deal('amount = { column = "a", thousands = "." }', {"a": "1.234"})

    def test_an_amount_needs_a_currency(self):
        result = deal('amount = "a"', {"a": "1"}, head='system = "crm"\nzone = "UTC"\n')
        assert (issue(result).code, issue(result).problem) == ("no_currency", "has no currency")

    def test_a_blank_currency_falls_back(self):
        result = deal('amount = { column = "a", currency_column = "c" }', {"a": "1", "c": ""})
        assert result.dataset.opportunities[0].amount == Money("1.00", "BRL")

    def test_goals_are_money_where_a_currency_of_their_own_says_so(self):
        fields = (
            'id = "id"\nowner_id = "id"\nmetric = "id"\nperiod = "p"\nvalue = { column = "v", currency_column = "c" }'
        )
        rows = [{"id": "a", "p": "2026-Q2", "v": "12.5", "c": ""}, {"id": "b", "p": "2026", "v": "12.5", "c": "BRL"}]
        result = run(f'[targets]\nfile = "rows.csv"\n[targets.fields]\n{fields}', *rows)
        assert [target.value for target in result.dataset.targets] == [Decimal("12.5"), Money("12.50", "BRL")]
        assert [target.period for target in result.dataset.targets] == [Period.quarter(2026, 2), Period.year(2026)]

    def test_periods_have_two_ends_or_a_label(self):
        fields = 'id = "id"\nowner_id = "id"\nmetric = "id"\nvalue = "v"\nperiod = { start = "s", end = "e" }'
        rows = [
            {"id": "a", "v": "1", "s": "2026-01-01", "e": "2026-04-01"},
            {"id": "b", "v": "1", "s": "2026-04-01", "e": "2026-01-01"},
        ]
        result = run(f'[targets]\nfile = "rows.csv"\n[targets.fields]\n{fields}', *rows)
        assert [target.period for target in result.dataset.targets] == [Period.quarter(2026, 1)]
        assert (issue(result).row, issue(result).field, issue(result).severity) == (2, "period", "dropped")
        labelled = fields.replace('period = { start = "s", end = "e" }', 'period = { column = "s" }')
        result = run(f'[targets]\nfile = "rows.csv"\n[targets.fields]\n{labelled}', {**rows[0], "s": "spring"})
        assert (issue(result).code, issue(result).value) == ("not_a_period", "spring")

    def involvements(self, *rows: dict[str, str], setting: str = "") -> Import:
        fields = (
            'id = "id"\nopportunity_id = "id"\npartner_id = "id"\nrole = "id"\nat = { constant = "2026-03-01" }\n'
            f'primary = "p"\nshare = {{ column = "s"{setting} }}'
        )
        return run(
            f'[involvements]\nfile = "rows.csv"\n[involvements.fields]\n{fields}', *({"id": "a", **row} for row in rows)
        )

    @pytest.mark.parametrize(
        ("setting", "text", "share"),
        [
            ("", "0.15", "3/20"),
            ("", "15 %", "3/20"),
            ("", "15%", "3/20"),
            (", percent = true", "15", "3/20"),
            ("", "2/3", "2/3"),
        ],
    )
    def test_shares(self, setting: str, text: str, share: str):
        result = self.involvements({"p": "yes", "s": text}, setting=setting)
        assert result.dataset.involvements[0].share == Fraction(share)

    @pytest.mark.parametrize("text", ["1/0", "1/x", "half", "1/²"])
    def test_texts_that_are_no_share(self, text: str):
        result = self.involvements({"p": "yes", "s": text})
        assert ("share", "not_a_number", text) in [(one.field, one.code, one.value) for one in result.issues]

    @pytest.mark.parametrize(
        ("text", "flag"), [("TRUE", True), ("t", True), ("1", True), ("False", False), ("no", False)]
    )
    def test_flags(self, text: str, flag: bool):
        assert self.involvements({"p": text, "s": ""}).dataset.involvements[0].primary is flag

    def test_a_flag_that_is_neither_drops_the_row(self):
        """Leaving it out would say no."""
        found = self.involvements({"p": "maybe", "s": ""}).dropped
        assert [(one.field, one.code, one.value) for one in found] == [("primary", "not_a_flag", "maybe")]

    def test_whole_numbers(self):
        fields = 'custom = { n = { column = "n", type = "whole" } }'
        assert dict(one(accounts(fields, {"n": "12.0"})).custom) == {"n": 12}
        assert issue(accounts(fields, {"n": "12.5"})).code == "not_a_number"

    def disputes(self, shares: str) -> Import:
        fields = (
            'id = "id"\nopportunity_id = "id"\nat = { constant = "2026-03-01" }\nclaim = "id"\nreason = "r"\n'
            'parties = { column = "p", separator = "|" }\nstatus = { constant = "resolved" }\ndecided_by = "id"\n'
            f'decided_at = {{ constant = "2026-03-02" }}\nshares = {shares}'
        )
        row = {
            "id": "a",
            "p": "acme| direct |",
            "s": "acme=4/5; direct = 20 %",
            "t": "acme",
            "u": "a=1;a=1",
            "w": "1/5",
        }
        return run(f'[disputes]\nfile = "rows.csv"\n[disputes.fields]\n{fields}', row)

    def test_lists_and_shares_of_parties(self):
        result = self.disputes('{ column = "s" }')
        (dispute,) = result.dataset.disputes
        assert dispute.parties == ("acme", DIRECT)
        assert dict(dispute.shares) == {"acme": Fraction(4, 5), "direct": Fraction(1, 5)}
        (dispute,) = self.disputes('{ acme = "w" }').dataset.disputes
        assert dict(dispute.shares) == {"acme": Fraction(1, 5)}

    @pytest.mark.parametrize("column", ["t", "u"])
    def test_texts_that_are_no_shares_of_parties(self, column: str):
        assert self.disputes(f'{{ column = "{column}" }}').dropped[0].code == "not_shares"

    @pytest.mark.parametrize("unreadable", ["drop", "blank"])
    def test_the_mapping_says_what_an_unreadable_text_does(self, unreadable: str):
        field = f'created_at = {{ column = "c", unreadable = "{unreadable}" }}'
        result = accounts(field, {"c": "soon"})
        assert len(result.dataset.accounts) == (unreadable == "blank")

    @pytest.mark.parametrize(
        ("text", "id"), [("001q000000wW9Be", "001q000000wW9BeAAK"), ("001Q000000WW9BEAAK", "001q000000wW9BeAAK")]
    )
    def test_salesforce_ids_are_made_equal(self, text: str, id: str):
        assert one(accounts('segment = { column = "s", id = "salesforce" }', {"s": text})).segment == id

    @pytest.mark.parametrize("text", ["x", "001q000000wW9Be!!!", "001q000000wW9B!", "001q000000w09BeAAK"])
    def test_ids_that_are_none_are_kept_and_reported(self, text: str):
        result = accounts('segment = { column = "s", id = "salesforce" }', {"s": text})
        assert result.dataset.accounts[0].segment == text
        assert (issue(result).code, issue(result).severity) == ("malformed_id", "kept")


DEAL = 'id = "id"\nstage = { column = "stage", default = "open" }\ncreated_at = { constant = "2026-03-01" }\n'


def deal(fields: str, *rows: dict[str, Any], more: str = "", head: str = HEAD, **files: list[Any]) -> Import:
    """An import into opportunities."""
    given = [{"id": f"D-{number}", "stage": "open", **row} for number, row in enumerate(rows, 1)]
    return run(
        f'{more}\n[opportunities]\nfile = "rows.csv"\n[opportunities.fields]\n{DEAL}{fields}',
        *given,
        head=head,
        **files,
    )


class TestRows:
    """What becomes of a row."""

    def test_each_noun_says_where_it_came_from(self):
        assert one(accounts("", {})).source == SourceRef(system="crm", table="rows.csv", id="A-1")

    def test_a_required_field_without_value_drops_the_row(self):
        result = run(
            '[accounts]\nfile = "rows.csv"\nfields = { id = "id", name = "n" }',
            {"id": "a", "n": ""},
            {"id": "b", "n": "B"},
        )
        assert [account.id for account in result.dataset.accounts] == ["b"]
        assert str(issue(result)).startswith(
            "rows.csv row 1, name: has no value (column n), and the record needs one; dropped"
        )

    def test_a_second_row_of_one_id_is_dropped(self):
        result = accounts("", {"id": "a"}, {"id": "a"})
        assert (
            str(issue(result))
            == "rows.csv row 2, id: 'a' was read before, from rows.csv row 1; dropped; keep one of the rows"
        )

    def test_a_noun_that_refuses_drops_the_row(self):
        result = deal('status = { constant = "won" }\nclosed_at = { constant = "2026-03-05" }', {})
        assert (issue(result).field, issue(result).code, issue(result).value) == ("amount", "invalid", None)
        assert issue(result).problem == "must be a Money once the status is won"

    def test_closed_sets_name_near_misses(self):
        result = deal('status = "stage"', {"stage": "wonn"})
        assert "did you mean 'won'?" in issue(result).problem

    def test_a_row_that_is_none_is_dropped(self):
        result = accounts("", {None: "has 3 cells under a header of 2"}, {None: ["y"]})
        other = run('[accounts]\nfile = "rows.csv"\nfields = { id = "id", name = "id" }', "a, b")
        assert [one.problem for one in (*result.issues, *other.issues)] == [
            "has 3 cells under a header of 2", "has more cells than the header has columns",
            "is a str, not a row of named cells",
        ]  # fmt: skip
        assert {one.code for one in result.issues} == {"broken_row"}

    def test_rows_are_skipped_with_a_reason(self):
        skip = 'skip = [{ column = "gone", in = ["TRUE"], because = "soft-deleted" }, { column = "s", blank = true }]'
        result = accounts(
            'segment = "s"', {"s": "x", "gone": "TRUE"}, {"s": "", "gone": ""}, {"s": "x", "gone": ""}, more=skip
        )
        assert [str(one) for one in result.skipped] == [
            "rows.csv row 1, gone: 'A-1' soft-deleted; skipped",
            "rows.csv row 2, s: 'A-2' left out by the mapping; skipped",
        ]  # fmt: skip
        assert result.ok
        assert (result.rows, result.used) == (3, 1)

    def test_conditions_may_exclude(self):
        skip = 'skip = [{ column = "s", not_in = ["x"], blank = false }]'
        result = accounts('segment = "s"', {"s": "x"}, {"s": ""}, {"s": "y"}, more=skip)
        assert [one.row for one in result.skipped] == [3]

    def test_a_condition_on_a_cell_that_is_no_text_drops_the_row(self):
        result = accounts("", {"s": 0.5}, more='skip = [{ column = "s", in = ["x"] }]')
        assert (issue(result).code, issue(result).severity) == ("not_text", "dropped")

    def test_a_skipped_row_may_have_an_odd_id(self):
        """It is skipped all the same, and so are its parts."""
        more = 'skip = [{ column = "gone", in = ["x"] }]'
        mapping = f'{HISTORY}\n[opportunities]\nfile = "rows.csv"\n{more}\n[opportunities.fields]\n{DEAL}'
        mapping = mapping.replace('\nid = "id"', '\nid = { column = "id", id = "salesforce" }')
        result = run(mapping, {"id": "D-1", "gone": "x", "stage": ""}, history=[change("D-1", "x", "02")])
        assert [(one.file, one.code, one.value) for one in result.issues] == [
            ("history.csv", "skipped", "D-1"), ("rows.csv", "skipped", "D-1"),
        ]  # fmt: skip
        assert result.ok

    def test_an_id_that_is_no_text_drops_the_row(self):
        """Half a surrogate pair cannot even be quoted as the source."""
        result = accounts("", {"id": "A\ud800"}, {"id": "A-2"})
        assert (issue(result).row, issue(result).field, issue(result).code) == (1, "id", "invalid")
        assert issue(result).problem == "must be text without lone surrogates"
        assert [account.id for account in result.dataset.accounts] == ["A-2"]

    def test_a_skipped_row_may_have_no_id(self):
        skip = 'skip = [{ column = "gone", in = ["x"] }]'
        result = accounts("", {"id": "", "gone": "x"}, {"id": 0.5, "gone": "x"}, more=skip)
        assert [(one.value, one.severity) for one in result.issues] == [(None, "skipped"), (None, "dropped")]
        table = '[contacts]\nfile = "rows.csv"\nskip = [{ column = "gone", in = ["x"] }]\nfields = { role = "gone" }'
        assert len(run(table, {"gone": "x"}).skipped) == 1

    def test_checks_report_and_keep(self):
        checks = """checks = [
            { column = "p", low = 0, high = 100, because = "a percentage" },
            { column = "e", sentinels = ["2050-01-01"] },
        ]"""
        rows = [
            {"p": "1000", "e": ""},
            {"p": "50", "e": "2050-01-01"},
            {"p": "x", "e": ""},
            {"p": "", "e": "2026-01-01"},
        ]
        result = accounts("", *rows, more=checks)
        assert [(one.row, one.field, one.code, one.value) for one in result.kept] == [
            (1, "p", "out_of_range", "1000"), (2, "e", "sentinel", "2050-01-01"), (3, "p", "out_of_range", "x"),
        ]  # fmt: skip
        assert result.kept[0].problem == "lies outside 0 to 100: a percentage"
        assert result.used == 4

    def test_checks_may_have_one_bound(self):
        result = accounts(
            "", {"p": "-1"}, {"p": "5"}, more='checks = [{ column = "p", low = 0 }, { column = "p", high = 3 }]'
        )
        assert [one.problem for one in result.kept] == ["lies outside 0 to ", "lies outside  to 3"]

    def test_what_nouns_refer_to_is_checked_across_tables(self):
        result = deal('account_id = "a"', {"a": "nobody"})
        found = issue(result)
        assert (found.file, found.row, found.field, found.code, found.severity) == (
            "rows.csv",
            1,
            "account_id",
            "dangling",
            "kept",
        )
        assert "no account 'nobody'" in found.problem

    def test_two_currencies_of_one_deal_are_named(self):
        more = """
        [payments]
        file = "paid.csv"
        [payments.fields]
        id = "id"
        opportunity_id = "id"
        amount = { column = "a", currency = "USD" }
        at = { constant = "2026-03-05" }
        """
        result = deal('amount = "a"', {"a": "10"}, more=more, paid=[{"id": "D-1", "a": "10"}])
        assert (issue(result).file, issue(result).field, issue(result).code) == ("paid.csv", "amount", "currency")


class TestNames:
    """A mapping whose names are wrong still reads the rest."""

    def test_a_column_that_is_not_there(self):
        result = accounts('segment = "setcor"', {"sector": "x"})
        found = issue(result)
        assert (found.file, found.row, found.code, found.value) == ("rows.csv", None, "missing_column", "setcor")
        assert found.problem == "is no column of this file; did you mean 'sector'?"
        assert result.used == 1

    def test_a_column_that_only_later_rows_have(self):
        assert accounts('segment = "s"', {}, {"s": "x"}).issues == ()

    def test_one_of_several_sources_is_enough(self):
        rows = [{"s": "", "id": "a"}]
        assert accounts('segment = { first = ["s", "t", "j.u", { constant = "z" }] }', *rows).issues == ()
        result = accounts('segment = { first = ["t", "u", { constant = "z" }] }', *rows)
        assert [one.value for one in result.issues] == ["t", "u"]
        joins = 'joins = [{ alias = "j", file = "other.csv", on = { id = "id" } }]'
        result = accounts('segment = { first = ["j.x", "s"] }', *rows, more=joins, other=[{"id": "a"}])
        assert result.issues == ()
        result = accounts('segment = { first = ["j.x", "j.y"] }', *rows, more=joins, other=[{"id": "a"}])
        assert [one.value for one in result.issues] == ["x", "y"]

    def test_a_file_that_is_not_there(self):
        result = import_rows(
            {"account.csv": []},
            parse_mapping('system = "crm"\n[accounts]\nfile = "accounts.csv"\nfields = { id = "id", name = "n" }'),
        )
        assert (
            str(issue(result))
            == "accounts.csv: is not there; did you mean 'account.csv'?; export it, or mend the name in the mapping"
        )

    def test_a_field_that_is_not_there(self):
        result = accounts('segmnt = "s"', {"s": "x"})
        found = issue(result)
        assert (found.file, found.field, found.code, found.value) == (
            "mapping",
            "$.accounts.fields.segmnt",
            "unknown_field",
            "segmnt",
        )
        assert "did you mean 'segment'?" in found.problem
        assert result.used == 1

    def test_a_collection_that_is_not_there(self):
        result = run('[acounts]\nfile = "rows.csv"\nfields = { id = "id" }', {"id": "a"})
        assert (issue(result).field, issue(result).code) == ("$.acounts.into", "unknown_collection")
        assert "did you mean 'accounts'" in issue(result).problem

    def test_a_field_that_every_noun_needs(self):
        result = run('[accounts]\nfile = "rows.csv"\nfields = { id = "id" }', {"id": "a"})
        first, second = result.issues
        assert (first.field, first.code, first.value) == ("$.accounts.fields", "unmapped_field", "name")
        assert (second.row, second.field, second.severity) == (1, "name", "dropped")

    def test_several_at_once(self):
        result = accounts('segmnt = "s"\nregion = "r"\ndomain = "d"', {"s": "x"})
        assert [one.code for one in result.issues] == ["unknown_field", "missing_column", "missing_column"]


class TestJoins:
    """Columns of other files."""

    PRICES = 'joins = [{ alias = "p", file = "prices.csv", on = { product = "code" } }]'

    def test_a_row_finds_its_partner(self):
        result = accounts(
            'segment = "p.family"', {"product": "x"}, more=self.PRICES, prices=[{"code": "x", "family": "F"}]
        )
        assert one(result).segment == "F"

    def test_a_key_without_partner_is_reported_with_near_misses(self):
        rows = [{"product": product} for product in ("GTXPro", "", "GTXPro")]
        prices = [{"code": "GTX Pro", "family": "F"}]
        result = accounts('segment = "p.family"', *rows, more=self.PRICES, prices=prices)
        assert [one.row for one in result.issues] == [1, 3]
        found = result.issues[0]
        assert (found.field, found.code, found.value, found.severity) == ("product", "unknown", "GTXPro", "kept")
        assert found.problem == "is no code of prices.csv; did you mean 'GTX Pro'?"
        assert result.used == 3

    def test_near_misses_are_not_looked_for_in_a_long_table(self):
        """It would take longer than everything else."""
        prices = [{"code": f"x{number}", "family": ""} for number in range(1001)]
        result = accounts('segment = "p.family"', {"product": "x"}, more=self.PRICES, prices=prices)
        assert issue(result).problem == "is no code of prices.csv"

    def test_or_is_not_where_the_mapping_says_so(self):
        more = self.PRICES.replace('"code" }', '"code" }, reported = false')
        assert (
            accounts('segment = "p.family"', {"product": "y"}, more=more, prices=[{"code": "x", "family": ""}]).issues
            == ()
        )

    def test_a_missing_file_is_one_issue(self):
        result = accounts('segment = "p.family"', {"product": "y"}, {"product": "z"}, more=self.PRICES)
        assert issue(result).code == "missing_file"

    def test_a_key_that_repeats_is_reported(self):
        prices = [
            {"code": "x", "family": "F"},
            {"code": "x", "family": "G"},
            {None: "broken"},
            {"code": 0.5},
            {"code": ""},
        ]
        result = accounts('segment = "p.family"', {"product": "x"}, more=self.PRICES, prices=prices)
        assert result.dataset.accounts[0].segment == "F"
        assert (issue(result).file, issue(result).row, issue(result).code) == ("prices.csv", 2, "repeated_key")

    def test_columns_that_the_other_file_does_not_have(self):
        more = self.PRICES.replace("code", "kode")
        result = accounts('segment = "p.famly"', {"product": "x"}, more=more, prices=[{"code": "x", "family": "F"}])
        assert [(one.code, one.value) for one in result.issues] == [
            ("missing_column", "kode"),
            ("missing_column", "famly"),
        ]

    def test_keys_may_have_several_columns_and_use_earlier_joins(self):
        more = """joins = [
            { alias = "a", file = "prices.csv", on = { k = "k" } },
            { alias = "b", file = "prices.csv", on = { "a.next" = "k", l = "l" } },
        ]"""
        prices = [{"k": "1", "next": "2", "l": "", "v": ""}, {"k": "2", "next": "", "l": "y", "v": "V"}]
        assert one(accounts('segment = "b.v"', {"k": "1", "l": "y"}, more=more, prices=prices)).segment == "V"

    def test_a_join_may_follow_on(self):
        """Merged into one that was merged later; a circle ends."""
        more = 'joins = [{ alias = "m", file = "prices.csv", on = { k = "gone" }, follow = "into", reported = false }]'
        merges = [("a", "b"), ("b", "c"), ("x", "y"), ("y", "x"), ("q", "r")]
        prices: list[Any] = [{"gone": gone, "into": into} for gone, into in merges]
        prices[-1]["into"] = 0.5
        rows = [{"k": key} for key in "abxcq"]
        result = accounts(
            'segment = { first = ["m.into", "k"], unreadable = "blank" }', *rows, more=more, prices=prices
        )
        assert [account.segment for account in result.dataset.accounts] == ["c", "c", "x", "c", None]

    def test_a_column_with_a_point_in_its_name_is_no_join(self):
        more = self.PRICES
        result = accounts('segment = "p.x"', {"p.x": "own", "product": ""}, more=more, prices=[{"code": "x"}])
        assert one(result).segment == "own"


HISTORY = """
[history]
into = "stage_changes"
file = "history.csv"
fields = { opportunity_id = "deal", stage = "stage", at = "at", status = "status", amount = "amount" }
"""
LINES = """
[opportunity_lines]
file = "lines.csv"
fields = { opportunity_id = "deal", product = "product", amount = "amount" }
"""


def change(deal: str, stage: str, at: str, status: str = "open", amount: str = "") -> dict[str, str]:
    return {"deal": deal, "stage": stage, "at": f"2026-03-{at}", "status": status, "amount": amount}


class TestParts:
    """Histories and lines from files of their own."""

    CLOSED = 'status = "stage"\namount = "amount"'

    def test_a_history_is_sorted_and_loses_what_changes_nothing(self):
        history = [
            change("D-1", "open", "05", amount="12"), change("D-1", "lead", "02", amount="10"),
            change("D-1", "lead", "03", amount="10"), change("D-1", "lead", "04", amount="12"),
            change("D-1", "lead", "04"),
        ]  # fmt: skip
        result = deal("", {}, more=HISTORY, history=history)
        (opportunity,) = result.dataset.opportunities
        assert [(one.stage, one.at.day, str(one.amount)) for one in opportunity.history] == [
            ("lead", 2, "10.00 BRL"), ("lead", 4, "12.00 BRL"), ("open", 5, "12.00 BRL"),
        ]  # fmt: skip
        assert [(one.row, one.code, one.severity) for one in result.issues] == [
            (3, "unchanged", Severity.SKIPPED), (5, "unchanged", Severity.SKIPPED),
        ]  # fmt: skip
        assert result.used == 4

    def test_the_history_says_when_a_deal_closed(self):
        history = [
            change("D-1", "lead", "02"),
            change("D-1", "won", "05", "won"),
            change("D-1", "won", "06", "won", "12"),
        ]
        result = deal(self.CLOSED, {"stage": "won", "amount": "12"}, more=HISTORY, history=history)
        assert result.issues == ()
        closed = result.dataset.opportunities[0].closed_at
        assert closed is not None
        assert closed.day == 5

    def test_a_history_that_begins_closed_says_so_too(self):
        history = [change("D-1", "won", "05", "won")]
        result = deal(self.CLOSED, {"stage": "won", "amount": "12"}, more=HISTORY, history=history)
        assert [opportunity.closed_at for opportunity in result.dataset.opportunities] == [
            datetime(2026, 3, 5, 3, tzinfo=UTC)
        ]

    def test_a_history_that_disagrees_is_dropped_and_the_deal_stays(self):
        history = [change("D-1", "lead", "02"), change("D-1", "won", "05", "won")]
        result = deal(self.CLOSED, {"amount": "12"}, more=HISTORY, history=history)
        (opportunity,) = result.dataset.opportunities
        assert opportunity.history == ()
        assert [(one.file, one.row, one.field, one.severity) for one in result.issues] == [
            ("history.csv", 1, "history", "dropped"), ("history.csv", 2, "history", "dropped"),
        ]  # fmt: skip
        assert result.issues[0].problem.startswith("does not fit its record: must be a history that ends in 'open'")

    def test_a_closed_deal_whose_history_ends_open_has_no_close(self):
        result = deal(
            self.CLOSED, {"stage": "won", "amount": "12"}, more=HISTORY, history=[change("D-1", "lead", "02")]
        )
        assert [(one.field, one.code) for one in result.issues] == [("", "orphan"), ("closed_at", "invalid")]

    def test_lines_say_what_the_deal_is_worth(self):
        lines = [{"deal": "D-1", "product": "a", "amount": "1.50"}, {"deal": "D-1", "product": "b", "amount": "2.50"}]
        result = deal("", {}, more=LINES, lines=lines)
        assert str(result.dataset.opportunities[0].amount) == "4.00 BRL"
        assert len(result.dataset.opportunities[0].lines) == 2

    def test_lines_that_do_not_sum_up_are_dropped_and_the_deal_stays(self):
        lines = [{"deal": "D-1", "product": "a", "amount": "1.50"}]
        result = deal(
            'amount = "amount"',
            {"amount": "2"},
            more=LINES + HISTORY,
            lines=lines,
            history=[change("D-1", "open", "02")],
        )
        (opportunity,) = result.dataset.opportunities
        assert (opportunity.lines, len(opportunity.history)) == ((), 1)
        assert (issue(result).field, issue(result).severity) == ("lines", "dropped")

    def test_lines_in_two_currencies_are_dropped(self):
        lines = [{"deal": "D-1", "product": p, "amount": "1", "c": c} for p, c in (("a", "BRL"), ("b", "USD"))]
        more = LINES.replace('amount = "amount"', 'amount = { column = "amount", currency_column = "c" }')
        result = deal("", {}, more=more, lines=lines)
        assert [(one.field, one.code) for one in result.dropped] == [("lines", "currency")] * 2
        assert result.dataset.opportunities[0].amount is None

    def test_parts_that_are_refused_for_reasons_of_their_own(self):
        """Each row is told what is wrong with it, not what is wrong with the others."""
        lines = [{"deal": "D-1", "product": p, "amount": "1", "c": c} for p, c in (("a", "BRL"), ("b", "USD"))]
        more = LINES.replace('amount = "amount"', 'amount = { column = "amount", currency_column = "c" }') + HISTORY
        result = deal("", {}, more=more, lines=lines, history=[change("D-1", "lead", "02")])
        assert [(one.field, one.code) for one in result.dropped] == [("lines", "currency")] * 2 + [
            ("history", "invalid")
        ]
        assert "a history that ends in 'open'" in result.dropped[2].problem

    def test_parts_without_owner(self):
        """Named; where the owner was left out on purpose, so are they."""
        skip = 'skip = [{ column = "stage", in = ["gone"] }]'
        mapping = f'{HISTORY}\n[opportunities]\nfile = "rows.csv"\n{skip}\n[opportunities.fields]\n{DEAL}'
        history = [change("D-1", "x", "02"), change("D-2", "x", "02"), change("D-3", "x", "02")]
        result = run(mapping, {"id": "D-1", "stage": "gone"}, {"id": "D-2", "stage": "x"}, history=history)
        assert [(one.file, one.row, one.code, one.severity) for one in result.issues] == [
            ("history.csv", 1, "skipped", "skipped"), ("history.csv", 3, "orphan", "dropped"),
            ("rows.csv", 1, "skipped", "skipped"),
        ]  # fmt: skip

    def test_a_part_that_refuses_its_values(self):
        result = deal("", {}, more=HISTORY, history=[change("D-1", "open", "02", "closed")])
        assert (issue(result).file, issue(result).field, issue(result).code) == ("history.csv", "status", "invalid")

    def test_other_nouns_have_parts_too(self):
        text = """
        [payouts]
        file = "rows.csv"
        fields = { id = "id", partner_id = "p", gross = "gross", at = { constant = "2026-03-01" } }
        [withholdings]
        file = "taxes.csv"
        fields = { payout_id = "payout", kind = "kind", amount = "amount" }
        """
        rows = [{"id": "O-1", "p": "acme", "gross": "100"}, {"id": "O-2", "p": "acme", "gross": "1"}]
        taxes = [{"payout": "O-1", "kind": "ISS", "amount": "5"}, {"payout": "O-2", "kind": "ISS", "amount": "5"}]
        result = run(text, *rows, taxes=taxes)
        assert [str(payout.net) for payout in result.dataset.payouts] == ["95.00 BRL", "1.00 BRL"]
        assert [(one.file, one.row, one.field) for one in result.dropped] == [("taxes.csv", 2, "withholdings")]


class TestResult:
    """What an import says of itself."""

    def result(self) -> Import:
        skip = 'skip = [{ column = "s", in = ["gone"] }]'
        rows = [{"s": "x", "d": "soon"}, {"s": "gone", "d": ""}, {"s": "y", "d": "late"}, {"id": "", "s": "", "d": ""}]
        return accounts('segment = "s"\ncreated_at = "d"', *rows, more=skip)

    def test_issues_are_grouped_on_one_screen(self):
        lines = str(self.result()).splitlines()
        assert lines[0] == "crm: 2 of 4 rows used, 1 row dropped and 1 row skipped"
        assert len(lines) == 5
        assert lines[2].split()[:6] == ["rows.csv", "accounts", "created_at", "not_a_date", "2", "kept"]
        assert "row 1: 'soon' is not a date" in lines[2]

    def test_nothing_to_say(self):
        result = accounts("", {})
        assert str(result) == "crm: 1 of 1 row used\n(none)"
        assert result.ok
        result.raise_for_issues()

    def test_issues_of_files_have_no_fate(self):
        assert "missing_column" in str(accounts('segment = "nope"', {"s": ""}))

    def test_every_issue_is_a_row(self):
        rows = self.result().to_dicts()
        assert len(rows) == 4
        assert rows[0] == {
            "file": "rows.csv", "table": "accounts", "row": 1, "field": "created_at", "code": "not_a_date",
            "value": "soon",
            "problem": "is not a date in the format iso", "remedy": "mend the date, or name its format in `formats`",
            "severity": "kept",
        }  # fmt: skip

    def test_html_is_escaped(self):
        result = accounts('created_at = "d"', {"d": "<b>"})
        assert "&lt;b&gt;" in result._repr_html_()

    def test_strict_raises_all(self):
        with pytest.raises(InvalidImport, match="the import has 4 issues:\n  rows.csv row 1"):
            self.result().raise_for_issues()


MINIMAL = parse_mapping('system = "crm"\n[accounts]\nfile = "a.csv"\nfields = { id = "id", name = "name" }')


@pytest.mark.parametrize(
    ("tables", "mapping", "place"),
    [
        (None, MINIMAL, r"import_rows\(tables\)"),
        ("a.csv", MINIMAL, r"import_rows\(tables\)"),
        ({"a.csv": None}, MINIMAL, r"import_rows\(tables\)\['a.csv'\]"),
        ({"a.csv": "id,name"}, MINIMAL, r"import_rows\(tables\)\['a.csv'\]"),
        ({"a.csv": {"id": "1", "name": "a"}}, MINIMAL, r"import_rows\(tables\)\['a.csv'\]"),
        ({}, None, r"import_rows\(mapping\)"),
        ({}, "salesforce", r"import_rows\(mapping\)"),
    ],
)
def test_slips_of_a_program_are_refused(tables, mapping, place):
    """They are no rows that could become issues."""
    with pytest.raises(InvalidValue, match=place):
        import_rows(tables, mapping)
