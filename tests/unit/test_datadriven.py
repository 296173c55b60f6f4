"""Fitted models as their users meet them."""

from __future__ import annotations

import pickle
from datetime import date
from fractions import Fraction

import pytest

from partnerops import DIRECT, Dataset
from partnerops.attribution import Lookback, RegistrationFirst, attribute
from partnerops.attribution.datadriven import Journey, MarkovRemoval, Shapley, journeys_of
from partnerops.exceptions import InexactNumber, InvalidValue, NotCompilable

from .deal import amounts, asked, at, deal, lead, touch

# Three channels, one sale in three journeys.
THREE = [
    Journey(["c1", "c2", "c3"], converted=1),
    Journey(["c1"], lost=1),
    Journey(["c2", "c3"], lost=1),
]
TOUCHES = [touch("T1", "acme", at(2)), touch("T2", "birch", at(9)), touch("T3", "acme", at(20))]


class TestMarkov:
    """Removal effects by hand."""

    def test_a_chain_that_can_be_done_on_paper(self):
        """One sale in three; c1 goes on half of the time, c2 always, c3 sells half of the time."""
        fitted = MarkovRemoval.fit(THREE)
        # From the start c1 in 2/3, c2 in 1/3. Without c1 only the last third reaches c2: 1/6 instead of 1/3.
        assert dict(fitted.effects) == {"c1": Fraction(1, 2), "c2": 1, "c3": 1}
        assert dict(fitted.shares) == {"c1": Fraction(1, 5), "c2": Fraction(2, 5), "c3": Fraction(2, 5)}
        assert (fitted.journeys, fitted.order, fitted.reason) == (3, 1, "")
        assert str(fitted) == "Markov removal effect of order 1 on 3 journeys"

    def test_a_higher_order_remembers_how_a_party_was_reached(self):
        """c3 after c1 and c2 sells, c3 after c2 alone does not: without c1 nothing is left."""
        assert MarkovRemoval.fit(THREE, order=2).effects["c1"] == Fraction(1, 2)
        assert MarkovRemoval.fit(THREE, order=3).effects["c1"] == 1

    def test_a_party_that_repeats_itself_does_not_slow_the_chain(self):
        """A hundred thousand touches in a row, on both sides of a long loop."""
        path = ["acme"] * 50_000 + ["birch", "acme"] * 200
        fitted = MarkovRemoval.fit([Journey(path, converted=1), Journey(["birch"], lost=1)])
        assert fitted.effects["acme"] == 1

    def test_a_rare_party_keeps_its_small_credit(self):
        """One sale in a million."""
        fitted = MarkovRemoval.fit(
            [Journey(["acme"], converted=999_999), Journey(["rare"], converted=1), Journey(["acme"], lost=10**6)]
        )
        assert fitted.effects["rare"] == Fraction(1, 10**6)

    @pytest.mark.parametrize(
        ("journeys", "reason"),
        [
            ([], "there are no journeys"),
            ([Journey(["acme"])], "there are no journeys"),
            ([Journey(["acme"], lost=3)], "no journey ended in a sale"),
            ([Journey([], converted=3), Journey(["acme"], lost=1)], "no party makes a difference"),
        ],
    )
    def test_what_cannot_be_fitted_is_none_with_a_reason(self, journeys, reason):
        """And every deal stays unattributed."""
        fitted = MarkovRemoval.fit(journeys)
        assert fitted.effects is fitted.shares is None
        assert fitted.reason.startswith(reason)
        result = asked(fitted, TOUCHES)
        assert result.unattributed == deal().amount
        assert result.lines[0].because.startswith(f"nothing could be fitted: {reason}")

    def test_a_chain_that_does_not_settle_says_so(self, monkeypatch):
        """Instead of a number that may be wrong."""
        from partnerops.attribution.datadriven import _markov

        monkeypatch.setattr(_markov, "SWEEPS", 3)
        loop = [Journey(["acme", "birch"] * 500, converted=1), Journey(["acme", "birch"] * 500, lost=1)]
        fitted = MarkovRemoval.fit([*loop, Journey(["cedar"], lost=1)])
        assert fitted.effects is None
        assert fitted.reason == "the chain without cedar does not settle within 3 sweeps"


class TestShapley:
    """Average contributions by hand."""

    def test_sales_are_shared_equally_among_the_parties_of_their_journey(self):
        """Which is the Shapley value of the worth that counts sales."""
        fitted = Shapley.fit([Journey(["acme", "birch", "acme"], converted=2), Journey(["acme"], converted=2)])
        assert dict(fitted.values) == {"acme": Fraction(3, 4), "birch": Fraction(1, 4)}
        assert str(fitted) == "Shapley value of conversions on 4 journeys"
        assert sum(fitted.shares.values()) == 1

    def test_the_rate_counts_what_was_lost(self):
        """Alone 1/2 and 0, together 3/4: acme adds 1/2 or 3/4, birch nothing or 1/4."""
        journeys = [
            Journey(["acme"], converted=1, lost=1),
            Journey(["birch"], lost=2),
            Journey(["acme", "birch"], converted=8),
        ]
        fitted = Shapley.fit(journeys, worth="rate")
        assert dict(fitted.values) == {
            "acme": Fraction(833_333_333, 10**9),
            "birch": Fraction(166_666_667, 10**9),
        }

    def test_a_negative_value_is_told_and_not_given(self):
        """birch only loses."""
        journeys = [Journey(["acme"], converted=1), Journey(["birch"], lost=9), Journey(["acme", "birch"], lost=9)]
        fitted = Shapley.fit(journeys, worth="rate")
        assert fitted.values is None
        assert fitted.reason == "birch lowers the rate of sales on balance, so there is no valid share"

    def test_the_limit_is_stated_and_kept(self):
        """Sixteen parties by rate; sales have no limit."""
        many = [Journey([f"p{n:02}" for n in range(17)], converted=1)]
        with pytest.raises(InvalidValue, match=r"at most 16 parties .* 17 of them form 2\^17"):
            Shapley.fit(many, worth="rate")
        assert len(Shapley.fit(many).values) == 17
        sixteen = Shapley.fit([Journey([f"p{n:02}" for n in range(16)], converted=1, lost=1)], worth="rate")
        assert set(sixteen.values.values()) == {Fraction(1, 16)}

    @pytest.mark.parametrize("worth", ["conversions", "rate"])
    @pytest.mark.parametrize(
        ("journeys", "reason"),
        [
            ([], "there are no journeys"),
            ([Journey(["acme"], lost=3)], "no journey with a touch ended in a sale"),
            ([Journey([], converted=3)], "no journey with a touch ended in a sale"),
        ],
    )
    def test_what_cannot_be_fitted_is_none_with_a_reason(self, journeys, reason, worth):
        """And every deal stays unattributed."""
        fitted = Shapley.fit(journeys, worth=worth)
        assert fitted.values is fitted.shares is None
        assert fitted.reason == reason
        assert amounts(fitted, TOUCHES) == {}


class TestPolicies:
    """Fitted models are policies like any other."""

    FITTED = MarkovRemoval({"acme": "0.6", "birch": "0.2"})

    def test_a_partys_value_is_divided_over_its_touches(self):
        """Three times as much for acme, however often it touched."""
        result = asked(self.FITTED, [*TOUCHES, touch("T4", "zeta", at(21))])
        assert {c.partner_id: str(c.amount.amount) for c in result.credits} == {"acme": "750.00", "birch": "250.00"}
        assert [line.because for line in result.lines] == [
            "removal effect of acme 60 % shared by 2 touches",
            "removal effect of birch 20 %",
            "removal effect of acme 60 % shared by 2 touches",
            "zeta was in none of the journeys fitted on",
        ]

    def test_wrappers_wrap_them_and_tables_cannot_evaluate_them(self):
        """A window, registrations; and the stated error."""
        assert amounts(Lookback(self.FITTED, days=25), TOUCHES) == {"birch": "250.00", "acme": "750.00"}
        with pytest.raises(NotCompilable, match="MarkovRemoval has no compiled"):
            RegistrationFirst(self.FITTED).compiled()

    def test_other_labels_can_be_fitted(self):
        """Channels: the weight of a touch is its channel's."""
        fitted = Shapley.fit([Journey(["fair"], converted=3), Journey(["mail"], converted=1)], label="channel")
        touches = [
            touch("T1", "acme", at(2), channel="fair"),
            touch("T2", "birch", at(3), channel="mail"),
            touch("T3", "birch", at(4)),
        ]
        assert amounts(fitted, touches) == {"acme": "750.00", "birch": "250.00"}
        assert asked(fitted, touches).lines[2].because == "no channel was in none of the journeys fitted on"

    def test_they_are_values(self):
        """Equal, hashable, pickled; and refused when they cannot be right."""
        assert pickle.loads(pickle.dumps(self.FITTED)) == self.FITTED
        assert hash(self.FITTED) == hash(MarkovRemoval({"birch": "0.2", "acme": "0.6"}))
        for build, error in (
            (lambda: MarkovRemoval({"acme": 0.5}), InexactNumber),
            (lambda: MarkovRemoval({"acme": 0}), InvalidValue),
            (lambda: MarkovRemoval({"acme": 2}), InvalidValue),
            (lambda: Shapley({}), InvalidValue),
            (lambda: Shapley.fit([], worth="money"), InvalidValue),
            (lambda: MarkovRemoval.fit([], order=4), InvalidValue),
            (lambda: MarkovRemoval.fit([], label="colour"), InvalidValue),
            (lambda: MarkovRemoval.fit(["a > b"]), InvalidValue),
            (lambda: Journey("a > b"), InvalidValue),
            (lambda: Journey(["a"], converted=-1), InvalidValue),
            (lambda: Journey(["a"], lost=True), InvalidValue),
        ):
            with pytest.raises(error):
                build()


class TestJourneys:
    """From a dataset to what models are fitted on."""

    DATA = Dataset(
        opportunities=[
            deal(id="won"), deal(id="again"), deal(id="lost", status="lost", stage="lost"), deal(id="quiet"),
            deal(id="open", status="open", stage="new", closed_at=None),
            deal(id="later", created_at=at(2, month=4), closed_at=at(9, month=4)),
        ],
        touchpoints=[
            touch("T1", "acme", at(12), opportunity_id="won", channel="fair"),
            touch("T2", "birch", at(11), opportunity_id="won"),
            touch("T3", "birch", at(12), opportunity_id="again"), touch("T4", "acme", at(13), opportunity_id="again"),
            touch("T5", DIRECT, at(12), opportunity_id="lost"), touch("T6", DIRECT, at(12), opportunity_id="open"),
            touch("T7", "acme", at(5), opportunity_id=None, lead_id="L-1"),
        ],
        leads=[lead("L-1", at(4), opportunity_id="lost")],
    )  # fmt: skip

    def test_won_and_lost_deals_are_journeys_and_open_ones_are_not(self):
        """Equal paths are counted together; touches of the lead belong to the deal."""
        assert journeys_of(self.DATA, as_of=date(2026, 4, 1)) == (
            Journey(["birch", "acme"], converted=2), Journey(["acme", DIRECT], lost=1), Journey([], converted=1),
        )  # fmt: skip
        assert journeys_of(self.DATA, as_of=date(2026, 3, 30)) == ()

    def test_touches_without_the_label_are_passed_over(self):
        """Channels."""
        assert journeys_of(self.DATA, as_of=date(2026, 4, 1), label="channel") == (
            Journey(["fair"], converted=1), Journey([], converted=2, lost=1),
        )  # fmt: skip
        with pytest.raises(InvalidValue, match="one of party, role"):
            journeys_of(self.DATA, as_of=date(2026, 4, 1), label="colour")

    def test_journeys_that_did_not_convert_get_no_money(self):
        """The model knows them; the verb refuses them."""
        fitted = MarkovRemoval.fit(journeys_of(self.DATA, as_of=date(2026, 4, 1)))
        with pytest.raises(InvalidValue, match="D-17 is lost"):
            attribute(deal(status="lost", stage="lost"), TOUCHES, policy=fitted)
