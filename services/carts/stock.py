"""Stock for sale, from inventory. A cart only shows it: the reservation at the checkout decides."""

from collections.abc import Collection

from services.common.calls import call
from services.common.problems import ProblemError


def available(skus: Collection[str]) -> dict[str, int] | None:
    """Pieces of each article; None if inventory does not answer."""
    if not skus:
        return {}
    try:
        answer = call("inventory", "GET", "/internal/stock", params=[("sku", sku) for sku in skus], again=False)
    except ProblemError:  # logged by `call`
        return None
    stock: dict[str, int] = answer.raise_for_status().json()["stock"]
    return {sku: stock.get(sku, 0) for sku in skus}
