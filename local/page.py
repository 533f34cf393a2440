"""Status page of a run: what runs where, what happened, and what was denied; with its token only.

`GET /?json` is the same for programs. `POST` with the header `Authorization: Bearer <token>` makes faults and puts
events and records, as tests of whole journeys need them.
"""

import hmac
import secrets
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, Final

import jinja2
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from local.children import Logs
from local.context import Context, Front
from local.facts import Facts
from local.loops import Loops
from local.seed import Feeds

_TEMPLATE: Final = Path(__file__).with_name("page.html")
_LOG_BYTES: Final = 200_000

Handler = Callable[[Request], Awaitable[Response]]


class Page:
    """ASGI application."""

    def __init__(self, context: Context, front: Front, loops: Loops, feeds: Feeds, logs: Logs, token: str) -> None:
        self._context = context
        self._feeds = feeds
        self._logs = logs
        self._token = token
        self._facts = Facts(context, front, loops)
        environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
        self._template = environment.from_string(_TEMPLATE.read_text(encoding="utf-8"))
        self._app = Starlette(
            routes=[
                Route("/", self._read(self._show)),
                Route("/logs/{name}", self._read(self._log)),
                Route("/queues/{name}", self._read(self._queue)),
                Route("/services/{label}/{what}", self._written(self._service), methods=["POST"]),
                Route("/functions/{name}/kill", self._written(self._kill), methods=["POST"]),
                Route("/third-parties/{name}/failures", self._written(self._fail), methods=["POST"]),
                Route("/mails/{mail}/{what}", self._written(self._mail), methods=["POST"]),
                Route("/events", self._written(self._put_events), methods=["POST"]),
                Route("/feeds/{feed}", self._written(self._put_records), methods=["POST"]),
            ]
        )

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self._app(scope, receive, send)

    def _read(self, handler: Handler) -> Handler:
        """For a browser: the token is in the URL that the run printed."""

        async def guarded(request: Request) -> Response:
            given = request.query_params.get("token", "") or _bearer(request)
            if not hmac.compare_digest(given.encode(), self._token.encode()):
                raise HTTPException(403, "open the URL that the run printed: it has a token")
            return await _answered(handler, request)

        return guarded

    def _written(self, handler: Handler) -> Handler:
        """For programs: a header that no other site's page can send."""

        async def guarded(request: Request) -> Response:
            if not hmac.compare_digest(_bearer(request).encode(), self._token.encode()):
                raise HTTPException(403, "send the page's token in the header Authorization: Bearer")
            return await _answered(handler, request)

        return guarded

    async def _show(self, request: Request) -> Response:
        facts = await self._facts.gather()
        if "json" in request.query_params:
            return JSONResponse(facts)
        nonce = secrets.token_urlsafe(16)
        html = self._template.render(facts=facts, token=self._token, nonce=nonce)
        return HTMLResponse(html, headers=_headers(nonce))

    async def _log(self, request: Request) -> Response:
        path = self._logs.path(request.path_params["name"])
        # A name is one segment, so that nothing but a log can be read.
        if path.parent != self._logs.folder or not path.is_file():
            raise HTTPException(404, "there is no such log")
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - _LOG_BYTES))
            return PlainTextResponse(file.read(), headers={"X-Content-Type-Options": "nosniff"})

    async def _queue(self, request: Request) -> Response:
        """Messages that wait in a queue, left as they are."""
        return JSONResponse(await self._facts.messages(request.path_params["name"]))

    async def _service(self, request: Request) -> Response:
        processes = self._context.processes
        whats = {"stop": processes.stop, "restart": processes.restart, "kill": processes.kill}
        label, what = request.path_params["label"], request.path_params["what"]
        if label not in processes.labels() or what not in whats:
            known = f"services are {', '.join(processes.labels())}; one can {', '.join(whats)} them"
            raise HTTPException(404, known)
        await whats[what](label)
        return JSONResponse({})

    async def _kill(self, request: Request) -> Response:
        try:
            await self._context.functions.kill(request.path_params["name"])
        except LookupError as unknown:
            raise HTTPException(404, str(unknown)) from None
        return JSONResponse({})

    async def _fail(self, request: Request) -> Response:
        """Body: list of the statuses of the next answers."""
        statuses = [int(status) for status in await _listed(request)]
        self._context.third_parties.fail(request.path_params["name"], *statuses)
        return JSONResponse({})

    async def _mail(self, request: Request) -> Response:
        """What the customer, or the server of the address, does with a message."""
        mails = self._context.mails
        whats = {"unsubscribe": mails.unsubscribe, "bounce": mails.bounce, "complain": mails.complain}
        what = request.path_params["what"]
        if what not in whats:
            raise HTTPException(404, f"one can {', '.join(whats)}")
        await whats[what](request.path_params["mail"])
        return JSONResponse({})

    async def _put_events(self, request: Request) -> Response:
        """Body: list of entries as of PutEvents; they come from the bus itself, so that nobody's role is judged."""
        return JSONResponse(await self._context.bus.put(await _listed(request)))

    async def _put_records(self, request: Request) -> Response:
        """Body: list of records, JSON values; a text is put as it is."""
        await self._feeds.put(request.path_params["feed"], await _listed(request))
        return JSONResponse({})


async def _answered(handler: Handler, request: Request) -> Response:
    try:
        return await handler(request)
    except LookupError as problem:
        raise HTTPException(404, str(problem)) from None
    except (ValueError, TypeError) as problem:
        raise HTTPException(400, str(problem)) from None


async def _listed(request: Request) -> list[Any]:
    content = await request.json()
    if not isinstance(content, list):
        raise TypeError(f"the body must be a JSON list, not {type(content).__name__}")
    return content


def _bearer(request: Request) -> str:
    return request.headers.get("Authorization", "").removeprefix("Bearer ")


def _headers(nonce: str) -> Mapping[str, str]:
    policy = (
        f"default-src 'none'; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return {
        "Content-Security-Policy": policy,
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }
