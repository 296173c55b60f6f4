"""Mapping files and folders of CSV files."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from partnerops.adapters import (
    Check,
    Condition,
    FieldMapping,
    Import,
    ImportMapping,
    Join,
    TableMapping,
    parse_mapping,
    read_folder,
    read_mapping,
)
from partnerops.exceptions import InvalidImport, InvalidMapping, InvalidValue, PartnerOpsError

WHOLE = """
schema_version = 1
system = "crm"
currency = "BRL"
zone = "America/Sao_Paulo"
formats = ["iso", "%d/%m/%Y"]
decimal = ","
thousands = "."
blanks = ["-"]
delimiter = ";"
encoding = "cp1252"

[partners]
file = "a.csv"
joins = [{ alias = "b", file = "b.csv", on = { code = "id" }, follow = "next", reported = false }]
skip = [{ column = "gone", in = [1, true], not_in = ["x"], blank = false, because = "left" }]
checks = [{ column = "n", low = 0, high = 99.5, sentinels = [2050-01-01] }]

[partners.fields]
id = "code"
name = { first = ["b.name", { column = "name", default = "?" }], when = { column = "name", blank = false } }
type = { constant = 0.10 }
signed_on = { column = "d", add_days = 1, expected = true, unreadable = "drop", sentinels = ["9999-12-31"] }
custom = { column = "x", n = { column = "n", type = "whole" } }
"custom.y" = { column = "y", values = { 1 = true } }
"""


def faults(text: str) -> list[str]:
    """Path and code of every fault."""
    with pytest.raises(InvalidMapping) as caught:
        parse_mapping(text)
    return [f"{fault.path} {fault.code}" for fault in caught.value.faults]  # type: ignore[attr-defined]


TABLE = 'system = "crm"\n[accounts]\nfile = "a.csv"\n'


class TestParsing:
    """TOML into values."""

    def test_every_setting(self) -> None:
        mapping = parse_mapping(WHOLE)
        assert mapping == ImportMapping(
            system="crm", currency="BRL", zone="America/Sao_Paulo", formats=["iso", "%d/%m/%Y"], decimal=",",
            thousands=".", blanks=["-"], delimiter=";", encoding="cp1252",
            tables={
                "partners": TableMapping(
                    file="a.csv", into="partners",
                    joins=[Join(alias="b", file="b.csv", on={"code": "id"}, follow="next", reported=False)],
                    skip=[Condition(column="gone", one_of=["1", "true"], not_in=["x"], blank=False, because="left")],
                    checks=[Check(column="n", low="0", high="99.5", sentinels=["2050-01-01"])],
                    fields={
                        "id": FieldMapping(column="code"),
                        "name": FieldMapping(
                            first=[FieldMapping(column="b.name"), FieldMapping(column="name", default="?")],
                            when=Condition(column="name", blank=False),
                        ),
                        "type": FieldMapping(constant="0.10"),
                        "signed_on": FieldMapping(
                            column="d", add_days=1, expected=True, unreadable="drop", sentinels=["9999-12-31"]
                        ),
                        "custom.column": FieldMapping(column="x"),
                        "custom.n": FieldMapping(column="n", type="whole"),
                        "custom.y": FieldMapping(column="y", values={"1": "true"}),
                    },
                )
            },
        )  # fmt: skip
        assert mapping.files == ("a.csv", "b.csv")

    def test_mappings_are_values(self) -> None:
        mapping = parse_mapping(WHOLE)
        assert pickle.loads(pickle.dumps(mapping)) == mapping
        assert hash(mapping) == hash(parse_mapping(WHOLE))
        assert mapping.replace(currency="USD").currency == "USD"

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("system = ", "$ syntax"),
            ('system = "crm"', "$ missing"),
            ('[accounts]\nfile = "a.csv"\nfields = { id = "a" }', "$.system missing"),
            (TABLE, "$.accounts.fields missing"),
            (TABLE + "fields = 7", "$.accounts.fields missing"),
            (TABLE + "fields = { id = 7 }", "$.accounts.fields.id type"),
            (TABLE + 'fields = { id = { colum = "a" } }', "$.accounts.fields.id.colum unknown_key"),
            (TABLE + "fields = { id = { first = [7] } }", "$.accounts.fields.id.first[0] type"),
            ("a = " + "[" * 5000 + "]" * 5000, "$ syntax"),
            ("#" * 1_000_001, "$ unreadable"),
        ],
    )
    def test_faults_of_the_whole(self, text: str, expected: str) -> None:
        assert faults(text)[0] == expected

    @pytest.mark.parametrize(
        ("setting", "expected"),
        [
            ("schema_version = 2", "$.schema_version version"),
            ("schema_version = true", "$.schema_version version"),
            ('curency = "BRL"', "$.curency unknown_key"),
            ('currency = "BRX"', "$.currency invalid"),
            ('zone = "Brasilia"', "$ invalid"),
            ('encoding = "klingon"', "$ invalid"),
            ('decimal = ","\nthousands = ","', "$.thousands invalid"),
            ('delimiter = ";;"', "$.delimiter invalid"),
        ],
    )
    def test_faults_of_settings(self, setting: str, expected: str) -> None:
        assert faults(f'{setting}\n{TABLE}fields = {{ id = "a" }}') == [expected]

    @pytest.mark.parametrize(
        ("setting", "expected"),
        [
            ("joins = 7", "joins type"),
            ("joins = [7]", "joins[0] type"),
            ('joins = [{ alias = "b", file = "b", on = {} }]', "joins[0].on invalid"),
            (
                'joins = [{ alias = "b", file = "b", on = { a = "b", c = "d" }, follow = "e" }]',
                "joins[0].follow invalid",
            ),
            ('joins = [{ alias = "field", file = "b", on = { a = "b" } }]', "joins invalid"),
            ('skip = [{ column = "b" }]', "skip[0] invalid"),
            ('checks = [{ column = "b", low = "x" }]', "checks[0].low invalid"),
            ('a = "b"', "a unknown_key"),
        ],
    )
    def test_faults_of_tables(self, setting: str, expected: str) -> None:
        assert faults(f'{TABLE}{setting}\nfields = {{ id = "a" }}') == [f"$.accounts.{expected}"]

    @pytest.mark.parametrize(
        ("setting", "expected"),
        [
            ('constant = "b"', " invalid"),
            ('formats = ["%Q"]', ".formats invalid"),
            ('formats = ["%d/%d/%Y"]', ".formats invalid"),
            ('formats = ["ios"]', ".formats invalid"),
            ('formats = "iso"', ".formats invalid"),
            ('unreadable = "no"', ".unreadable invalid"),
            ("expected = 1", ".expected invalid"),
            ('values = "b"', ".values invalid"),
            ('sentinels = "b"', ".sentinels invalid"),
            ('decimal = ",", thousands = ","', ".thousands invalid"),
            ("when = 7", ".when type"),
            ('when = { column = "b" }', ".when invalid"),
            ('when = { column = "b", on = [] }', ".when.on unknown_key"),
        ],
    )
    def test_faults_of_fields(self, setting: str, expected: str) -> None:
        text = f'{TABLE}fields = {{ id = {{ column = "a", {setting} }} }}'
        assert faults(text)[0] == f"$.accounts.fields.id{expected}"

    def test_one_may_stand_for_a_list_of_one(self) -> None:
        (table,) = dict(
            parse_mapping(TABLE + 'fields = { id = { first = "a" }, name = { column = 7 } }').tables
        ).values()
        assert table.fields["id"] == FieldMapping(first=[FieldMapping(column="a")])
        assert table.fields["name"] == FieldMapping(column="7")

    def test_all_faults_come_at_once(self) -> None:
        text = (
            'currenci = "BRL"\n' + TABLE + 'fields = { id = { colum = "a" }, name = 7 }\n[deals]\nfields = { id = "a" }'
        )
        assert faults(text) == [
            "$.accounts.fields.id.colum unknown_key", "$.accounts.fields.name type", "$.deals.file missing",
            "$.currenci unknown_key",
        ]  # fmt: skip

    def test_near_misses_are_named(self) -> None:
        with pytest.raises(InvalidMapping, match=r"\$\.accounts\.fields\.id\.colum: there is no such setting; did you"):
            parse_mapping(TABLE + 'fields = { id = { colum = "a" } }')

    def test_only_text_is_a_mapping(self) -> None:
        with pytest.raises(InvalidMapping, match="this is no text"):
            parse_mapping(b"")  # type: ignore[arg-type]

    def test_values_are_checked_without_a_file_too(self) -> None:
        with pytest.raises(InvalidValue, match="TableMapping.fields must be a mapping of strings to FieldMapping"):
            TableMapping(file="a", into="accounts", fields={"id": "a"})  # type: ignore[dict-item]
        with pytest.raises(InvalidValue, match="ImportMapping.tables must be a mapping of names to TableMapping"):
            ImportMapping(system="crm", tables={"a": 7})  # type: ignore[dict-item]
        with pytest.raises(InvalidValue, match="ImportMapping.tables"):
            ImportMapping(system="crm", tables=7)  # type: ignore[arg-type]


class TestFiles:
    """Reading a mapping from a file."""

    def test_a_file(self, tmp_path: Path) -> None:
        (tmp_path / "m.toml").write_text(WHOLE, encoding="utf-8-sig")
        assert read_mapping(tmp_path / "m.toml") == read_mapping(str(tmp_path / "m.toml")) == parse_mapping(WHOLE)

    def test_a_file_that_is_not_there_or_no_text(self, tmp_path: Path) -> None:
        with pytest.raises(InvalidMapping, match="No such file"):
            read_mapping(tmp_path / "m.toml")
        (tmp_path / "m.toml").write_bytes(b"\xff\xfe\xfd")
        with pytest.raises(InvalidMapping, match="name a TOML file in UTF-8"):
            read_mapping(tmp_path / "m.toml")


ACCOUNTS = """
system = "crm"
[accounts]
file = "a.csv"
fields = { id = "id", name = "name" }
"""


def read(folder: Path, content: bytes | str, head: str = "", *, strict: bool = False) -> Import:
    """The import of one file of accounts."""
    data = content if isinstance(content, bytes) else content.encode()
    (folder / "a.csv").write_bytes(data)
    return read_folder(folder, parse_mapping(head + ACCOUNTS), strict=strict)


def names(result: Import) -> list[str]:
    return [account.name for account in result.dataset.accounts]


class TestFolders:
    """CSV files as spreadsheets write them."""

    def test_a_file(self, tmp_path: Path) -> None:
        """With a byte order mark, blank lines, quotes, line ends of any system and blanks around the header."""
        result = read(tmp_path, '\ufeffid, name\r\n1,"Sol, Ltda"\r\n\r\n2,"two\nlines"\r\n')
        assert names(result) == ["Sol, Ltda", "two\nlines"]
        assert (result.issues, result.rows) == ((), 2)

    def test_a_byte_order_mark_may_stand_in_a_file_of_any_encoding(self, tmp_path: Path) -> None:
        assert names(read(tmp_path, "\ufeffid,name\n1,Sol\n", 'encoding = "utf-8"\n')) == ["Sol"]

    def test_another_delimiter_and_encoding(self, tmp_path: Path) -> None:
        result = read(tmp_path, "id;name\n1;São João\n".encode("cp1252"), 'delimiter = ";"\nencoding = "cp1252"\n')
        assert names(result) == ["São João"]

    def test_bytes_of_another_encoding_lose_their_rows_only(self, tmp_path: Path) -> None:
        result = read(tmp_path, b"id,name\n1,Sol\n2,S\xe3o\n3,Lua\n")
        assert names(result) == ["Sol", "Lua"]
        (issue,) = result.issues
        assert (issue.row, issue.code, issue.problem) == (2, "broken_row", "is not written in utf-8-sig")
        assert issue.remedy == "name the file's own encoding in `encoding`"

    def test_an_encoding_without_room_for_surrogates(self, tmp_path: Path) -> None:
        result = read(tmp_path, b"id,name\n1,Sol\n", 'encoding = "utf-16"\n')
        assert result.used == 0
        assert result.issues

    def test_rows_with_too_few_or_too_many_cells(self, tmp_path: Path) -> None:
        result = read(tmp_path, "id,name\n1\n2,a,b\n3,Lua\n")
        assert names(result) == ["Lua"]
        assert [issue.problem for issue in result.issues] == [
            "has 1 cells under a header of 2", "has 3 cells under a header of 2",
        ]  # fmt: skip

    def test_a_quote_that_is_not_closed(self, tmp_path: Path) -> None:
        result = read(tmp_path, 'id,name\n1,Sol\n2,"Lua\n3,Mar\n')
        assert names(result) == ["Sol"]
        assert result.issues[0].problem == "cannot be read (lines 3 to 4): unexpected end of data"

    def test_a_quote_out_of_place(self, tmp_path: Path) -> None:
        result = read(tmp_path, 'id,name\n1,"So"l\n2,Lua\n')
        assert names(result) == ["Lua"]
        assert result.issues[0].problem.startswith("cannot be read (line 2): ")

    def test_a_cell_beyond_all_bounds(self, tmp_path: Path) -> None:
        result = read(tmp_path, f"id,name\n1,{'x' * 200_000}\n2,Lua\n")
        assert names(result) == ["Lua"]

    @pytest.mark.parametrize("content", ["", "\n\n", '"id'])
    def test_a_file_without_header(self, tmp_path: Path, content: str) -> None:
        result = read(tmp_path, content)
        assert [issue.code for issue in result.issues] == ["empty_file"]
        assert (result.rows, result.used) == (0, 0)

    def test_two_columns_of_one_name(self, tmp_path: Path) -> None:
        result = read(tmp_path, "id,name,name,,\n1,a,b,,\n")
        assert names(result) == ["b"]
        assert [(issue.code, issue.value) for issue in result.issues] == [("repeated_column", "name")]

    def test_a_file_that_is_not_there(self, tmp_path: Path) -> None:
        (tmp_path / "aa.csv").write_text("")
        (tmp_path / "a.csv").mkdir()
        result = read_folder(tmp_path, parse_mapping(ACCOUNTS))
        assert [str(issue) for issue in result.issues] == [
            "a.csv: is not there; did you mean 'aa.csv'?; export it, or mend the name in the mapping"
        ]

    def test_a_file_that_may_not_be_read(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(*_args: object, **_more: object) -> None:
            raise PermissionError(13, "Permission denied")

        (tmp_path / "a.csv").write_text("id,name\n")
        monkeypatch.setattr(Path, "open", refuse)
        (issue,) = read_folder(tmp_path, parse_mapping(ACCOUNTS)).issues
        assert (issue.code, issue.problem) == ("unreadable_file", "cannot be read: Permission denied")

    def test_a_folder_that_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(InvalidValue, match="folder must be a folder with the files of the mapping"):
            read_folder(tmp_path / "nowhere", parse_mapping(ACCOUNTS))

    def test_strict_counts_issues_of_files_too(self, tmp_path: Path) -> None:
        assert read(tmp_path, "id,name\n1,a\n", strict=True).used == 1
        with pytest.raises(InvalidImport) as caught:
            read(tmp_path, "id,name,name\n1,a\n", strict=True)
        assert len(caught.value.issues) == 2
        assert isinstance(pickle.loads(pickle.dumps(caught.value)), PartnerOpsError)
