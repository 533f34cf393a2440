"""A browser without JavaScript: keeps cookies, follows redirects, fills in and sends the forms of a page."""

from dataclasses import dataclass, field, replace
from functools import cache
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx
from starlette.testclient import TestClient

from services.web.app import make_site
from services.web.assets import Assets
from services.web.config import SHARED_FILES, Config
from services.web.templates import Templates
from services.web.texts import Texts
from services.web.visit import Site
from tests.services.tokens import ISSUER
from tests.services.web.fake_api import FakeApi
from tests.services.web.fake_pool import CLIENT, FakePool

STORE = "https://store.test"
POOL = "https://auth.test"
API_KEY = "key-of-the-web-tier"


@cache
def _fakes() -> tuple[FakeApi, FakePool]:
    """Made once: routes take longer to make than to call."""
    return FakeApi(), FakePool()


class World(httpx.AsyncBaseTransport):
    """Carries calls of the storefront to API and user pool, or loses them."""

    def __init__(self) -> None:
        self.api, self.pool = _fakes()
        self.api.reset()
        self.pool.reset()
        self.lost: dict[str, str] = {}
        """Beginning of `<method> <path>` to `refused`, `answer` (done, and the answer is lost) or a status."""
        self.cookie = ""
        """What every answer sets."""
        self._apps = {
            urlsplit(STORE).netloc: httpx.ASGITransport(self.api.app),
            urlsplit(POOL).netloc: httpx.ASGITransport(self.pool.app),
            urlsplit(ISSUER).netloc: httpx.ASGITransport(self.pool.app),
        }

    def move(self, store: str, pool: str) -> None:
        """Be at other addresses, such as those of servers that a real browser reaches."""
        api, _, issuer = self._apps
        self._apps = {
            urlsplit(store).netloc: self._apps[api],
            urlsplit(pool).netloc: self._apps[issuer],
            issuer: self._apps[issuer],
        }

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        line = f"{request.method} {request.url.path}"
        how = next((how for beginning, how in self.lost.items() if line.startswith(beginning)), None)
        if how == "refused":
            raise httpx.ConnectError("refused")
        if how is not None and how.isdigit():
            return httpx.Response(int(how), request=request)
        answer = await self._apps[request.url.netloc.decode()].handle_async_request(request)
        if self.cookie:
            answer.headers["set-cookie"] = self.cookie
        if how == "answer":
            raise httpx.ReadTimeout("too late")
        return answer


class Memory:
    """Valkey: JSON by key; `down` as `services.common.cache.Cache` is while it fails."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self.seconds: list[int] = []
        """How long what was put is kept."""
        self.down = False

    def get(self, key: str) -> Any:
        return None if self.down else self.values.get(key)

    def put(self, key: str, value: Any, seconds: int) -> None:
        self.seconds.append(seconds)
        if not self.down:
            self.values[key] = value

    def drop(self, *keys: str) -> None:
        for key in keys:
            self.values.pop(key, None)

    def age(self, seconds: int) -> None:
        for value in self.values.values():
            if isinstance(value, dict):
                value["at"] -= seconds


@dataclass
class Form:
    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    choices: dict[str, list[str]] = field(default_factory=dict)
    """Values of radio buttons, check boxes and lists."""


class Html(HTMLParser):
    """Elements of a page in order, its forms, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.forms: list[Form] = []
        self.words: list[str] = []
        self._select = ""
        self._open: Form | None = None
        self._textarea = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.elements.append((tag, given))
        if tag == "form":
            self._open = Form(given.get("action", ""), given["method"])
            self.forms.append(self._open)
        elif self._open is not None:
            self._control(self._open, tag, given)

    def _control(self, form: Form, tag: str, given: dict[str, str]) -> None:
        name = given.get("name", "")
        if tag == "input" and given["type"] in ("radio", "checkbox"):
            form.choices.setdefault(name, []).append(given["value"])
            if "checked" in given:
                form.fields[name] = given["value"]
        elif tag == "input":
            form.fields[name] = given.get("value", "")
        elif tag == "select":
            self._select = name
        elif tag == "option":
            form.choices.setdefault(self._select, []).append(given["value"])
            if "selected" in given or self._select not in form.fields:
                form.fields[self._select] = given["value"]
        elif tag == "textarea":
            self._textarea = name
            form.fields[name] = ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None
        elif tag == "textarea":
            self._textarea = ""

    def handle_data(self, data: str) -> None:
        self.words.append(data)
        if self._textarea and self._open:
            self._open.fields[self._textarea] += data

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def all(self, *tags: str) -> list[dict[str, str]]:
        return [given for tag, given in self.elements if tag in tags]

    def form(self, action: str) -> Form:
        return next(form for form in self.forms if form.action == action)


class Browser:
    def __init__(self, client: TestClient, world: World) -> None:
        self.client, self.world = client, world
        self.response: httpx.Response = httpx.Response(200)
        self.page = Html("")

    @property
    def path(self) -> str:
        return self.response.url.raw_path.decode()

    def get(self, path: str, **headers: str) -> Html:
        return self._went(self.client.get(path, headers=headers))

    def send(self, action: str, **fields: str) -> Html:
        """Fill in the form with this action on the present page, and send it."""
        form = self.page.form(action)
        unknown = fields.keys() - form.fields.keys() - form.choices.keys()
        assert not unknown, f"the form has no {unknown}"
        for name, value in fields.items():
            assert name not in form.choices or value in form.choices[name] or value == ""
        data = {
            name: value for name, value in {**form.fields, **fields}.items() if value != "" or name not in form.choices
        }
        return self.post(action, **data)

    def post(self, action: str, /, **fields: str) -> Html:
        return self._went(self.client.post(action, data=fields))

    def _went(self, response: httpx.Response) -> Html:
        """Follow redirects, also through the user pool, which signs in at once."""
        while response.is_redirect:
            target = urljoin(str(response.url), response.headers["location"])
            if target.startswith(POOL):
                # A browser stops forms that are led to other hosts, as `form-action 'self'` says.
                assert response.request.method == "GET"
                target = self.world.pool.authorize(target)
            assert target.startswith(STORE), target
            response = self.client.get(target)
        self.response, self.page = response, Html(response.text)
        return self.page

    def sign_in(self, following: str = "/account") -> Html:
        self.get(f"/sign-in?next={following}")
        if self.path.startswith("/welcome"):
            self.send("/account/consents")
        return self.page


def site_in(world: World, memory: Memory, **config: Any) -> Site:
    facts = {
        "store_url": STORE,
        "api_url": f"{STORE}/api",
        "api_key": API_KEY,
        "sign_in_url": POOL,
        "issuer": ISSUER,
        "client_id": CLIENT,
    }
    site = make_site(Config(**{**facts, **config}), memory, world)
    # Compiled once for all tests.
    return site if "shared_files" in config else replace(site, templates=_templates())


@cache
def _templates() -> Templates:
    return Templates(SHARED_FILES, Texts(SHARED_FILES), Assets())
