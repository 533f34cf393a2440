"""From the first page to the Order Management System, and back to the customer."""

import json

from tests.journeys.shop import Shop, Visitor, until

PASSWORD = "Correct-horse-7"
ADDRESS = {"name": "Ada Byron", "line_1": "4 Harbour Lane", "postal_code": "D01", "city": "Dublin", "country": "IE"}


def first_product(visitor: Visitor) -> str:
    visitor.go("/")
    links = [given["href"] for given in visitor.page.all("a") if given.get("href", "").startswith("/products/")]
    assert links, visitor.page.text
    return links[0]


def test_a_visitor_becomes_a_customer_and_buys(shop: Shop, visitor: Visitor) -> None:
    product = first_product(visitor)
    visitor.go(product)
    visitor.send("/cart/items")
    visitor.go("/cart")
    assert "checkout" in visitor.answer.text.lower()

    visitor.sign_up("ada@example.com", PASSWORD, marketing_email="yes")
    profile = until(lambda: [item for item in shop.items("data-customers") if item["item"] == "PROFILE"])[0]
    assert profile["email"] == "ada@example.com"

    visitor.go("/checkout")
    visitor.send("/checkout", **ADDRESS)
    pay = visitor.path
    assert pay.endswith("/payment"), visitor.page.text
    order = pay.split("/")[2]
    visitor.send(pay, means="decline")
    assert "declined" in visitor.page.text
    visitor.send(pay, means="approve")

    def accepted() -> bool:
        return any(one["order_id"] == order and one.get("status") == "accepted" for one in shop.items("data-orders"))

    until(accepted)
    visitor.go(f"/orders/{order}")
    assert "accepted" in visitor.page.text.lower() or "being prepared" in visitor.page.text.lower()
    handed_over = [
        one
        for one in shop.run.context.journal.entries("call")
        if one["action"] == "sqs:SendMessage" and one["resource"].endswith(".fifo") and one["allowed"]
    ]
    assert len(handed_over) == 1
    assert json.dumps(handed_over)


def test_nothing_was_denied(shop: Shop) -> None:
    assert shop.run.context.journal.denied() == []
