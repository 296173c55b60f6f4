"""What the simulated programme is made of; every figure is invented, and every rate is per mille."""

from __future__ import annotations

from typing import Final, NamedTuple

CURRENCY: Final = "BRL"
STAGES: Final = ("start", "traction", "acceleration", "maturity")
"""Stages of the partner journey, as the journey package writes them."""
PIPELINE: Final = ("qualified", "proposal", "negotiation")
"""Stages that an open deal passes, in order."""


class Kind(NamedTuple):
    """A type of partner and what sets it apart."""

    name: str
    weight: int
    """How common it is."""
    pace: int
    """Leads beside those of a reseller."""
    size: int
    """Amounts beside those of a reseller."""
    cycle: int
    """Length of a sale beside that of a reseller."""
    registers: bool
    """Whether it registers deals, takes part in them and holds certificates, or only refers them."""
    origin: str
    """Origin of the deals that it brings."""
    touch: str
    """Kind of the touch with which it brings them."""


# All other figures are beside this kind's thousand per mille; bigger deals take longer, small ones come often.
RESELLER: Final = Kind("reseller", 40, 1000, 1000, 1000, registers=True, origin="partner", touch="referral")
KINDS: Final = (
    RESELLER,
    Kind("consultancy", 18, 800, 1500, 1200, registers=True, origin="partner", touch="referral"),
    Kind("integrator", 12, 700, 1800, 1300, registers=True, origin="partner", touch="referral"),
    # These two refer customers and sell nothing themselves: the types without registrations and certificates.
    Kind("affiliate", 15, 1500, 400, 500, registers=False, origin="affiliate", touch="click"),
    Kind("influencer", 10, 1200, 350, 450, registers=False, origin="influencer", touch="content"),
    # Rare, since one of them stands over several resellers.
    Kind("distributor", 5, 1300, 1300, 1000, registers=True, origin="partner", touch="referral"),
)
# Weight 0: it is never drawn among partners. A little quicker, with somewhat larger deals: it knows its product.
DIRECT_KIND: Final = Kind("direct", 0, 1000, 1100, 900, registers=False, origin="direct", touch="campaign")
"""The vendor's own team, which sells like everybody else."""

STATES: Final = (
    (("SP", "Sudeste"), 30),
    (("RJ", "Sudeste"), 12),
    (("MG", "Sudeste"), 12),
    (("PR", "Sul"), 9),
    (("SC", "Sul"), 8),
    (("RS", "Sul"), 8),
    (("BA", "Nordeste"), 6),
    (("PE", "Nordeste"), 5),
    (("CE", "Nordeste"), 4),
    (("GO", "Centro-Oeste"), 3),
    (("DF", "Centro-Oeste"), 2),
    (("AM", "Norte"), 1),
)

SEASON: Final = (700, 800, 1150, 1000, 1050, 1100, 900, 1050, 1150, 1050, 1100, 650)
"""Leads of each month beside the mean: slow around Carnival and Christmas, fast when a quarter ends."""
# None before onboarding, or the first stage would end by a sale that nobody was able to make. With the chances below
# the others win some 0.3, 0.7 and 1.2 deals a month, so that stages differ and small samples do not tell.
LEADS: Final = {"start": 0, "traction": 1700, "acceleration": 2700, "maturity": 4200}
"""Leads in a month of a reseller in each stage."""
# Together 37 %: a little more than one deal in three is won, and most are lost early, as in real pipelines.
ADVANCE: Final = {"qualified": 640, "proposal": 720, "negotiation": 800}
"""How likely a deal leaves a stage forwards; else it is lost there."""
# Together 85 %, so that churn shows within two years of a programme.
RENEWAL: Final = {"qualified": 930, "proposal": 950, "negotiation": 960}
"""The same for a renewal."""
# On average 17, 20 and 15 days: some 52 for a won deal, about what a public pipeline shows.
DAYS: Final = {"qualified": (4, 30), "proposal": (6, 35), "negotiation": (4, 25)}
"""Fewest and most days in a stage."""
# Small on purpose: a stage shows in how much a partner sells, and hardly in how well. Models that confuse the two are
# found out.
MATURITY_BONUS: Final = {"start": 900, "traction": 930, "acceleration": 1000, "maturity": 1060}
"""How a partner's stage moves the chances of its deals."""

# Three or four of a reseller's deals: now this amount, now two wins in two months end the stage.
FIRST_WAVE: Final = 6_000_000
"""Revenue of twelve months, in centavos, that ends the second stage by itself."""
# Twice the first wave, some seven of a reseller's deals: a deal every other month, not a single large one.
MATURE: Final = 12_000_000
"""Revenue of twelve months, in centavos, without which nobody is mature."""


class Product(NamedTuple):
    """Something the vendor sells."""

    code: str
    category: str
    price: int
    """Centavos of one unit, for a month if it recurs."""
    units: tuple[int, int]
    """Fewest and most units in a deal."""
    terms: tuple[int, ...]
    """Months that a contract may run; empty for what is sold once."""
    cost: int
    """Cost per mille of the amount."""


SOFTWARE: Final = (
    # The terms repeat where one is commoner: most contracts run for a year.
    Product("gestao", "software", 8_990, (3, 40), (12, 12, 24), 240),
    Product("fiscal", "software", 5_990, (2, 24), (12,), 220),
    Product("loja-virtual", "software", 14_990, (1, 8), (6, 12, 24), 280),
)
EXTRAS: Final = (
    Product("implantacao", "services", 95_000, (1, 8), (), 560),
    Product("treinamento", "services", 45_000, (1, 6), (), 500),
    Product("coletor", "hardware", 189_000, (1, 10), (), 780),
)

SEGMENTS: Final = (("pequena", 60), ("media", 30), ("grande", 10))
# No company's name can come of these: the trade says what it does, the second word that it does not exist.
BUSINESSES: Final = ("Padaria", "Mercado", "Oficina", "Clínica", "Escola", "Gráfica", "Loja", "Farmácia", "Transportes")
MADE_UP: Final = ("Exemplo", "Amostra", "Modelo", "Ensaio", "Hipótese", "Maquete")
"""Words that tell a reader at once that no such company exists."""
TRADES: Final = ("Sistemas", "Tecnologia", "Informática", "Soluções", "Dados", "Serviços")
CHANNELS: Final = (("paid_search", 4), ("email", 3), ("event", 2), ("organic", 3))
LEAD_REJECTIONS: Final = ("no budget", "outside the ideal profile", "duplicate", "could not be reached")
LOST_REASONS: Final = {
    "qualified": ("no need", "no answer"),
    "proposal": ("price", "missing feature", "competitor"),
    "negotiation": ("price", "competitor", "postponed"),
}
REGISTRATION_REJECTIONS: Final = ("named account", "too little information", "outside the region")
# Out of a hundred: every kind that a clawback knows occurs in a programme of a few years, fraud hardly ever.
REVERSALS: Final = (
    ("refund", 30),
    ("churn", 28),
    ("cancellation", 14),
    ("downgrade", 12),
    ("non_payment", 9),
    ("chargeback", 6),
    ("fraud", 1),
)
CERTIFICATES: Final = (("gestao-vendas", "sales"), ("gestao-tecnico", "technical"), ("fiscal-tecnico", "technical"))
# From the best down: the first whose floor is reached is the tier. The last floor is 0, so there always is one.
TIERS: Final = (("gold", 20_000_000), ("silver", 6_000_000), ("registered", 0))
"""Tiers and the revenue of twelve months, in centavos, that each asks for."""
