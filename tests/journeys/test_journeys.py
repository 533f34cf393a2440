"""What customers do, from the first page to the systems behind the store, over HTTP and without JavaScript."""

import json
import secrets
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from tests.journeys.shop import Shop, Visitor, until
from tests.local import gate_usage
from tests.local.gate_usage import read_journal

PASSWORD = "Correct-horse-7"
ADDRESS = {"name": "Ada Byron", "line_1": "4 Harbour Lane", "postal_code": "D01", "city": "Dublin", "country": "IE"}
CMS = "events-cms"


def put_into_cart(visitor: Visitor, product: str) -> None:
    visitor.go(f"/products/{product}")
    visitor.send("/cart/items")
    assert visitor.path.startswith(f"/products/{product}"), visitor.page.text


def order(visitor: Visitor) -> str:
    """Check out the cart; returns the order's id, whose page of payment is open."""
    visitor.go("/checkout")
    visitor.send("/checkout", **ADDRESS)
    if not visitor.path.endswith("/payment"):  # a large order is delivered free: it costs what the form showed
        assert "Nothing is ordered yet" in visitor.page.text, "delivery and tax are shown first"
        visitor.send("/checkout")
    assert visitor.path.endswith("/payment"), visitor.page.text
    return visitor.path.split("/")[2]


def pay(visitor: Visitor, order_id: str, means: str) -> None:
    visitor.go(f"/orders/{order_id}/payment")
    visitor.send(f"/orders/{order_id}/payment", means=means)


def status_of(shop: Shop, order_id: str) -> str:
    (found,) = (one for one in shop.items("data-orders") if one["order_id"] == order_id and one["item"] == "ORDER")
    return found["status"]


def handed_over(shop: Shop) -> int:
    """Messages that went to the queue of the Order Management System, by the whole journal."""
    entries = read_journal(shop.run.context.journal.path)
    calls = [one for one in entries if one["kind"] == "call" and one["allowed"]]
    return len([one for one in calls if one["action"] == "sqs:SendMessage" and one["resource"].endswith(".fifo")])


def set_aside(shop: Shop, feed: str) -> int:
    """Records of a feed that could not be applied."""
    (queue,) = (
        one.outputs["url"]
        for one in shop.run.context.deployed.of_type("aws:sqs/queue:Queue")
        if one.name == f"feeds-{feed}-dead"
    )
    return len(shop.wait(shop.run.context.cloud.peek(queue)))


def told(shop: Shop, customer_id: str) -> list[dict[str, Any]]:
    """Bodies that the content management system got about a customer."""
    bodies = [json.loads(request.body) for request in shop.told(CMS)]
    return [body for body in bodies if body.get("customerId") == customer_id]


def profile(shop: Shop, email: str) -> dict[str, Any]:
    found = until(lambda: [one for one in shop.items("data-customers") if one.get("email") == email])
    return found[0]


def test_who_signs_up_with_consent_is_known_where_it_was_given(shop: Shop, visitor: Visitor) -> None:
    visitor.sign_up("grace@example.com", PASSWORD, profiling="yes")
    customer = profile(shop, "grace@example.com")["customer_id"]
    until(lambda: any(body.get("profiling") is True for body in told(shop, customer)))
    assert "grace@example.com" not in "".join(request.body for request in shop.told(CMS))


def test_a_visitor_becomes_a_customer_and_buys(shop: Shop, visitor: Visitor) -> None:
    before = handed_over(shop)
    put_into_cart(visitor, "mug")
    visitor.sign_up("ada@example.com", PASSWORD)
    visitor.go("/cart")
    assert "Stoneware mug" in visitor.page.text, "the cart of the visitor is the customer's now"
    bought = order(visitor)
    pay(visitor, bought, "decline")
    assert "declined" in visitor.page.text
    pay(visitor, bought, "approve")
    assert "Thank you. Your payment has arrived." in visitor.page.text
    until(lambda: status_of(shop, bought) == "accepted")
    visitor.go(f"/orders/{bought}")
    assert "Stoneware mug" in visitor.page.text
    assert all(text in visitor.page.text for text in ("Delivery", "€4.90", "Including tax of"))
    assert handed_over(shop) == before + 1


def test_an_order_that_is_cancelled_is_refunded_and_its_stock_is_back(shop: Shop, visitor: Visitor) -> None:
    def stock() -> int:
        return sum(
            int(one.get("available", 0)) - int(one.get("reserved", 0))
            for one in shop.items("data-inventory")
            if one["sku"] == "BOARD-OAK" and one["item"].startswith("LOCATION#")
        )

    before = stock()
    visitor.sign_up("mary@example.com", PASSWORD)
    put_into_cart(visitor, "board")
    bought = order(visitor)
    pay(visitor, bought, "twice")
    until(lambda: status_of(shop, bought) in ("paid", "accepted"))
    visitor.go(f"/orders/{bought}")
    visitor.send(f"/orders/{bought}/cancellation")
    assert "cancelled" in visitor.page.text.lower()
    until(lambda: any(one.get("status") == "refunded" for one in shop.items("data-payments")))
    until(lambda: stock() == before)


def test_while_a_service_is_down_the_customer_is_told_so_and_keeps_the_cart(shop: Shop, visitor: Visitor) -> None:
    visitor.sign_up("kay@example.com", PASSWORD)
    put_into_cart(visitor, "mug")
    shop.wait(shop.run.context.processes.stop("carts"))
    status, text = visitor.look("/cart")
    assert (status, "Your cart, your orders and your account are kept." in text) == (500, True), text
    shop.wait(shop.run.context.processes.restart("carts"))
    until(lambda: visitor.look("/cart")[0] == 200)
    assert "Stoneware mug" in visitor.page.text


def test_feeds_change_the_page_and_bad_records_hold_nothing_up(shop: Shop, visitor: Visitor) -> None:
    now = datetime.now(UTC).isoformat()
    price = {"product_id": "lamp", "sku": "LAMP-TEST", "change": "updated", "changed_at": now, "name": "Test lamp"}
    price |= {"category": "living", "price_minor": 4321, "currency": "EUR"}
    count = {"sku": "LAMP-TEST", "location_id": "dublin", "available": 0, "changed_at": now}
    unknown = {"order_id": "unknown", "status": "shipped", "changed_at": now}
    shop.put("catalogue", ["not a record", price])
    shop.put("inventory", ["not a record", count])
    shop.put("order-status", [unknown])

    def shown() -> bool:
        visitor.go("/products/lamp")
        return "43.21" in visitor.page.text and "Sold out" in visitor.page.text

    until(shown)
    for feed in ("catalogue", "inventory", "order-status"):
        until(lambda feed=feed: set_aside(shop, feed))


def test_a_search_forgives_a_slip_and_tells_when_it_cannot(shop: Shop, visitor: Visitor) -> None:
    until(lambda: "Stoneware mug" in visitor.go("/search?q=stonewear").text)
    assert "Did you mean stoneware" in " ".join(visitor.page.text.split())
    assert "simpler than usual" not in visitor.page.text
    search = shop.run.context.search
    assert search is not None
    search.is_down = True
    try:
        visitor.go("/search?q=stoneware+teapot")
        assert "Stoneware teapot" in visitor.page.text
        assert "simpler than usual" in visitor.page.text
        assert "Nothing in the store has all of these words" in visitor.go("/search?q=stonewear+teapot").text
    finally:
        search.is_down = False


def test_a_consent_that_is_withdrawn_is_followed_and_an_erased_customer_is_forgotten(
    shop: Shop, visitor: Visitor
) -> None:
    visitor.sign_up("joan@example.com", PASSWORD, profiling="yes")
    customer = profile(shop, "joan@example.com")["customer_id"]
    until(lambda: any(body.get("profiling") is True for body in told(shop, customer)))
    visitor.go("/account/consents")
    visitor.send("/account/consents", profiling="")
    until(lambda: told(shop, customer)[-1].get("profiling") is False)
    visitor.go("/account/erasure")
    visitor.send("/account/erasure", sure="yes")
    assert "Your data is erased" in visitor.page.text
    until(lambda: any("erasedAt" in body for body in told(shop, customer)))

    def forgotten() -> bool:
        left = [one for one in shop.items("data-customers") if one["customer_id"] == customer]
        return not any("joan@example.com" in json.dumps(one, default=str) for one in left)

    until(forgotten)

    def signs_nobody_in() -> bool:
        again = Visitor(shop)
        again.go("/sign-in")
        again.send("/login", username="joan@example.com", password=PASSWORD)
        return "Incorrect username or password." in again.page.text

    until(signs_nobody_in)


def test_what_a_customer_looks_at_changes_what_the_customer_is_recommended(shop: Shop, visitor: Visitor) -> None:
    visitor.sign_up("katherine@example.com", PASSWORD, profiling="yes")
    customer = profile(shop, "katherine@example.com")["customer_id"]

    def known() -> dict[str, Any] | None:
        kept = [one for one in shop.items("data-recommendations") if one["id"] == f"CUSTOMER#{customer}"]
        return next((one for one in kept if "pseudonym" in one), None)

    pseudonym = until(known)["pseudonym"]
    assert "For you" not in visitor.go("/home").text
    put_into_cart(visitor, "mug")
    visitor.go("/products/teapot")

    def recommended() -> bool:
        return "For you" in visitor.go("/home").text

    until(recommended)
    engine = shop.run.context.personalize
    assert engine.profiles.keys() >= {pseudonym}
    stranger = Visitor(shop)
    assert "For you" not in stranger.go("/home").text

    visitor.go("/account/consents")
    visitor.send("/account/consents", profiling="")
    until(lambda: known() is None)
    assert "For you" not in visitor.go("/home").text
    (function,) = (
        one.arn
        for one in shop.run.context.deployed.of_type("aws:lambda/function:Function")
        if one.name == "personalization-forget"
    )
    for _ in range(2):  # the first run begins the job, the second finds that it has ended
        _, failure = shop.wait(shop.run.context.functions.invoke(function, {}))
        assert failure is None, failure
    assert pseudonym not in engine.profiles


def test_messages_come_once_and_offers_end_where_the_customer_ends_them(shop: Shop, visitor: Visitor) -> None:
    email = "annie@example.com"

    def mails(kind: str) -> list[str]:
        return [mail.id for mail in shop.run.context.mails if (mail.to, mail.kind) == (email, kind)]

    def contact() -> dict[str, Any] | None:
        ses = shop.run.context.cloud.client("sesv2")
        (contacts,) = ses.list_contact_lists()["ContactLists"]
        found = ses.list_contacts(ContactListName=contacts["ContactListName"])["Contacts"]
        return next((one for one in found if one["EmailAddress"] == email), None)

    visitor.sign_up(email, PASSWORD, marketing_email="yes")
    customer = profile(shop, email)["customer_id"]
    (welcome,) = until(lambda: mails("welcome"))
    put_into_cart(visitor, "mug")
    bought = order(visitor)
    pay(visitor, bought, "approve")
    until(lambda: mails("order-accepted"))
    bus = shop.run.context.bus
    of_order = [event for event in bus.archive if event["detail"].get("order_id") == bought]
    placed = next(event for event in of_order if event["detail-type"] == "order.placed")
    again = {"Source": placed["source"], "DetailType": placed["detail-type"], "Detail": json.dumps(placed["detail"])}
    name = shop.run.context.deployed.outputs["events_bus_name"]
    before = shop.written("app-messages").count("order-accepted was sent before")
    shop.wait(bus.put([{**again, "EventBusName": name}]))
    until(lambda: shop.written("app-messages").count("order-accepted was sent before") > before)
    assert len(mails("order-accepted")) == 1

    shop.wait(shop.run.context.mails.unsubscribe(welcome))

    def is_withdrawn() -> bool:
        kept = [one for one in shop.items("data-customers") if one["customer_id"] == customer]
        return any(one["item"] == "CONSENT#marketing_email" and not one["given"] for one in kept)

    until(is_withdrawn)
    until(lambda: (contact() or {}).get("UnsubscribeAll"))
    visitor.go("/account/erasure")
    visitor.send("/account/erasure", sure="yes")
    until(lambda: contact() is None)
    assert len(mails("welcome")) == 1


@pytest.mark.parametrize("means", ["3ds"])
def test_a_bank_may_ask_first(shop: Shop, visitor: Visitor, means: str) -> None:
    visitor.sign_up(f"{means}@example.com", PASSWORD)
    put_into_cart(visitor, "mug")
    bought = order(visitor)
    pay(visitor, bought, means)
    link = next(given["href"] for given in visitor.page.all("a") if "/challenge/" in given.get("href", ""))
    visitor.go(link)
    visitor.send("", answer="approve")
    until(lambda: status_of(shop, bought) in ("paid", "accepted"))


def test_an_order_that_is_shipped_shows_its_number_to_the_customer(shop: Shop, visitor: Visitor) -> None:
    visitor.sign_up("edith@example.com", PASSWORD)
    put_into_cart(visitor, "mug")
    bought = order(visitor)
    pay(visitor, bought, "approve")
    until(lambda: status_of(shop, bought) == "accepted")
    now = datetime.now(UTC).isoformat()
    record = {"order_id": bought, "status": "shipped", "changed_at": now, "tracking_number": "TRACK-1"}
    shop.put("order-status", [record])
    until(lambda: status_of(shop, bought) == "shipped")
    visitor.go(f"/orders/{bought}")
    assert "number TRACK-1." in visitor.page.text
    assert not [form for form in visitor.page.forms if form.action.endswith("/cancellation")]


def test_the_nearest_store_comes_first(visitor: Visitor) -> None:
    visitor.go("/stores?near=cork")
    assert "Nearest to Cork, IE" in visitor.page.text
    assert visitor.page.text.index("Market store") < visitor.page.text.index("Workshop store")
    assert "220 km away" in visitor.page.text
    visitor.go("/stores?near=atlantis")
    assert "We do not find this place" in visitor.page.text
    pictures = [one["src"] for one in visitor.page.all("img") if one["alt"].startswith("Map of")]
    policy = visitor.answer.headers["content-security-policy"]
    (shown,) = (part for part in policy.split(";") if part.strip().startswith("img-src"))
    assert len(pictures) == 2
    assert all(url.startswith(f"{shown.split()[-1]}/v2/static/map?") for url in pictures)


def test_an_order_says_that_its_delivery_is_near(shop: Shop, visitor: Visitor) -> None:
    visitor.sign_up("joan@example.com", PASSWORD)
    put_into_cart(visitor, "mug")
    bought = order(visitor)
    pay(visitor, bought, "approve")
    until(lambda: status_of(shop, bought) == "accepted")
    delivery, home = f"delivery-{secrets.token_hex(8)}", [-6.2603, 53.3498]
    now = datetime.now(UTC).isoformat()
    shop.put("order-status", [{"order_id": bought, "status": "shipped", "changed_at": now, "delivery_id": delivery}])
    until(lambda: status_of(shop, bought) == "shipped")
    (tracker,) = shop.run.context.deployed.of_type("aws:location/tracker:Tracker")
    name, circle = tracker.outputs["trackerName"], {"Circle": {"Center": home, "Radius": 500.0}}
    shop.courier("put_geofence", CollectionName=name, GeofenceId=delivery, Geometry=circle)
    visitor.go(f"/orders/{bought}")
    assert "Your delivery is near" not in visitor.page.text
    for position, said in ((home, "Your delivery is near"), ([-8.4731, 51.8985], "The courier has left your area")):
        update = {"DeviceId": delivery, "Position": position, "SampleTime": datetime.now(UTC)}
        shop.courier("batch_update_device_position", TrackerName=name, Updates=[update])
        until(lambda said=said: said in visitor.go(f"/orders/{bought}").text)


def test_an_application_of_a_customer_asks_for_stock(shop: Shop, visitor: Visitor) -> None:
    visitor.sign_up("hedy@example.com", PASSWORD)
    headers = {"authorization": f"Bearer {visitor.token()}", "user-agent": "journey"}
    answer = httpx.get(f"{shop.url}/api/inventory/stock/MUG-CLAY", headers=headers, trust_env=False, timeout=30)
    assert answer.status_code == 200, answer.text
    assert answer.json()["sku"] == "MUG-CLAY"


def test_the_bot_tells_of_an_order_to_nobody_but_its_customer(shop: Shop, visitor: Visitor) -> None:
    visitor.sign_up("annie@example.com", PASSWORD)
    put_into_cart(visitor, "mug")
    bought = order(visitor)
    pay(visitor, bought, "approve")
    until(lambda: status_of(shop, bought) == "accepted")
    visitor.go("/chat")
    visitor.send("/chat", text="Where is my order?")
    assert "Which order is it?" in visitor.page.text
    visitor.send("/chat", text=f"It is {bought}.")
    assert "Your order: we are preparing it." in visitor.page.text

    other = Visitor(shop)
    other.sign_up("jean@example.com", PASSWORD)
    other.go("/chat")
    other.send("/chat", text=f"Where is order {bought[:8]}?")
    assert "You have no order with this number." in other.page.text
    other.send("/chat", text=f"Wo ist die Bestellung {bought[:8]}?", locale="de_DE")
    assert "Sie haben keine Bestellung mit dieser Nummer." in other.page.text
    other.send("/chat", text="Do you like my order?", locale="en_GB")
    assert "I did not understand that." in other.page.text


def buy_much(visitor: Visitor) -> str:
    """An order of 588 EUR; returns its id."""
    visitor.go("/products/pendant")
    visitor.send("/cart/items", quantity="6")
    return order(visitor)


def charges_of(shop: Shop, order_id: str) -> list[tuple[str, int]]:
    found = [one for one in shop.charges() if one.get("order_id") == order_id]
    return [(one["status"], one["captured_minor"]) for one in found]


@pytest.mark.parametrize(("verdict", "status"), [("release", "accepted"), ("refuse", "cancelled")])
def test_a_risky_payment_is_held_until_somebody_looks_at_it(
    shop: Shop, visitor: Visitor, verdict: str, status: str
) -> None:
    before = handed_over(shop)
    visitor.sign_up(f"{verdict}@example.com", PASSWORD)
    bought = buy_much(visitor)
    pay(visitor, bought, "approve")
    assert "Nothing has been charged yet." in visitor.page.text
    assert "Somebody of the store checks the payment" in visitor.page.text
    assert charges_of(shop, bought) == [("authorised", 0)]
    until(lambda: any(one["order_id"] == bought and "held_until" in one for one in shop.items("data-orders")))
    visitor.go("/orders")
    assert "Being checked by us" in visitor.page.text
    (waiting,) = (one for one in shop.review("GET", "")["reviews"] if one["order_id"] == bought)
    assert [reason["rule"] for reason in waiting["reasons"]] == ["first-order-amount"]
    assert (status_of(shop, bought), handed_over(shop)) == ("pending", before)

    reason = {"release": "customer-confirmed", "refuse": "customer-denied"}[verdict]
    shop.review("PUT", f"/{waiting['payment_id']}", {"verdict": verdict, "reviewer": "grace", "reason": reason})
    until(lambda: status_of(shop, bought) == status)
    released = verdict == "release"
    assert charges_of(shop, bought) == [("captured", 58_800) if released else ("voided", 0)]
    assert handed_over(shop) == before + released
    visitor.go(f"/orders/{bought}")
    assert ("The warehouse has taken your order." if released else "Cancelled") in visitor.page.text


def test_a_blocked_payment_reaches_neither_the_provider_nor_the_order_management_system(
    shop: Shop, visitor: Visitor
) -> None:
    before = handed_over(shop)
    visitor.sign_up("blocked@example.com", PASSWORD)
    bought = buy_much(visitor)
    for _ in range(4):
        visitor.go(f"/orders/{bought}/payment")
        visitor.send(f"/orders/{bought}/payment", means="decline")
        assert "The payment was declined because the account does not cover it." in visitor.page.text
    tried = charges_of(shop, bought)
    pay(visitor, bought, "approve")
    assert "The payment was declined, and nothing was charged." in visitor.page.text
    assert (charges_of(shop, bought), status_of(shop, bought)) == (tried, "pending")
    assert [one["outcome"] for one in shop.items("fraud-decisions") if one["outcome"] == "block"] == ["block"]
    assert handed_over(shop) == before


def test_no_journey_needed_more_than_the_program_grants(shop: Shop) -> None:
    assert shop.run.context.journal.denied() == []


def test_no_log_names_a_customer(shop: Shop) -> None:
    written = "".join(path.read_text() for path in shop.logs())
    written += shop.run.context.journal.path.read_text()
    assert "request" in written
    for personal in ("@example.com", "Byron", "Harbour Lane", PASSWORD):
        assert personal not in written, personal


def test_every_statement_and_every_rule_was_used_or_has_a_reason(shop: Shop) -> None:
    """The last journey: what no journey needs should not be granted."""
    deployed = shop.run.context.deployed
    entries = read_journal(shop.run.context.journal.path)
    unused = gate_usage.unused_statements(deployed, entries)
    told = gate_usage.findings(gate_usage.statements(deployed), unused, gate_usage.REASONS)
    closed = gate_usage.unused_rules(deployed, entries)
    told += gate_usage.findings(gate_usage.rules(deployed), closed, gate_usage.RULE_REASONS)
    assert told == []
