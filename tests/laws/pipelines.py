"""Strategies for pipelines: deals in every state, with and without history, recorded late, undated, without amount."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from attrs import frozen
from hypothesis import strategies as st

from partnerops import Money, Opportunity, Period, StageChange
from partnerops.forecast import Probability, StageWeighted

AS_OF = datetime(2026, 4, 15, 12, tzinfo=UTC)
QUARTER = Period.quarter(2026, 2)
STAGES = ("qualified", "proposal", "verbal")

# Near the moment asked about and near the period's borders; the odd second lands just beside them.
instants = st.one_of(
    st.sampled_from([AS_OF, AS_OF + timedelta(microseconds=1), datetime(2026, 4, 1, tzinfo=UTC)]),
    st.datetimes(datetime(2025, 10, 1), datetime(2026, 8, 1), timezones=st.just(UTC)),
)
due_dates = st.none() | st.sampled_from([QUARTER.start, QUARTER.last, QUARTER.end, AS_OF.date()]) | st.dates(
    date(2026, 1, 1), date(2026, 9, 30)
)  # fmt: skip
minors = st.integers(-50, 200) | st.integers(0, 10**9) | st.sampled_from([0, 1, 2**40 + 1])
chances = st.sampled_from(["0", "0.1", "0.35", "1", "0.333333333"]) | st.decimals(0, 1, places=9)
outlooks = st.tuples(chances, chances, chances).map(
    lambda weights: StageWeighted(dict(zip(STAGES, weights, strict=True)))
)


@frozen
class Always:
    """A user's outlook that gives every open deal the same chance, whenever it is due."""

    chance: Decimal

    def probability(self, _deal, /, *, as_of, period):
        """The one chance."""
        return Probability(self.chance, because="always")


any_outlook = outlooks | chances.map(lambda chance: Always(Decimal(chance)))


def money(minor: int | None) -> Money | None:
    """In reais, or not known."""
    return None if minor is None else Money.from_minor(minor, "BRL")


@st.composite
def histories(draw: st.DrawFn, created: datetime) -> list[StageChange]:
    """Steps in time order, some recorded late, the last one perhaps a close or a reopening."""
    times = sorted(max(at, created) for at in draw(st.lists(instants, min_size=1, max_size=5)))
    statuses = draw(st.lists(st.sampled_from(["open", "open", "won", "lost"]), min_size=5, max_size=5))
    return [
        StageChange(
            at=at,
            stage=draw(st.sampled_from(STAGES)) if status == "open" else status,
            status=status,
            # a booking has an amount, so the step to it tells one
            amount=money(draw(minors if status == "won" else st.none() | minors)),
            expected_close=draw(due_dates),
            recorded_at=draw(st.none() | instants),
        )
        for at, status in zip(times, statuses, strict=False)
    ]


@st.composite
def deals(draw: st.DrawFn, id: str = "D-1") -> Opportunity:
    """One deal in any state."""
    created = draw(instants)
    history = draw(st.just([]) | histories(created))
    last = history[-1] if history else None
    status = str(last.status) if last else draw(st.sampled_from(["open", "open", "won", "lost"]))
    closed = None if status == "open" else last.at if last else max(created, draw(instants))
    return Opportunity(
        id=id,
        created_at=created,
        stage=last.stage if last else draw(st.sampled_from(STAGES)) if status == "open" else status,
        status=status,
        closed_at=closed,
        amount=money(draw(minors if status == "won" else st.none() | minors)),
        expected_close=draw(due_dates),
        origin=draw(st.sampled_from(["direct", "partner", "affiliate", None])),
        partner_id=draw(st.sampled_from(["acme", "birch", None])),
        history=history,
        recorded_at=draw(st.none() | instants),
    )


@st.composite
def pipelines(draw: st.DrawFn, max_size: int = 12) -> list[Opportunity]:
    """Deals of one programme, in no order."""
    count = draw(st.integers(0, max_size))
    return [draw(deals(id)) for id in draw(st.permutations([f"D-{index}" for index in range(count)]))]
