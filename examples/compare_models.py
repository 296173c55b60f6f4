"""A simulated year of a partner programme under every model, side by side: who gains, who loses, what money moves."""

from datetime import date

from partnerops.attribution import (
    AttributionPolicy,
    FirstTouch,
    LastNonDirect,
    LastTouch,
    LeadOrigin,
    Linear,
    Lookback,
    OrElse,
    RegistrationFirst,
    RoleWeighted,
    StageOfInvolvement,
    compare,
    presets,
)
from partnerops.attribution.conflicts import find_conflicts, sourced_and_influenced, unregistered
from partnerops.attribution.datadriven import MarkovRemoval, Shapley, journeys_of
from partnerops.attribution.tables import ShareTable
from partnerops.attribution.wrappers import OncePerParty
from partnerops.testing import simulate

AS_OF = date(2024, 12, 31)

data = simulate(seed=7, partners=8, months=12).dataset
journeys = journeys_of(data, as_of=AS_OF)
models: dict[str, AttributionPolicy] = {
    "linear": Linear(),
    "once each": OncePerParty(Linear()),
    "30 days": Lookback(Linear(), days=30),
    "first": FirstTouch(),
    "last": LastTouch(),
    "non-direct": LastNonDirect(),
    "40/20/40": presets.GOOGLE_ADS_POSITION_BASED,
    "U-shaped": presets.HUBSPOT_U_SHAPED,
    "U 50/50": presets.MARKETO_U_SHAPED,
    "W-shaped": presets.HUBSPOT_W_SHAPED,
    "full path": presets.HUBSPOT_FULL_PATH,
    "decay": presets.GOOGLE_ADS_TIME_DECAY,
    "by stage": StageOfInvolvement({"qualified": "0.5", "proposal": "0.2", "negotiation": "0.2"}, missing="0.1"),
    "by role": RoleWeighted({"sourcer": "0.4", "influencer": "0.2"}, missing="0.4"),
    "50/30/20": ShareTable(["0.5", "0.3", "0.2"]),
    "origin": OrElse(LeadOrigin(), Linear()),
    "registered": RegistrationFirst(Linear()),
    "Markov": MarkovRemoval.fit(journeys),
    "Shapley": Shapley.fit(journeys),
}
comparison = compare(data, policies=models, as_of=AS_OF)

print(str(comparison).splitlines()[0])
print()

# One row per model: a programme compares more models than fit beside each other, and the parties stay the same.
rows = comparison.by_party()
parties = [str(row["party"]) for row in rows]
print(f"{'model':<12}" + "".join(f"{party:>13}" for party in (*parties, "moved")))
for name in models:
    (moved,) = comparison.moved(name)
    amounts = [*(row[name] for row in rows), moved]
    print(f"{name:<12}" + "".join(f"{amount.amount:>13,.0f}" for amount in amounts))
print("moved: money that changes hands when this model replaces the linear one")

print()
results = comparison.of("registered")
print(str(find_conflicts(results)).splitlines()[0])
print(str(sourced_and_influenced(comparison.of("origin"))).splitlines()[0])
print(str(unregistered(data, as_of=AS_OF)).splitlines()[0])
