"""The definitions of the KPIs of customers, partners, the channel and targets."""

from __future__ import annotations

from typing import Any

from partnerops.metrics._definition import COUNT, MEDIAN, RATIO, family

_UNSPENT = "nobody to divide by, or no costs: unknown"
_CUSTOMER: dict[str, Any] = {"window": "first won close", "cadence": "month", "subject": "customer"}
_WORTH: dict[str, Any] = {"window": "first and last evening", "cadence": "quarter", "subject": "customer",
                          "unit": "money", "zero": "no customer, or none that left: unknown"}  # fmt: skip
_ANSWER: dict[str, Any] = {"window": "date of the answer", "cadence": "month", "subject": "customer", "zero": MEDIAN}
_PARTNER: dict[str, Any] = {"window": "date of recruitment", "cadence": "month", "subject": "partner"}
_ENROLLED: dict[str, Any] = {"window": "date of the event", "cadence": "month", "subject": "partner"}
_CHANNEL: dict[str, Any] = {"window": "date of the close", "cadence": "month", "unit": "rate",
                            "zero": "partners won nothing: unknown"}  # fmt: skip

CUSTOMERS = family(
    "customers",
    {"id": "new_customers", "name": "New customers", "name_pt": "Novos clientes",
     "formula": "accounts whose first won deal closed", "unit": "count", "zero": COUNT, "additive": True,
     "scored": True, **_CUSTOMER},
    {"id": "acquisition_cost", "name": "Customer acquisition cost", "name_pt": "Custo de aquisição de clientes (CAC)",
     "formula": "(costs + commission) / new customers", "unit": "money", "zero": _UNSPENT, "better": "lower",
     "scored": True, **_CUSTOMER},
    {"id": "acquisition_payback", "name": "CAC payback", "name_pt": "Retorno do CAC",
     "formula": "CAC / (MRR per new customer x gross margin)", "unit": "months", "zero": _UNSPENT,
     "better": "lower", **_CUSTOMER},
    {"id": "net_promoter_score", "name": "Net promoter score", "name_pt": "NPS",
     "formula": "100 x (promoters - detractors) / answers", "unit": "points", "scored": True, **_ANSWER},
    {"id": "customer_satisfaction", "name": "Customer satisfaction", "name_pt": "Satisfação dos clientes (CSAT)",
     "formula": "mean of the latest answers, 1 to 5", "unit": "number", **_ANSWER},
)  # fmt: skip

LIFETIME = family(
    "lifetime",
    {"id": "lifetime_value", "name": "Customer lifetime value", "name_pt": "Valor vitalício do cliente (CLV)",
     "formula": "revenue per customer x margin / churn", **_WORTH},
    {"id": "discounted_lifetime_value", "name": "Lifetime value, discounted",
     "name_pt": "Valor vitalício descontado", "formula": "m x r / (1 + d - r)", **_WORTH},
    {"id": "finite_lifetime_value", "name": "Lifetime value, finite", "name_pt": "Valor vitalício finito",
     "formula": "sum of m x r^k / (1 + d)^k for k = 1 to T", **_WORTH},
    {"id": "lifetime_value_to_cost", "name": "Lifetime value to cost", "name_pt": "LTV:CAC",
     "formula": "lifetime value / CAC", **_WORTH | {"unit": "rate"}},
)  # fmt: skip

PARTNERS = family(
    "partners",
    {"id": "partners_recruited", "name": "Partners recruited", "name_pt": "Parceiros recrutados",
     "formula": "number of partners recruited", "unit": "count", "zero": COUNT, "additive": True, **_PARTNER},
    {"id": "partners_activated", "name": "Partners activated", "name_pt": "Parceiros ativados",
     "formula": "partners with their first event", "unit": "count", "zero": COUNT, "additive": True,
     **_PARTNER | {"window": "date of the first event"}},
    {"id": "partner_activation", "name": "Partner activation rate", "name_pt": "Taxa de ativação de parceiros",
     "formula": "partners with an event within so many days / partners recruited", "unit": "rate", "zero": RATIO,
     **_PARTNER},
    {"id": "active_partners", "name": "Active partners", "name_pt": "Parceiros ativos",
     "formula": "partners with an event / partners enrolled throughout", "unit": "rate", "zero": RATIO,
     "scored": True, **_ENROLLED},
    {"id": "events_per_active_partner", "name": "Events per active partner",
     "name_pt": "Engajamento por parceiro ativo", "formula": "median events of partners with one",
     "unit": "number", "zero": MEDIAN, **_ENROLLED},
    {"id": "time_to_first_deal", "name": "Time to first deal", "name_pt": "Tempo até o primeiro negócio",
     "formula": "median days from recruitment to first won close", "unit": "days", "zero": MEDIAN,
     "better": "lower", **_PARTNER},
    {"id": "partner_churn", "name": "Partner churn", "name_pt": "Churn de parceiros",
     "formula": "partners that left or fell silent / partners at the start", "unit": "rate", "zero": RATIO,
     "better": "lower", **_ENROLLED | {"cadence": "quarter"}},
    {"id": "partner_year_two_retention", "name": "Partner year-two retention",
     "name_pt": "Retenção de parceiros no segundo ano",
     "formula": "partners still under agreement twelve months later / partners signed", "unit": "rate",
     "zero": RATIO, **_PARTNER | {"window": "date of signature", "cadence": "quarter"}},
    {"id": "certified_partners", "name": "Certified partners", "name_pt": "Parceiros certificados",
     "formula": "partners with a valid certificate / partners at the end", "unit": "rate", "zero": RATIO,
     **_PARTNER | {"window": "last evening", "cadence": "quarter"}},
    {"id": "self_sufficiency", "name": "Partner self-sufficiency", "name_pt": "Autonomia dos parceiros",
     "formula": "deals won without the vendor's help / deals won with the need on record", "unit": "rate",
     "zero": RATIO, "window": "date of the close", "cadence": "month"},
)  # fmt: skip

CHANNEL = family(
    "channel",
    {"id": "cost_per_activated_partner", "name": "Cost per activated partner",
     "name_pt": "CAC Partner, por parceiro ativado",
     "formula": "recruitment and onboarding costs / partners activated", "unit": "money", "zero": _UNSPENT,
     "better": "lower", **_PARTNER | {"window": "date of the cost, of the first event"}},
    {"id": "cost_per_recruited_partner", "name": "Cost per recruited partner",
     "name_pt": "CAC Partner, por parceiro recrutado",
     "formula": "recruitment and onboarding costs / partners recruited", "unit": "money", "zero": _UNSPENT,
     "better": "lower", **_PARTNER | {"window": "date of the cost, of recruitment"}},
    {"id": "partner_concentration", "name": "Partner concentration", "name_pt": "Concentração em parceiros (HHI)",
     "formula": "sum of squared shares of the partners' won revenue", "better": "lower",
     **_CHANNEL | {"unit": "number"}},
    {"id": "top_partner_share", "name": "Share of the top partners", "name_pt": "Participação dos maiores parceiros",
     "formula": "won revenue of the top partners / of all partners", "better": "lower", "scored": True, **_CHANNEL},
    {"id": "partner_return", "name": "Partner ROI", "name_pt": "ROI de parceiros",
     "formula": "(partner-sourced revenue - costs) / costs",
     **_CHANNEL | {"zero": "no costs: unknown", "window": "date of the credit, of the cost"}},
    {"id": "influenced_return", "name": "Partner ROI, influenced", "name_pt": "ROI de parceiros, influenciado",
     "formula": "(partner-influenced revenue - costs) / costs",
     **_CHANNEL | {"zero": "no costs: unknown", "window": "date of the close, of the cost"}},
)  # fmt: skip

TARGETS = family(
    "targets",
    {"id": "target_hit_rate", "name": "Target hit rate", "name_pt": "Histórico de atingimento de metas",
     "formula": "finished periods that met their target / finished periods with a target", "unit": "rate",
     "window": "period of the target", "cadence": "quarter", "zero": RATIO},
    {"id": "mean_attainment", "name": "Mean attainment", "name_pt": "Atingimento médio",
     "formula": "mean of actual / goal over finished periods", "unit": "number", "window": "period of the target",
     "cadence": "quarter", "zero": MEDIAN},
)  # fmt: skip
