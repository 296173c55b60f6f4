"""The definitions of the KPIs of deals, leads and recurring revenue."""

from __future__ import annotations

from typing import Any

from partnerops.metrics._definition import COUNT, MEDIAN, MONEY, RATIO, SUM, family

_CLOSE = {"window": "date of the close", "cadence": "week"}
_AMOUNT: dict[str, Any] = {**_CLOSE, "unit": "money", "zero": MONEY}
_SUM: dict[str, Any] = {**_AMOUNT, "zero": SUM, "additive": True}
_RATE: dict[str, Any] = {**_CLOSE, "unit": "rate", "zero": RATIO}
_DAYS: dict[str, Any] = {**_CLOSE, "unit": "days", "zero": MEDIAN, "better": "lower"}
_LEAD: dict[str, Any] = {"window": "date the lead came in", "cadence": "week", "unit": "rate", "zero": RATIO,
                         "subject": "lead"}  # fmt: skip
_STOCK: dict[str, Any] = {"window": "first and last evening", "cadence": "month", "subject": "customer"}
_PART: dict[str, Any] = {**_STOCK, "unit": "rate", "zero": RATIO}

REVENUE = family(
    "revenue",
    {"id": "won_revenue", "name": "Won revenue", "name_pt": "Receita ganha",
     "formula": "sum of won amounts", "scored": True, **_SUM},
    {"id": "reversed_revenue", "name": "Reversed revenue", "name_pt": "Receita estornada",
     "formula": "sum of what was taken back", **_SUM, "window": "date of the reversal", "better": "lower"},
    {"id": "net_revenue", "name": "Net revenue", "name_pt": "Receita líquida de estornos",
     "formula": "won revenue - reversed revenue", **_SUM, "window": "date of the close, of the reversal"},
    {"id": "deals_won", "name": "Deals won", "name_pt": "Negócios ganhos", "formula": "number of won deals",
     "unit": "count", "zero": COUNT, "additive": True, "scored": True, **_CLOSE},
    {"id": "channel_share", "name": "Channel share", "name_pt": "Participação do canal na receita",
     "formula": "indirect won amount / won amount", "scored": True, **_RATE},
    {"id": "origin_share", "name": "Share of an origin", "name_pt": "Participação de uma origem",
     "formula": "won amount of one origin / won amount", **_RATE},
    {"id": "credited_revenue", "name": "Credited revenue", "name_pt": "Receita creditada",
     "formula": "sum of sourced credits in force", **_SUM, "window": "date the credit was earned"},
    {"id": "partner_sourced_revenue", "name": "Partner-sourced revenue", "name_pt": "Receita originada por parceiros",
     "formula": "sum of partners' sourced credits in force", **_SUM, "window": "date the credit was earned"},
    {"id": "influenced_revenue", "name": "Partner-influenced revenue", "name_pt": "Receita influenciada por parceiros",
     "formula": "sum of won amounts that a partner influenced, each deal once", **_SUM},
    {"id": "average_deal", "name": "Average deal", "name_pt": "Ticket médio",
     "formula": "won amount / won deals", "scored": True, **_AMOUNT},
    {"id": "median_deal", "name": "Median deal", "name_pt": "Ticket mediano",
     "formula": "median of won amounts", **_AMOUNT},
)  # fmt: skip

BOOKINGS = family(
    "bookings",
    {"id": "arr_booked", "name": "ARR booked", "name_pt": "ARR contratada",
     "formula": "sum of recurring lines, amount / term x 12", **_SUM},
    {"id": "one_off_booked", "name": "One-off revenue booked", "name_pt": "Receita pontual contratada",
     "formula": "sum of one-off lines", **_SUM},
    {"id": "total_contract_value", "name": "Total contract value", "name_pt": "Valor total dos contratos",
     "formula": "sum of all lines over their terms", **_SUM},
    {"id": "motion_revenue", "name": "Revenue by motion", "name_pt": "Receita por movimento",
     "formula": "sum of the lines of one motion: new, expansion, cross-sell, renewal", **_SUM},
    {"id": "recurring_share", "name": "Recurring share", "name_pt": "Participação da receita recorrente",
     "formula": "recurring / (recurring + one-off), first twelve months of each", **_RATE},
)  # fmt: skip

CONVERSION = family(
    "conversion",
    {"id": "win_rate", "name": "Win rate", "name_pt": "Taxa de ganho",
     "formula": "won deals / (won + lost deals)", "scored": True, **_RATE},
    {"id": "win_rate_by_amount", "name": "Win rate by amount", "name_pt": "Taxa de ganho por valor",
     "formula": "won amount / (won + lost amount)", **_RATE},
    {"id": "cohort_win_rate", "name": "Cohort win rate", "name_pt": "Taxa de ganho da coorte",
     "formula": "won deals / deals created, open ones too", **_RATE, "window": "date of creation"},
    {"id": "stage_conversion", "name": "Stage conversion, cohort", "name_pt": "Conversão de etapa, coorte",
     "formula": "deals that went on / deals that entered the stage", **_RATE, "window": "date of first entry"},
    {"id": "stage_conversion_in_period", "name": "Stage conversion, period",
     "name_pt": "Conversão de etapa, período",
     "formula": "moves forward / moves forward or lost", **_RATE, "window": "date of the exit"},
)  # fmt: skip

CYCLES = family(
    "cycles",
    {"id": "sales_cycle", "name": "Sales cycle", "name_pt": "Ciclo de vendas",
     "formula": "median days from creation to close of won deals", "scored": True, **_DAYS},
    {"id": "lost_cycle", "name": "Lost cycle", "name_pt": "Ciclo dos negócios perdidos",
     "formula": "median days from creation to close of lost deals", **_DAYS},
    {"id": "first_touch_cycle", "name": "Sales cycle from first contact",
     "name_pt": "Ciclo de vendas desde o primeiro contato",
     "formula": "median days from first contact to close of won deals", "scored": True, **_DAYS},
    {"id": "open_cycle", "name": "Sales cycle, open deals included", "name_pt": "Ciclo de vendas com negócios abertos",
     "formula": "first day by which half of the deals created are won, losses competing", **_DAYS,
     "window": "date of creation"},
    {"id": "pipeline_velocity", "name": "Pipeline velocity", "name_pt": "Velocidade do pipeline",
     "formula": "open deals x win rate x mean amount / mean cycle", **_AMOUNT,
     "window": "look-back by date of the close"},
)  # fmt: skip

LEADS = family(
    "leads",
    {"id": "leads_received", "name": "Leads received", "name_pt": "Leads recebidos", "formula": "number of leads",
     **_LEAD, "unit": "count", "zero": COUNT, "additive": True, "scored": True},
    {"id": "leads_accepted", "name": "Leads accepted", "name_pt": "Leads aceitos",
     "formula": "number of leads taken on", **_LEAD, "unit": "count", "zero": COUNT, "additive": True,
     "window": "date of the acceptance"},
    {"id": "lead_acceptance", "name": "Lead acceptance", "name_pt": "Taxa de aceitação de leads",
     "formula": "leads taken on / leads", "scored": True, **_LEAD},
    {"id": "lead_rejection", "name": "Lead rejection", "name_pt": "Taxa de rejeição de leads",
     "formula": "leads refused / leads", "better": "lower", **_LEAD},
    {"id": "lead_conversion", "name": "Lead conversion, cohort", "name_pt": "Conversão de leads, coorte",
     "formula": "leads that became opportunities / leads", **_LEAD},
    {"id": "lead_conversion_in_period", "name": "Lead conversion, period", "name_pt": "Conversão de leads, período",
     "formula": "converted / (converted + refused)", **_LEAD, "window": "date of the decision"},
    {"id": "leads_to_customers", "name": "Leads to customers", "name_pt": "Leads que viram clientes",
     "formula": "leads whose opportunity was won / leads", **_LEAD},
)  # fmt: skip

RECURRING = family(
    "recurring",
    {"id": "mrr", "name": "Monthly recurring revenue", "name_pt": "Receita recorrente mensal (MRR)",
     "formula": "sum of amount / term of the lines that run", "unit": "money", "zero": SUM, "additive": True,
     "scored": True, **_STOCK},
    {"id": "arr", "name": "Annual recurring revenue", "name_pt": "Receita recorrente anual (ARR)",
     "formula": "12 x MRR", "unit": "money", "zero": SUM, "additive": True, **_STOCK},
    {"id": "active_customers", "name": "Active customers", "name_pt": "Clientes ativos",
     "formula": "customers with a line that runs", "unit": "count", "zero": COUNT, "additive": True, **_STOCK},
    {"id": "customer_churn", "name": "Customer churn", "name_pt": "Churn de clientes",
     "formula": "customers lost / customers at the start", "better": "lower", "scored": True, **_PART},
    {"id": "customer_retention", "name": "Customer retention", "name_pt": "Retenção de clientes",
     "formula": "customers kept / customers at the start", **_PART},
    {"id": "gross_revenue_churn", "name": "Gross revenue churn", "name_pt": "Churn bruto de receita",
     "formula": "(churned + contracted MRR) / MRR at the start", "better": "lower", **_PART},
    {"id": "net_revenue_retention", "name": "Net revenue retention", "name_pt": "Retenção líquida de receita (NRR)",
     "formula": "MRR at the end of the customers at the start / MRR at the start", "scored": True, **_PART},
    {"id": "expansion_rate", "name": "Expansion rate", "name_pt": "Taxa de expansão",
     "formula": "MRR added by customers at the start / MRR at the start", **_PART},
    {"id": "year_two_retention", "name": "Year-two retention", "name_pt": "Retenção no segundo ano",
     "formula": "customers active twelve months later / customers who began", **_PART,
     "window": "first day of the first line"},
    {"id": "early_churn", "name": "Early churn", "name_pt": "Churn precoce",
     "formula": "customers gone after so many days / customers who began", "better": "lower", **_PART,
     "window": "first day of the first line"},
)  # fmt: skip
