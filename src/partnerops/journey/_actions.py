"""What the source framework tells a channel team to do, by the stage a partner is in and what is missing."""

from __future__ import annotations

from typing import Final

from attrs import frozen

from partnerops._attrs import Value
from partnerops.journey._signal import Signal
from partnerops.journey._stages import JourneyStage


@frozen
class Action(Value):
    """
    One piece of advice of the framework.

    >>> from partnerops.journey import JourneyStage
    >>> advice(JourneyStage.ACCELERATION, Signal.JOINT_PLAN).id
    'joint_planning'
    """

    id: str
    """Name to refer to it by."""
    text: str
    """What to do."""
    source: str
    """Stage and question of the framework "Jornada do Parceiro" that it answers."""


_SHOW_BENEFITS = Action(
    "show_benefits",
    "make plain what the partnership brings: what is earned, what is learned, what it is like",
    "O início: proposta de valor",
)
_SELF_SERVE = Action(
    "self_serve_learning",
    "give content, materials and courses to learn from alone; say which metrics matter and set the rhythm",
    "O início: depois de virar parceiro",
)
_FIRST_DEALS = Action("first_negotiations", "support the first negotiations", "Ganho de relevância: suporte escalável")
_SALES_TRAINING = Action(
    "sales_training", "train in selling, in practical formats", "Ganho de relevância: capacitar e incentivar"
)
_SIMPLE_REGISTRATION = Action(
    "simple_registration",
    "make registering a deal simple, and reward those who register early and often",
    "Ganho de relevância: registro de oportunidades",
)
_EARNINGS = Action(
    "earnings_plan",
    "show with a simple business plan how much the partner can earn",
    "Ganho de relevância: plano financeiro",
)
_JOINT_PLANNING = Action(
    "joint_planning",
    "agree on joint goals with duties of both sides, and follow them with simple planning tools",
    "Aceleração: plano de negócios",
)
_FOLLOW_UP = Action(
    "deal_follow_up", "set up a routine of follow-ups for each deal", "Aceleração: plano de ação por deal"
)
_GROWTH_ALERTS = Action(
    "targeted_alerts",
    "tell the partners able to use them about launches and campaigns, and equip them for marketing of their own",
    "Aceleração: oportunidades de crescimento",
)
_CERTIFY = Action("certified_training", "build structured training with certificates", "Aceleração: desafios de escala")
_MEASURE_CUSTOMERS = Action(
    "customer_satisfaction",
    "invest in technical implementation, and measure how end customers fare and how satisfied they are",
    "Aceleração: suporte",
)
_PEERS = Action(
    "peer_exchange", "bring partners together to share problems of scale and good practice", "Aceleração: benchmarkings"
)
_RANKING = Action(
    "stage_kpis",
    "define the KPIs of the stage, measure them regularly and rank, so that there is something to compare with",
    "Maturação: mensuração",
)
_DELEGATE = Action("delegate", "hand more of the work over to the partner, step by step", "Maturação: delegar")
# The one action that is the vendor's alone: no partner can mend a late payout or a refused registration.
_OWN_FAILURES = Action(
    "own_failures", "mend what the vendor owes the partner before asking for more", "Maturação: parceiros antigos"
)
REACTIVATE: Final = Action(
    "reactivate",
    "look into what fell away, alert the account manager, call the partner, and ask in a survey why",
    "Maturação: parceiros inativos",
)
"""What silence calls for, on any stage."""

# Every signal has its advice, so that no blocker leaves a team without one.
_ANY_STAGE: Final = {
    Signal.SIGNED: _SHOW_BENEFITS,
    Signal.DAYS_SINCE_SIGNED: _SELF_SERVE,
    Signal.ONBOARDING: _SELF_SERVE,
    Signal.CERTIFICATIONS: _CERTIFY,
    Signal.TRAINING_DAYS: _SALES_TRAINING,
    Signal.LOGIN_DAYS: _SELF_SERVE,
    Signal.ENGAGED_DAYS: REACTIVATE,
    Signal.REGISTRATIONS: _SIMPLE_REGISTRATION,
    Signal.ACCEPTED_REGISTRATIONS: _SIMPLE_REGISTRATION,
    Signal.QUALIFIED_REFERRALS: _SIMPLE_REGISTRATION,
    Signal.MONTHS_SINCE_FIRST_WIN: _FOLLOW_UP,
    Signal.WINS: _FIRST_DEALS,
    Signal.WIN_MONTHS: _FIRST_DEALS,
    Signal.WIN_QUARTERS: _FOLLOW_UP,
    Signal.WON_REVENUE: _GROWTH_ALERTS,
    Signal.GROWTH: _GROWTH_ALERTS,
    Signal.REVENUE_VARIATION: _FOLLOW_UP,
    Signal.ACTIVE_CUSTOMERS: _GROWTH_ALERTS,
    Signal.TARGET_ATTAINMENT: _JOINT_PLANNING,
    Signal.JOINT_PLAN: _JOINT_PLANNING,
    Signal.COMMITMENTS_KEPT: _JOINT_PLANNING,
    Signal.CSAT: _MEASURE_CUSTOMERS,
    Signal.NPS: _MEASURE_CUSTOMERS,
    Signal.SELF_SUFFICIENCY: _PEERS,
    Signal.OPEN_DEALS: _SIMPLE_REGISTRATION,
    Signal.PIPELINE: _SIMPLE_REGISTRATION,
    Signal.DAYS_SINCE_ACTIVITY: REACTIVATE,
    Signal.VENDOR_FAILURES: _OWN_FAILURES,
}
# The same gap asks for other help at another stage: a first deal wants support, a tenth one a routine.
_BY_STAGE: Final = {
    (JourneyStage.TRACTION, Signal.WON_REVENUE): _EARNINGS,
    (JourneyStage.ACCELERATION, Signal.WINS): _FOLLOW_UP,
    (JourneyStage.ACCELERATION, Signal.OPEN_DEALS): _FOLLOW_UP,
    (JourneyStage.ACCELERATION, Signal.PIPELINE): _FOLLOW_UP,
    (JourneyStage.MATURITY, Signal.WINS): _RANKING,
    (JourneyStage.MATURITY, Signal.WIN_QUARTERS): _RANKING,
    (JourneyStage.MATURITY, Signal.WON_REVENUE): _RANKING,
    (JourneyStage.MATURITY, Signal.SELF_SUFFICIENCY): _DELEGATE,
}


def advice(stage: JourneyStage, signal: Signal) -> Action:
    """What to do for a partner in *stage* when *signal* is what is missing."""
    return _BY_STAGE.get((stage, signal), _ANY_STAGE[signal])
