"""The development stack as deployed, running on this machine, and those who use it from outside."""

import asyncio
import hashlib
import json
import threading
import time
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urljoin

import boto3
import httpx
from boto3.dynamodb.types import TypeDeserializer
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials

from local.run import Options, Run, start
from local.state import Deployed
from tests.program.conftest import Stack
from tests.services.web.browser import Html

Found = TypeVar("Found")
# Events go through streams, pipes, rules and queues, many times slower on a machine that is busy with other tests; a
# journey that fails waits this long once.
_PATIENCE_SECONDS = 90


class Shop:
    """A run of the stack, in a thread of its own."""

    def __init__(self, stack: Stack) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="shop", daemon=True)
        self._parts = AsyncExitStack()
        deployed = Deployed.load(stack.workspace, stack.name)
        self._thread.start()
        options = Options(env=stack.name, port=0, workspace=stack.workspace, longest_retry_seconds=1)
        began = time.monotonic()
        self.run: Run = self.wait(start(options, deployed, self._parts))
        self.ready_after = time.monotonic() - began

    @property
    def url(self) -> str:
        return self.run.front.urls["store"]

    def wait(self, what: Coroutine[Any, Any, Found]) -> Found:
        """The result of a coroutine of the run."""
        return asyncio.run_coroutine_threadsafe(what, self._loop).result(_PATIENCE_SECONDS)

    def close(self) -> None:
        self.wait(self._parts.aclose())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def code_for(self, email: str) -> str:
        """The code that the user pool would have sent last."""
        return until(lambda: next((one["code"] for one in self.run.front.codes() if one["to"] == email), None))

    def items(self, table: str) -> list[dict[str, Any]]:
        """All items of a table of the emulator, as Python values."""
        (name,) = {
            one.outputs["name"]
            for one in self.run.context.deployed.of_type("aws:dynamodb/table:Table")
            if one.name == table
        }
        scanned = self.run.context.cloud.client("dynamodb").get_paginator("scan").paginate(TableName=name)
        plain = TypeDeserializer().deserialize
        return [{key: plain(value) for key, value in item.items()} for page in scanned for item in page["Items"]]

    def put(self, feed: str, records: list[Any]) -> None:
        """Put records on a feed, as its owner does."""
        self.wait(self.run.feeds.put(feed, records))

    def logs(self) -> list[Path]:
        """Files with what each task and function has written."""
        return sorted((self.run.context.folder / "logs").rglob("*.log"))

    def written(self, name: str) -> str:
        """What one task or function has written."""
        path = self.run.context.folder / "logs" / f"{name}.log"
        return path.read_text() if path.is_file() else ""

    def charges(self) -> list[dict[str, Any]]:
        """What the payment provider knows."""
        return httpx.get(self.run.front.urls["payment provider"], trust_env=False).json()["charges"]

    def review(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """Answer of a route below `/payments/reviews`, asked as a reviewer asks it: signed, with the role of staff."""
        answer = self.ask_as_reviewer(method, path, body)
        assert answer.is_success, f"{answer.status_code} {answer.text}"
        return answer.json()

    def ask_as_reviewer(self, method: str, path: str, body: dict[str, Any] | None = None) -> httpx.Response:
        """As `review`, whatever the answer is."""
        (role,) = (
            one for one in self.run.context.deployed.of_type("aws:iam/role:Role") if one.name == "fraud-reviewer"
        )
        keys = self.run.context.principals.credentials(role.arn, "grace")
        url = f"{self.run.front.urls['API']}/payments/reviews{path}"
        request = AWSRequest(
            method, url, data=json.dumps(body) if body else b"", headers={"Content-Type": "application/json"}
        )
        credentials = Credentials(keys.access_key_id, keys.secret_access_key, keys.session_token)
        SigV4Auth(credentials, "execute-api", self.run.context.deployed.region).add_auth(request)
        return httpx.request(
            method, url, content=request.data, headers=dict(request.headers), trust_env=False, timeout=60
        )

    def courier(self, operation: str, **given: Any) -> Any:
        """What Amazon Location answers to a courier's system, with the role of couriers."""
        context = self.run.context
        (role,) = (one for one in context.deployed.of_type("aws:iam/role:Role") if one.name == "location-courier")
        keys = context.principals.credentials(role.arn, "courier")
        client = boto3.client(
            "location",
            region_name=context.deployed.region,
            endpoint_url=context.gate_url,
            aws_access_key_id=keys.access_key_id,
            aws_secret_access_key=keys.secret_access_key,
            aws_session_token=keys.session_token,
            config=Config(proxies={}, inject_host_prefix=False),
        )
        return getattr(client, operation)(**given)

    def told(self, third_party: str) -> list[Any]:
        """Requests that a third party got."""
        party = self.run.context.third_parties.named(third_party)
        assert party is not None
        return list(party.requests)


class Visitor:
    """A browser without JavaScript: keeps cookies, follows redirects, fills in and sends forms."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self._client = httpx.Client(base_url=shop.url, follow_redirects=True, timeout=30, trust_env=False)
        self._client.headers["user-agent"] = "Mozilla/5.0 (journey)"
        self.answer = httpx.Response(200)
        self.page = Html("")

    @property
    def path(self) -> str:
        return self.answer.url.raw_path.decode()

    def go(self, path: str) -> Html:
        return self._went(self._client.get(path))

    def look(self, path: str) -> tuple[int, str]:
        """Status and text of a page, which may be one that tells of a fault."""
        self.answer = self._client.get(path)
        self.page = Html(self.answer.text)
        return self.answer.status_code, self.page.text

    def send(self, action: str, **fields: str) -> Html:
        """Fill in the form of the present page whose action begins so, and send it."""
        forms = [form for form in self.page.forms if form.action.startswith(action)]
        assert forms, (
            f"{self.answer.url} {self.answer.status_code} has forms {[form.action for form in self.page.forms]}"
        )
        form = forms[0]
        buttons = {given["name"] for given in self.page.all("button") if "name" in given}
        unknown = fields.keys() - form.fields.keys() - form.choices.keys() - buttons
        assert not unknown, f"the form {form.action} has no {unknown}, but {sorted(form.fields)}"
        data = {
            name: value for name, value in {**form.fields, **fields}.items() if value != "" or name not in form.choices
        }
        return self._went(self._client.post(urljoin(str(self.answer.url), form.action or self.path), data=data))

    def token(self) -> str:
        """Access token of the customer, which the storefront keeps in the session."""
        cookie = self._client.cookies["session"]
        session_id = hashlib.sha256(cookie.encode()).hexdigest()
        (session,) = (one for one in self.shop.items("web-sessions") if one["session_id"] == session_id)
        return json.loads(session["data"])["customer"]["access_token"]

    def sign_up(self, email: str, password: str, **consents: str) -> None:
        """From the store's link to the page after the first sign-in."""
        self.go("/sign-up?next=/account")
        self.send("/signup", username=email, password=password)
        self.send("/confirmUser", code=self.shop.code_for(email))
        if self.page.forms and any(form.action.startswith("/login") for form in self.page.forms):
            self.send("/login", username=email, password=password)
        assert self.path.startswith("/welcome"), f"{self.answer.url}: {self.page.text[:400]}"
        self.send("/account/consents", **consents)

    def _went(self, answer: httpx.Response) -> Html:
        assert answer.status_code < 500, f"{answer.url}: {answer.status_code} {answer.text[:400]}"
        self.answer, self.page = answer, Html(answer.text)
        return self.page


def until(find: Callable[[], Found | None], *, progress: Callable[[], object] = lambda: None) -> Found:
    """What `find` gives as soon as it is true.

    Args:
        progress: As long as its value changes, patience begins anew.

    Raises:
        AssertionError: it never was.
    """
    pause = threading.Event()
    seen, end = progress(), time.monotonic() + _PATIENCE_SECONDS
    while True:
        found = find()
        if found:
            return found
        now = progress()
        if now != seen:
            seen, end = now, time.monotonic() + _PATIENCE_SECONDS
        assert time.monotonic() < end, "it never came"
        pause.wait(0.05)
