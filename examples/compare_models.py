"""A simulated year of a partner programme under every model, side by side: who gains, who loses, what money moves."""

from datetime import date

from partnerops.attribution import (
    AttributionPolicy,
    FirstTouch,
    LastNonDirect,
    LastTouch,
    LeadOrigin,
    Linear,
    OrElse,
    RegistrationFirst,
    compare,
    presets,
)
from partnerops.attribution.conflicts import find_conflicts, sourced_and_influenced, unregistered
from partnerops.attribution.datadriven import MarkovRemoval, Shapley, journeys_of
from partnerops.attribution.wrappers import OncePerParty
from partnerops.testing import simulate

AS_OF = date(2024, 12, 31)

data = simulate(seed=7, partners=8, months=12).dataset
journeys = journeys_of(data, as_of=AS_OF)
models: dict[str, AttributionPolicy] = {
    "linear": Linear(),
    "once each": OncePerParty(Linear()),
    "first": FirstTouch(),
    "last": LastTouch(),
    "non-direct": LastNonDirect(),
    "40/20/40": presets.GOOGLE_ADS_POSITION_BASED,
    "W-shaped": presets.HUBSPOT_W_SHAPED,
    "full path": presets.HUBSPOT_FULL_PATH,
    "decay": presets.GOOGLE_ADS_TIME_DECAY,
    "origin": OrElse(LeadOrigin(), Linear()),
    "registered": RegistrationFirst(Linear()),
    "Markov": MarkovRemoval.fit(journeys),
    "Shapley": Shapley.fit(journeys),
}
comparison = compare(data, policies=models, as_of=AS_OF)

headline = str(comparison).splitlines()[0]
print(headline)
for name in list(models)[1:]:
    moved = ", ".join(f"{money:,.0f}" for money in comparison.moved(name))
    print(f"{name} instead of linear moves {moved}")

print()
rows = comparison.by_party()
print(f"{'party':<14}" + "".join(f"{name:>12}" for name in models))
for row in rows:
    print(f"{row['party']!s:<14}" + "".join(f"{row[name].amount:>12,.0f}" for name in models))

print()
results = comparison.of("registered")
print(str(find_conflicts(results)).splitlines()[0])
print(str(sourced_and_influenced(comparison.of("origin"))).splitlines()[0])
print(str(unregistered(data, as_of=AS_OF)).splitlines()[0])
