"""CSV files of a folder: the one place of the package that reads files of rows."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from partnerops.adapters._import import import_rows
from partnerops.adapters._mapping import ImportMapping
from partnerops.adapters._results import Import, ImportIssue, Severity
from partnerops.exceptions import InvalidValue


def read_folder(folder: str | Path, mapping: ImportMapping, *, strict: bool = False) -> Import:
    """
    `import_rows` over the CSV files of a folder, read with the delimiter and the encoding of the mapping.

    A file that is not there, two columns of one name, a row with too few or too many cells, a quote that is never
    closed and bytes in another encoding are issues, and the other rows survive.

    Raises:
        InvalidValue: *folder* is no folder.
        InvalidImport: With *strict*, when there is any issue beyond rows left out on purpose; it carries all of them.
    """
    base = Path(folder)
    if not base.is_dir():
        raise InvalidValue("folder", "a folder with the files of the mapping", str(folder))
    issues: list[ImportIssue] = []
    found = {name: _rows(path, mapping, issues) for name in mapping.files if (path := base / name).is_file()}
    # Files that the mapping does not read are near misses of names that are not there.
    others = {path.name: iter(()) for path in base.iterdir() if path.is_file() and path.name not in found}
    result = import_rows({**others, **found}, mapping)
    result = result.replace(issues=[*issues, *result.issues])
    if strict:
        result.raise_for_issues()
    return result


def _rows(path: Path, mapping: ImportMapping, issues: list[ImportIssue]) -> Iterator[dict[Any, Any]]:
    """The rows of a file; one that is no whole row has nothing but a reason, under None."""
    try:
        clean = _is_clean(path, mapping.encoding)
        # Bytes that are no text pass as surrogates, so that only the rows that hold them are lost.
        handle = path.open(encoding=mapping.encoding, errors="surrogateescape", newline="")
    except OSError as error:
        issues.append(_about(path, "unreadable_file", f"cannot be read: {error.strerror}", "look at its permissions"))
        return
    with handle:
        # Strict: a quote that is never closed would otherwise swallow the rest of the file without a word.
        rows = _cells(csv.reader(handle, delimiter=mapping.delimiter, strict=True))
        header = next(rows, None)
        if not isinstance(header, list):
            issues.append(_about(path, "empty_file", header or "has no header row", "export it again, with a header"))
            return
        # Also where the encoding of the mapping does not take the mark off by itself.
        names = [name.strip().removeprefix("\ufeff") for name in header]
        for name, count in Counter(name for name in names if name).items():
            if count > 1:
                problem = f"stands {count} times in the header; the last one counts"
                issues.append(_about(path, "repeated_column", problem, "rename one of them", name))
        for cells in rows:
            if isinstance(cells, str):
                yield {None: cells}
            elif len(cells) != len(names):
                yield {None: f"has {len(cells)} cells under a header of {len(names)}"}
            elif not clean and not _is_text(cells):
                yield {None: (f"is not written in {mapping.encoding}", "name the file's own encoding in `encoding`")}
            else:
                yield dict(zip(names, cells, strict=True))


def _cells(reader: Any) -> Iterator[list[str] | str]:
    """The rows of a reader, blank lines left out; a row that it cannot read gives the reason instead."""
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except (csv.Error, UnicodeError) as error:
            lines = f"line {line}" if reader.line_num <= line else f"lines {line} to {reader.line_num}"
            yield f"cannot be read ({lines}): {error}"
        else:
            if cells:
                yield cells


def _is_clean(path: Path, encoding: str) -> bool:
    """Whether a file is text in that encoding throughout."""
    try:
        with path.open(encoding=encoding, newline="") as handle:
            while handle.read(1 << 20):
                pass
    except UnicodeError:
        return False
    return True


def _is_text(cells: list[str]) -> bool:
    return not any("\ud800" <= letter <= "\udfff" for cell in cells if not cell.isascii() for letter in cell)


def _about(path: Path, code: str, problem: str, remedy: str, column: str | None = None) -> ImportIssue:
    return ImportIssue(
        file=path.name, field=column or "", code=code, value=column, problem=problem, remedy=remedy,
        severity=Severity.KEPT,
    )  # fmt: skip
