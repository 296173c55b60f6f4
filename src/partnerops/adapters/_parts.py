"""Nouns inside nouns: histories and lines come from files of their own, and find the record they belong to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set as AbstractSet
from typing import Any, Final

from attrs import define, field

from partnerops.adapters._compile import Note
from partnerops.adapters._results import Severity
from partnerops.adapters._table import Read, Table, Values
from partnerops.adapters._targets import Part
from partnerops.entities import StageChange
from partnerops.exceptions import CurrencyMismatch, InvalidValue, PartnerOpsError
from partnerops.money import Money

_CARRIED: Final = ("stage", "status", "amount", "expected_close")
"""What a stage change says; one that says nothing new is left out."""


def refusal(error: PartnerOpsError) -> Note:
    """What a noun said when it refused its values."""
    if isinstance(error, InvalidValue):
        name = error.place.partition(".")[2]
        value = None if error.value is None else str(error.value)
        return (name, "invalid", value, f"must be {error.rule}", "mend the row, or map the field in another way")
    code = "currency" if isinstance(error, CurrencyMismatch) else "invalid"
    return ("", code, None, str(error), "mend the row")


@define
class _Piece:
    """One row that is part of a noun."""

    table: Table
    """Table it was read by."""
    number: int
    """Row in its file."""
    noun: Any
    """The part."""


Pieces = dict[str, list[_Piece]]
"""Field of the owner -> its parts."""


@define
class Parts:
    """The parts that wait for their owner, by collection and id of it."""

    waiting: dict[str, dict[str, Pieces]] = field(factory=dict[str, dict[str, Pieces]])
    """Collection -> id -> field -> parts."""

    def of(self, owner: str) -> bool:
        """Whether any part waits for a noun of that collection."""
        return owner in self.waiting

    def add(self, table: Table, part: Part, read: Read) -> None:
        """Make a part and let it wait for its owner."""
        key = read.values.pop(part.key)
        # Made before its owner is known, so that a broken line is named by its own row.
        try:
            noun = table.target.noun(**read.values)
        except PartnerOpsError as error:
            table.drop(read.number, refusal(error))
            return
        pieces = self.waiting.setdefault(part.owner, {}).setdefault(key, {})
        pieces.setdefault(part.field, []).append(_Piece(table, read.number, noun))

    def drop_orphans(self, left_out: Mapping[str, AbstractSet[str]]) -> None:
        """Name the parts whose owner never came; *left_out* are the ids that the mapping skipped, by collection."""
        for owner, ids in self.waiting.items():
            for id, pieces in ids.items():
                if id in left_out.get(owner, ()):
                    note = ("", "skipped", id, "belongs to a record that was left out", "")
                    _drop(pieces, note, Severity.SKIPPED)
                else:
                    problem = f"belongs to a record that is not among the {owner}"
                    _drop(pieces, ("", "orphan", id, problem, "export that record as well"))

    def built(self, table: Table, read: Read) -> Any:
        """
        The noun with its parts; parts that it cannot hold are dropped and named, and it stands without them.

        None, with the row dropped, when the noun is refused even without parts.
        """
        pieces = self.waiting[table.target.collection].pop(read.values.get("id", ""), {})
        if "history" in pieces:
            pieces["history"] = _collapsed(pieces["history"])
        try:
            noun = table.target.noun(**_completed(read.values, pieces))
        except PartnerOpsError as error:
            return self._without(table, read, pieces, error)
        for members in pieces.values():
            _use(members)
        return noun

    def _without(self, table: Table, read: Read, pieces: Pieces, error: PartnerOpsError) -> Any:
        """What a refused noun can be with fewer of its parts."""
        # The first refusal says what is wrong with the parts, unless one is refused by itself for another reason; the
        # last one says what is wrong with the record itself.
        reasons = dict.fromkeys(pieces, error)
        # Without the history first: of the two, the lines are money.
        for without in dict.fromkeys((("history",), ("lines",), tuple(pieces))):
            kept = {name: members for name, members in pieces.items() if name not in without}
            try:
                noun = table.target.noun(**_completed(read.values, kept))
            except PartnerOpsError as again:
                error = again
                reasons |= dict.fromkeys(kept, again) if len(kept) == 1 else {}
                continue
            for name, members in pieces.items():
                if name in kept:
                    _use(members)
                else:
                    _, code, value, problem, remedy = refusal(reasons[name])
                    _drop({name: members}, (name, code, value, f"does not fit its record: {problem}", remedy))
            return noun
        table.drop(read.number, refusal(error))
        _drop(pieces, ("", "orphan", read.values.get("id"), "belongs to a record that was dropped", "mend that row"))
        return None


def _use(members: Iterable[_Piece]) -> None:
    for piece in members:
        piece.table.used += 1


def _drop(pieces: Pieces, note: Note, severity: Severity = Severity.DROPPED) -> None:
    for members in pieces.values():
        for piece in members:
            piece.table.drop(piece.number, note, severity)


def _collapsed(members: Iterable[_Piece]) -> list[_Piece]:
    """Changes in the order of time, without those that change nothing; systems write a row for any edit."""
    kept: list[_Piece] = []
    told: Values = {}
    # Sorting is stable: of changes at one instant the order of the file decides, as their writer knew it.
    for piece in sorted(members, key=lambda one: one.noun.at):
        change: StageChange = piece.noun
        says = {name: getattr(change, name) for name in _CARRIED if getattr(change, name) is not None}
        if kept and all(told.get(name) == value for name, value in says.items()):
            problem = f"repeats stage {change.stage!r} without changing anything"
            piece.table.drop(piece.number, ("stage", "unchanged", change.stage, problem, ""), Severity.SKIPPED)
            continue
        told |= says
        kept.append(piece)
    return kept


def _completed(values: Values, pieces: Pieces) -> Values:
    """The values with the parts, and with what only the parts know: the close, the amount."""
    whole = values | {name: tuple(piece.noun for piece in members) for name, members in pieces.items()}
    if "stage" not in values:
        return whole
    # Systems overwrite the date of a close or keep none; the history says when the deal reached its last outcome.
    closed = str(values.get("status", "open")) != "open"
    if closed and "closed_at" not in whole and "history" in whole and (at := _closing(whole["history"])) is not None:
        whole["closed_at"] = at
    # An export of lines may leave the deal's own amount out; with both, the deal checks that they agree.
    if "amount" not in whole and whole.get("lines"):
        whole["amount"] = Money.total(line.amount for line in whole["lines"])
    return whole


def _closing(history: tuple[StageChange, ...]) -> Any:
    """When the last run of closed stages began; None when the history ends open."""
    at = None
    for change in reversed(history):
        if change.status == "open":
            break
        at = change.at
    return at
