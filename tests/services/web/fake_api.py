"""The API as the storefront sees it, in memory: routes, answers and errors of the services, over the seed catalogue."""

import json
import uuid
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import JSONResponse, Response
from joserfc import jwt

from tests.program_under_mocks import PROJECT
from tests.services.tokens import KEY
from tests.services.web.fake_prices import Prices, Problem

SEED = PROJECT / "services" / "seed"
DUE = "2026-11-30T10:20:00Z"
NOW = "2026-11-30T10:00:00Z"
FIELDS = ("name", "category", "price_minor", "currency", "description")


def seed(name: str) -> list[dict[str, Any]]:
    return json.loads((Path(SEED) / f"{name}.json").read_text())


class FakeApi:
    def __init__(self) -> None:
        self.reset()
        self.app = self._app()

    def reset(self) -> None:
        """Forget what was done; only the seed is there."""
        self.source = "search"
        """Who answers searches."""
        self.filtered_by_stock = False
        self.articles: dict[str, dict[str, Any]] = {one["sku"]: dict(one) for one in seed("catalogue")}
        self.stock: dict[str, int] = {}
        for one in seed("inventory"):
            self.stock[one["sku"]] = self.stock.get(one["sku"], 0) + one["available"]
        self.carts: dict[str, dict[str, int]] = {}
        self.orders: dict[str, dict[str, Any]] = {}
        self.payments: dict[str, dict[str, Any]] = {}
        self.profiles: dict[str, dict[str, Any]] = {}
        self.keys: dict[str, str] = {}
        self.prices = Prices()
        self.chat: Problem | None = None
        """Why the bot does not answer."""
        self.stores: dict[str, Any] = {
            "stores": [
                {
                    "store_id": "store-harbour",
                    "name": "Workshop store",
                    "line_1": "4 Harbour Lane",
                    "postal_code": "D02 XE80",
                    "city": "Dublin",
                    "country": "IE",
                    "timezone": "Europe/Dublin",
                    "opening_hours": {"monday": "09:00-18:00"},
                    "services": ["pickup"],
                    "distance_m": None,
                    "map_url": "https://maps.test/v2/static/map?key=v1.public",
                }
            ],
            "near": "none",
            "place": None,
        }
        """What the catalogue says of stores."""
        self.near: list[str] = []
        self.calls: list[tuple[str, str]] = []
        self.bodies: list[Any] = []
        self.headers: list[Mapping[str, str]] = []

    def sign_up(self, customer_id: str, policy_version: str = "none") -> None:
        consent = {"given": False, "policy_version": policy_version, "given_at": NOW}
        self.profiles[customer_id] = {
            "customer_id": customer_id,
            "email": f"{customer_id}@example.com",
            "locale": "en",
            "given_name": "",
            "family_name": "",
            "phone_number": "",
            "signed_up_at": NOW,
            "addresses": [],
            "consents": {purpose: dict(consent) for purpose in ("marketing_email", "marketing_sms", "profiling")},
        }

    def cart(self, customer_id: str) -> dict[str, Any]:
        lines = [
            {
                "sku": sku,
                "product_id": self.articles[sku]["product_id"],
                "name": self.articles[sku]["name"],
                "quantity": quantity,
                "unit_price_minor": self.articles[sku]["price_minor"],
                "line_total_minor": self.articles[sku]["price_minor"] * quantity,
                "withdrawn": False,
                "available": self.stock.get(sku),
            }
            for sku, quantity in self.carts.get(customer_id, {}).items()
        ]
        total = sum(line["line_total_minor"] for line in lines)
        currency = "EUR" if lines else None
        return {
            "cart_id": f"cart-{customer_id}" if lines else None,
            "version": len(lines),
            "currency": currency,
            "total_minor": total,
            "expires_at": None,
            "lines": lines,
        }

    def etag(self, customer_id: str) -> str:
        return f'"{uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(self.cart(customer_id)))}"'

    def _app(self) -> FastAPI:
        app = FastAPI()
        router = APIRouter(prefix="/api")
        for register in (
            self._catalogue,
            self._customers,
            self._chat,
            self._carts,
            self._quotes,
            self._orders,
            self._payments,
        ):
            register(router)
        app.include_router(router)

        @app.exception_handler(Problem)
        async def _(_: Request, problem: Problem) -> Response:
            return JSONResponse(problem.body, problem.status, media_type="application/problem+json")

        @app.middleware("http")
        async def _(request: Request, go_on: Any) -> Response:
            self.calls.append((request.method, request.url.path))
            self.headers.append(request.headers)
            body = await request.body()
            self.bodies.append(json.loads(body) if body else None)
            return await go_on(request)

        return app

    def _customer(self, request: Request, scope: str) -> str:
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        if kind != "Bearer":
            raise Problem(401)
        claims = jwt.decode(token, KEY, algorithms=["RS256"]).claims
        if f"store/{scope}" not in claims["scope"].split():
            raise Problem(403)
        return claims["sub"]

    def _listing(self, article: dict[str, Any]) -> dict[str, Any]:
        return {
            "category_id": article["category"],
            **{name: article[name] for name in ("product_id", "sku", "name", "price_minor", "currency")},
        }

    def _catalogue(self, api: APIRouter) -> None:
        @api.get("/catalogue/categories")
        async def categories() -> Any:
            found = sorted({article["category"] for article in self.articles.values()})
            return {"categories": [{"category_id": category} for category in found]}

        @api.get("/catalogue/stores")
        async def stores(near: str = "") -> Any:
            self.near.append(near)
            return self.stores

        @api.get("/catalogue/products")
        async def products(
            category: str = "",
            q: str = "",
            cursor: str = "",
            price_from: int = 0,
            price_to: int = 10**9,
            in_stock: bool = False,
        ) -> Any:
            found: dict[str, dict[str, Any]] = {}
            for article in sorted(self.articles.values(), key=lambda one: one["price_minor"]):
                words = f"{article['name']} {article['category']}".lower()
                if category in ("", article["category"]) and all(word in words for word in q.lower().split()):
                    found.setdefault(article["product_id"], self._listing(article))
            kept = [one for one in found.values() if price_from <= one["price_minor"] <= price_to]
            begin = int(cursor or "0")
            more = str(begin + 24) if len(kept) > begin + 24 else None
            categories = Counter(one["category_id"] for one in kept)
            search = {
                "source": self.source,
                "total": len(kept),
                "categories": [{"category_id": name, "products": count} for name, count in categories.items()],
                "in_stock": len(kept),
                "cheapest_minor": None,
                "dearest_minor": None,
                "did_you_mean": "lamp" if q == "lmap" else None,
            }
            self.filtered_by_stock = in_stock
            return {"products": kept[begin : begin + 24], "cursor": more, "search": search if q else None}

        @api.get("/catalogue/products/{product_id}")
        async def product(product_id: str) -> Any:
            variants = [one for one in self.articles.values() if one["product_id"] == product_id]
            if not variants:
                raise Problem(404, "unknown-product")
            return {
                "product_id": product_id,
                "name": variants[-1]["name"],
                "description": variants[-1].get("description", ""),
                "attributes": [],
                "variants": [{**self._listing(one), "available": self.stock.get(one["sku"])} for one in variants],
            }

    def _customers(self, api: APIRouter) -> None:
        def profile(customer_id: str) -> dict[str, Any]:
            if customer_id not in self.profiles:
                raise Problem(404, "unknown-customer")
            return self.profiles[customer_id]

        @api.get("/customers/me")
        async def me(request: Request) -> Any:
            return profile(self._customer(request, "customers.read"))

        @api.put("/customers/me")
        async def change(request: Request) -> Any:
            found = profile(self._customer(request, "customers.write"))
            found.update(await request.json())
            return found

        @api.delete("/customers/me")
        async def erase(request: Request) -> Any:
            self.profiles.pop(self._customer(request, "customers.write"), None)
            return Response(status_code=204)

        @api.put("/customers/me/consents")
        async def consents(request: Request) -> Any:
            found = profile(self._customer(request, "customers.write"))
            choice = await request.json()
            version = choice.pop("policy_version")
            found["consents"] = {
                purpose: {"given": given, "policy_version": version, "given_at": NOW}
                for purpose, given in choice.items()
            }
            return found["consents"]

        @api.put("/customers/me/addresses/{address_id}")
        async def put(request: Request, address_id: str) -> Any:
            found = profile(self._customer(request, "customers.write"))
            others = [one for one in found["addresses"] if one["address_id"] != address_id]
            if len(others) == 10:
                raise Problem(409, "too-many-addresses")
            found["addresses"] = [*others, {**await request.json(), "address_id": address_id}]
            return found["addresses"][-1]

        @api.delete("/customers/me/addresses/{address_id}")
        async def remove(request: Request, address_id: str) -> Any:
            found = profile(self._customer(request, "customers.write"))
            found["addresses"] = [one for one in found["addresses"] if one["address_id"] != address_id]
            return Response(status_code=204)

    def _chat(self, api: APIRouter) -> None:
        @api.get("/customers/me/chat")
        async def chat(request: Request) -> Any:
            self._customer(request, "customers.read")
            if self.chat is not None and self.chat.status == 404:
                raise self.chat
            return {"locales": ["en_GB", "de_DE"]}

        @api.post("/customers/me/chat")
        async def tell(request: Request) -> Any:
            self._customer(request, "customers.write")
            if self.chat is not None:
                raise self.chat
            return {"replies": [f"You said: {(await request.json())['text']}"], "asks": False}

    def _carts(self, api: APIRouter) -> None:
        def answer(customer_id: str, status: int = 200) -> Response:
            return JSONResponse(self.cart(customer_id), status, {"ETag": self.etag(customer_id)})

        def hold(customer_id: str, sku: str, quantity: int) -> None:
            if sku not in self.articles:
                raise Problem(404, "unknown-article")
            if quantity > 99:
                raise Problem(409, "too-many")
            if quantity > self.stock.get(sku, 0):
                raise Problem(409, "out-of-stock", unavailable=[{"sku": sku, "available": self.stock.get(sku, 0)}])
            self.carts.setdefault(customer_id, {})[sku] = quantity

        @api.get("/carts")
        async def cart(request: Request) -> Any:
            return answer(self._customer(request, "carts.read"))

        @api.post("/carts/items")
        async def add(request: Request) -> Any:
            customer_id, item = self._customer(request, "carts.write"), await request.json()
            held = self.carts.get(customer_id, {}).get(item["sku"], 0)
            hold(customer_id, item["sku"], held + item["quantity"])
            return answer(customer_id, 201)

        @api.put("/carts/items/{sku}")
        async def put(request: Request, sku: str) -> Any:
            customer_id, item = self._customer(request, "carts.write"), await request.json()
            hold(customer_id, sku, item["quantity"])
            return answer(customer_id)

        @api.delete("/carts/items/{sku}")
        async def remove(request: Request, sku: str) -> Any:
            customer_id = self._customer(request, "carts.write")
            self.carts.get(customer_id, {}).pop(sku, None)
            return answer(customer_id)

    def _quotes(self, api: APIRouter) -> None:
        @api.post("/orders/quotes")
        async def quotes(request: Request) -> Any:
            customer_id, body = self._customer(request, "orders.read"), await request.json()
            cart = self.cart(customer_id)
            if body["cart_id"] != cart["cart_id"]:
                raise Problem(409, "cart-changed")
            return self.prices.quote(cart, body["delivery"])

    def _orders(self, api: APIRouter) -> None:
        def find(customer_id: str, order_id: str) -> dict[str, Any]:
            order = self.orders.get(order_id)
            if order is None or order["customer_id"] != customer_id:
                raise Problem(404)
            return order

        @api.get("/orders")
        async def orders(request: Request) -> Any:
            customer_id = self._customer(request, "orders.read")
            own = [one for one in self.orders.values() if one["customer_id"] == customer_id]
            return {"orders": [{**one, "line_count": len(one["lines"])} for one in reversed(own)], "cursor": None}

        @api.post("/orders")
        async def place(request: Request) -> Any:
            customer_id, body = self._customer(request, "orders.write"), await request.json()
            key = request.headers["idempotency-key"]
            if key in self.keys:
                return self.orders[self.keys[key]]
            cart = self.cart(customer_id)
            if body["cart_id"] != cart["cart_id"] or request.headers["if-match"] != self.etag(customer_id):
                raise Problem(409, "cart-changed" if cart["lines"] else "empty-cart")
            short = [line for line in cart["lines"] if line["quantity"] > self.stock.get(line["sku"], 0)]
            if short:
                unavailable = [{"sku": line["sku"], "available": self.stock.get(line["sku"], 0)} for line in short]
                raise Problem(409, "out-of-stock", unavailable=unavailable)
            costs = self.prices.agreed(cart, body)
            order_id = str(uuid.uuid4())
            self.keys[key] = order_id
            self.orders[order_id] = {
                "lines": cart["lines"],
                **{name: value for name, value in costs.items() if name not in ("delivery", "deliveries")},
                **{name: body[name] for name in ("delivery", "location_id", "shipping_address") if name in body},
                "order_id": order_id,
                "customer_id": customer_id,
                "status": "pending",
                "placed_at": NOW,
                "updated_at": NOW,
                "payment_due_at": DUE,
            }
            self.carts.pop(customer_id)
            return JSONResponse(self.orders[order_id], 201)

        @api.get("/orders/{order_id}")
        async def order(request: Request, order_id: str) -> Any:
            return find(self._customer(request, "orders.read"), order_id)

        @api.post("/orders/{order_id}/cancellation")
        async def cancel(request: Request, order_id: str) -> Any:
            found, reason = find(self._customer(request, "orders.write"), order_id), await request.json()
            if found["status"] in ("shipped", "delivered"):
                raise Problem(409, "not-cancellable")
            refund = "none" if found["status"] == "pending" else "pending"
            cancelled = {**reason, "at": NOW, "by": "customer", "refund": refund}
            found.update(status="cancelled", cancelled=cancelled)
            return found

    def _payments(self, api: APIRouter) -> None:
        statuses = {
            "tok_approve": "settled",
            "tok_webhook_twice": "settled",
            "tok_3ds": "requires_action",
            "tok_timeout": "pending",
        }

        @api.post("/payments")
        async def pay(request: Request) -> Any:
            customer_id, body = self._customer(request, "payments.write"), await request.json()
            order = self.orders.get(body["order_id"])
            if order is None or order["customer_id"] != customer_id:
                raise Problem(404, "unknown-order")
            if order["status"] != "pending":
                raise Problem(409, "already-paid" if order["status"] == "paid" else "not-payable")
            if body["amount_minor"] != order["total_minor"]:
                raise Problem(409, "amount-differs")
            status = statuses.get(body["payment_token"], "declined")
            if body["method"] == "invoice" and status == "settled":
                status = "authorised"
            payment = {
                "payment_id": str(uuid.uuid4()),
                "order_id": body["order_id"],
                "status": status,
                "method": body["method"],
                "amount_minor": body["amount_minor"],
                "currency": body["currency"],
                "refunded_minor": 0,
                **({"action_url": "https://bank.test/challenge/1"} if status == "requires_action" else {}),
                **({"decline_code": "insufficient_funds"} if status == "declined" else {}),
            }
            self.payments[payment["payment_id"]] = payment
            return JSONResponse(payment, 201)

        @api.get("/payments/{payment_id}")
        async def payment(request: Request, payment_id: str) -> Any:
            self._customer(request, "payments.read")
            if payment_id not in self.payments:
                raise Problem(404)
            return self.payments[payment_id]
