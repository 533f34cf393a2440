"""A cart for its customer: current prices, changed prices, withdrawn articles, stock."""

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from services.carts.articles import Article, articles
from services.carts.cart import Cart, Line
from services.carts.stock import available


@dataclass(frozen=True)
class View:
    cart: Cart
    articles: dict[str, Article]
    """Articles of the lines that are for sale."""

    @classmethod
    def of(cls, cart: Cart) -> "View":
        return cls(cart, articles(cart.lines))

    @property
    def etag(self) -> str:
        """Differs with the lines and with their prices."""
        prices = {sku: article.price_minor for sku, article in self.articles.items()}
        seen = json.dumps([self.cart.cart_id, self.cart.version, prices], sort_keys=True)
        return f'"{hashlib.sha256(seen.encode()).hexdigest()[:32]}"'

    def document(self) -> dict[str, Any]:
        stock = available(self.cart.lines)
        lines = [
            {**self._line(line), "available": None if stock is None else stock[line.sku]}
            for line in sorted(self.cart.lines.values(), key=lambda line: line.sku)
        ]
        expires_at = datetime.fromtimestamp(self.cart.expires_at, UTC)
        return {
            "cart_id": self.cart.cart_id,
            "version": self.cart.version,
            "currency": next((line.currency for line in self.cart.lines.values()), None),
            "total_minor": sum(line["line_total_minor"] for line in lines),
            "expires_at": expires_at.isoformat().replace("+00:00", "Z") if lines else None,
            "lines": lines,
        }

    def _line(self, line: Line) -> dict[str, Any]:
        article = self.articles.get(line.sku)
        # An article with another currency than the line's is another offer, which this cart cannot hold.
        offered = article is not None and article.currency == line.currency
        price = article.price_minor if article and offered else line.unit_price_minor
        return {
            "sku": line.sku,
            "product_id": article.product_id if article else line.product_id,
            "name": article.name if article else line.name,
            "quantity": line.quantity,
            "unit_price_minor": price,
            "line_total_minor": price * line.quantity if offered else 0,
            "withdrawn": not offered,
            **({"previous_price_minor": line.unit_price_minor} if price != line.unit_price_minor else {}),
        }
