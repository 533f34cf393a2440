"""`python -m load.smoke URL`: what must be true of a store that has just been deployed, asked from outside.

It reads public pages only, signs nobody in and changes nothing. Exit code 0: all is well; 1: something is not; 2:
nothing answers at the URL.
"""

import argparse
import json
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from urllib.parse import urlsplit

import httpx
from rich.console import Console
from rich.table import Table

_TIMEOUT_SECONDS = 10
_CLOSED = ("/actuator/health", "/internal/stock", "/.env", "/.git/config")


@dataclass(frozen=True)
class Check:
    name: str
    passed: bool
    found: str


Question = Callable[[httpx.Client], Iterator[Check]]


def _home(store: httpx.Client) -> Iterator[Check]:
    page = store.get("/")
    yield Check(
        "home page", page.status_code == 200 and "text/html" in page.headers.get("content-type", ""), _said(page)
    )
    policy = page.headers.get("content-security-policy", "")
    strict = "default-src" in policy and "unsafe-inline" not in policy
    yield Check("content security policy", strict, policy or "none")
    for header in ("x-content-type-options", "referrer-policy"):
        yield Check(header, header in page.headers, page.headers.get(header, "none"))
    if store.base_url.scheme == "https":
        lasting = page.headers.get("strict-transport-security", "none")
        yield Check("strict-transport-security", "max-age=" in lasting, lasting)
    for asset in sorted(set(re.findall(r'(?:href|src)="(/static/[^"]+)"', page.text)))[:3]:
        answer = store.get(asset)
        yield Check(
            asset, answer.status_code == 200 and "max-age" in answer.headers.get("cache-control", ""), _said(answer)
        )


def _plain(store: httpx.Client) -> Iterator[Check]:
    if store.base_url.scheme == "https":
        answer = httpx.get(f"http://{store.base_url.host}/", timeout=_TIMEOUT_SECONDS)
        moved = answer.headers.get("location", "")
        yield Check(
            "http leads to https", answer.is_redirect and moved.startswith("https://"), f"{_said(answer)} {moved}"
        )


def _catalogue(store: httpx.Client) -> Iterator[Check]:
    listed = store.get("/api/catalogue/products")
    products = listed.json().get("products", []) if listed.status_code == 200 else []
    yield Check("products of the API", bool(products), f"{_said(listed)}, {len(products)} products")
    for product in products[:1]:
        one = store.get(f"/api/catalogue/products/{product['product_id']}")
        yield Check("one product", one.status_code == 200, _said(one))


def _doors(store: httpx.Client) -> Iterator[Check]:
    for path in _CLOSED:
        answer = store.get(path)
        yield Check(f"{path} is closed", answer.status_code in (403, 404), _said(answer))
    for path in ("/api/carts", "/api/orders", "/api/customers/me"):
        answer = store.get(path)
        yield Check(f"{path} wants a token", answer.status_code == 401, _said(answer))
    answer = store.put("/api/orders/any/status", json={})
    yield Check("machines' routes want a signature", answer.status_code in (401, 403), _said(answer))


def _sign_in(store: httpx.Client) -> Iterator[Check]:
    begun = store.get("/sign-in")
    pages = begun.headers.get("location", "")
    begins = begun.is_redirect and "code_challenge_method=S256" in pages
    yield Check("sign-in begins", begins, f"{_said(begun)} {urlsplit(pages).netloc}")
    if begins:
        answer = httpx.get(pages, timeout=_TIMEOUT_SECONDS, follow_redirects=True)
        yield Check("sign-in page", answer.status_code == 200, _said(answer))


QUESTIONS: tuple[Question, ...] = (_home, _plain, _catalogue, _doors, _sign_in)


def ask(store: httpx.Client) -> list[Check]:
    """All checks; a question without an answer is a check that failed."""
    checks: list[Check] = []
    for question in QUESTIONS:
        try:
            checks += question(store)
        except httpx.HTTPError as error:
            checks.append(Check(question.__name__.strip("_"), passed=False, found=f"{type(error).__name__}: {error}"))
    return checks


def _said(answer: httpx.Response) -> str:
    return f"{answer.status_code} {answer.reason_phrase}"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m load.smoke", description=__doc__)
    parser.add_argument("url", help="https://<domain> of the store")
    parser.add_argument("--json", action="store_true", help="machine-readable, on standard output")
    arguments = parser.parse_args()
    console = Console(stderr=True)
    if urlsplit(arguments.url).scheme not in ("http", "https"):
        console.print(f"error: the URL must begin with https:// (or http://), and is {arguments.url}", markup=False)
        return 2
    with httpx.Client(base_url=arguments.url, timeout=_TIMEOUT_SECONDS, headers={"user-agent": "store-smoke"}) as store:
        try:
            store.get("/")
        except httpx.HTTPError as error:
            console.print(f"error: {arguments.url} does not answer: {error}", markup=False)
            return 2
        checks = ask(store)
    if arguments.json:
        sys.stdout.write(json.dumps([asdict(check) for check in checks], indent=2) + "\n")
    else:
        _show(checks)
    return 0 if all(check.passed for check in checks) else 1


def _show(checks: list[Check]) -> None:
    table = Table("", "check", "found", box=None)
    for check in checks:
        table.add_row("[green]ok[/]" if check.passed else "[red]not[/]", check.name, check.found)
    Console(soft_wrap=True).print(table)


if __name__ == "__main__":
    sys.exit(main())
