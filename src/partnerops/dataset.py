"""All nouns of a programme in one value: look-ups, a check of the whole, and the view at a moment."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Any, Final, TypeVar, cast

import attrs
from attrs import field, frozen

from partnerops._attrs import Noun, to_tuple, tuple_of
from partnerops.entities import (
    Account,
    Activity,
    Adjustment,
    Agreement,
    Certification,
    Credit,
    DealRegistration,
    Dispute,
    JointPlan,
    Lead,
    LeadAssignment,
    Opportunity,
    Partner,
    PartnerContact,
    PartnerInvolvement,
    Payment,
    Payout,
    PeriodClose,
    PolicyException,
    ProgramCost,
    Reversal,
    SurveyResponse,
    Target,
    TierMembership,
    Touchpoint,
)
from partnerops.entities._facts import Entity
from partnerops.exceptions import InvalidDataset, InvalidValue, UnknownName
from partnerops.periods import UTC_CALENDAR, Calendar

__all__ = ["Dataset", "DatasetReport", "Fault"]

N = TypeVar("N", bound=Entity)
T = TypeVar("T")


@frozen(kw_only=True)
class Fault(Noun):
    """
    One thing that is wrong across records.

    >>> print(Fault(path="$.touchpoints[3].partner_id", code="dangling", problem="no partner 'acmee'", remedy="add it"))
    $.touchpoints[3].partner_id: no partner 'acmee'; add it
    """

    path: str
    """Where: collection, position and field."""
    code: str
    """What kind: dangling, duplicate_id, overlap, cycle, currency, excess, order."""
    problem: str
    """What is wrong, naming the value."""
    remedy: str
    """What to do."""

    def __str__(self) -> str:
        return f"{self.path}: {self.problem}; {self.remedy}"


def _to_faults(values: Iterable[Fault]) -> tuple[Fault, ...]:
    return to_tuple(values)


@frozen
class DatasetReport(Noun):
    """
    The faults of a dataset, in the order of their paths.

    >>> DatasetReport().ok
    True
    """

    faults: tuple[Fault, ...] = field(default=(), converter=_to_faults)
    """All of them; empty when nothing is wrong."""

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.faults

    def raise_for_faults(self) -> None:
        """
        Nothing when all is well.

        Raises:
            InvalidDataset: Carrying every fault, when there is one.
        """
        if self.faults:
            raise InvalidDataset(self.faults)

    def __str__(self) -> str:
        return str(InvalidDataset(self.faults)) if self.faults else "the dataset has no faults"


@frozen(kw_only=True, init=False)
class Dataset(Noun):
    """
    All nouns of a programme; building one never judges, `check()` does.

    Collections take any iterable and keep its order. Look-ups build an index when first asked, once per dataset.

    Raises:
        InvalidValue: A member of a collection is of another kind.

    >>> data = Dataset(partners=[Partner(id="acme", name="Acme", type="reseller")])
    >>> data.get(Partner, "acme").name
    'Acme'
    """

    partners: tuple[Partner, ...] = field(default=(), validator=tuple_of(Partner))
    """Partner companies."""
    contacts: tuple[PartnerContact, ...] = field(default=(), validator=tuple_of(PartnerContact))
    """Who answers for what."""
    accounts: tuple[Account, ...] = field(default=(), validator=tuple_of(Account))
    """Customers."""
    leads: tuple[Lead, ...] = field(default=(), validator=tuple_of(Lead))
    """Leads."""
    opportunities: tuple[Opportunity, ...] = field(default=(), validator=tuple_of(Opportunity))
    """Deals, open and closed."""
    assignments: tuple[LeadAssignment, ...] = field(default=(), validator=tuple_of(LeadAssignment))
    """Leads and deals handed to partners."""
    touchpoints: tuple[Touchpoint, ...] = field(default=(), validator=tuple_of(Touchpoint))
    """Contacts with customers."""
    registrations: tuple[DealRegistration, ...] = field(default=(), validator=tuple_of(DealRegistration))
    """Deal registrations."""
    involvements: tuple[PartnerInvolvement, ...] = field(default=(), validator=tuple_of(PartnerInvolvement))
    """Agreed parts of partners in deals."""
    activities: tuple[Activity, ...] = field(default=(), validator=tuple_of(Activity))
    """What partners did."""
    certifications: tuple[Certification, ...] = field(default=(), validator=tuple_of(Certification))
    """Certificates."""
    surveys: tuple[SurveyResponse, ...] = field(default=(), validator=tuple_of(SurveyResponse))
    """Answers to surveys."""
    joint_plans: tuple[JointPlan, ...] = field(default=(), validator=tuple_of(JointPlan))
    """Joint business plans."""
    credits: tuple[Credit, ...] = field(default=(), validator=tuple_of(Credit))
    """What attribution gave."""
    payments: tuple[Payment, ...] = field(default=(), validator=tuple_of(Payment))
    """Money from customers."""
    reversals: tuple[Reversal, ...] = field(default=(), validator=tuple_of(Reversal))
    """Revenue taken back."""
    adjustments: tuple[Adjustment, ...] = field(default=(), validator=tuple_of(Adjustment))
    """Commission entries made by hand."""
    payouts: tuple[Payout, ...] = field(default=(), validator=tuple_of(Payout))
    """Transfers to partners."""
    closes: tuple[PeriodClose, ...] = field(default=(), validator=tuple_of(PeriodClose))
    """Frozen statement periods."""
    costs: tuple[ProgramCost, ...] = field(default=(), validator=tuple_of(ProgramCost))
    """Costs of programme and acquisition."""
    targets: tuple[Target, ...] = field(default=(), validator=tuple_of(Target))
    """Goals."""
    agreements: tuple[Agreement, ...] = field(default=(), validator=tuple_of(Agreement))
    """Contract versions."""
    exceptions: tuple[PolicyException, ...] = field(default=(), validator=tuple_of(PolicyException))
    """Departures from policy."""
    disputes: tuple[Dispute, ...] = field(default=(), validator=tuple_of(Dispute))
    """Quarrels and decisions."""
    tiers: tuple[TierMembership, ...] = field(default=(), validator=tuple_of(TierMembership))
    """Programme tiers of partners."""
    # A cache of what the fields already say: not compared, not printed, not copied by replace().
    _indexes: dict[tuple[type[Any], str], dict[Any, tuple[Any, ...]]] = field(
        factory=dict[tuple[type[Any], str], dict[Any, tuple[Any, ...]]],
        init=False,
        eq=False,
        repr=False,
        metadata={"partnerops.cache": True},
    )

    _derived: dict[datetime, dict[Hashable, Any]] = field(
        factory=dict[datetime, dict[Hashable, Any]],
        init=False,
        eq=False,
        repr=False,
        metadata={"partnerops.cache": True},
    )

    def __init__(
        self,
        *,
        partners: Iterable[Partner] = (),
        contacts: Iterable[PartnerContact] = (),
        accounts: Iterable[Account] = (),
        leads: Iterable[Lead] = (),
        opportunities: Iterable[Opportunity] = (),
        assignments: Iterable[LeadAssignment] = (),
        touchpoints: Iterable[Touchpoint] = (),
        registrations: Iterable[DealRegistration] = (),
        involvements: Iterable[PartnerInvolvement] = (),
        activities: Iterable[Activity] = (),
        certifications: Iterable[Certification] = (),
        surveys: Iterable[SurveyResponse] = (),
        joint_plans: Iterable[JointPlan] = (),
        credits: Iterable[Credit] = (),
        payments: Iterable[Payment] = (),
        reversals: Iterable[Reversal] = (),
        adjustments: Iterable[Adjustment] = (),
        payouts: Iterable[Payout] = (),
        closes: Iterable[PeriodClose] = (),
        costs: Iterable[ProgramCost] = (),
        targets: Iterable[Target] = (),
        agreements: Iterable[Agreement] = (),
        exceptions: Iterable[PolicyException] = (),
        disputes: Iterable[Dispute] = (),
        tiers: Iterable[TierMembership] = (),
    ) -> None:
        given = locals()
        # attrs' own __init__: written out above so that every type checker knows that any iterable will do.
        cast("Any", self).__attrs_init__(**{name: to_tuple(given[name]) for name in COLLECTIONS.values()})

    def get(self, kind: type[N], id: str, /) -> N:
        """
        The record of a kind with this id; the first one where ids repeat (`check()` reports that).

        Raises:
            UnknownName: There is none; the message names near misses.
        """
        # Through the index, so that a thousand look-ups cost one pass.
        found = self._index(kind, "id").get(id)
        if found is None:
            raise UnknownName(kind.__name__, id, tuple(self._index(kind, "id")))
        return found[0]

    def related(self, kind: type[N], /, **ids: str) -> tuple[N, ...]:
        """
        The records of a kind that name this id, in their given order: `related(Touchpoint, opportunity_id="D-17")`.

        Where a field holds several ids, those that name it among others: `related(Dispute, parties="acme")`.

        Raises:
            InvalidValue: Not exactly one field is named.
            UnknownName: The kind has no such field.
        """
        # Two fields would be a query language; one is a look-up.
        if len(ids) != 1:
            raise InvalidValue("related()", "asked with exactly one field, such as partner_id=...", sorted(ids))
        ((name, id),) = ids.items()
        return self._index(kind, name).get(id, ())

    def all(self, kind: type[N], /) -> tuple[N, ...]:
        """
        Every record of a kind, in the given order.

        Raises:
            UnknownName: A dataset has no such kind.
        """
        if kind not in COLLECTIONS:
            raise UnknownName("collection for", kind.__name__, tuple(k.__name__ for k in COLLECTIONS))
        return cast("tuple[N, ...]", getattr(self, COLLECTIONS[kind]))

    def _index(self, kind: type[N], name: str) -> dict[Any, tuple[N, ...]]:
        index = self._indexes.get((kind, name))
        if index is None:
            records = self.all(kind)
            if name not in attrs.fields_dict(cast("Any", kind)):
                raise UnknownName(f"field of {kind.__name__}", name, tuple(attrs.fields_dict(cast("Any", kind))))
            groups: dict[Any, list[N]] = {}
            for record in records:
                value = getattr(record, name)
                if isinstance(value, tuple):  # several ids in one field, each counted once
                    for key in dict.fromkeys(cast("tuple[Hashable, ...]", value)):
                        groups.setdefault(key, []).append(record)
                else:
                    groups.setdefault(value, []).append(record)
            index = {key: tuple(group) for key, group in groups.items()}
            self._indexes[kind, name] = index
        return cast("dict[Any, tuple[N, ...]]", index)

    def derived(self, moment: datetime, key: Hashable, make: Callable[[], T], /) -> T:
        """
        What *make* gives, made once for each *key* while the dataset is looked at from one moment.

        For what many questions read again, such as the deals won in a period. *key* says everything that the answer
        hangs on besides the records. Only the last moment's answers are kept: a backtest asks from many.
        """
        answers = self._derived.get(moment)
        if answers is None:
            self._derived.clear()
            answers = self._derived.setdefault(moment, {})
        if key not in answers:
            answers[key] = make()
        return cast("T", answers[key])

    def check(self) -> DatasetReport:
        """
        Every fault across the records, in one report.

        Looks for ids that repeat, references to records that are not there, windows that overlap (tiers of a partner,
        agreements of a partner to one plan, primary partners of a deal, protections of one deal, account and product
        for two partners), circles of parents, money of one deal in two currencies, reversals or payments above the
        deal's amount or before it was opened. The order of the records does not matter, but to the paths.
        """
        from partnerops._check import faults  # noqa: PLC0415 - rules are needed only when somebody asks

        return DatasetReport(faults(self))

    def as_of(self, moment: datetime | date, /, calendar: Calendar = UTC_CALENDAR) -> Dataset:
        """
        The dataset as it was known at a moment: nothing that happened or was recorded later is left in it.

        A date means the last instant before the next day in *calendar*'s zone. Later decisions are undone, a deal
        that closed later is open again, and parties stay, with later dates blanked.

        Raises:
            NaiveDatetime: A datetime without zone.
        """
        instant = calendar.instant(moment)
        # Read once for all records: a zone's clocks are slow to ask.
        today = calendar.date_of(instant)
        seen = {
            name: tuple(view for record in records if (view := record.as_of(instant, today)) is not None)
            for name, records in self._collections()
        }
        return Dataset(**cast("dict[str, Any]", seen))

    def _collections(self) -> Iterator[tuple[str, tuple[Entity, ...]]]:
        for name in COLLECTIONS.values():
            yield name, getattr(self, name)

    def __len__(self) -> int:
        return sum(len(records) for _, records in self._collections())

    def __str__(self) -> str:
        counts = [f"{len(records)} {name}" for name, records in self._collections() if records]
        return f"dataset of {', '.join(counts)}" if counts else "empty dataset"


def _kinds() -> Iterable[tuple[type[Any], str]]:
    from typing import get_args, get_type_hints  # noqa: PLC0415 - once, at import

    hints = get_type_hints(Dataset)
    for attribute in attrs.fields(Dataset):
        if attribute.init:
            yield get_args(hints[attribute.name])[0], attribute.name


COLLECTIONS: Final[Mapping[type[Any], str]] = dict(_kinds())
"""Kind of noun -> name of the field that holds it."""
