"""Every public function of forecast, each of its arguments in turn given something that it can not be."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial
from importlib import import_module
from typing import Any

import attrs
import pytest

from partnerops import Dataset, Money, Opportunity, Partner, Period, StageChange
from partnerops.exceptions import InvalidValue, PartnerOpsError
from partnerops.forecast import (
    EvidenceBased,
    EvidenceBounds,
    EvidenceRule,
    Forecast,
    Mixture,
    NewBusinessLine,
    Probability,
    StageWeighted,
    Stale,
    WinRate,
    fitting,
    interval,
    pipeline,
    planning,
    project,
    scoring,
    wrappers,
)

NOW = datetime(2026, 4, 15, tzinfo=UTC)
Q2 = Period.quarter(2026, 2)
MARCH = Period.month(2026, 3)


def brl(amount: str) -> Money:
    return Money(amount, "BRL")


def halves(data: Any, /, *, as_of: datetime, period: Period) -> Forecast:
    """Half of every deal due: a method to be tested on the past."""
    return project(data, outlook=TABLE, period=period, as_of=as_of, currency="BRL")


TABLE = StageWeighted({"proposal": "0.5"})
DEAL = Opportunity(
    id="D-1", amount=brl("100.00"), stage="proposal", created_at=datetime(2026, 1, 5, tzinfo=UTC),
    expected_close=date(2026, 5, 30), history=[StageChange(stage="proposal", at=datetime(2026, 1, 5, tzinfo=UTC))],
)  # fmt: skip
DATA = Dataset(opportunities=[DEAL])
FORECAST = project([DEAL], outlook=TABLE, period=Q2, as_of=NOW)
FINISHED = scoring.Finished(period=MARCH, closed=brl("0"), expected=brl("9"), actual=brl("8"))

CALLS: dict[str, tuple[tuple[Any, ...], dict[str, Any]]] = {
    "interval": ((FORECAST,), {"level": "0.8", "past": [FINISHED]}),
    "project": (
        (DATA,),
        {"outlook": TABLE, "period": Q2, "as_of": NOW, "new_business": None, "calendar": None, "currency": "BRL"},
    ),
    **{f"fitting.{name}": ((DATA,), {"as_of": NOW}) for name in fitting.__all__ if name.startswith("fit_")},
    "pipeline.bottlenecks": ((DATA,), {"as_of": NOW}),
    "pipeline.pushes": ((DEAL,), {"frequency": "month"}),
    "pipeline.slippage": ((DATA, MARCH), {}),
    "pipeline.snapshot": ((DATA, NOW), {}),
    "pipeline.unify": ((DATA,), {"stages": pipeline.PARTNER_STAGES, "as_of": NOW}),
    "pipeline.waterfall": (([DEAL], [DEAL]), {"currency": "BRL"}),
    "planning.against_plan": ((FORECAST, {"direct": brl("1")}), {}),
    "planning.against_quota": ((FORECAST, brl("1")), {}),
    "planning.categorise": ((FORECAST, planning.Categories({})), {}),
    "planning.compare_forecasts": ((FORECAST, FORECAST), {}),
    "planning.margins": ((FORECAST,), {"commission": lambda _: brl("1")}),
    "planning.resized": (([DEAL], "0.9"), {}),
    "planning.roll_up": ((FORECAST,), {"by": "origin", "parents": {}}),
    "planning.scenarios": ((FORECAST,), {}),
    "planning.slipped": (([DEAL],), {"days": 3}),
    "planning.without": (([DEAL], "D-1"), {}),
    "scoring.backtest": ((DATA, halves), {"periods": [MARCH], "as_of": NOW, "min_decided": 0}),
    "scoring.coverage": (([5], [0], [10]), {}),
    "scoring.fit_correction": (([FINISHED],), {}),
    "scoring.mase": (([1], [2]), {"training": [1, 2, 4]}),
    "scoring.pinball": (([1], [2]), {"quantile": "0.9"}),
    "scoring.rolling": ((date(2026, 1, 1),), {"step_days": 7, "horizon_days": 7, "until": date(2026, 2, 1)}),
    "scoring.skill": (("0.1", "0.2"), {}),
    **{f"scoring.{name}": (([1], [2]), {}) for name in ("accuracy", "bias", "mape", "wape")},
    **{f"scoring.{name}": (([("0.5", True)],), {}) for name in ("brier", "brier_parts", "ece", "log_loss")},
}
"""Each public function with arguments that it takes."""


class Alien:
    """Nothing that anybody would pass on purpose; its class can be called with anything, as a function can."""

    def __init__(self, *_: object, **__: object) -> None: ...

    def __repr__(self) -> str:
        return "Alien()"


BAD: dict[str, Callable[[], Any]] = {
    "none": lambda: None,
    "number": lambda: 3,
    "negative": lambda: -3,
    "float": lambda: 0.5,
    "bool": lambda: True,
    "text": lambda: "nonsense",
    "alien": Alien,
    "class": lambda: Alien,
    "entity": lambda: Partner(id="acme", name="Acme", type="reseller"),
    "naive": lambda: datetime(2026, 3, 1),
    "date": lambda: date(2026, 3, 1),
    "empty": list,
    "generator": lambda: iter(()),
    "mapping": dict,
    "list of none": lambda: [None],
    "list of aliens": lambda: [Alien()],
    "list of floats": lambda: [0.5],
    "list of numbers": lambda: [3],
    "list of texts": lambda: ["nonsense"],
    "list of pairs": lambda: [(0.5, True)],
    "generator of none": lambda: iter([None]),
}
LISTS = {"empty", "generator", "mapping"}
FITS: dict[str, set[str]] = {
    "None": {"none"},
    "str": {"text"},
    "int": {"number", "negative"},
    "bool": {"bool"},
    "ExactLike": {"number", "negative"},
    "date": {"date"},
    "Iterable": LISTS,
    "Mapping": {"mapping"},
    "Callable": {"class"},
    "Where": {"class"},
    "Method": {"class"},
    "Rate": {"class"},
    "Amount": {"list of numbers"},
    "Iterable[str]": {"list of texts"},
    "tuple[str": {"list of texts"},
    "tuple[int": {"list of numbers"},
    "tuple": LISTS,
    "Decimal": {"number", "negative"},
    "FrozenMap": {"mapping"},
    "Category": {"text"},
    "JsonScalar": {"none", "number", "negative", "bool", "text"},
}
"""What each part of an annotation lets through."""


def public() -> Iterator[tuple[str, Any]]:
    for module in ("", "fitting", "pipeline", "planning", "scoring", "wrappers"):
        found = import_module(f"partnerops.forecast.{module}".rstrip("."))
        for name in found.__all__:
            yield f"{module}.{name}".lstrip("."), getattr(found, name)


FUNCTIONS = {name: value for name, value in public() if inspect.isfunction(value)}


def test_every_public_function_is_walked():
    assert sorted(CALLS) == sorted(FUNCTIONS)


def refused(call: Callable[[], object]) -> bool:
    """Whether a call is refused in the library's own words; any other error is the fault looked for."""
    try:
        call()
    except InvalidValue as error:
        return re.search(r" must be .* \(got ", str(error), re.DOTALL) is not None
    except PartnerOpsError as error:
        return bool(str(error))
    return False


def fits(said: str, fault: str) -> bool:
    """Whether what an annotation says lets such a value through."""
    return any(fault in FITS[word] for word in FITS if re.search(rf"\b{re.escape(word)}", said))


def slips() -> Iterator[Any]:
    for name, function in sorted(FUNCTIONS.items()):
        for parameter in inspect.signature(function).parameters.values():
            yield pytest.param(name, parameter, id=f"{name}-{parameter.name}")


@pytest.mark.parametrize(("name", "parameter"), list(slips()))
def test_an_argument_of_a_wrong_kind_is_named(name, parameter):
    function, (given, options) = FUNCTIONS[name], CALLS[name]
    where = list(inspect.signature(function).parameters).index(parameter.name)
    for fault, make in BAD.items():
        if parameter.kind is parameter.KEYWORD_ONLY:
            call = partial(function, *given, **options | {parameter.name: make()})
        else:
            call = partial(function, *given[:where], make(), *given[where + 1 :], **options)
        assert refused(call) or fits(str(parameter.annotation), fault), f"{fault} was taken, or refused in other words"


# --- values that users write, or read from a document -----------------------------------------------------------------

RULE = EvidenceRule(wrappers.HasDocument("signed_po"), floor="0.9")
TIMING = fitting.fit_time_to_close(DATA, as_of=NOW)
CHANNELS = fitting.fit_channel_performance(DATA, as_of=NOW)
OVERRIDE = wrappers.ProbabilityOverride(
    opportunity_id="D-1", value="0.5", author="ana", at=NOW, expires_on=date(2026, 5, 1), reason="PO"
)
GIVEN: list[Any] = [
    fitting.fit_in_period(DATA, as_of=NOW),
    fitting.fit_markov_chain(DATA, as_of=NOW),
    fitting.fit_naive_bayes(DATA, as_of=NOW),
    fitting.fit_new_business(DATA, as_of=NOW),
    fitting.fit_win_rate(DATA, as_of=NOW),
    fitting.NewBusinessCell(phase="0", age_days=3, wins=1, minor=100, squares=10_000),
    fitting.RateCell(key=(), value="0.5", wins=1, n=2),
    fitting.RateFactor(level="age", key=("1",), won="1.5", lost="1"),
    fitting.TimingCurve(key=(), n=1, events=[(3, 1, 1, 0)]),
    fitting.Transition(stage="proposal", to="won", count=1),
    fitting.ValueCount(name="origin", value="direct", won=1, lost=2),
    TIMING,
    CHANNELS,
    CHANNELS.overall,
    TABLE,
    TABLE.compiled(),
    RULE,
    EvidenceBased([EvidenceRule(wrappers.InStage(["proposal"]), chance="0.5")]),
    EvidenceBounds(TABLE, [RULE]),
    Mixture(TABLE, TABLE),
    NewBusinessLine(amount=brl("1")),
    Probability("0.5"),
    Stale(TABLE, {"proposal": 45}),
    wrappers.ChannelAdjusted(TABLE, CHANNELS),
    wrappers.CustomIs("confirmed"),
    wrappers.HasDocument("signed_po"),
    wrappers.InStage(["proposal"]),
    wrappers.MovedWithin(30),
    wrappers.Overridden(TABLE, [OVERRIDE]),
    wrappers.RatioCorrected(TABLE, factor="0.9"),
    wrappers.Spread(TABLE, TIMING),
    wrappers.TypicalClose(TABLE, TIMING),
    wrappers.Without(wrappers.HasDocument("signed_po")),
    OVERRIDE,
    pipeline.PARTNER_STAGES,
    pipeline.StageDefinition("proposal"),
    planning.Categories({"proposal": "commit"}),
    planning.ForecastAdjustment(node="south", period=Q2, value=brl("9"), author="ana", at=NOW),
    FINISHED,
    scoring.Correction(),
]
"""One of each kind of value that users write themselves, or read from a document."""
ANSWERS = {
    "Backtest", "BacktestRow", "Bottlenecks", "BrierParts", "CategoryRollup", "ChangeLine", "CorrectedForecast",
    "Forecast", "ForecastChange", "ForecastLine", "Interval", "MarginLine", "MarginView", "Move", "Node", "OutsideLine",
    "Pipeline", "PipelineRow", "PlanRow", "PlanView", "QuotaView", "RollUp", "Scenarios", "Score", "Slippage",
    "StageComparison", "StageFlow", "Waterfall",
}  # fmt: skip
"""What the library answers with: nobody writes these, so their fields are not checked again."""


def test_every_public_value_is_given_or_an_answer():
    known = {name.rpartition(".")[2] for name, value in public() if isinstance(value, type) and attrs.has(value)}
    assert {type(value).__name__ for value in GIVEN} | ANSWERS == known


@pytest.mark.parametrize(
    ("value", "field"),
    [
        pytest.param(value, field, id=f"{type(value).__name__}-{field.name}")
        for value in GIVEN
        for field in attrs.fields(type(value))
        if field.init
    ],
)
def test_a_field_of_a_wrong_kind_is_named(value, field):
    for fault, make in BAD.items():
        call = partial(value.replace, **{field.name: make()})
        assert refused(call) or fits(str(field.type), fault), f"{fault} was taken, or refused in other words"


# --- verbs of values --------------------------------------------------------------------------------------------------

OUTLOOKS = fitting.fit_win_rate(DATA, as_of=NOW), fitting.fit_markov_chain(DATA, as_of=NOW)
STAGES = pipeline.PARTNER_STAGES
VERBS: list[tuple[Callable[..., object], tuple[Any, ...], dict[str, Any]]] = [
    (FORECAST.by, ("origin",), {}),
    (FORECAST.amount_outside, ("lost",), {}),
    (scoring.Correction().apply, (FORECAST,), {"naive": brl("1")}),
    (scoring.Correction().apply(FORECAST).by, ("origin",), {}),
    (STAGES.get, ("sale_closed",), {}),
    (STAGES.advance, ("sale_closed",), {}),
    (STAGES.advance_of, (DEAL.replace(stage="qualified_referral", history=()),), {}),
    (STAGES.definitions[0].label, ("pt",), {}),
    (planning.roll_up(FORECAST, by="origin", parents={}).node, ("unknown",), {}),
    (planning.Categories({}).of, (DEAL,), {"as_of": NOW}),
    (Probability("0.5").scaled, ("0.5",), {"because": "a test"}),
    (Probability("0.5").changed, ("0.5", "a test"), {}),
    (StageWeighted.five, (["a", "b", "c", "d", "e"],), {}),
    (OUTLOOKS[0].interval, (OUTLOOKS[0].cells[0],), {}),
    (OUTLOOKS[1].won_within, ("proposal", 7), {}),
    (OUTLOOKS[1].ever, ("proposal",), {}),
]
"""Verbs that users call; what the engine calls for every deal (probability, rate, holds, estimate) relies on it."""


@pytest.mark.parametrize(("verb", "given", "options"), [pytest.param(*one, id=one[0].__qualname__) for one in VERBS])
@pytest.mark.parametrize("fault", BAD)
def test_a_verb_of_a_value_ends_in_no_riddle(verb, given, options, fault):
    """In an answer, or in an error of the library's own."""
    verb(*given, **options)
    calls = [partial(verb, *given[:at], BAD[fault](), *given[at + 1 :], **options) for at in range(len(given))]
    calls += [partial(verb, *given, **options | {name: BAD[fault]()}) for name in options]
    for call in calls:
        with suppress(PartnerOpsError):
            call()


class TestLimitsOfLevelsAndPulls:
    @pytest.mark.parametrize("level", ["0.9999999999", "0.0000000001"])
    def test_a_level_that_nine_decimals_cannot_tell_from_0_or_1_is_refused(self, level):
        forecast = project(
            [],
            outlook=StageWeighted({"proposal": "0.3"}),
            as_of=date(2026, 3, 1),
            period=Period.month(2026, 3),
            currency="BRL",
        )
        with pytest.raises(InvalidValue, match="between 0 and 1"):
            interval(forecast, level=level)

    @pytest.mark.parametrize("prior", [("1",), ("0", "1"), ("-1", "1"), ("1", "1", "1"), ("NaN", "1")])
    def test_a_prior_is_two_numbers_above_0(self, prior):
        with pytest.raises(InvalidValue, match=r"WinRate\.prior"):
            WinRate(by=(), cells=(), prior=tuple(map(Decimal, prior)), as_of=datetime(2026, 3, 1, tzinfo=UTC))

    @pytest.mark.parametrize("strength", ["0", "-5", "NaN"])
    def test_a_strength_is_above_0(self, strength):
        with pytest.raises(InvalidValue, match=r"WinRate\.strengths\[0\]"):
            WinRate(by=("origin",), cells=(), strengths=[Decimal(strength)], as_of=datetime(2026, 3, 1, tzinfo=UTC))
