"""Documents: what is written, what is read, and how everything else is refused."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from typing import Literal, Protocol
from uuid import UUID

import pytest
from attrs import Converter, field, frozen, validators

from partnerops import Calendar, Dataset, Dated, Money, Opportunity, Partner, Period, Ratio, Touchpoint
from partnerops._attrs import FrozenMap, is_share, is_text, to_fraction
from partnerops._canonical import canonical_bytes
from partnerops.attribution import AttributionPolicy, Linear, Lookback, PositionBased, RegistrationFirst, TimeDecay
from partnerops.commission import FixedAmount, FlatRate, Tier
from partnerops.exceptions import InexactNumber, InvalidDocument, InvalidValue, PartnerOpsError
from partnerops.forecast import Outlook, Probability
from partnerops.forecast.wrappers import Fact
from partnerops.journey import JourneyStage, StagePolicy
from partnerops.serde import SCHEMA_VERSION, dumps, from_dict, loads, loads_toml, make_converter, to_dict
from partnerops.serde._migrations import migrated
from partnerops.serde._policies import fits

POLICY = Lookback(RegistrationFirst(PositionBased("0.3", "0.5", two_touches="split_middle")), days=90)


@frozen
class DemosOnly:
    """A policy of a user's own."""

    kinds: tuple[str, ...] = ("demo",)
    boost: Fraction = field(default=Fraction(1), converter=to_fraction)

    def weigh(self, case, /):
        """1 for a demo."""
        return [int(touch.kind in self.kinds) for touch in case.touches]


class Level(Enum):
    """A closed set that is not of strings."""

    LOW = 1
    HIGH = 2


@frozen
class Everything:
    """A field of every type that a document may hold."""

    text: str = "a"
    yes: bool = True
    whole: int = 1
    decimal: Decimal = Decimal("0.1")
    exact: Fraction = Fraction(1, 3)
    at: datetime = datetime(2026, 3, 31, 12, tzinfo=UTC)
    on: date = date(2026, 3, 31)
    span: timedelta = timedelta(hours=1, microseconds=500_000)
    money: Money = field(factory=lambda: Money("10.50", "BRL"))
    several: tuple[int, ...] = (1, 2)
    pair: tuple[str, Decimal] = ("a", Decimal(1))
    row: Sequence[int] = (1,)
    names: frozenset[str] = frozenset({"a", "b"})
    rates: FrozenMap[Fraction] = field(factory=FrozenMap)
    maybe: Money | None = None
    either: str | int = 3
    modes: tuple[Literal["a", 1], ...] = ("a", 1)
    level: Level = Level.HIGH
    nothing: None = None


def paths(error: pytest.ExceptionInfo[InvalidDocument]) -> list[str]:
    """Where the faults are."""
    return [fault.path for fault in error.value.faults]


def everything(**changes: object) -> Everything:
    """The sample read with some fields given another stored form."""
    document = to_dict(Everything()) | changes
    return from_dict(document, Everything, converter=make_converter(policies=[Everything]))


class TestWriting:
    """`dumps` and `to_dict`."""

    def test_a_document_is_the_canonical_form_and_its_version(self):
        """So equal values give equal bytes, and digests can be recomputed from files."""
        written = json.loads(dumps(POLICY))
        assert written.pop("schema_version") == SCHEMA_VERSION
        assert json.dumps(written, sort_keys=True, separators=(",", ":")).encode() == canonical_bytes(POLICY)
        assert written == to_dict(POLICY)

    def test_policies_carry_their_kind_and_nouns_do_not(self):
        """A field may hold any policy; which noun it holds is known."""
        assert to_dict(POLICY)["policy"]["kind"] == "registration_first"
        assert "kind" not in to_dict(Partner(id="acme", name="Acme", type="reseller"))

    @pytest.mark.parametrize("value", [[1], "text", 3, None, (Linear(),)])
    def test_what_has_no_fields_is_no_document(self, value):
        """A bare list has no room for a version."""
        with pytest.raises(InvalidValue, match="put a list into a Dataset"):
            dumps(value)

    def test_a_float_is_refused(self):
        """Also deep inside a user's policy."""

        @frozen
        class Rough:
            factor: float = 0.1

        with pytest.raises(InexactNumber, match=r"\$\.factor"):
            dumps(Rough())


class TestReading:
    """`loads`, `loads_toml`, `from_dict`."""

    @pytest.mark.parametrize("policy", [POLICY, Linear(), TimeDecay("3.5")])
    def test_a_protocol_reads_any_policy(self, policy):
        """By its kind."""
        assert loads(dumps(policy), AttributionPolicy) == policy
        assert loads(dumps(policy).encode(), type(policy)) == policy

    def test_a_class_needs_no_kind_and_takes_only_its_own(self):
        """`kind` is for fields that may hold several."""
        assert loads('{"half_life_days": "7"}', TimeDecay) == TimeDecay(7)
        with pytest.raises(InvalidDocument, match=r"\$\.kind: must be 'time_decay' here \(got 'linear'\)"):
            loads('{"kind": "linear"}', TimeDecay)

    @pytest.mark.parametrize(
        ("value", "kind"),
        [
            (Dated.since(date(2026, 1, 1), Money("1.00", "BRL")), Dated[Money]),
            (Dated.since(date(2026, 1, 1), Linear()), Dated[AttributionPolicy]),
            (Ratio(1, 3), Ratio),
            (Ratio(Fraction(1, 3), 2), Ratio),
            (Ratio(Money("1.00", "BRL"), Money("3.00", "BRL")), Ratio),
            (Period.month(2026, 3), Period),
            (Calendar("America/Sao_Paulo", fiscal_year_start=4), Calendar),
            (Everything(rates=FrozenMap({"a": Fraction(1, 7)}), maybe=Money("1.00", "BRL")), Everything),
        ],
    )
    def test_values_come_back_equal(self, value, kind):
        """Whatever they hold."""
        assert loads(dumps(value), kind, converter=make_converter(policies=[Everything])) == value

    @pytest.mark.parametrize(
        "value",
        [
            FlatRate(Fraction(1, 8)),
            Tier(Fraction(5, 2), Fraction(1, 20)),
            Probability(Fraction(1, 3), because="thirds"),
        ],
    )
    def test_fractions_in_fields_of_decimals(self, value):
        """They become decimals, so that what is written can be read back; equal values give equal text."""
        assert loads(dumps(value), type(value)) == value
        assert dumps(FlatRate(Fraction(1, 8))) == dumps(FlatRate("0.125"))
        assert Probability(Fraction(1, 3)).value == Decimal("0.333333333")

    @pytest.mark.parametrize("make", [FlatRate, lambda third: Tier(0, third), FixedAmount])
    def test_fractions_that_are_no_decimals(self, make):
        """A third has no end: refused where it is given, not where it is read back."""
        with pytest.raises(InvalidValue, match=r'must be a decimal such as "0.333333333"'):
            make(Fraction(1, 3))

    def test_decimals_are_read_exactly(self):
        """A JSON or TOML number never passes through a float."""
        digits = "0.1000000000000000055511151231257827"
        assert loads(f'{{"first": {digits}, "last": 0}}', PositionBased).first == Fraction(digits)
        assert loads_toml(f"first = {digits}\nlast = 0", PositionBased).first == Fraction(digits)

    def test_toml_gives_dates_and_instants_of_its_own(self):
        """They need no quotes."""
        touch = loads_toml(
            'id = "T"\npartner_id = "acme"\nopportunity_id = "D"\nkind = "demo"\nat = 2026-03-02T09:00:00-03:00',
            Touchpoint,
        )
        assert touch.at == datetime(2026, 3, 2, 12, tzinfo=UTC)
        assert loads_toml("start = 2026-01-01\nend = 2026-02-01", Period) == Period.month(2026, 1)

    def test_money_may_be_written_for_people(self):
        """As it prints."""
        assert everything(money="10.50 BRL").money == Money("10.50", "BRL")
        assert everything(money={"amount": Decimal("10.5"), "currency": "BRL"}).money == Money("10.50", "BRL")

    def test_python_documents_may_hold_values(self):
        """A program may put a policy or an amount where its form would stand."""
        assert from_dict({"policy": Linear(), "days": 3}, Lookback) == Lookback(Linear(), days=3)
        assert from_dict({"versions": []}, Dated[Money]) == Dated(())
        assert everything(money=Money("1.00", "BRL"), span=timedelta(1)).span == timedelta(1)

    @pytest.mark.parametrize(
        ("text", "span"),
        [("P7D", timedelta(7)), ("PT1H30M", timedelta(minutes=90)), ("PT-0.5S", timedelta(microseconds=-500_000))],
    )
    def test_durations(self, text, span):
        """Days to seconds of ISO 8601."""
        assert everything(span=text).span == span


class TestUsersPolicies:
    """Classes of the caller's own."""

    def test_they_are_passed_in(self):
        """There is no registry."""
        converter = make_converter(policies=[DemosOnly])
        policy = Lookback(DemosOnly(("demo", "call"), "0.5"), days=30)
        assert loads(dumps(policy), AttributionPolicy, converter=converter) == policy
        assert converter.unstructure(policy) == to_dict(policy)

    def test_one_that_was_not_passed_in_is_refused(self):
        """With the remedy."""
        with pytest.raises(InvalidDocument, match=r"\$\.policy\.kind: must be the kind .*make_converter\(policies="):
            loads(dumps(Lookback(DemosOnly(), days=30)), AttributionPolicy)

    def test_a_policy_of_another_protocol_does_not_fit(self):
        """`Everything` is an attrs class, but it weighs nothing."""
        with pytest.raises(InvalidDocument, match=r"\$\.kind"):
            loads(dumps(Everything()), AttributionPolicy, converter=make_converter(policies=[Everything]))

    def test_their_converters_and_validators_raise_what_they_like(self):
        """Each is a fault with its path, beside all others."""

        @frozen
        class Own:
            days: int = field(validator=validators.ge(1))
            parts: int = field(converter=lambda parts: 12 // parts)
            _scale: int = field(default=1, converter=Converter(lambda scale, own: scale + own.days, takes_self=True))
            rest: int = field(default=1, validator=lambda *given: {1: None}[given[-1]])

            def weigh(self, case, /):
                return [1 for _ in case.touches]

        converter = make_converter(policies=[Own])
        good = {"kind": "own", "days": 2, "parts": 3, "scale": 1, "rest": 1}
        assert from_dict(good, AttributionPolicy, converter=converter) == Own(days=2, parts=3, scale=1)
        bad = {"kind": "own", "days": 0, "parts": 0, "scale": "x", "rest": 2}
        with pytest.raises(InvalidDocument) as error:
            from_dict(bad, AttributionPolicy, converter=converter)
        assert sorted(str(one) for one in error.value.faults) == [
            "$.days: 'days' must be >= 1: 0",
            "$.parts: ZeroDivisionError: integer division or modulo by zero",
            "$.rest: KeyError: 2",
            "$.scale: must be a whole number (got 'x')",
        ]

    def test_what_their_constructors_raise(self):
        """A look-up that failed within is no missing key."""

        @frozen
        class Own:
            region: str

            def __attrs_post_init__(self):
                {"sul": 1}[self.region]

            def weigh(self, case, /):
                return [1 for _ in case.touches]

        with pytest.raises(InvalidDocument) as error:
            from_dict({"kind": "own", "region": "x"}, AttributionPolicy, converter=make_converter(policies=[Own]))
        assert [str(one) for one in error.value.faults] == ["$: KeyError: 'x'"]

    def test_what_cannot_be_tagged_is_refused(self):
        """A plain class, an instance, a noun, a kind that is taken."""

        @frozen
        class Linear:
            """Another one of that name."""

        for wrong in (object, DemosOnly(), Partner):
            with pytest.raises(InvalidValue, match=r"make_converter\(policies\)\[0\] must be an attrs class"):
                make_converter(policies=[wrong])
        with pytest.raises(InvalidValue, match=r"the kind 'linear' is taken by partnerops\.attribution"):
            make_converter(policies=[Linear])


class TestFaults:
    """One error with every fault and its path."""

    def test_every_fault_of_a_document_comes_at_once(self):
        """Wrong types, unknown keys, missing keys, values that a validator refuses, at any depth."""
        text = """{
            "partners": [{"id": "", "name": " a", "colour": 1}],
            "opportunities": [
                {"id": "D", "stage": "", "created_at": "2026-01-01T00:00:00", "status": "opne",
                 "amount": {"amount": "1.005", "currency": "BRL"}},
                3
            ],
            "leeds": []
        }"""
        with pytest.raises(InvalidDocument) as error:
            loads(text, Dataset)
        assert sorted(paths(error)) == [
            "$.leeds",
            "$.opportunities[0].amount",
            "$.opportunities[0].created_at",
            "$.opportunities[0].stage",
            "$.opportunities[0].status",
            "$.opportunities[1]",
            "$.partners[0].colour",
            "$.partners[0].id",
            "$.partners[0].name",
            "$.partners[0].type",
        ]
        message = str(error.value)
        assert "$.leeds: is not a field of Dataset; did you mean 'leads'?" in message
        assert "$.partners[0].type: is missing; add it" in message
        assert "did you mean 'open'? (got 'opne')" in message

    def test_what_fields_say_of_one_another_is_a_fault_too(self):
        """The path is that of the field named."""
        with pytest.raises(InvalidDocument, match=r"\$\.last: must be at most 2/5") as error:
            loads('{"first": "0.6", "last": "0.6"}', PositionBased)
        assert paths(error) == ["$.last"]
        document = {"id": "D", "stage": "won", "status": "won", "created_at": "2026-01-01T00:00:00Z"}
        with pytest.raises(InvalidDocument) as error:
            from_dict(document, Opportunity)
        assert paths(error) == ["$.closed_at"]

    def test_a_fault_of_a_part_made_on_the_way_has_no_place_of_its_own(self):
        """A policy makes its gates itself: a path to them would lead nowhere in the document."""
        text = (
            'kind = "journey_policy"\nfirst_wave_revenue = "1000 BRL"\nmature_revenue = "9000 BRL"\nkeep_quarters = 4'
        )
        with pytest.raises(InvalidDocument, match=r"\$: Gate\.stay\[win_quarters_12m\] must be at most") as error:
            loads_toml(text, StagePolicy)
        assert paths(error) == ["$"]

    def test_an_instant_without_zone_is_shown_as_it_was_written(self):
        """Not as the Python that it was read into."""
        with pytest.raises(InvalidDocument, match=r"\(got '2026-03-02T09:00:00'\)"):
            everything(at="2026-03-02T09:00:00")

    def test_a_validator_that_looks_at_a_faulty_field_stays_silent(self):
        """It cannot say anything; the faulty field is reported."""
        with pytest.raises(InvalidDocument) as error:
            loads('{"first": [], "last": "0.5", "two_touches": "x"}', PositionBased)
        assert paths(error) == ["$.first", "$.two_touches"]

    @pytest.mark.parametrize(
        ("text", "problem"),
        [
            ("{", "is no JSON"),
            ("", "is no JSON"),
            ("[]", "got a list; put a list into a Dataset"),
            ("3", "got an int"),
            ('{"x": NaN}', "NaN is no number"),
            ('{"x": 1e' + "4" * 30 + "}", "is out of range"),
            (b"\xff", "is no UTF-8"),
            ('{"kind":"linear"}'.encode("utf-16"), "is no UTF-8"),
            ('{"kind":"linear"}\x00', "is no JSON"),
            ("[" * 50_000, "is nested too deep"),
            ('{"policy":' * 10_000 + "1" + "}" * 10_000, "is nested too deep"),
            ('{"x": ' + "1" * 5000 + "}", "is no JSON"),
        ],
    )
    def test_broken_json(self, text, problem):
        """Never an error that is not ours."""
        with pytest.raises(InvalidDocument) as error:
            loads(text, Linear)
        assert paths(error) == ["$"]
        assert problem in str(error.value)

    @pytest.mark.parametrize(
        "text",
        [
            "=", "a = [" * 5000, "a = " + "[" * 5000 + "]" * 5000, 3, b"\xff", "a\x00 = 1", "a = 1\na = 2",
            "a = 1e" + "4" * 30,
            "#" * 10_000_001,
        ],
    )  # fmt: skip
    def test_broken_toml(self, text):
        """As JSON."""
        with pytest.raises(InvalidDocument) as error:
            loads_toml(text, Linear)
        assert paths(error) == ["$"]

    @pytest.mark.parametrize(
        "text", ["a." * 500_000 + "a = 1", "[" + "a . " * 500_000 + "a]", "x = {" + "'a'." * 300_000]
    )
    def test_toml_keys_of_many_names(self, text):
        """Python's reader takes the square of their number: hours for a megabyte."""
        with pytest.raises(InvalidDocument, match="nested too deep"):
            loads_toml(text, Linear)

    @pytest.mark.parametrize("text", ["kind = 'linear'", "\ufeffkind = 'linear'", "kind = 'linear'\r\n"])
    def test_what_editors_do_to_files(self, text):
        """A byte order mark and the line ends of Windows change nothing, in either format."""
        assert loads_toml(text, AttributionPolicy) == loads_toml(text.encode(), AttributionPolicy) == Linear()
        json_text = text.replace("kind = 'linear'", '{"kind":\r\n"linear"}')
        assert loads(json_text, AttributionPolicy) == loads(json_text.encode(), AttributionPolicy) == Linear()

    def test_a_file_of_another_kind_does_not_fill_the_memory(self):
        """A fault in every row of many: reading stops, and says so; of keys the rest are counted."""
        rows = {"partners": [{"id": "", "name": " a", "type": 3}] * 5000, "accounts": [3] * 5000}
        with pytest.raises(InvalidDocument) as error:
            from_dict(rows, Dataset)
        assert 2000 <= len(error.value.faults) <= 2010
        assert [str(one) for one in error.value.faults if "last one read" in one.problem] == [
            "$.partners[333]: was the last one read: mend these faults first",
            "$.accounts[999]: was the last one read: mend these faults first",
        ]
        with pytest.raises(InvalidDocument) as error:
            from_dict({f"key{n}": n for n in range(5000)}, Dataset)
        assert len(error.value.faults) == 1001
        assert str(error.value.faults[-1]) == "$: has 4,000 more keys that Dataset has not"

    def test_many_repeated_keys(self):
        """Counted in one pass."""
        text = "{" + ",".join(f'"k{n}":1,"k{n}":2' for n in range(50_000)) + "}"
        with pytest.raises(InvalidDocument) as error:
            loads(text, Dataset)
        assert len(error.value.faults) == 1000

    @pytest.mark.parametrize(
        ("key", "path"),
        [
            ("hold-days", "$['hold-days']"),
            ("a.b", "$['a.b']"),
            ("a\nb", "$['a\\nb']"),
            ("x" * 10_000, f"$['{'x' * 77}...']"),
        ],
    )
    def test_keys_that_are_no_words_are_quoted(self, key, path):
        """A dot or a line end in a key does not look like the document's own, and a long one is cut."""
        with pytest.raises(InvalidDocument) as error:
            from_dict({key: 1}, Linear)
        assert paths(error) == [path]

    def test_text_that_is_no_text(self):
        """A file object is not its content."""
        with pytest.raises(InvalidDocument, match="must be text"):
            loads(3, Linear)

    @pytest.mark.parametrize(
        ("document", "kind"),
        [
            ('kind = "lookback"\npolicy = { kind = "linear" }\ndays = ', AttributionPolicy),
            ('kind = "position_based"\nlast = 0\nfirst = ', AttributionPolicy),
            ('currency = "BRL"\namount = ', Money),
            ('id = "P"\nname = ', Partner),
            ("schema_version = ", Partner),
            ("kind = ", AttributionPolicy),
        ],
    )
    def test_numbers_that_python_will_not_write_out(self, document, kind):
        """TOML gives them in hexadecimal, where no limit on digits holds."""
        with pytest.raises(InvalidDocument) as error:
            loads_toml(document + "0x" + "9" * 5000, kind)
        assert len(str(error.value)) < 1000

    def test_keys_that_occur_twice(self):
        """JSON allows them, and then readers disagree."""
        with pytest.raises(InvalidDocument) as error:
            loads('{"a": 1, "a": 2, "b": [{"c": 1, "c": 1}]}', Linear)
        assert paths(error) == ["$.a", "$.b[0].c"]

    @pytest.mark.parametrize("version", [0, 2, "1", True, None, 1.5])
    def test_an_unknown_version(self, version):
        """A newer document needs a newer library."""
        with pytest.raises(InvalidDocument, match=r"\$\.schema_version: must be a whole number from 1 to 1"):
            loads(json.dumps({"schema_version": version}), Linear)

    def test_a_kind_is_due(self):
        """Where a protocol is asked for."""
        for text, path in [("{}", "$.kind"), ('{"kind": 3}', "$.kind"), ('{"kind": "linea"}', "$.kind")]:
            with pytest.raises(InvalidDocument) as error:
                loads(text, AttributionPolicy)
            assert paths(error) == [path]
        with pytest.raises(InvalidDocument, match=r"\$\.policy: must be an object with the kind"):
            loads('{"kind": "lookback", "days": 3, "policy": "linear"}', AttributionPolicy)

    def test_the_error_is_a_value_error_and_shows_fifty_faults(self):
        """The rest are counted."""
        document = {"partners": [{"id": "", "name": "a", "type": "b"}] * 60}
        with pytest.raises(ValueError, match=r"and 10 more") as error:
            from_dict(document, Dataset)
        assert len(error.value.faults) == 60

    @pytest.mark.parametrize(
        ("changes", "problem"),
        [
            ({"text": 3}, "a string"),
            ({"text": "\ud800"}, "text without lone surrogates"),
            ({"text": None}, "a string"),
            ({"yes": "false"}, "true or false"),
            ({"yes": 1}, "true or false"),
            ({"whole": True}, "a whole number"),
            ({"whole": "3"}, "a whole number"),
            ({"whole": 3.7}, "a whole number"),
            ({"decimal": 0.1}, "floats are not exact"),
            ({"decimal": "1/3"}, "a decimal such as"),
            ({"decimal": "NaN"}, "a decimal such as"),
            ({"decimal": True}, "a decimal such as"),
            ({"exact": 0.1}, "floats are not exact"),
            ({"exact": "1/0"}, "an exact number"),
            ({"at": "2026-03-31"}, "an instant such as"),
            ({"at": "2026-03-31T12:00:00"}, "an instant with a zone"),
            ({"at": "2026-02-30T12:00:00Z"}, "an instant that the calendar has"),
            ({"at": "0001-01-01T00:00:00+10:00"}, "between the years 1 and 9999"),
            ({"at": 3}, "an instant such as"),
            ({"on": "2026-03-31T00:00:00Z"}, "a date such as"),
            ({"on": datetime(2026, 3, 31, tzinfo=UTC)}, "a date such as"),
            ({"on": "2026-02-30"}, "a date that the calendar has"),
            ({"span": "P1M"}, "a duration such as"),
            ({"span": "PT"}, "a duration such as"),
            ({"span": 3}, "a duration such as"),
            ({"span": "P999999999DT999999999H"}, "fits in 999,999,999 days"),
            ({"money": "10.50"}, "an amount such as"),
            ({"money": 10}, "an amount such as"),
            ({"money": {"amount": "10.50"}}, "exactly amount and currency"),
            ({"money": {"amount": "10.50", "currency": "BRX"}}, "ISO 4217"),
            ({"money": {"amount": "10.50", "currency": 3}}, "a string"),
            ({"several": "12"}, "a list"),
            ({"several": {"a": 1}}, "a list"),
            ({"pair": ["a"]}, "a list of 2"),
            ({"rates": ["a"]}, "an object"),
            ({"either": 1.5}, "a value of one of str, int"),
            ({"modes": ["b"]}, "one of 'a', 1"),
            ({"modes": [True]}, "one of 'a', 1"),
            ({"modes": [[]]}, "one of 'a', 1"),
            ({"level": "1"}, "one of 1, 2"),
            ({"level": True}, "one of 1, 2"),
            ({"nothing": 3}, "null"),
        ],
    )
    def test_nothing_is_coerced(self, changes, problem):
        """Each with its path."""
        with pytest.raises(InvalidDocument) as error:
            everything(**changes)
        (path,) = paths(error)
        assert path.startswith(f"$.{next(iter(changes))}")
        assert problem in str(error.value)

    def test_members_of_lists_and_maps_have_paths(self):
        """By position, by key."""
        with pytest.raises(InvalidDocument) as error:
            everything(several=[1, "x", 2.5], rates={"a": "1", "b": []}, pair=[1, "x"])
        assert sorted(paths(error)) == ["$.pair[0]", "$.pair[1]", "$.rates['b']", "$.several[1]", "$.several[2]"]

    def test_ratios(self):
        """Two parts of one kind."""
        for document in ({"numerator": 1}, {"numerator": 1, "denominator": []}):
            with pytest.raises(InvalidDocument):
                from_dict(document, Ratio)

    @pytest.mark.parametrize(("kind", "value"), [(float, True), (float, "0.5"), (float, 0.5), (bytes, 3), (bytes, "x")])
    def test_floats_and_bytes_are_never_read(self, kind, value):
        """cattrs would make 1.0 of True and three zero bytes of 3; `dumps` refuses both types too."""

        @frozen
        class Rough:
            factor: kind

        Rough.__annotations__["factor"] = kind
        with pytest.raises(InvalidDocument, match=r"\$\.factor: must be in a field declared as Decimal"):
            from_dict({"factor": value}, Rough)

    def test_what_a_users_own_hook_refuses_has_its_place(self):
        """By the errors of Python, inside a list."""
        converter = make_converter()
        converter.register_structure_hook(UUID, lambda value, _: UUID(value))
        with pytest.raises(InvalidDocument) as error:
            from_dict({"keys": ["x"]}, Mapping[str, Sequence[UUID]], converter=converter)
        assert paths(error) == ["$['keys'][0]"]

    def test_a_converter_that_is_none(self):
        """A class passed where `make_converter(policies=[...])` was meant."""
        with pytest.raises(InvalidValue, match="what make_converter gives"):
            loads(dumps(DemosOnly()), AttributionPolicy, converter=DemosOnly)

    @pytest.mark.parametrize("kind", ["ledger", "forecast_line", "pipeline_row", "categories"])
    def test_a_result_is_no_policy(self, kind):
        """Though it has a field of the name of a protocol's method."""
        for protocol in (AttributionPolicy, Outlook, StagePolicy, Fact):
            with pytest.raises(InvalidDocument, match=r"\$\.kind"):
                from_dict({"kind": kind}, protocol)

    def test_a_type_without_a_stored_form(self):
        """A field that holds a function, say."""

        @frozen
        class Odd:
            call: memoryview

        with pytest.raises(PartnerOpsError, match="no stored form"):
            from_dict({"call": 3}, Odd)


class TestProtocols:
    """Which classes a document may name where a protocol is due."""

    def test_a_protocol_of_a_function(self):
        """Only what can be called fits it: every class can, and few of their values."""

        class Step(Protocol):
            def __call__(self, text: str, /) -> str: ...

        @frozen
        class Upper:
            def __call__(self, text: str, /) -> str:
                return text.upper()

        converter = make_converter(policies=[Upper, DemosOnly])
        assert from_dict({"kind": "upper"}, Step, converter=converter) == Upper()
        for kind in ("linear", "demos_only"):
            with pytest.raises(InvalidDocument, match="the kind of a Step"):
                from_dict({"kind": kind}, Step, converter=converter)

    def test_a_protocol_of_properties_and_class_methods(self):
        """Fields serve for properties."""

        class Named(Protocol):
            @property
            def name(self) -> str: ...

            @classmethod
            def made(cls) -> object: ...

        @frozen
        class Word:
            name: str = "x"

            @classmethod
            def made(cls) -> object:
                return cls()

        assert fits(Word, Named)
        assert not fits(Everything, Named)


class TestUnions:
    """A field that may hold one of several classes."""

    def test_tagged_classes_are_told_apart_by_kind(self):
        """Not by trying."""
        read = from_dict({"kind": "time_decay", "half_life_days": 3}, Linear | TimeDecay)
        assert read == TimeDecay(3)
        with pytest.raises(InvalidDocument, match="the kind of a Linear | TimeDecay"):
            from_dict({"kind": "lookback"}, Linear | TimeDecay)

    def test_none_where_it_is_allowed(self):
        """And only there."""
        assert everything(maybe=None).maybe is None


class TestMigrations:
    """Older documents."""

    def test_each_step_is_a_pure_function(self):
        """From its version to the next, without touching what was given."""
        old = {"schema_version": 1, "weight": "0.1"}

        def renamed(document: dict[str, object]) -> dict[str, object]:
            return {"rate": document["weight"]}

        steps: Mapping[int, object] = {1: renamed, 2: lambda document: document | {"unit": "fraction"}}
        assert migrated(old, current=3, migrations=steps) == {"rate": "0.1", "unit": "fraction"}
        assert old == {"schema_version": 1, "weight": "0.1"}
        assert migrated({"rate": "0.2", "schema_version": 3}, current=3, migrations=steps) == {"rate": "0.2"}


def test_validators_of_users_run():
    """A user's own class is checked as ours are."""

    @frozen
    class Named:
        name: str = field(validator=is_text)
        share: Fraction = field(converter=to_fraction, validator=is_share)

    with pytest.raises(InvalidDocument) as error:
        from_dict({"name": "", "share": "7"}, Named, converter=make_converter(policies=[Named]))
    assert paths(error) == ["$.name", "$.share"]


@frozen
class Placed:
    stage: JourneyStage


def test_members_of_closed_sets_come_back_as_members():
    """Also where the class has no converter that would make one of the plain string."""
    assert loads('{"stage":"traction"}', Placed).stage is JourneyStage.TRACTION
