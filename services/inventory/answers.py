"""Answers of the service."""

from pydantic import BaseModel


class PlaceStock(BaseModel):
    location_id: str
    available: int


class ArticleStock(BaseModel):
    sku: str
    available: int
    """Pieces that can be sold now."""
    locations: list[PlaceStock]


class Stocks(BaseModel):
    stock: dict[str, int]
    """Article to pieces that can be sold; an article that was never counted is not there."""
