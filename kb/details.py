"""What only articles of one type have: a product's risk, a regulation's number, a complaint's deadlines, an alert's triggers."""

from __future__ import annotations

import re
from collections.abc import Callable

from kb.fields import Fields
from kb.registry import Registry
from kb.types import AlertDetail, ComplaintDetail, Detail, NamedValue, ProductDetail, RegulationDetail

_INVESTMENTS = re.compile("理财|结构性|基金|贵金属|积存金|黄金")


def department(fields: Fields, name: str, registry: Registry, lenient: bool) -> str:
    """A department of the registry that a field names; another one is a problem. Empty where it is missing."""
    value = fields.text(name, required=not lenient)
    if value and registry.departments and value not in registry.departments:
        fields.fault(name, f"{name} 写的是“{value}”，部门登记表里没有；可用：{'、'.join(registry.departments)}。")
    return value


def _product(fields: Fields, registry: Registry, lenient: bool) -> Detail:
    title = fields.text("title")
    invests = bool(_INVESTMENTS.search(title)) and not lenient
    return ProductDetail(
        fields.choice("risk_level", ("无", "R1", "R2", "R3", "R4", "R5"), required=not lenient),
        fields.choice("principal_guaranteed", ("n/a", "yes", "no"), required=not lenient),
        fields.text("suitable_for"),
        tuple(
            NamedValue(r.text("name", required=True), r.text("value", required=True))
            for r in fields.mappings("key_numbers", ("name", "value"))
        ),
        fields.text("risk_sentence", required=invests),
        fields.texts("do_not_say"),
    )


def _regulation(fields: Fields, registry: Registry, lenient: bool) -> Detail:
    known = ("title", "number", "issuer", "date", "in_force")
    child = fields.mapping("document", known)
    if child is None and not lenient:
        fields.fault("document", "制度要写 document：全称、文号、发布机关和日期。")
    values = {n: child.text(n, required=n in ("title", "number")) if child else "" for n in known}
    return RegulationDetail(affects=fields.texts("affects"), **values)


def _complaint(fields: Fields, registry: Registry, lenient: bool) -> Detail:
    return ComplaintDetail(
        department(fields, "department", registry, lenient),
        fields.text("internal_deadline", required=not lenient),
        fields.text("legal_deadline", required=not lenient),
        fields.texts("promise", least=0 if lenient else 1),
        fields.texts("never_promise", least=0 if lenient else 1),
        fields.text("escalation", required=not lenient),
    )


def _alert(fields: Fields, registry: Registry, lenient: bool) -> Detail:
    return AlertDetail(
        fields.choice("severity", ("medium", "high"), required=not lenient),
        fields.texts("triggers"),
        fields.texts("ask"),
        fields.texts("do", least=0 if lenient else 1),
        fields.texts("dont"),
        fields.text("escalate"),
        fields.flag("standing"),
    )


def _process(fields: Fields, registry: Registry, lenient: bool) -> Detail:
    return None


# type of article → what reads what only it has; `lenient` for imported ones
DETAILS: dict[str, Callable[[Fields, Registry, bool], Detail]] = {
    "product": _product,
    "process": _process,
    "regulation": _regulation,
    "complaint": _complaint,
    "alert": _alert,
}
