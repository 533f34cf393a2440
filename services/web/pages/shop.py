"""Home, categories, search and products."""

from urllib.parse import urlencode

from fastapi.responses import Response
from starlette.background import BackgroundTask

from functions.common.log import logger
from services.web import shelves
from services.web.models import Picks, Shelf, read
from services.web.searches import Search
from services.web.serving import Page
from services.web.store_api import ApiDownError, ApiError, NotFoundError
from services.web.visit import MustSignInError, Visit

_ON_HOME = 8
_PICKS = 4
# Of the catalogue, which asks Personalize itself for a second at most.
_PATIENCE_SECONDS = 2.5
_CATEGORY_LENGTH = 128


async def _home(visit: Visit) -> Response:
    try:
        shelf, is_old = await shelves.shelf(visit.site.answers, {})
    except ApiDownError:
        # The doors stay open: what does not need the catalogue works.
        return await visit.page("home.html", grid=None, is_old=False, picks_grid="")
    picks = await _picks(visit)
    return await visit.page(
        "home.html",
        grid=await _grid(visit, Shelf(products=shelf.products[:_ON_HOME])),
        is_old=is_old,
        picks=picks,
        picks_grid=await _grid(visit, Shelf(products=picks.products[:_PICKS])) if picks.products else "",
    )


async def _picks(visit: Visit) -> Picks:
    """What the customer is recommended; to strangers, and where nothing answers, best sellers."""
    if visit.customer is not None and not visit.session_down:
        try:
            found = await visit.call("GET", "/catalogue/recommendations", patience_seconds=_PATIENCE_SECONDS)
            return read(Picks, found.body)
        except (ApiError, MustSignInError) as error:
            logger.warning("no recommendations", extra={"cause": type(error).__name__})
    return Picks(products=await shelves.best_sellers(visit.site.answers))


async def _category(visit: Visit) -> Response:
    category = visit.param("category")
    if len(category) > _CATEGORY_LENGTH:
        raise NotFoundError
    query = {"category": category, **({"cursor": visit.query("cursor")} if visit.query("cursor") else {})}
    shelf, is_old = await shelves.shelf(visit.site.answers, query)
    if not shelf.products and category not in await shelves.categories(visit.site.answers):
        raise NotFoundError
    return await visit.page(
        "category.html",
        category=category,
        count=len(shelf.products),
        more=urlencode({"cursor": shelf.cursor}) if shelf.cursor else None,
        grid=await _grid(visit, shelf),
        is_old=is_old,
    )


async def _search(visit: Visit) -> Response:
    words = visit.query("q")[: shelves.QUERY_LENGTH]
    asked = Search.of(words, visit.query)
    if not words:
        return await visit.page("search.html", asked=asked, found=None, grid="", more=None, is_old=False)
    shelf, is_old = await shelves.shelf(visit.site.answers, asked.query)
    return await visit.page(
        "search.html",
        asked=asked,
        found=shelf.search,
        grid=await _grid(visit, shelf) if shelf.products else "",
        more=asked.page({"cursor": shelf.cursor}) if shelf.cursor else None,
        is_old=is_old,
    )


async def _product(visit: Visit) -> Response:
    product, is_old = await shelves.product(visit.site.answers, visit.param("product_id"))
    asked = product.variant(visit.query("sku"))
    chosen = asked or next((one for one in product.variants if not one.is_sold_out), None)
    looks = visit.request.method == "GET" and not visit.session_down and await _is_signed_in(visit)
    told = BackgroundTask(_told, visit, product.product_id) if looks else None
    return await visit.page("product.html", background=told, product=product, chosen=chosen, is_old=is_old)


async def _is_signed_in(visit: Visit) -> bool:
    """Whether there is a token, which is renewed now: the session is saved before the page goes out."""
    if visit.customer is None:
        return False
    try:
        await visit.token()
    except (ApiError, MustSignInError):
        return False
    return True


async def _told(visit: Visit, product_id: str) -> None:
    """The catalogue learns what the customer looks at, if the customer agreed to a profile; the page does not wait."""
    try:
        await visit.call("POST", "/catalogue/views", body={"product_id": product_id})
    except (ApiError, MustSignInError) as error:
        logger.warning("view not told", extra={"cause": type(error).__name__})


async def _grid(visit: Visit, shelf: Shelf) -> str:
    """The tiles of products, from the cache."""
    facts = {"release": visit.site.templates.release, "products": shelf.model_dump(mode="json")["products"]}
    return await visit.site.answers.fragment(
        facts, lambda: visit.site.templates.render("grid.html", products=shelf.products)
    )


async def _privacy(visit: Visit) -> Response:
    return await visit.page("privacy.html")


PAGES = (
    Page(path="/", handler=_home),
    Page(path="/home", handler=_home),
    Page(path="/categories/{category:path}", handler=_category),
    Page(path="/search", handler=_search),
    Page(path="/products/{product_id}", handler=_product),
    Page(path="/privacy", handler=_privacy),
)
