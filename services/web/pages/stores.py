"""The stores that customers visit: all, or the nearest to a place first."""

from fastapi.responses import Response

from services.web.models import Stores, read
from services.web.serving import Page
from services.web.visit import Visit

_LONGEST = 128
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


async def _stores(visit: Visit) -> Response:
    """
    Raises:
        ApiError: there is neither an answer nor an old one.
    """
    near = " ".join(visit.query("near").split())[:_LONGEST]
    answer = await visit.site.answers.get("/catalogue/stores", {"near": near} if near else None)
    found = read(Stores, answer.body)
    return await visit.page("stores.html", near=near, found=found, days=_DAYS, is_old=answer.is_old)


PAGES = (Page(path="/stores", handler=_stores),)
