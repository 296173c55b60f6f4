"""What people decide about a partner's stage: approvals of a promotion, exceptions that hold a stage."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from attrs import field, frozen

from partnerops._attrs import Noun, is_a, is_aware, is_id, is_partner_id, is_str, to_instant
from partnerops.dataset import Dataset
from partnerops.entities import Partner, PolicyException
from partnerops.exceptions import InvalidValue
from partnerops.journey._decide import Hold
from partnerops.journey._entities import StageDecision
from partnerops.journey._stages import JourneyStage, to_stage
from partnerops.journey._view import Moment
from partnerops.typing import PartnerId


@frozen(kw_only=True)
class StageApproval(Noun):
    """
    Somebody's yes to a promotion, for policies whose hysteresis asks for one.

    It counts from `at` on, for promotions up to `stage`, until the partner has moved.

    >>> from datetime import UTC
    >>> StageApproval(partner_id="acme", stage="maturity", at=datetime(2026, 3, 2, tzinfo=UTC), approved_by="rui").stage
    JourneyStage.MATURITY
    """

    partner_id: PartnerId = field(validator=is_partner_id)
    """Who may rise."""
    stage: JourneyStage = field(converter=to_stage, validator=is_a(JourneyStage))
    """How far."""
    at: datetime = field(converter=to_instant, validator=is_aware)
    """When it was approved."""
    approved_by: str = field(validator=is_id)
    """Who approved."""
    reason: str = field(default="", validator=is_str)
    """Why."""


def approvals_by_partner(approvals: Iterable[StageApproval]) -> Mapping[str, list[StageApproval]]:
    """The approvals of each partner."""
    found: dict[str, list[StageApproval]] = {}
    for index, one in enumerate(approvals):
        if not isinstance(one, StageApproval):
            raise InvalidValue(f"approvals[{index}]", "a StageApproval", one)
        found.setdefault(one.partner_id, []).append(one)
    return found


def approved_stage(
    approvals: Iterable[StageApproval], previous: StageDecision | None, moment: Moment
) -> JourneyStage | None:
    """How far a partner may rise: the highest approval given since it came into its stage."""
    # An approval is spent once the partner has moved: what was approved for the last step is none for the next.
    since = None if previous is None else previous.since
    told = [one.stage for one in approvals if one.at <= moment.instant and (since is None or one.at > since)]
    return max(told, default=None, key=lambda stage: stage.rank)


HELD_STAGE: Final = "journey_stage"
"""What a `PolicyException` has to name as its parameter to hold a partner's stage."""
_VALUES: Final[Mapping[str, JourneyStage]] = {stage.value: stage for stage in JourneyStage}


def held_stage(data: Dataset, partner: Partner, moment: Moment) -> Hold | None:
    """The exception in force that holds the partner's stage; of several, the one that began last."""
    # Most programmes have none, and need no look-up for each partner.
    if not data.exceptions:
        return None
    found = [
        one
        for one in data.related(PolicyException, scope=partner.id)
        if one.parameter == HELD_STAGE
        and one.is_effective(moment.today)
        and one.as_of(moment.instant, moment.today) is not None
    ]
    if not found:
        return None
    # Two at once are a slip; the later one is the later decision.
    last = max(found, key=lambda one: (one.effective_from, one.id))
    if last.new not in _VALUES:
        raise InvalidValue(f"PolicyException.new of {last.id}", f"one of {', '.join(_VALUES)}", last.new)
    because = f"exception {last.id} until {last.effective_to}, approved by {last.approved_by}: {last.reason}"
    return Hold(_VALUES[last.new], because)
