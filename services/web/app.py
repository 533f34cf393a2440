"""The storefront's app."""

from functools import cache

import httpx
from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import FileResponse, PlainTextResponse, Response
from starlette.exceptions import HTTPException

from services.common import cache as valkey
from services.common.app import make, reads
from services.web.answers import Answers, Store
from services.web.assets import CACHE_CONTROL, Assets
from services.web.config import Config
from services.web.flags import Flags
from services.web.pages import account, basket, chat, checkout, orders, shop, signing, stores
from services.web.serving import Page, SecurityHeaders, endpoint
from services.web.sign_in import SignIn
from services.web.store_api import StoreApi
from services.web.templates import Templates
from services.web.texts import Texts
from services.web.visit import Site, Visit

_PAGES = tuple(page for of in (shop, stores, basket, checkout, orders, account, chat, signing) for page in of.PAGES)
_ROBOTS = """\
User-agent: *
Disallow: /account
Disallow: /cart
Disallow: /chat
Disallow: /checkout
Disallow: /orders
Disallow: /sign-
"""


def make_site(config: Config, store: Store, transport: httpx.AsyncBaseTransport | None = None) -> Site:
    """
    Args:
        store: Valkey.
        transport: Carries the calls to API and user pool; None is the network.
    """
    texts, assets = Texts(config.shared_files), Assets()
    api = StoreApi(config.api_url, config.api_key, transport)
    return Site(
        config=config,
        api=api,
        sign_in=SignIn(config, transport),
        answers=Answers(api, store),
        flags=Flags(),
        texts=texts,
        assets=assets,
        templates=Templates(config.shared_files, texts, assets),
    )


@cache
def _site() -> Site:
    return make_site(Config.read(), valkey.shared())


def app(site: Site | None = None) -> FastAPI:
    """
    Args:
        site: What requests share; None makes it from the environment at the first request.
    """
    assets = site.assets if site else Assets()

    def site_of() -> Site:
        return site or _site()

    router = APIRouter()
    for page in _PAGES:
        methods = ["GET", "HEAD"] if page.method == "GET" else ["POST"]
        router.add_api_route(page.path, endpoint(site_of, page), methods=methods, response_model=None)
    router.add_api_route("/static/{key:path}", _static(assets), methods=["GET", "HEAD"], response_model=None)
    router.add_api_route("/robots.txt", _robots, methods=["GET"], response_model=None)
    made = make(
        "web",
        {"": router},
        ready={"sessions": reads("sessions", session_id="ready"), "flags": reads("flags", flag="ready")},
    )
    not_found = endpoint(site_of, Page(path="*", handler=_not_found))

    @made.exception_handler(HTTPException)
    async def _(request: Request, error: HTTPException) -> Response:
        if error.status_code == 404 and not request.url.path.startswith("/static/"):
            return await not_found(request)
        return PlainTextResponse(str(error.detail), error.status_code, error.headers)

    made.add_middleware(SecurityHeaders)
    return made


async def _not_found(visit: Visit) -> Response:
    return await visit.page("not_found.html", 404)


def _static(assets: Assets):  # noqa: ANN202 an endpoint
    async def serve(key: str) -> Response:
        asset = assets.by_key.get(key)
        if asset is None:
            raise HTTPException(404)
        return FileResponse(asset.path, media_type=asset.content_type, headers={"Cache-Control": CACHE_CONTROL})

    return serve


def _robots() -> Response:
    return PlainTextResponse(_ROBOTS)
