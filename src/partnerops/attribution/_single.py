"""The models that give a deal to one party."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from attrs import frozen

from partnerops._attrs import Value
from partnerops.attribution._case import Award, Case
from partnerops.attribution._compiled import CompiledAttribution, Outright
from partnerops.attribution._reasons import LEFT_OUT
from partnerops.attribution.rules import ByPlace
from partnerops.attribution.steps import Selection
from partnerops.typing import DIRECT

_FIRST: Final = ByPlace([1])
_LAST: Final = ByPlace([1], from_last=True)
# The same step that a wrapper would use, so that objects and tables pass over the same touches.
_NOT_DIRECT: Final = Selection(parties=[DIRECT], only=False)


@frozen
class FirstTouch(Value):
    """
    All credit to the party of the first touch.

    Weights are 1, 0, 0, ...; touches of the same instant rank by id. No touch: unattributed. One touch: all of it.

    Source: the single-touch model of Google Ads, HubSpot, Dreamdata and others.

    >>> FirstTouch().compiled().rule
    ByPlace(places=(1,), from_last=False)
    """

    def weigh(self, case: Case, /) -> Sequence[int]:
        """1 for the first touch, 0 for the others."""
        return _FIRST.weights(case)

    def explain(self, case: Case, /) -> Sequence[str]:
        """Whether a touch was the first."""
        return ["first touch" if index == 0 else "not the first touch" for index in range(len(case.touches))]

    def compiled(self) -> CompiledAttribution:
        """The policy as integers."""
        return CompiledAttribution(rule=_FIRST)

    def __str__(self) -> str:
        return "first touch"


@frozen
class LastTouch(Value):
    """
    All credit to the party of the last touch before the close; a touch at the instant of the close counts.

    Weights are ..., 0, 0, 1; touches of the same instant rank by id. No touch: unattributed. One touch: all of it.

    Source: the single-touch model of Google Ads, HubSpot, Dreamdata and others.

    >>> LastTouch().compiled().rule
    ByPlace(places=(1,), from_last=True)
    """

    def weigh(self, case: Case, /) -> Sequence[int]:
        """1 for the last touch, 0 for the others."""
        return _LAST.weights(case)

    def explain(self, case: Case, /) -> Sequence[str]:
        """Whether a touch was the last."""
        last = len(case.touches) - 1
        return ["last touch" if index == last else "not the last touch" for index in range(last + 1)]

    def compiled(self) -> CompiledAttribution:
        """The policy as integers."""
        return CompiledAttribution(rule=_LAST)

    def __str__(self) -> str:
        return "last touch"


@frozen
class LastNonDirect(Value):
    """
    All credit to the party of the last touch that was not the vendor's own.

    Touches of `DIRECT` are passed over, unless there are no others: then the last of them takes all. Touches of the
    same instant rank by id. No touch: unattributed. One touch: all of it, whoever made it.

    Source: last non-direct click of Google Analytics; snowplow's dbt attribution, `remove_if_last_and_not_all`.

    >>> from partnerops.attribution import Except, OrElse
    >>> same = OrElse(Except(LastTouch(), parties=["direct"]), LastTouch())
    >>> LastNonDirect().compiled() == same.compiled()
    True
    """

    def weigh(self, case: Case, /) -> Sequence[int]:
        """1 for the last touch by a partner; for the last touch of all where no partner touched the deal."""
        chosen = self._chosen(case)
        return [int(index == chosen) for index in range(len(case.touches))]

    def _chosen(self, case: Case) -> int:
        # Where all are direct, none is passed over: the vendor then closed the deal alone and has earned it.
        kept = _NOT_DIRECT.kept(case)
        return max((index for index, keep in enumerate(kept) if keep), default=len(kept) - 1)

    def explain(self, case: Case, /) -> Sequence[str]:
        """Whether a touch was the last one that counts."""
        chosen, partners = self._chosen(case), any(_NOT_DIRECT.kept(case))

        def reason(index: int, party: str) -> str:
            if index == chosen:
                return "last touch that was not direct" if partners else "last touch; all were direct"
            return f"{LEFT_OUT}direct" if partners and party == DIRECT else "not the last touch"

        return [reason(index, touch.partner_id) for index, touch in enumerate(case.touches)]

    def compiled(self) -> CompiledAttribution:
        """The policy as integers."""
        plain = CompiledAttribution(rule=_LAST)
        return plain.with_step(_NOT_DIRECT).or_else(plain)

    def __str__(self) -> str:
        return "last non-direct touch"


@frozen
class LeadOrigin(Value):
    """
    All credit to the party that brought the lead, whoever touched the deal later.

    The party is that of the deal's earliest lead: its `partner_id`, or `DIRECT` where it has none and its origin is
    `direct`. A deal without a lead is asked itself: `DIRECT` where that is its origin, its `partner_id` where another
    origin is known. Nothing known: unattributed; wrap it in `OrElse` to let touches decide then. Leads of the same
    instant rank by id. Touches play no part.

    In tables the party stands in the column `origin_partner_id` of the deals, null where it is not known.

    Source: the lead-source rule of CRM systems; Salesforce's primary campaign source gives 100 % to the source too.

    >>> LeadOrigin().compiled().outright
    (Outright.ORIGIN,)
    """

    def weigh(self, case: Case, /) -> Sequence[int] | Award:
        """An award of all to the party that brought the lead."""
        party, because = origin_of(case)
        # Zeros and not an error, so that `OrElse` can hand the deal to another policy.
        return Award({party: 1}, because) if party else (0,) * len(case.touches)

    def explain(self, case: Case, /) -> Sequence[str]:
        """That touches earn nothing here."""
        return ["the party that brought the lead earns the deal, not its touches"] * len(case.touches)

    def notes(self, case: Case, /) -> Sequence[str]:
        """What is known about the origin."""
        return [origin_of(case)[1]]

    def compiled(self) -> CompiledAttribution:
        """The policy as integers."""
        return CompiledAttribution(rule=ByPlace(()), outright=[Outright.ORIGIN])

    def __str__(self) -> str:
        return "lead origin"


def origin_of(case: Case) -> tuple[str | None, str]:
    """The party that brought a deal, if known, and how that is known."""
    if case.leads:
        lead = case.leads[0]
        party = lead.partner_id or (DIRECT if lead.origin == DIRECT else None)
        source = f"lead {lead.id} of {lead.created_at.date().isoformat()} (UTC)"
    else:
        deal = case.opportunity
        # A partner may be on a deal that it did not bring: only a known origin makes it the one.
        party = DIRECT if deal.origin == DIRECT else deal.partner_id if deal.origin else None
        source = "the deal's own record; no lead is known"
    return party, f"brought by {party}: {source}" if party else f"nobody is known to have brought it: {source}"
