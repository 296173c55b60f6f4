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


RESELLER: Final = Kind("reseller", 40, 1000, 1000, 1000, registers=True, origin="partner", touch="referral")
KINDS: Final = (
    RESELLER,
    Kind("consultancy", 18, 800, 1500, 1200, registers=True, origin="partner", touch="referral"),
    Kind("integrator", 12, 700, 1800, 1300, registers=True, origin="partner", touch="referral"),
    Kind("affiliate", 15, 1500, 400, 500, registers=False, origin="affiliate", touch="click"),
    Kind("influencer", 10, 1200, 350, 450, registers=False, origin="influencer", touch="content"),
    Kind("distributor", 5, 1300, 1300, 1000, registers=True, origin="partner", touch="referral"),
)
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
LEADS: Final = {"start": 0, "traction": 1700, "acceleration": 2700, "maturity": 4200}
"""Leads in a month of a reseller in each stage."""
ADVANCE: Final = {"qualified": 640, "proposal": 720, "negotiation": 800}
"""How likely a deal leaves a stage forwards; else it is lost there."""
RENEWAL: Final = {"qualified": 930, "proposal": 950, "negotiation": 960}
"""The same for a renewal."""
DAYS: Final = {"qualified": (4, 30), "proposal": (6, 35), "negotiation": (4, 25)}
"""Fewest and most days in a stage."""
MATURITY_BONUS: Final = {"start": 900, "traction": 930, "acceleration": 1000, "maturity": 1060}
"""How a partner's stage moves the chances of its deals."""

FIRST_WAVE: Final = 6_000_000
"""Revenue of twelve months, in centavos, that ends the second stage by itself."""
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
TIERS: Final = (("gold", 20_000_000), ("silver", 6_000_000), ("registered", 0))
"""Tiers and the revenue of twelve months, in centavos, that each asks for."""
