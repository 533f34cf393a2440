"""What the store sells, from the catalogue's routes that everybody may read."""

from collections.abc import Mapping

from functions.common.log import logger
from services.web.answers import Answers
from services.web.models import Categories, Listing, Picks, Product, Shelf, read
from services.web.store_api import ApiError, path

QUERY_LENGTH = 64
"""Longest search (`q` of the API)."""


async def categories(answers: Answers) -> list[str]:
    """Ids of all categories; without the catalogue none, for a page can do without."""
    try:
        answer = await answers.get("/catalogue/categories")
        return [category.category_id for category in read(Categories, answer.body).categories]
    except ApiError as error:
        logger.warning("no categories", extra={"cause": type(error).__name__})
        return []


async def shelf(answers: Answers, query: Mapping[str, str]) -> tuple[Shelf, bool]:
    """
    Args:
        query: `category`, `q` and its filters, `cursor`.

    Returns:
        Products, and whether they are from an old answer.

    Raises:
        ApiError: there is neither an answer nor an old one.
    """
    answer = await answers.get("/catalogue/products", query)
    return read(Shelf, answer.body), answer.is_old


async def best_sellers(answers: Answers) -> tuple[Listing, ...]:
    """What others buy; without the catalogue nothing, for a page can do without."""
    try:
        return read(Picks, (await answers.get("/catalogue/best-sellers")).body).products
    except ApiError as error:
        logger.warning("no best sellers", extra={"cause": type(error).__name__})
        return ()


async def product(answers: Answers, product_id: str) -> tuple[Product, bool]:
    """As `shelf`.

    Raises:
        NotFoundError: it is not for sale.
    """
    answer = await answers.get(path("catalogue", "products", product_id))
    return read(Product, answer.body), answer.is_old
