"""Laws of imports: no row is lost, nothing but this library's errors comes out, what was written is what is read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import attrs
import pytest
from hypothesis import given, strategies as st

from partnerops import Money
from partnerops.adapters import (
    Check,
    Condition,
    FieldMapping,
    Import,
    ImportMapping,
    Join,
    TableMapping,
    hubspot_mapping,
    import_rows,
    odoo_mapping,
    parse_mapping,
    read_folder,
    salesforce_mapping,
)
from partnerops.adapters._cells import money, numbers, salesforce_id
from partnerops.adapters._moments import days, instants
from partnerops.adapters._settings import PIECE
from partnerops.adapters._targets import PARTS, TARGETS, target
from partnerops.exceptions import InvalidImport, InvalidMapping

pytestmark = pytest.mark.laws

TOKENS = (
    "", " ", "won", "lost", "open", "true", "FALSE", "direct", "a", "b", "1", "-5", "10.00", "1.234,56", "BRL", "XXX",
    "2026-03-01", "2026-03-01T10:00:00-03:00", "2026-03-01 6:49:18", "31/12/2026", "9999-12-31 23:59:59", "2026-Q2",
    "nps", "vendor", "refund", "recurring", "12", "approved", "a=1/2;b=1/2", "1/0", "é", "50 %", "\x00",
)  # fmt: skip
cells = st.sampled_from(TOKENS) | st.text(max_size=8)
raw = cells | st.none() | st.booleans() | st.integers() | st.floats() | st.decimals() | st.dates() | st.lists(st.text())


def plain(into: str) -> TableMapping:
    """Every field of a noun from a column of its own name."""
    found = target(into)
    assert found is not None
    names = [f"{name}x" if name.endswith(".") else name for name in found.fields]
    names = [name for name in names if name not in ("period", "shares")]
    currency = {"currency_column": "currency"}
    fields = {name: FieldMapping(column=name, **(currency if _is_money(into, name) else {})) for name in names}
    return TableMapping(file=f"{into}.csv", into=into, fields=fields)


def _is_money(into: str, name: str) -> bool:
    found = target(into)
    known = found.field(name) if found else None
    return known is not None and known.kind in ("money", "goal")


@st.composite
def exports(draw: st.DrawFn, cell: st.SearchStrategy[Any] = cells) -> tuple[dict[str, Any], ImportMapping]:
    """Files of some collections, every cell anything at all, and the mapping that reads them."""
    names = draw(st.lists(st.sampled_from(TARGETS), min_size=1, max_size=4, unique=True))
    if draw(st.booleans()):
        names = ["opportunities", "stage_changes", "opportunity_lines"]
    tables = {name: plain(name) for name in names}
    settings: dict[str, Any] = draw(
        st.fixed_dictionaries(
            {}, optional={"zone": st.just("America/Sao_Paulo"), "currency": st.just("BRL"), "thousands": st.just(",")}
        )
    )
    mapping = ImportMapping(system="crm", tables=tables, **settings)
    files: dict[str, Any] = {}
    for table in tables.values():
        columns = [*table.fields, "currency"]
        row = st.fixed_dictionaries(dict.fromkeys(columns, cell)) | st.fixed_dictionaries(
            {"id": st.sampled_from("ab"), "opportunity_id": st.sampled_from("ab"), "stage": st.just("won")}
            | {
                "status": st.just("won"),
                "amount": st.just("10.00"),
                "currency": st.just("BRL"),
                "product": st.just("p"),
            }
            | dict.fromkeys(("created_at", "closed_at", "at"), st.just("2026-03-01"))
        )
        broken = st.just({None: "has 1 cell"}) | st.just(7) | st.just(["a"])
        files[table.file] = draw(st.lists(row | row | row | broken, max_size=5))
    return files, mapping


def assert_no_row_is_lost(result: Import) -> None:
    """Rows in = nouns and parts out, and one issue for each other row; table by table."""
    for fate in ("dropped", "skipped"):
        issues = Counter(issue.table for issue in result.issues if issue.severity == fate)
        assert issues == Counter({table.table: getattr(table, fate) for table in result.tables})
    assert all(table.rows == table.used + table.skipped + table.dropped for table in result.tables)
    assert result.used == sum(1 for _ in nouns(result))


def nouns(result: Import) -> Iterator[Any]:
    """Every noun of the dataset and every part inside one."""
    for attribute in attrs.fields(type(result.dataset)):
        if attribute.init:
            for noun in getattr(result.dataset, attribute.name):
                yield noun
                for part in PARTS.values():
                    if part.owner == attribute.name:
                        yield from getattr(noun, part.field)


@given(exports())
def test_no_row_is_lost_whatever_it_says(export: tuple[dict[str, Any], ImportMapping]) -> None:
    """Arbitrary text in every field of every noun: nothing is raised, and the counts hold."""
    assert_no_row_is_lost(import_rows(*export))


@given(exports(raw))
def test_cells_need_not_be_text(export: tuple[dict[str, Any], ImportMapping]) -> None:
    """What an API gives is read or named too."""
    assert_no_row_is_lost(import_rows(*export))


@given(exports())
def test_the_same_rows_give_the_same_import(export: tuple[dict[str, Any], ImportMapping]) -> None:
    """From lists, from iterators, and twice."""
    files, mapping = export
    once = import_rows(files, mapping)
    again = import_rows({name: iter(rows) for name, rows in files.items()}, mapping)
    assert once == again


@given(exports())
def test_strict_raises_when_there_is_something_to_report(export: tuple[dict[str, Any], ImportMapping]) -> None:
    """All of it, in one error."""
    lenient = import_rows(*export)
    if lenient.ok:
        assert import_rows(*export, strict=True) == lenient
    else:
        with pytest.raises(InvalidImport) as caught:
            import_rows(*export, strict=True)
        assert caught.value.issues == lenient.issues


@given(exports(), st.data())
def test_a_row_more_changes_nothing_about_the_rows_before_it(
    export: tuple[dict[str, Any], ImportMapping], data: st.DataObject
) -> None:
    """What a noun says depends on its own row, its parts and its joins."""
    files, mapping = export
    (name, first), *_ = mapping.tables
    if first.into in PARTS:
        return
    before = import_rows(files, mapping)
    row = data.draw(st.fixed_dictionaries(dict.fromkeys(first.fields, cells)))
    after = import_rows({**files, first.file: [*files[first.file], row]}, mapping)
    old = getattr(before.dataset, first.into)
    ids = {part for part, spec in PARTS.items() if spec.owner == first.into}
    if not ids & {spec.into for _, spec in mapping.tables}:
        assert getattr(after.dataset, first.into)[: len(old)] == old
    assert {table.table: table.rows for table in after.tables}[name] == len(files[first.file]) + 1


@given(st.lists(st.fixed_dictionaries({"id": cells, "parent": cells, "gone": cells}), max_size=6), st.booleans())
def test_joins_skips_and_checks_lose_no_row(rows: list[dict[str, str]], follow: bool) -> None:
    """A file joined to itself, in circles too."""
    join = Join(alias="up", file="a.csv", on={"parent": "id"}, follow="parent" if follow else None)
    table = TableMapping(
        file="a.csv",
        into="accounts",
        joins=[join],
        skip=[Condition(column="gone", one_of=["true", "won"]), Condition(column="up.gone", not_in=["", "a"])],
        checks=[Check(column="up.id", low=0, high=10, sentinels=["a"])],
        fields={
            "id": FieldMapping(column="id"),
            "name": FieldMapping(first=[FieldMapping(column="up.id"), FieldMapping(template="n-{id}")]),
            "segment": FieldMapping(column="gone", values={"a": "b", "*": "*"}, sentinels=["b"], expected=True),
        },
    )
    assert_no_row_is_lost(import_rows({"a.csv": rows}, ImportMapping(system="crm", tables={"accounts": table})))


MAPPINGS = {
    "salesforce": salesforce_mapping(currency="BRL", files="{}"),
    "salesforce_tables": salesforce_mapping(currency="BRL", snake_case=True, deleted=True),
    "hubspot": hubspot_mapping(roles={"a": "sourced"}, stages={"won": "won"}, files="{}"),
    "hubspot_properties": hubspot_mapping(currency="BRL", properties=True),
    "odoo": odoo_mapping(currency="BRL"),
}
marks = st.sampled_from(
    ["", "a", "b", "c", "true", "false", "won", "opportunity", "PARTNER", "dealstage", "2026-03-01"]
)


def columns(spec: Any) -> Iterator[str]:
    """Every column that a mapping names, wherever it does."""
    for attribute in attrs.fields(type(spec)):
        value = getattr(spec, attribute.name)
        if attribute.name in ("column", "currency_column") and value:
            yield value
        elif attribute.name == "on":
            yield from value
            yield from value.values()
        elif attribute.name == "template" and value:
            yield from PIECE.findall(value)
        else:
            inner = value.values() if attribute.name == "fields" else value if isinstance(value, tuple) else (value,)
            for one in inner:
                if attrs.has(type(one)):
                    yield from columns(one)


@given(st.sampled_from(sorted(MAPPINGS)), st.data())
def test_exports_of_the_systems_lose_no_row(name: str, data: st.DataObject) -> None:
    """Whatever stands in the columns that their mappings name."""
    mapping = MAPPINGS[name]
    files = {}
    for file in data.draw(st.lists(st.sampled_from(mapping.files), unique=True, max_size=4)):
        names = {column for _, table in mapping.tables for column in columns(table)}
        row = st.fixed_dictionaries(dict.fromkeys(sorted(names), marks | cells))
        files[file] = data.draw(st.lists(row, max_size=3))
    assert_no_row_is_lost(import_rows(files, mapping))


# --- files ------------------------------------------------------------------------------------------------------------

VALID = """
system = "crm"
currency = "BRL"
zone = "America/Sao_Paulo"
[accounts]
file = "a.csv"
joins = [{ alias = "b", file = "b.csv", on = { code = "id" } }]
skip = [{ column = "gone", in = ["x"], because = "left" }]
checks = [{ column = "n", low = 0, high = 100 }]
fields = { id = "code", name = { column = "name", values = { a = "b" } }, custom = { n = { constant = 1 } } }
"""


@given(st.text())
def test_any_text_is_a_mapping_or_named_faults(text: str) -> None:
    """No other exception."""
    with pytest.raises(InvalidMapping) as caught:
        parse_mapping(text)
    assert caught.value.faults


@given(st.integers(0, len(VALID)), st.integers(0, 12), st.text(max_size=6) | st.sampled_from(["[", "{", "1", '"', "="]))
def test_a_mauled_mapping_is_a_mapping_or_named_faults(place: int, cut: int, put: str) -> None:
    """One that was right before somebody edited it."""
    faults: tuple[object, ...] = ("none",)
    try:
        parse_mapping(VALID[:place] + put + VALID[place + cut :])
    except InvalidMapping as error:
        faults = error.faults
    assert all(str(fault) for fault in faults)
    assert faults


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode), st.sampled_from([",", ";", "\t"]))
def test_any_bytes_are_a_file(content: bytes, delimiter: str) -> None:
    """Whatever stands in a CSV file, each of its rows is read or named."""
    fields = {"id": FieldMapping(column="id"), "name": FieldMapping(column="id")}
    table = TableMapping(file="a.csv", into="accounts", fields=fields)
    mapping = ImportMapping(system="crm", tables={"accounts": table}, delimiter=delimiter)
    with TemporaryDirectory() as folder:
        (Path(folder) / "a.csv").write_bytes(b"id" + delimiter.encode() + b"x\n" + content)
        assert_no_row_is_lost(read_folder(folder, mapping))


# --- cells ------------------------------------------------------------------------------------------------------------


@given(st.integers(-(10**12), 10**12), st.sampled_from([(".", ","), (",", "."), (",", " "), (".", None), (",", None)]))
def test_amounts_are_read_as_they_were_written(minor: int, marks: tuple[str, str | None]) -> None:
    """With the separators of any country, to the cent."""
    decimal, thousands = marks
    amount = Money.from_minor(minor, "BRL")
    text = f"{amount.amount:,.2f}".replace(",", "T").replace(".", decimal).replace("T", thousands or "")
    for written in (text, f"R$ {text}".replace("R$ -", "-R$ ")):
        assert money(numbers(decimal, thousands, ["R$"]), None)(written, "BRL") == amount


@given(st.dates(date(1970, 1, 1), date(2068, 12, 31)))
def test_dates_are_read_as_they_were_written(day: date) -> None:
    """In every order of day, month and year."""
    for form in ("%Y-%m-%d", "%m/%d/%Y", "%d.%m.%y", "%d %b %Y", "%Y%m%d"):
        assert days([form], None, 0)(day.strftime(form)) == day
        assert days(["iso", form], None, 1)(day.strftime(form)).toordinal() == day.toordinal() + 1
    assert days(["%m/%d/%Y"], None, 0)(f"{day.month}/{day.day}/{day.year}") == day


@given(st.datetimes(datetime(1980, 1, 1), datetime(2060, 1, 1)))
def test_instants_are_read_as_they_were_written(clock: datetime) -> None:
    """With an offset, as an epoch, with one digit for the hour; in UTC in the end."""
    at = clock.replace(microsecond=clock.microsecond // 1000 * 1000, tzinfo=UTC)
    milliseconds = int(Decimal(str(at.timestamp())).quantize(Decimal("0.001")) * 1000)
    assert instants(["epoch_ms"], None, "start")(str(milliseconds)) == at
    assert instants(["iso"], None, "start")(at.isoformat()) == at
    assert instants(["iso"], None, "start")(at.isoformat().replace("+00:00", "+0000")) == at
    assert instants(["iso"], "UTC", "start")(f"{at:%Y-%m-%d} {at.hour}:{at:%M:%S.%f}") == at
    assert instants(["%m/%d/%Y %I:%M:%S.%f %p"], "UTC", "start")(f"{at:%m/%d/%Y %I:%M:%S.%f %p}") == at


@given(st.text("ABCXYZabcxyz0189", min_size=15, max_size=15), st.data())
def test_salesforce_ids_of_15_and_18_characters_meet(short: str, data: st.DataObject) -> None:
    """Also after a spreadsheet changed the case of the long one."""
    whole = salesforce_id(short)
    assert (len(whole), whole[:15], salesforce_id(whole)) == (18, short, whole)
    assert salesforce_id(whole.upper()) == salesforce_id(whole.lower()) == whole
    other = data.draw(st.text("ABCXYZabcxyz0189", min_size=15, max_size=15))
    assert (salesforce_id(other) == whole) is (other == short)
