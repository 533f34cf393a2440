"""What a customer is recommended: by Personalize for who agreed to a profile, else best sellers."""

import json
import time
from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from typing import Any, Final, Literal

from botocore.exceptions import BotoCoreError, ClientError

from functions.common import names
from functions.common.aws import personalize_events, personalize_runtime
from functions.common.log import cause, logger
from functions.common.product import Product
from services.catalogue import profiles, sellers
from services.catalogue.answers import Listing, Recommendations
from services.common.cache import shared
from services.common.metrics import count_one
from services.common.problems import missing
from services.common.settings import optional

_BEST: Final = "catalogue:best-sellers"
# An order shows within this time.
_BEST_SECONDS: Final = 15
_PAUSE_SECONDS: Final = 5
# https://docs.aws.amazon.com/personalize/latest/dg/API_UBS_PutEvents.html, API_UBS_PutItems.html
_AT_ONCE: Final = 10
_METRIC: Final = "RecommendationFailures"
_SERVICE: Final = "catalogue"


def best_sellers() -> list[Listing]:
    """Best first; empty while nothing was sold."""
    kept = shared().through(_BEST, _BEST_SECONDS, lambda: [one.model_dump(mode="json") for one in _best()])
    return [Listing.model_validate(one) for one in kept]


class Recommender:
    """Asks Personalize; when that fails, the next seconds go without it."""

    def __init__(self) -> None:
        self._down_until = float("-inf")

    def for_customer(self, customer_id: str) -> Recommendations:
        recommender = optional(names.RECOMMENDER)
        pseudonym = profiles.pseudonym_of(customer_id) if recommender else None
        found = self._ask(recommender, pseudonym) if recommender and pseudonym else []
        if found:
            return Recommendations(source="personalize", products=found)
        return Recommendations(source="best-sellers", products=best_sellers())

    def seen(self, customer_id: str, product_id: str) -> None:
        """The customer looks at a product. What cannot be told is not learned.

        Raises:
            ProblemError: 404, there is no such product for sale; it is looked for only if it would be told.
        """
        pseudonym = profiles.pseudonym_of(customer_id) if optional(names.TRACKING_ID) else None
        if pseudonym is None or time.monotonic() < self._down_until:
            return
        if not sellers.listings([product_id]):
            raise missing("product")
        try:
            _tell(pseudonym, "View", [product_id], datetime.now(UTC))
        except (BotoCoreError, ClientError) as error:
            self._fails(error)

    def describe(self, product_id: str) -> None:
        """Tell Personalize what a product costs, and of what category it is. It takes few of these in a second, and a
        feed brings many: one that it does not take is told with the product's next change."""
        dataset = optional(names.ITEMS_DATASET)
        if dataset is None or time.monotonic() < self._down_until:
            return
        for_sale = [item for item in Product.read(product_id).variants.values() if not item["withdrawn"]]
        if not for_sale:
            return
        cheapest = min(for_sale, key=lambda item: item["price_minor"])
        facts = {"price": float(cheapest["price_minor"]), "categoryL1": cheapest["category"]}
        items = [{"itemId": product_id, "properties": json.dumps(facts)}]
        try:
            personalize_events().put_items(datasetArn=dataset, items=items)
        except (BotoCoreError, ClientError) as error:
            logger.warning("product not described", extra={"cause": cause(error)})
            count_one(_METRIC, _SERVICE)

    def _ask(self, recommender: str, pseudonym: str) -> list[Listing]:
        """Products that are for sale; none while Personalize does not answer, or knows of none."""
        if time.monotonic() < self._down_until:
            count_one(_METRIC, _SERVICE)
            return []
        chosen = optional(names.RECOMMENDER_FILTER)
        try:
            answer = personalize_runtime().get_recommendations(
                recommenderArn=recommender,
                userId=pseudonym,
                numResults=sellers.SHOWN,
                **({"filterArn": chosen} if chosen else {}),
            )
        except (BotoCoreError, ClientError) as error:
            self._fails(error)
            return []
        return sellers.listings([item["itemId"] for item in answer.get("itemList", ()) if "itemId" in item])

    def _fails(self, error: Exception) -> None:
        self._down_until = time.monotonic() + _PAUSE_SECONDS
        logger.warning("personalize fails", extra={"cause": cause(error)})
        count_one(_METRIC, _SERVICE)


def bought(customer_id: str, order_id: str, placed_at: datetime, product_ids: Collection[str]) -> None:
    """The customer has ordered products: they count for best sellers, and for the customer's profile.

    Raises:
        ClientError: Personalize does not take them; the same order is counted once all the same.
        BotoCoreError: likewise.
    """
    sellers.count(order_id, placed_at, product_ids)
    pseudonym = profiles.pseudonym_of(customer_id) if optional(names.TRACKING_ID) else None
    if pseudonym is not None:
        _tell(pseudonym, "Purchase", product_ids, placed_at, order_id)


def _best() -> list[Listing]:
    return sellers.listings(sellers.best())[: sellers.SHOWN]


def _tell(
    pseudonym: str,
    kind: Literal["View", "Purchase"],
    product_ids: Iterable[str],
    at: datetime,
    order_id: str | None = None,
) -> None:
    events: list[dict[str, Any]] = [
        {
            "eventType": kind,
            "itemId": product_id,
            "sentAt": at,
            # An event that comes again is the same.
            **({"eventId": f"{order_id}-{number}"} if order_id else {}),
        }
        for number, product_id in enumerate(sorted(product_ids))
    ]
    for first in range(0, len(events), _AT_ONCE):
        personalize_events().put_events(
            trackingId=optional(names.TRACKING_ID),
            userId=pseudonym,
            sessionId=f"{pseudonym}-{at.date()}",
            eventList=events[first : first + _AT_ONCE],
        )
