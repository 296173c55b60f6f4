"""Laws of the canonical form: equal values give equal bytes, different ones different bytes, everywhere."""

from __future__ import annotations

import decimal
import json
from datetime import timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given, strategies as st

from partnerops._canonical import canonical, canonical_bytes, digest

from .cases import deals, policies, touches_of

pytestmark = pytest.mark.laws

scalars = st.one_of(
    st.none(), st.booleans(), st.integers(), st.text(), st.fractions(),
    st.decimals(allow_nan=False, allow_infinity=False), st.timedeltas(), st.dates(),
    st.datetimes(timezones=st.integers(-12, 14).map(lambda hours: timezone(timedelta(hours=hours)))).filter(
        lambda at: 2 < at.year < 9998
    ),
)  # fmt: skip
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3), max_leaves=12
)


@given(values)
def test_bytes_are_the_json_of_the_form(value):
    """Nothing is lost on the way to bytes."""
    assert json.loads(canonical_bytes(value)) == canonical(value)


@given(st.dictionaries(st.text(), values, max_size=6), st.randoms(use_true_random=False))
def test_the_order_of_keys_means_nothing(items, random):
    """A mapping is a set of pairs."""
    pairs = list(items.items())
    random.shuffle(pairs)
    assert canonical_bytes(dict(pairs)) == canonical_bytes(items)


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4), st.integers(0, 6))
def test_equal_decimals_have_one_form(number, zeros):
    """0.1 and 0.10 are the same number."""
    longer = Decimal(f"{number:f}{'0' * zeros}")
    assert digest(number) == digest(longer)


@given(values)
def test_the_ambient_decimal_context_changes_nothing(value):
    """Three digits of precision are somebody else's business."""
    before = canonical_bytes(value)
    with decimal.localcontext(decimal.Context(prec=3)):
        assert canonical_bytes(value) == before


@given(policies, policies)
def test_policies_share_bytes_only_when_equal(one, other):
    """A digest can stand for a policy."""
    assert (digest(one) == digest(other)) == (one == other)


@given(st.data())
def test_nouns_share_bytes_only_when_equal(data):
    """Down to the last field."""
    deal = data.draw(deals())
    one, other = data.draw(touches_of(deal.id)), data.draw(touches_of(deal.id))
    assert (canonical_bytes(one) == canonical_bytes(other)) == (one == other)
