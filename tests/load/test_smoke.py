"""The smoke test tells a store that is well from each one that is not."""

from collections.abc import Callable

import httpx
import pytest

from load.smoke import ask

_PAGE = '<link href="/static/site.1a2b.css"><a href="/products/p1">x</a>'
_GOOD = {
    "content-type": "text/html",
    "content-security-policy": "default-src 'self'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
}
_SIGN_IN = "http://sign-in.test/oauth2/authorize?code_challenge_method=S256"
Answer = Callable[[httpx.Request], httpx.Response]


def store(request: httpx.Request) -> httpx.Response:
    path = request.url.path
    if path == "/":
        return httpx.Response(200, text=_PAGE, headers=_GOOD)
    if path.startswith("/static/"):
        return httpx.Response(200, headers={"cache-control": "public, max-age=31536000, immutable"})
    if path.startswith("/api/catalogue/products"):
        return httpx.Response(200, json={"products": [{"product_id": "p1"}]})
    if path.startswith("/api/"):
        return httpx.Response(401)
    if path == "/sign-in":
        return httpx.Response(303, headers={"location": _SIGN_IN})
    return httpx.Response(200 if request.url.host == "sign-in.test" else 404)


def answering(path: str, answer: httpx.Response) -> Answer:
    return lambda request: answer if request.url.path == path else store(request)


def failed(answer: Answer, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    transport = httpx.MockTransport(answer)
    monkeypatch.setattr(httpx, "get", lambda url, **_: httpx.Client(transport=transport).get(url))
    with httpx.Client(base_url="http://store.test", transport=transport) as client:
        checks = ask(client)
    assert len(checks) > 10
    return {check.name for check in checks if not check.passed}


def test_a_store_that_is_well_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    assert failed(store, monkeypatch) == set()


@pytest.mark.parametrize(
    ("path", "answer", "name"),
    [
        ("/", httpx.Response(503, text="maintenance", headers=_GOOD), "home page"),
        (
            "/",
            httpx.Response(200, headers={**_GOOD, "content-security-policy": "default-src 'self' 'unsafe-inline'"}),
            "content security policy",
        ),
        ("/", httpx.Response(200, headers={"content-type": "text/html"}), "x-content-type-options"),
        ("/static/site.1a2b.css", httpx.Response(404), "/static/site.1a2b.css"),
        ("/api/catalogue/products", httpx.Response(200, json={"products": []}), "products of the API"),
        ("/api/catalogue/products/p1", httpx.Response(502), "one product"),
        ("/actuator/health", httpx.Response(200), "/actuator/health is closed"),
        ("/api/carts", httpx.Response(200, json={}), "/api/carts wants a token"),
        ("/api/orders/any/status", httpx.Response(200), "machines' routes want a signature"),
        ("/sign-in", httpx.Response(303, headers={"location": "/"}), "sign-in begins"),
    ],
)
def test_what_is_wrong_is_named(path: str, answer: httpx.Response, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert name in failed(answering(path, answer), monkeypatch)


def test_no_answer_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    def dead(request: httpx.Request) -> httpx.Response:
        if request.url.path.startswith("/api/"):
            raise httpx.ReadTimeout("late", request=request)
        return store(request)

    assert {"catalogue", "doors"} <= failed(dead, monkeypatch)
