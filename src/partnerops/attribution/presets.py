"""
Published models, by the name of who published them: each is an ordinary policy value.

Products change their models; the weights are those of the page named under each constant, as read in 2026. Two models
with the same weights may still differ in their anchor: the second anchor of Google Ads is the last touch, that of
HubSpot and Marketo Measure is the creation of the lead.
"""

from __future__ import annotations

from typing import Final

from partnerops.attribution._labels import RoleWeighted
from partnerops.attribution._milestones import MilestoneBased
from partnerops.attribution._positions import PositionBased, TimeDecay
from partnerops.attribution._single import LastNonDirect
from partnerops.attribution.options import MissingMilestone, NoMiddle
from partnerops.attribution.tables import ShareTable

__all__ = [
    "DP6_POSITION_BASED",
    "DREAMDATA_U_SHAPED",
    "DREAMDATA_W_SHAPED",
    "GOOGLE_ADS_POSITION_BASED",
    "GOOGLE_ADS_TIME_DECAY",
    "GOOGLE_ANALYTICS_LAST_NON_DIRECT",
    "HUBSPOT_FULL_PATH",
    "HUBSPOT_SIMPLE_DECAY_2016",
    "HUBSPOT_U_SHAPED",
    "HUBSPOT_W_SHAPED",
    "MARKETO_FULL_PATH",
    "MARKETO_U_SHAPED",
    "MARKETO_W_SHAPED",
    "MATOMO_POSITION_BASED",
    "PARTNER_ROLES",
]

# Shared by those who publish the same weights: they differ in what happens to a milestone that nobody touched.
_W: Final = {"first": "0.3", "lead_created": "0.3", "deal_created": "0.3"}
_FULL_PATH: Final = {"first": "0.225", "lead_created": "0.225", "deal_created": "0.225", "closed": "0.225"}

GOOGLE_ADS_POSITION_BASED: Final = PositionBased("0.4", "0.4")
"""40 % first touch, 40 % last touch, 20 % the others. Source: Google Ads API, AttributionModelEnum."""
GOOGLE_ADS_TIME_DECAY: Final = TimeDecay(half_life_days=7)
"""Half the weight a week earlier. Source: Google Ads API, AttributionModelEnum: "half-life is 1 week"."""
GOOGLE_ANALYTICS_LAST_NON_DIRECT: Final = LastNonDirect()
"""The last touch that was not direct, unless all were. Source: Google Analytics, last non-direct click."""
DP6_POSITION_BASED: Final = PositionBased("0.4", "0.4", two_touches=NoMiddle.SPLIT_MIDDLE)
"""40/20/40, the middle halved where there is none. Source: DP6 Marketing Attribution Models, `MAM.py`."""
MATOMO_POSITION_BASED: Final = PositionBased("0.4", "0.4")
"""40 % first, 40 % last, 20 % the others. Source: Matomo, question 25500 of its help pages."""
HUBSPOT_U_SHAPED: Final = MilestoneBased({"first": "0.4", "lead_created": "0.4"})
"""40 % first touch, 40 % lead creation, 20 % the others. Source: a reader of HubSpot's U-shaped model, second-hand."""
HUBSPOT_W_SHAPED: Final = MilestoneBased(_W)
"""30 % first touch, 30 % lead creation, 30 % deal creation, 10 % the others. Source: as the U-shaped model."""
HUBSPOT_FULL_PATH: Final = MilestoneBased(_FULL_PATH)
"""22.5 % first touch, lead creation, deal creation and close each, 10 % the others. Source: as the U-shaped model."""
HUBSPOT_SIMPLE_DECAY_2016: Final = ShareTable(["32/63", "16/63", "8/63", "4/63", "2/63", "1/63"], count_from="last")
"""
50, 25, 12.5, 6.25, 3.125 and 1.563 % for the six latest touches; the list sums to 98.4 %, here it is normalised.

Source: HubSpot's help article on the attribution report of 2016.
"""
MARKETO_U_SHAPED: Final = MilestoneBased({"first": "0.5", "lead_created": "0.5"}, missing=MissingMilestone.INFER)
"""
50 % first touch, 50 % lead creation, nothing between; a skipped stage counts as passed through.

Source: Marketo Measure attribution models.
"""
MARKETO_W_SHAPED: Final = MilestoneBased(_W, missing=MissingMilestone.INFER)
"""30 % first touch, lead creation and opportunity creation each, 10 % the others. Source: as the U-shaped model."""
MARKETO_FULL_PATH: Final = MilestoneBased(_FULL_PATH, missing=MissingMilestone.INFER)
"""22.5 % first touch, lead, opportunity and closed-won each, 10 % the others. Source: as the U-shaped model."""
DREAMDATA_U_SHAPED: Final = PositionBased("0.4", "0.4")
"""40 % first, 40 % last, 20 % the others. Source: Dreamdata, "attribution model"."""
DREAMDATA_W_SHAPED: Final = MilestoneBased(
    {"first": "0.3", "last": "0.3", "lead_created": "0.15", "deal_created": "0.15"}, missing=MissingMilestone.INFER
)
"""
30 % first, 30 % last, 30 % conversion touches, 10 % the others. Source: Dreamdata, "attribution model".

Our reading: the conversions are the creation of the lead and of the deal, half of the 30 % each.
"""
PARTNER_ROLES: Final = RoleWeighted({"sourcer": "0.4", "influencer": "0.2", "implementer": "0.2", "closer": "0.2"})
"""40 % who sourced, 20 % who influenced, implemented and closed each. Source: open-source partner attribution."""
