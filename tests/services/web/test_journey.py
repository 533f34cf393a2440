"""A purchase from the first page to the order's status, by forms and links alone."""

from tests.services.web.browser import Browser, World


def test_a_visitor_buys(browser: Browser, world: World) -> None:
    browser.get("/home")
    assert "Stoneware mug" in browser.page.text
    browser.get("/products/mug")
    browser.send("/cart/items", quantity="2")
    assert browser.path == "/products/mug"
    assert "Stoneware mug is in your cart." in browser.page.text
    browser.get("/cart")
    assert "€36.00" in browser.page.text
    browser.get("/checkout")
    assert browser.path.startswith("/welcome"), browser.path
    browser.send("/account/consents", marketing_email="yes")
    assert world.api.profiles["customer-1"]["consents"]["marketing_email"]["given"] is True
    assert browser.path == "/checkout"
    assert world.api.carts == {"customer-1": {"MUG-CLAY": 2}}
    browser.send(
        "/checkout",
        name="Ada Byron",
        line_1="4 Harbour Lane",
        postal_code="D01",
        city="Dublin",
        country="IE",
        save="yes",
    )
    (order,) = world.api.orders.values()
    assert order["shipping_address"]["city"] == "Dublin"
    assert world.api.profiles["customer-1"]["addresses"][0]["name"] == "Ada Byron"
    pay = f"/orders/{order['order_id']}/payment"
    assert browser.path == pay
    browser.send(pay, means="decline")
    assert browser.path == pay
    assert "declined" in browser.page.text
    browser.send(pay, means="approve")
    assert browser.path == f"/orders/{order['order_id']}"
    assert "Thank you. Your payment has arrived." in browser.page.text
    assert "being confirmed" in browser.page.text
    order["status"] = "shipped"
    browser.get("/orders")
    assert "Shipped" in browser.page.text
