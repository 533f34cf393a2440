"""What delivery and taxes cost at the API in memory, and how it refuses."""

from typing import Any


class Problem(Exception):
    def __init__(self, status: int, kind: str = "", **facts: Any) -> None:
        super().__init__(kind)
        self.status, self.body = status, {"type": f"urn:store:problem:{kind}", "status": status, **facts}


class Prices:
    """Delivery is free, and prices contain taxes, until a test says otherwise."""

    def __init__(self) -> None:
        self.deliveries = {"standard": 0, "express": 0, "pickup": 0}
        """Price of each; what is left out is not offered."""
        self.added_tax_minor = 0

    def quote(self, cart: dict[str, Any], delivery: str) -> dict[str, Any]:
        deliveries = [{"delivery": name, "price_minor": price} for name, price in self.deliveries.items()]
        if delivery not in self.deliveries:
            raise Problem(409, "delivery-not-offered", deliveries=deliveries)
        goods, price = cart["total_minor"], self.deliveries[delivery]
        return {
            "currency": cart["currency"],
            "delivery": delivery,
            "goods_minor": goods,
            "delivery_minor": price,
            "tax_minor": self.added_tax_minor,
            **({} if self.added_tax_minor else {"included_tax_minor": 777}),
            "total_minor": goods + price + self.added_tax_minor,
            "deliveries": deliveries,
        }

    def agreed(self, cart: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
        """The quote, if it is the total that the customer was shown."""
        costs = self.quote(cart, body["delivery"])
        if body.get("total_minor", costs["total_minor"]) != costs["total_minor"]:
            raise Problem(409, "total-differs", quote=costs)
        return costs
