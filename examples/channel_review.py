"""
A channel review: exports in, one page out.

    python examples/channel_review.py                                  # the sample programme
    python examples/channel_review.py FOLDER [--review REVIEW.toml] [--output PAGE.html]

It reads a folder of CSV files through a mapping, says what became of every row, attributes every won deal, settles
commissions with what was taken back, forecasts the next quarter, places every partner in its stage and puts the
quarter's figures beside those of the one before. What it looks at and by which policies stands in a TOML file of
`examples/reviews/`, found by the folder's name.

Exit code 0 when there is a review, with whatever was wrong shown on it; 2 when nothing could be used.
"""

import argparse
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from html import escape
from pathlib import Path
from typing import Any

from attrs import field, frozen

from partnerops import DIRECT, Calendar, Credit, Dataset, Money, PartnerOpsError
from partnerops.adapters import Import, read_folder, read_mapping
from partnerops.attribution import Attribution, AttributionPolicy, attribute_all
from partnerops.commission import Balance, CommissionPlan, Ledger, settle
from partnerops.entities import Payout
from partnerops.exceptions import InvalidValue
from partnerops.forecast import Forecast, interval, project
from partnerops.forecast.fitting import fit_in_period, fit_new_business
from partnerops.journey import JourneyPolicy, JourneyStage, StageDecision, classify_all
from partnerops.metrics import Scorecard, scorecard
from partnerops.serde import loads_toml

EXAMPLES = Path(__file__).parent


@frozen(kw_only=True)
class Plan:
    """What a review looks at, and by which policies."""

    title: str
    mapping: str
    """File of the mapping, seen from the review's own folder."""
    as_of: date
    currency: str
    """The review is of one currency; deals and money in others are listed and left out."""
    attribution: AttributionPolicy
    commission: CommissionPlan
    journey: JourneyPolicy
    calendar: Calendar = field(factory=Calendar)
    history_start: date | None = None
    """First day whose closes were recorded, where that is later than the first deal."""


@frozen(kw_only=True)
class Review:
    """Everything that was found."""

    plan: Plan
    imported: Import
    """The records, and an issue for every row that is none or disagrees with another."""
    elsewhere: tuple[str, ...]
    """Deals and money in other currencies, each with what became of it."""
    attributions: tuple[Attribution, ...]
    won: Money
    """What all won deals are worth."""
    credited: Mapping[str, Money]
    """Party -> credit, the largest first; what nobody earned is a party too."""
    ledger: Ledger
    balances: tuple[Balance, ...]
    """Where each partner stands in the ledger."""
    refused: tuple[str, ...]
    """Payouts that these credits do not allow."""
    forecast: Forecast
    decisions: tuple[StageDecision, ...]
    scores: Scorecard


# --- the six steps ---------------------------------------------------------------------------------------------------


def review(folder: Path, source: Path) -> Review:
    """From a folder of files to everything that goes on the page."""
    plan = loads_toml(source.read_text(encoding="utf-8"), Plan)
    steps = progress(["reading", "attributing", "settling", "forecasting", "placing partners", "measuring"])

    next(steps)
    imported = read_folder(folder, read_mapping(source.parent / plan.mapping))
    data, elsewhere = of_one_currency(imported.dataset, plan.currency)

    next(steps)
    attributions = attribute_all(data, policy=plan.attribution, as_of=plan.as_of, calendar=plan.calendar)
    credits = [credit for attribution in attributions for credit in attribution.credits]
    data = data.replace(credits=credits)

    next(steps)
    ledger, refused = settled(credits, data, plan)

    next(steps)
    quarter = plan.calendar.period("quarter", plan.as_of)
    outlook = fit_in_period(data, as_of=plan.as_of, history_start=plan.history_start, calendar=plan.calendar)
    # Much of a quarter is won with deals that nobody has opened yet.
    new_business = fit_new_business(data, as_of=plan.as_of, history_start=plan.history_start, calendar=plan.calendar)
    forecast = project(
        data.opportunities,
        outlook=outlook,
        period=quarter.next(),
        as_of=plan.as_of,
        new_business=new_business,
        calendar=plan.calendar,
        currency=plan.currency,
    )

    next(steps)
    decisions = classify_all(data, policy=plan.journey, as_of=plan.as_of, calendar=plan.calendar)

    next(steps)
    scores = scorecard(data, quarter, as_of=plan.as_of, calendar=plan.calendar)
    next(steps, None)
    return Review(
        plan=plan,
        imported=imported,
        elsewhere=elsewhere,
        attributions=attributions,
        won=Money.total([one.amount for one in attributions], plan.currency),
        credited=credited(attributions, plan.currency),
        ledger=ledger,
        balances=ledger.balances(),
        refused=refused,
        forecast=forecast,
        decisions=decisions,
        scores=scores,
    )


def settled(credits: Sequence[Credit], data: Dataset, plan: Plan) -> tuple[Ledger, tuple[str, ...]]:
    """The ledger; where more was paid out than these credits allow, that is a finding, and the rest is settled."""

    def settle_with(payouts: Sequence[Payout]) -> Ledger:
        return settle(
            credits,
            plan=plan.commission,
            payments=data.payments,
            reversals=data.reversals,
            adjustments=data.adjustments,
            payouts=payouts,
            closes=data.closes,
            currency=plan.currency,
            as_of=plan.as_of,
        )

    try:
        return settle_with(data.payouts), ()
    except InvalidValue as error:
        if not error.place.startswith("settle(payouts)"):
            raise
        return settle_with(()), (f"payouts.csv: {error}; settled as if nothing had been paid",)


def of_one_currency(data: Dataset, currency: str) -> tuple[Dataset, tuple[str, ...]]:
    """The dataset without the deals and the money in other currencies, and a line for each of these."""

    def others(records: Iterable[Any], field: str = "amount") -> list[tuple[str, Money]]:
        amounts = [(one.id, getattr(one, field)) for one in records]
        # Nothing is an amount too: 0.00 of another currency cannot be added either.
        return [(id, amount) for id, amount in amounts if amount is not None and amount.currency != currency]

    found = others(data.opportunities)
    deals = {id for id, _ in found}
    # What belongs to a deal goes with it, and its line says so.
    payments = [one for one in data.payments if one.opportunity_id not in deals]
    reversals = [one for one in data.reversals if one.opportunity_id not in deals]
    found += others([*payments, *reversals, *data.adjustments]) + others(data.payouts, "gross")
    if not found:
        return data, ()
    kept = data.replace(
        opportunities=[deal for deal in data.opportunities if deal.id not in deals],
        touchpoints=[touch for touch in data.touchpoints if touch.opportunity_id not in deals],
        registrations=[one for one in data.registrations if one.opportunity_id not in deals],
        payments=[one for one in payments if one.amount.currency == currency],
        reversals=[one for one in reversals if one.amount.currency == currency],
        adjustments=[one for one in data.adjustments if one.amount.currency == currency],
        payouts=[one for one in data.payouts if one.gross.currency == currency],
    )
    lines = (
        f"{id}: {amount} is not {currency}; left out; convert it first, or review it apart" for id, amount in found
    )
    return kept, tuple(lines)


def progress(steps: Sequence[str]) -> Iterator[None]:
    """A bar on the terminal; nothing where the output goes into a file."""
    for number, step in enumerate(steps):
        if sys.stderr.isatty():
            done = 24 * number // len(steps)
            print(f"\r[{'#' * done}{'.' * (24 - done)}] {step:<20}", end="", file=sys.stderr, flush=True)
        yield
    if sys.stderr.isatty():
        print(f"\r{' ' * 60}\r", end="", file=sys.stderr, flush=True)


# --- figures that both outputs show -----------------------------------------------------------------------------------


def credited(attributions: Iterable[Attribution], currency: str) -> dict[str, Money]:
    """Party -> credit, the largest first; what nobody earned is a party too."""
    parts: dict[str, list[Money]] = {}
    for attribution in attributions:
        for credit in attribution.credits:
            parts.setdefault(credit.partner_id, []).append(credit.amount)
        if attribution.unattributed:
            parts.setdefault("(nobody)", []).append(attribution.unattributed)
    totals = {party: Money.total(amounts, currency) for party, amounts in parts.items()}
    return dict(sorted(totals.items(), key=lambda pair: (-pair[1].minor, pair[0])))


def stages(found: Review) -> dict[str, int]:
    """Stage -> how many partners are in it, in the order of the journey."""
    return {stage.value: sum(one.stage is stage for one in found.decisions) for stage in JourneyStage}


def routes(forecast: Forecast) -> dict[str, Money]:
    """What is expected of the direct team and what via partners, deals to come included."""
    expected = {"direct": Money.zero(forecast.currency), "via partners": Money.zero(forecast.currency)}
    for origin, part in forecast.by("origin").items():
        expected["direct" if origin == DIRECT else "via partners"] += part.expected
    return expected


def names(found: Review) -> dict[str, str]:
    """Partner id -> name."""
    return {partner.id: partner.name for partner in found.imported.dataset.partners}


FIGURES = ("won_revenue", "channel_share", "win_rate", "sales_cycle", "average_deal", "net_revenue_retention")
"""KPIs on the terminal; the page has all of the scorecard."""


# --- one screen -------------------------------------------------------------------------------------------------------


def screen(found: Review) -> str:
    """The summary for a terminal."""
    plan, forecast = found.plan, found.forecast
    direct = found.credited.get(DIRECT, Money.zero(plan.currency))
    # Without issues the import's table would be empty: its first line says it all.
    read = str(found.imported) if found.imported.issues else str(found.imported).partition("\n")[0]
    lines = [f"{plan.title}, as of {plan.as_of}", "", read]
    lines += shortened("Payouts", found.refused) + shortened("Other currencies", found.elsewhere)
    lines += ["", f"Won: {len(found.attributions):,} deals, {found.won:,}; credited to the direct team {direct:,}"]
    called = names(found)
    lines += [f"  {called.get(party, party):<28} {amount:>20,}" for party, amount in list(found.credited.items())[:5]]
    lines += ["", "Commissions:"]
    for word in ("earned", "clawed_back", "paid", "due", "held", "recoverable"):
        amount = Money.total([getattr(balance, word) for balance in found.balances], plan.currency)
        lines.append(f"  {word.replace('_', ' '):<28} {amount:>20,}")
    lines += ["", f"{found.scores.period} beside {found.scores.previous}:"]
    for line in (found.scores[metric] for metric in FIGURES):
        change = f"({line.change.shown})" if line.change.number is not None else ""
        lines.append(f"  {line.name:<28} {line.value.shown:>20} {change}".rstrip())
    likely = str(interval(forecast)).splitlines()[0]
    lines += ["", f"Next quarter, {forecast.period}: {forecast.expected:,} expected, {likely}"]
    parts = {"pipeline": forecast.pipeline, "new business": forecast.new_business, **routes(forecast)}
    lines += [f"  {part:<28} {amount:>20,}" for part, amount in parts.items()]
    lines += ["", "Partners by stage: " + ", ".join(f"{stage} {count}" for stage, count in stages(found).items())]
    quiet = sum(one.activity.value in {"cooling", "dormant", "lost"} for one in found.decisions)
    lines.append(f"  {quiet} of {len(found.decisions)} are cooling, dormant or lost")
    return "\n".join(lines)


def shortened(title: str, entries: Sequence[str], most: int = 5) -> list[str]:
    """A few lines of many, under a title with their number."""
    if not entries:
        return []
    rest = [f"  ... and {len(entries) - most:,} more"] if len(entries) > most else []
    return ["", f"{title}: {len(entries):,}", *(f"  {entry}" for entry in entries[:most]), *rest]


# --- one page ---------------------------------------------------------------------------------------------------------

STYLE = """
:root { color-scheme: light dark; --line: rgba(128,128,128,.35); --mark: #2f6fb0 }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 0 auto; padding: 1rem }
h1 { font-size: 1.6rem; line-height: 1.2; margin: .5rem 0 }
h2 { font-size: 1.2rem; margin: 2.5rem 0 .5rem; border-top: 2px solid var(--line); padding-top: 1rem }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr)); gap: .75rem; margin: 1rem 0 }
.card { border: 1px solid var(--line); border-radius: .5rem; padding: .6rem .55rem }
.card b { display: block; font-size: .95rem; line-height: 1.3; font-variant-numeric: tabular-nums }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(18rem, 1fr)); gap: 1rem; margin: 1.5rem 0 }
.card span, .note { opacity: .75; font-size: .9rem }
.scroll, .po-scroll { overflow-x: auto }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .92rem; width: 100% }
.number, [style*="right"] { text-align: right; white-space: nowrap }
th, td { padding: .25rem .6rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top }
caption { text-align: left; font-weight: 600; padding: .4rem 0 }
svg { max-width: 100%; height: auto }
details { margin: .5rem 0 } summary { cursor: pointer }
"""


def page(found: Review) -> str:
    """The whole review as one HTML file that asks nothing of any other place."""
    plan = found.plan
    sections = [
        f"<h1>{escape(plan.title)}</h1><p class='note'>Channel review as of {plan.as_of}, in {plan.currency}</p>",
        cards(found),
        glance(found),
        section("What was read", notes(found)),
        section("The quarter in figures", found.scores._repr_html_()),
        section("Who earned the credit", f"<p>{escape(str(plan.attribution))}</p>", credit_table(found)),
        section("Commissions", f"<p>{escape(str(plan.commission))}</p>", balance_table(found), statement(found)),
        section("Next quarter", found.forecast._repr_html_()),
        section("Where partners stand", partner_table(found)),
    ]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(plan.title)}: channel review</title><style>{STYLE}</style></head>\n"
        f"<body>\n{chr(10).join(sections)}\n</body></html>\n"
    )


def section(title: str, *parts: str) -> str:
    return f"<section><h2>{escape(title)}</h2>{''.join(parts)}</section>"


def cards(found: Review) -> str:
    """The five figures that a meeting starts with."""
    balances, currency = found.balances, found.plan.currency
    owed = Money.total([balance.due for balance in balances], currency)
    taken = Money.total([balance.clawed_back for balance in balances], currency)
    figures = [
        ("won", f"{found.won:,}"),
        ("due to partners", f"{owed:,}"),
        ("taken back", f"{taken:,}"),
        (f"expected in {found.forecast.period}", f"{found.forecast.expected:,}"),
        ("partners", f"{len(found.decisions):,}"),
    ]
    boxes = (f'<div class="card"><b>{escape(value)}</b><span>{escape(word)}</span></div>' for word, value in figures)
    return f'<div class="cards">{"".join(boxes)}</div>'


def notes(found: Review) -> str:
    """Everything that was wrong, folded away."""
    entries = [*found.refused, *found.elsewhere, *found.imported.issues]
    if not entries:
        return f"<p>All {found.imported.rows:,} rows were used, and nothing is wrong across records.</p>"
    shown = "".join(f"<li>{escape(str(entry))}</li>" for entry in entries[:1000])
    more = f"<li>... and {len(entries) - 1000:,} more</li>" if len(entries) > 1000 else ""
    one_by_one = f"<details><summary>{len(entries):,} notes, one by one</summary><ul>{shown}{more}</ul></details>"
    return found.imported._repr_html_() + one_by_one


def table(headers: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table; amounts stand to the right and never break over two lines."""
    found = [list(row) for row in rows]
    kinds = [' class="number"' if isinstance(cell, Money) else "" for cell in (found[0] if found else headers)]
    head = "".join(f"<th{kind}>{escape(header)}</th>" for header, kind in zip(headers, kinds, strict=True))
    body = "".join(
        "<tr>" + "".join(f"<td{kind}>{shown(cell)}</td>" for cell, kind in zip(row, kinds, strict=True)) + "</tr>"
        for row in found
    )
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def shown(cell: object) -> str:
    return escape(f"{cell:,}" if isinstance(cell, Money) else str(cell))


def credit_table(found: Review) -> str:
    called = names(found)
    rows = [(called.get(party, party), amount) for party, amount in found.credited.items()]
    # The result explains itself, as it does in a notebook.
    biggest = sorted(found.attributions, key=lambda one: -one.amount.minor)[:1]
    why = "".join(f"<details open><summary>The largest deal</summary>{one._repr_html_()}</details>" for one in biggest)
    return table(["party", "credit"], rows) + why


def balance_table(found: Review) -> str:
    called = names(found)
    balances = sorted(found.balances, key=lambda balance: (-balance.earned.minor, balance.partner_id))
    return table(
        ["partner", "earned", "taken back", "held", "due", "paid"],
        [
            (called.get(one.partner_id, one.partner_id), one.earned, one.clawed_back, one.held, one.due, one.paid)
            for one in balances
        ],
    )


def statement(found: Review) -> str:
    """One statement as a partner would get it: of the quarter in which most was taken back, or else most was earned."""
    earned = [one for one in found.ledger.postings if one.kind == "earned"]
    taken = [one for one in found.ledger.postings if one.kind in {"cancelled", "clawed_back"}]
    if not earned:
        return "<p>No partner earned anything yet.</p>"
    most = max(taken or earned, key=lambda one: one.amount.minor)
    quarter = found.plan.calendar.period("quarter", most.posted_on)
    whole = found.ledger.statement(most.partner_id, quarter)
    called = names(found).get(most.partner_id, most.partner_id)
    title = f"The statement of {called} for {quarter}, line by line"
    return f"<details open><summary>{escape(title)}</summary>{whole._repr_html_()}</details>"


def bars(title: str, values: Mapping[str, int], texts: Mapping[str, str]) -> str:
    """A small bar chart: one bar for each name, its text behind it."""
    most = max([*values.values(), 1])
    rows = []
    for place, (name, value) in enumerate(values.items()):
        top, length = 34 + 28 * place, 250 * max(value, 0) // most
        rows.append(
            f'<text x="92" y="{top + 14}" text-anchor="end" fill="currentColor">{escape(name)}</text>'
            f'<rect x="100" y="{top}" width="{length}" height="18" style="fill:var(--mark)">'
            f"<title>{escape(name)}: {escape(texts[name])}</title></rect>"
            f'<text x="{108 + length}" y="{top + 14}" fill="currentColor">{escape(texts[name])}</text>'
        )
    return (
        f'<svg viewBox="0 0 480 {42 + 28 * len(values)}" role="img" aria-label="{escape(title)}" '
        f'font-family="system-ui, sans-serif" font-size="13"><text x="0" y="16" font-weight="600" '
        f'fill="currentColor">{escape(title)}</text>{"".join(rows)}</svg>'
    )


def glance(found: Review) -> str:
    """Two pictures side by side: where partners stand, and what is expected by either route."""
    counts, expected = stages(found), routes(found.forecast)
    return (
        '<div class="charts">'
        + bars("Partners by stage", counts, {name: str(count) for name, count in counts.items()})
        + bars(
            f"Expected in {found.forecast.period}",
            {name: amount.minor for name, amount in expected.items()},
            {name: f"{amount:,}" for name, amount in expected.items()},
        )
        + "</div>"
    )


def partner_table(found: Review) -> str:
    order = list(JourneyStage)
    decisions = sorted(found.decisions, key=lambda one: (-order.index(one.stage), one.partner_id))
    rows = [
        (
            decision.partner.name,
            decision.stage.value,
            decision.activity.value,
            "; ".join(blocker.because for blocker in decision.blockers[:2]),
            "; ".join(action.text for action in decision.next_actions[:1]),
        )
        for decision in decisions
    ]
    return table(["partner", "stage", "activity", "what is missing", "next"], rows)


# --- the command ------------------------------------------------------------------------------------------------------


def find_review(folder: Path) -> Path | None:
    """The review in the folder itself, or the one that is named like the folder."""
    places = [folder / "review.toml", EXAMPLES / "reviews" / f"{folder.resolve().name}.toml"]
    return next((place for place in places if place.is_file()), None)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the summary and write the page."""
    parser = argparse.ArgumentParser(description="A channel review from a folder of CSV files.")
    parser.add_argument("folder", nargs="?", type=Path, default=EXAMPLES / "sample", help="folder with the exports")
    parser.add_argument("--review", type=Path, help="TOML file that says what to look at, and by which policies")
    parser.add_argument("--output", type=Path, default=Path("channel-review.html"), help="where the page goes")
    given = parser.parse_args(arguments)
    source = given.review or find_review(given.folder)
    if source is None:
        known = ", ".join(sorted(path.stem for path in (EXAMPLES / "reviews").glob("*.toml")))
        print(
            f"no review for {given.folder}: put a review.toml into it, or name one with --review; known: {known}",
            file=sys.stderr,
        )
        return 2
    try:
        found = review(given.folder, source)
    except (PartnerOpsError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    print(screen(found))
    if not found.imported.used:
        print("\nno row could be used: see the issues above", file=sys.stderr)
        return 2
    given.output.write_text(page(found), encoding="utf-8")
    print(f"\nThe whole review: {given.output}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
