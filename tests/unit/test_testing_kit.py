"""The testing kit itself: fields given, the hook of Hypothesis, and law suites that catch what is broken."""

from __future__ import annotations

import pickle
import subprocess
import sys
import tomllib
from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from attrs import frozen
from hypothesis import find, settings, strategies as st
from hypothesis.errors import Unsatisfiable

from partnerops import DIRECT, Money, Opportunity, Partner, Period
from partnerops.attribution import (
    Award,
    FirstTouch,
    Linear,
    Lookback,
    PositionBased,
    RegistrationFirst,
    TimeDecay,
)
from partnerops.exceptions import InvalidValue, PartnerOpsError, PolicyBrokeLaws, UnknownName
from partnerops.testing import cases, check_attribution_policy, datasets, nouns, policies
from partnerops.testing._hypothesis import find as find_strategy, register

from ..architecture.source import PROJECT


class TestNouns:
    """Records with some fields given."""

    def test_fields_may_be_values_or_strategies(self):
        """The rest is drawn to fit."""
        kept = nouns(Partner, id="acme", type=st.sampled_from(["reseller"]), signed_on=date(2025, 5, 1))
        found = find(kept, lambda partner: partner.recruited_on is not None and partner.ended_on is not None)
        assert (found.id, found.type, found.signed_on) == ("acme", "reseller", date(2025, 5, 1))
        assert found.recruited_on <= found.signed_on <= found.ended_on

    def test_unknown_fields_are_refused_at_once(self):
        """With near misses, before anything is drawn."""
        with pytest.raises(UnknownName, match="did you mean 'region'"):
            nouns(Partner, regoin="SP")

    def test_what_cannot_be_is_never_drawn(self):
        """A won deal without a close does not exist."""
        with pytest.raises(Unsatisfiable):
            find(nouns(Opportunity, status="won", closed_at=None), lambda _: True, settings=settings(max_examples=20))

    def test_other_types_resolve_within(self):
        """Periods are whole, money has a currency."""
        register()
        assert find(st.from_type(Period), lambda period: period.days > 300)
        assert find(st.from_type(Money), lambda money: money.minor < 0).currency

    def test_unknown_kinds_and_families_are_refused(self):
        """A dataset holds no money of its own; near misses are named."""
        with pytest.raises(UnknownName, match="collection for"):
            find(datasets(kinds=[Money]), lambda _: True)
        with pytest.raises(UnknownName, match="did you mean 'attribution'"):
            policies("atribution")


class TestHook:
    """Registration with Hypothesis."""

    def test_the_entry_point_names_the_hook(self):
        """Hypothesis finds it when the library is installed."""
        project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        assert project["entry-points"]["hypothesis"] == {"partnerops": "partnerops.testing._hypothesis:register"}

    def test_it_imports_next_to_nothing(self):
        """`import hypothesis` stays as light as it was."""
        code = (
            # Hypothesis imports its table of types only when somebody registers one, as any plug-in does.
            "import hypothesis, hypothesis.strategies._internal.types, sys; before = set(sys.modules);"
            "from partnerops.testing._hypothesis import register; register();"
            "print(*(set(sys.modules) - before))"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603
        ours = {name for name in done.stdout.split() if not name.startswith("partnerops")}
        assert ours == set()
        assert "partnerops.testing._strategies.resolve" not in done.stdout.split()
        assert len(done.stdout.split()) <= 8

    def test_it_leaves_other_types_alone(self):
        """Only the library's own are answered."""
        assert find_strategy(int) is None
        assert find_strategy(Partner) is not None

    def test_types_without_fields_are_left_to_hypothesis(self):
        """Enums and errors, which it can read by itself."""
        assert find_strategy(PartnerOpsError) is None
        assert find_strategy(Opportunity | None) is None

    def test_the_public_door_serves_where_the_other_has_gone(self):
        """In a Hypothesis without the private table, each type is registered by itself."""
        script = (
            "import hypothesis.strategies._internal.types as types; types._global_extra_lookup = ();"
            "from partnerops.testing._hypothesis import register; register();"
            "from partnerops import Partner; print(Partner in types._global_type_lookup)"
        )
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)  # noqa: S603
        assert done.stdout.strip() == "True"


@frozen
class Floats:
    """Answers what cannot be exact."""

    def weigh(self, case, /):
        """Half each."""
        return [0.5] * len(case.touches)


@frozen
class Negative:
    """Takes from those who call."""

    def weigh(self, case, /):
        """Minus one for a call."""
        return [-1 if touch.kind == "call" else 1 for touch in case.touches]


@frozen
class WrongLength:
    """Thinks that every deal has one touch."""

    def weigh(self, _case, /):
        """One weight."""
        return [1]


@frozen
class Crashes:
    """Divides by the number of touches."""

    def weigh(self, case, /):
        """Nothing for no touch."""
        return [Fraction(1, len(case.touches))] * max(1, len(case.touches))


class Counts:
    """Remembers how often it was asked."""

    def __init__(self):
        self.asked = 0

    def weigh(self, case, /):
        """Other weights every time."""
        self.asked += 1
        return [1 + index * self.asked % 3 for index, _ in enumerate(case.touches)]


@frozen
class ReadsIds:
    """Takes ids for numbers."""

    def weigh(self, case, /):
        """Longer ids weigh more."""
        return [len(touch.id) ** index for index, touch in enumerate(case.touches)]


@frozen
class MindsTheAmount:
    """Shares large deals otherwise than small ones."""

    def weigh(self, case, /):
        """The first takes all up to a real."""
        large = case.opportunity.amount.minor > 100
        return [int(large or not index) for index, _ in enumerate(case.touches)]


@frozen
class Lists:
    """A value that is none."""

    tags: Any = ["a"]  # noqa: RUF008 - the mistake to be found

    def weigh(self, case, /):
        """Even."""
        return [1] * len(case.touches)


class Plain:
    """Equal to nothing but itself."""

    def weigh(self, case, /):
        """Even."""
        return [1] * len(case.touches)


@frozen
class ExplainsOnce:
    """Gives one reason for all touches."""

    def weigh(self, case, /):
        """Even."""
        return [1] * len(case.touches)

    def explain(self, _case, /):
        """Too few."""
        return ["because"]


@frozen
class CannotExplain(ExplainsOnce):
    """Fails while it explains."""

    def explain(self, case, /):
        """The third touch, which may not be there."""
        return [case.touches[2].id] * len(case.touches)


@frozen
class Mute(ExplainsOnce):
    """Explains with a blank."""

    def explain(self, case, /):
        """Not a word."""
        return [" "] * len(case.touches)


BROKEN = [
    (Floats(), {"contract"}, "not floats, got 0.5"),
    (Negative(), {"contract"}, "not negative, got -1"),
    (WrongLength(), {"contract"}, r"one weight per touch \(0\), got 1"),
    (Crashes(), {"contract"}, "raised ZeroDivisionError"),
    (Counts(), {"determinism", "order", "ids", "scale", "sign", "value"}, "then"),
    (ReadsIds(), {"ids"}, "with other ids"),
    (MindsTheAmount(), {"scale", "sign"}, "for a thousand times the amount"),
    (Lists(), {"value"}, "unhashable type: 'list'; make it a frozen attrs class"),
    (Plain(), {"value"}, "a copy that is not equal"),
    (ExplainsOnce(), {"reasons"}, "one reason per touch"),
    (CannotExplain(), {"reasons"}, "raised IndexError"),
    (Mute(), {"reasons"}, "no reason for T0"),
]


class TestAttributionSuite:
    """`check_attribution_policy`."""

    @pytest.mark.parametrize(
        "policy",
        [
            FirstTouch(),
            Linear(),
            PositionBased("0.3", "0.3"),
            Lookback(TimeDecay(half_life_days=7), days=30),
            RegistrationFirst(Linear()),
        ],
        ids=str,
    )
    def test_the_librarys_own_policies_keep_every_law(self, policy):
        """Nothing is raised."""
        check_attribution_policy(policy, examples=60)

    @pytest.mark.parametrize(("policy", "laws", "message"), BROKEN, ids=lambda value: type(value).__name__)
    def test_a_broken_policy_is_caught(self, policy, laws, message):
        """Every law that it broke is named, and no other."""
        with pytest.raises(PolicyBrokeLaws, match=message) as caught:
            check_attribution_policy(policy, examples=50)
        assert {one.name for one in caught.value.broken} == laws

    def test_the_report_shows_a_smallest_case(self):
        """Two touches and a cent are enough to see it, and a second run says the same."""
        with pytest.raises(PolicyBrokeLaws) as caught:
            check_attribution_policy(MindsTheAmount(), examples=50)
        with pytest.raises(PolicyBrokeLaws) as again:
            check_attribution_policy(MindsTheAmount(), examples=50)
        assert str(again.value) == str(caught.value)
        assert str(caught.value) == (
            "MindsTheAmount() broke 2 laws:\n"
            "1. scale: shares do not depend on the amount\n"
            "   found: acme 1, and acme 1/2, birch 1/2 for a thousand times the amount\n"
            "   for:   a deal of 0.01 BRL, won 2026-03-31 00:00, 2 touches\n"
            "          T0: acme demo 2026-03-31 00:00:00\n"
            "          T1: birch demo 2026-03-31 00:00:00\n"
            "2. sign: the credits of -x are minus the credits of x\n"
            "   found: acme 0.51 BRL, birch 0.50 BRL, and acme -1.01 BRL for minus the amount\n"
            "   for:   a deal of 1.01 BRL, won 2026-03-31 00:00, 2 touches\n"
            "          T0: acme demo 2026-03-31 00:00:00\n"
            "          T1: birch demo 2026-03-31 00:00:00"
        )

    def test_the_report_is_an_assertion_that_pickles(self):
        """Test runners show it as a failure, and pass it between processes."""
        with pytest.raises(AssertionError) as caught:
            check_attribution_policy(Floats(), examples=10)
        assert pickle.loads(pickle.dumps(caught.value)) == caught.value
        assert isinstance(caught.value, PartnerOpsError)

    def test_laws_may_be_skipped_by_name(self):
        """A policy that means to break one says so; a slip of the keyboard is told."""
        check_attribution_policy(MindsTheAmount(), skip={"scale", "sign"})
        with pytest.raises(UnknownName, match="did you mean 'scale'"):
            check_attribution_policy(Linear(), skip=["scales"])

    def test_cases_may_be_the_users_own(self):
        """What the kit's cases never show."""

        @frozen
        class TripsOverFairs:
            def weigh(self, case, /):
                return [-1 if touch.kind == "fair" else 1 for touch in case.touches]

        check_attribution_policy(TripsOverFairs(), examples=30)
        fairs = cases().map(lambda case: case.replace(touches=tuple(t.replace(kind="fair") for t in case.touches)))
        with pytest.raises(PolicyBrokeLaws, match="acme fair"):
            check_attribution_policy(TripsOverFairs(), cases=fairs, examples=30)

    def test_awards_are_answers_too(self):
        """A committee that gives half to the vendor."""

        @frozen
        class Half:
            def weigh(self, _case, /):
                return Award({DIRECT: "1/2"}, because="half is ours")

        check_attribution_policy(Half(), examples=30)

    def test_what_is_no_policy_is_refused(self):
        """A class in place of its instance, and no examples at all."""
        with pytest.raises(InvalidValue, match="a policy"):
            check_attribution_policy(Linear)
        with pytest.raises(InvalidValue, match="examples"):
            check_attribution_policy(Linear(), examples=0)
