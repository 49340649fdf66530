"""First self-pay shares of class B and of materials."""

from __future__ import annotations

from typing import Any

from tools.policy_conversion.pool import Pool
from tools.policy_conversion.values import deep, sourced, tidy


def materials(pool: Pool) -> dict[str, Any]:
    """Own shares of materials (charge item 08), where the pool tells home-made from imported ones."""
    by = pool.take("other", "material_first_self_pay")
    if by:
        return {
            "08": sourced(by["value"]["domestic"], by),
            "08-imported": sourced(by["value"]["imported"], by),
        }
    home, away = pool.take("other", "domestic_material_counts_at"), None
    if home:
        away = pool.take("other", "special_exam_or_import_material_counts_at")
    if not home or not away:
        return {}
    return {
        "08": sourced(tidy(1 - home["value"]), home, provenance="derived"),
        "08-imported": sourced(tidy(1 - away["value"]), away, provenance="derived"),
    }


def class_b(pool: Pool) -> dict[str, Any]:
    """The first self-pay shares of class B, and of charge items that have their own."""
    items = materials(pool)
    return {**class_b_share(pool), **({"items": items} if items else {})}


def class_b_share(pool: Pool) -> dict[str, Any]:
    """The first self-pay share of class B."""
    share = pool.take("other", "class_b_first_self_pay")
    if share:
        return {"share": sourced(share["value"], share)}
    counts = pool.take("other", "class_b_counts_at")
    if counts:
        return {"share": sourced(tidy(1 - counts["value"]), counts, provenance="derived")}
    if pool.data["pool"] == "Beijing":
        note = {"zh": "见于北京收据", "en": "seen on a Beijing receipt"}
        return {
            "share": deep(
                {"value": 0.1, "source": "BJRCPT", "provenance": "found", "confidence": "medium", "note": note}
            )
        }
    note = {
        "zh": "本地比例未找到，取常见的一成",
        "en": "the pool's own share was not found; the common tenth is taken",
    }
    return {
        "share": deep(
            {"value": 0.1, "source": "NANCHANG,BJRCPT", "provenance": "assumed", "confidence": "low", "note": note}
        )
    }
