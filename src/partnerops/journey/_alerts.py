"""Who has to call whom, said once: alerts from decisions, with a key that tells a repeat from news."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from typing import Final

from attrs import frozen

from partnerops._attrs import Noun
from partnerops._closed import ClosedSet
from partnerops.journey._entities import StageDecision
from partnerops.journey._given import decisions_of, listed
from partnerops.journey._stages import ActivityStatus
from partnerops.typing import PartnerId


class Urgency(ClosedSet):
    """How urgent an alert is."""

    NOTICE = "notice"
    """Worth a look."""
    WARNING = "warning"
    """Somebody should call."""
    CRITICAL = "critical"
    """About to be lost, or lost."""


@frozen(kw_only=True)
class Alert(Noun):
    """
    Something about a partner that its account manager should know.

    >>> alert = Alert(
    ...     partner_id="acme",
    ...     owner_id="ana",
    ...     about="dormant",
    ...     since=date(2026, 3, 1),
    ...     urgency=Urgency.WARNING,
    ...     reason="silent",
    ... )
    >>> alert.key
    'acme:dormant:2026-03-01'
    """

    partner_id: PartnerId
    """Whom it is about."""
    owner_id: str | None
    """Account manager to tell; None when the partner has none, which somebody should mend."""
    about: str
    """cooling, dormant, lost, or at_risk where the stage is in danger."""
    since: date
    """First day of it; the same however often one looks."""
    urgency: Urgency
    """How urgent it is."""
    reason: str
    """Why, in words."""

    @property
    def key(self) -> str:
        """Equal for the same thing seen again: partner, what and since when; a colon within an id is escaped."""
        partner = self.partner_id.replace("%", "%25").replace(":", "%3A")
        return f"{partner}:{self.about}:{self.since}"

    def __str__(self) -> str:
        whom = self.owner_id or "nobody owns it"
        return f"{self.urgency}: {self.partner_id} {self.about} since {self.since} ({whom}): {self.reason}"


_SILENCE: Final = {
    ActivityStatus.COOLING: Urgency.NOTICE,
    ActivityStatus.DORMANT: Urgency.WARNING,
    ActivityStatus.LOST: Urgency.CRITICAL,
}


def alerts(decisions: Iterable[StageDecision], *, sent: Collection[str] = ()) -> tuple[Alert, ...]:
    """
    What account managers should know, the most urgent first, then by partner.

    A partner that is cooling, dormant or lost gives one alert, one whose stage is at risk another; one that ended gives
    none. Nobody is told twice: of alerts with one key, as the decisions of a timeline give them, the first is kept, and
    keys in *sent* are passed over.

    >>> alerts([])
    ()
    """
    told: dict[str, Alert] = {}
    # Keys are compared, not alerts: the words of a reason may change from day to day, the matter does not.
    for decision in decisions_of("decisions", decisions):
        for one in _alerts(decision):
            told.setdefault(one.key, one)
    order, known = list(Urgency), frozenset(listed("sent", sent, "a collection of alert keys"))
    found = [one for key, one in told.items() if key not in known]
    return tuple(sorted(found, key=lambda one: (-order.index(one.urgency), one.partner_id, one.about)))


def _alerts(decision: StageDecision) -> list[Alert]:
    found: list[Alert] = []
    pulse, partner = decision.pulse, decision.partner
    urgency = _SILENCE.get(pulse.status)
    if urgency is not None and pulse.since is not None:
        found.append(
            Alert(
                partner_id=partner.id,
                owner_id=partner.owner_id,
                about=pulse.status.value,
                since=pulse.since,
                urgency=urgency,
                reason=pulse.because,
            )
        )
    # At risk from the first evaluation that pointed down, which is where the grace period began too.
    # What has ended cannot be lost any more.
    ended = pulse.status is ActivityStatus.ENDED
    if decision.at_risk and decision.pending_on is not None and not ended:
        found.append(
            Alert(
                partner_id=partner.id,
                owner_id=partner.owner_id,
                about="at_risk",
                since=decision.pending_on,
                urgency=Urgency.WARNING,
                reason=f"{decision.stage} at risk: {'; '.join(one.because for one in decision.at_risk)}",
            )
        )
    return found
