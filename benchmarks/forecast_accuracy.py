"""
The accuracy of every outlook beside the naive forecasts: the tables of the documentation, in about three minutes.

    python benchmarks/forecast_accuracy.py             # the simulated programme
    python benchmarks/forecast_accuracy.py FOLDER      # two public data sets too: crm-sales/ and olist-funnel/

Nothing is tuned here: every fit runs with its defaults. Each forecast sees only what was known when it was made.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from forecast_data import BRAZIL, CRM_END, CRM_START, OLIST_END, OLIST_START, crm_sales, olist

from partnerops import Dataset, Period
from partnerops.forecast import Forecast, Mixture, Outlook, StageWeighted, interval, project
from partnerops.forecast.fitting import (
    fit_in_period,
    fit_markov_chain,
    fit_naive_bayes,
    fit_new_business,
    fit_shrunk_win_rate,
    fit_time_to_close,
    fit_win_rate,
)
from partnerops.forecast.scoring import Backtest, Score, backtest, bias, brier, coverage, log_loss, rolling, wape
from partnerops.forecast.wrappers import Spread, TypicalClose
from partnerops.testing import simulate

MONTHS = tuple(Period.month(2017, month) for month in range(6, 13))
"""Seen from the ends of May to November 2017: seven origins."""
Fit = Callable[..., Outlook]


def _typical(outlook: Fit, data: Dataset, **options: object) -> Outlook:
    return TypicalClose(outlook(data, **options), fit_time_to_close(data, **options))


def _spread(outlook: Fit, data: Dataset, **options: object) -> Outlook:
    return Spread(outlook(data, **options), fit_time_to_close(data, **options))


def _fixed(_data: Dataset, **_options: object) -> Outlook:
    return StageWeighted({"Engaging": "0.40"})


def _mixed(data: Dataset, **options: object) -> Outlook:
    return Mixture(fit_in_period(data, **options), fit_time_to_close(data, **options))


OUTLOOKS: dict[str, Fit] = {
    "stage weight 40 %, typical close": partial(_typical, _fixed),
    "win rate, typical close": partial(_typical, fit_win_rate),
    "shrunk win rate, typical close": partial(
        _typical, lambda data, **options: fit_shrunk_win_rate(data, by=("stage", "partner.region"), **options)
    ),
    "naive Bayes, typical close": partial(
        _typical, lambda data, **options: fit_naive_bayes(data, by=("stage", "partner.region", "partner_id"), **options)
    ),
    "win rate, spread": partial(_spread, fit_win_rate),
    "Markov chain": fit_markov_chain,
    "time to close": fit_time_to_close,
    "in-period rate without phases": partial(fit_in_period, cycle="none"),
    "in-period rate": fit_in_period,
    "in-period rate and time to close": _mixed,
}


def method(fit: Fit, data: Dataset, /, *, as_of: datetime, period: Period, start: date | None = CRM_START) -> Forecast:
    """An outlook with new business, fitted to what it is handed."""
    options = {"as_of": as_of, "history_start": start}
    return project(
        data, outlook=fit(data, **options), period=period, as_of=as_of, new_business=fit_new_business(data, **options)
    )


def crm_monthly(data: Dataset, name: str = "in-period rate") -> Backtest:
    """Seven monthly origins."""
    return backtest(
        data, partial(method, OUTLOOKS[name]), name=name, periods=MONTHS, as_of=CRM_END, season=3,
        history_start=CRM_START,
    )  # fmt: skip


def crm_weekly(
    data: Dataset, name: str = "in-period rate", progress: Callable[[int, int], None] | None = None
) -> Backtest:
    """Weekly origins from May on, each about the week ahead."""
    periods = rolling(date(2017, 5, 1), step_days=7, horizon_days=7, until=CRM_END)
    return backtest(
        data, partial(method, OUTLOOKS[name]), name=name, periods=periods, as_of=CRM_END, season=13,
        history_start=CRM_START, progress=progress,
    )  # fmt: skip


def without_new_business(result: Backtest) -> str:
    """What the same forecasts miss when nobody adds deals that are not created yet."""
    said = [row.forecast.closed + row.forecast.pipeline for row in result.rows]
    actual = [row.actual for row in result.rows]
    return f"without new business: WAPE {wape(actual, said).percent()}, bias {bias(actual, said).percent()}"


def uncalibrated(result: Backtest) -> str:
    """How many of the intervals would have held what came if deals were independent."""
    spans = [interval(row.forecast) for row in result.rows]
    held = coverage([row.actual for row in result.rows], [span.low for span in spans], [span.high for span in spans])
    return f"deals taken as independent, intervals of 80 % held {held}"


def olist_conversion(data: Dataset, by: tuple[str, ...], *, shrunk: bool) -> dict[str, object]:
    """Chance of a signature within 30 days of the first contact, fitted month by month on leads old enough to tell."""
    pairs = []
    for month in range(2, 10):
        period = Period.month(2018, month)
        fit = fit_shrunk_win_rate if shrunk else fit_win_rate
        then = period.start - timedelta(days=1)
        fitted = fit(data, as_of=then, by=by, within_days=30, history_start=OLIST_START, calendar=BRAZIL)
        for deal in data.opportunities:
            if BRAZIL.contains(period, deal.created_at) and deal.created_at + timedelta(days=30) < BRAZIL.instant(
                OLIST_END
            ):
                in_time = deal.closed_at is not None and deal.closed_at <= deal.created_at + timedelta(days=30)
                pairs.append((fitted.rate(deal).value, in_time))
    return {"leads": len(pairs), "Brier": brier(pairs), "log loss": log_loss(pairs)}


SEEDS = (1, 2, 3)
SIMULATED: dict[str, Fit] = {
    "stage weights 25, 50, 75 %": lambda _data, **_options: StageWeighted(
        {"qualified": "0.25", "proposal": "0.50", "negotiation": "0.75"}
    ),
    "win rate": fit_win_rate,
    "shrunk win rate": fit_shrunk_win_rate,
    "naive Bayes": fit_naive_bayes,
    "Markov chain": fit_markov_chain,
    "time to close": fit_time_to_close,
    "in-period rate without phases": partial(fit_in_period, cycle="none"),
    "in-period rate": fit_in_period,
}


def simulated(data: Dataset, name: str) -> Backtest:
    """The third year of a simulated programme, month by month."""
    periods = [Period.month(2026, month) for month in range(1, 13)]
    return backtest(
        data, partial(method, SIMULATED[name], start=None), name=name, periods=periods, as_of=periods[-1].last
    )


def show_simulated() -> None:
    """One table: the mean of each score over the seeds."""
    programmes = [simulate(seed=seed, partners=60, months=36).dataset for seed in SEEDS]
    print("| outlook | WAPE | bias | Brier | log loss | ECE |\n|---|---|---|---|---|---|")
    naives: list[tuple[Score, ...]] = []
    for name in SIMULATED:
        scores = [simulated(data, name).scores for data in programmes]
        print(_means(name, [own for own, *_ in scores]), flush=True)
        naives = [rest for _, _, *rest in scores]
    for place, score in enumerate(naives[0]):
        print(_means(score.method, [row[place] for row in naives]))


def _means(name: str, scores: Sequence[Score]) -> str:
    def mean(values: Sequence[object], form: str) -> str:
        return "" if None in values else format(sum(map(float, values)) / len(values), form)

    money = [
        mean([getattr(one, which).value for one in scores], ".1%").replace("%", " %") for which in ("wape", "bias")
    ]
    chances = [mean([getattr(one, which) for one in scores], ".4f") for which in ("brier", "log_loss", "ece")]
    return f"| {' | '.join([name, *money, *chances])} |"


def main() -> None:
    """Print the tables."""
    print(f"simulated programme, mean of seeds {SEEDS}\n")
    show_simulated()
    if len(sys.argv) > 1:
        show_public(Path(sys.argv[1]))


def show_public(folder: Path) -> None:
    """The tables of the two public data sets."""
    data, unusable = crm_sales(folder / "crm-sales")
    print(f"\ncrm-sales: {data}; {len(unusable)} rows without engage date left out\n")
    print("| outlook | WAPE | bias | corrected WAPE | Brier | log loss | ECE |\n|---|---|---|---|---|---|---|")
    result = None
    for name in OUTLOOKS:
        result = crm_monthly(data, name)
        own, corrected, *_ = result.scores
        print(
            f"| {name} | {own.wape.percent()} | {own.bias.percent()} | {corrected.wape.percent()} | {own.brier:.4f} "
            f"| {own.log_loss:.4f} | {own.ece:.4f} |"
        )
    for score in result.scores[2:] if result else ():
        chances = " | ".join("" if one is None else f"{one:.4f}" for one in (score.brier, score.log_loss, score.ece))
        print(
            f"| {score.method} ({score.periods} of 7) | {score.wape.percent()} | {score.bias.percent()} | | {chances} |"
        )
    print(f"\n{without_new_business(crm_monthly(data))}")
    weekly = crm_weekly(data, progress=lambda done, total: print(f"\rweeks {done}/{total}", end="", file=sys.stderr))
    print(f"\nweek by week: {weekly}\n{uncalibrated(weekly)}")
    leads, unusable = olist(folder / "olist-funnel")
    print(f"\nolist: {leads}; {unusable}\n\n| cells | leads | Brier | log loss |\n|---|---|---|---|")
    for words, by, shrunk in (
        ("all leads", (), False), ("origin, raw", ("origin",), False), ("origin, shrunk", ("origin",), True),
        ("landing page, raw", ("custom.page",), False), ("landing page, shrunk", ("custom.page",), True),
        ("origin > landing page, shrunk", ("origin", "custom.page"), True),
    ):  # fmt: skip
        found = olist_conversion(leads, by, shrunk=shrunk)
        print(f"| {words} | {found['leads']} | {found['Brier']:.5f} | {found['log loss']:.4f} |")


if __name__ == "__main__":
    main()
