"""What the API answers, as far as pages show it; further members are ignored."""

from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from functions.common.log import logger
from services.web.store_api import ApiDownError


class _Answer(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)


def _web_address(url: str) -> str:
    if not url.startswith(("https://", "http://")):
        raise ValueError("must be an address of the web")
    return url


WebAddress = Annotated[str, AfterValidator(_web_address)]


class Chat(_Answer):
    locales: Annotated[list[str], Field(min_length=1)]
    """Languages of the bot, the default first."""


class ChatReply(_Answer):
    replies: list[str]


class Listing(_Answer):
    """A product on a shelf, with its cheapest article."""

    product_id: str
    sku: str
    name: str
    category_id: str
    price_minor: int
    currency: str


class Picks(_Answer):
    """Best sellers, or what a customer is recommended."""

    products: tuple[Listing, ...]
    source: Literal["personalize", "best-sellers"] = "best-sellers"


class Store(_Answer):
    """A store that customers visit."""

    store_id: str
    name: str
    line_1: str
    postal_code: str
    city: str
    country: str
    timezone: str
    opening_hours: dict[str, str]
    services: tuple[str, ...] = ()
    distance_m: int | None = None
    map_url: WebAddress | None = None


class Stores(_Answer):
    stores: tuple[Store, ...]
    near: str
    place: str | None = None


class CategoryCount(_Answer):
    category_id: str
    products: int


class Found(_Answer):
    """What a search found in all."""

    source: Literal["search", "table"]
    total: int
    categories: tuple[CategoryCount, ...]
    in_stock: int
    did_you_mean: str | None = None


class Shelf(_Answer):
    products: tuple[Listing, ...]
    cursor: str | None = None
    search: Found | None = None


class Category(_Answer):
    category_id: str


class Categories(_Answer):
    categories: tuple[Category, ...]


class Variant(_Answer):
    sku: str
    name: str
    category_id: str
    price_minor: int
    currency: str
    available: int | None = None

    @property
    def is_sold_out(self) -> bool:
        return self.available is not None and self.available <= 0


class Attribute(_Answer):
    name: str
    value: str


class Product(_Answer):
    product_id: str
    name: str
    description: str = ""
    attributes: tuple[Attribute, ...] = ()
    variants: tuple[Variant, ...]

    @property
    def title(self) -> str:
        """The name without what tells its variants apart: the catalogue names each."""
        common = {variant.name.rpartition(",")[0] for variant in self.variants}
        return (common.pop() if len(self.variants) > 1 and len(common) == 1 else "") or self.name

    def variant(self, sku: str) -> Variant | None:
        return next((variant for variant in self.variants if variant.sku == sku), None)


class CartLine(_Answer):
    sku: str
    product_id: str
    name: str
    quantity: int
    unit_price_minor: int
    line_total_minor: int
    previous_price_minor: int | None = None
    withdrawn: bool = False
    available: int | None = None

    @property
    def lacks(self) -> bool:
        """Whether less is in stock than the cart holds."""
        return self.available is not None and self.available < self.quantity


class Cart(_Answer):
    cart_id: str | None
    currency: str | None
    total_minor: int
    lines: tuple[CartLine, ...]

    @property
    def pieces(self) -> int:
        return sum(line.quantity for line in self.lines)

    @property
    def can_be_ordered(self) -> bool:
        return bool(self.lines) and not any(line.withdrawn or line.lacks for line in self.lines)


class DeliveryPrice(_Answer):
    delivery: str
    price_minor: int


class Amounts(_Answer):
    """What is part of a total. Orders of an earlier version have the total alone."""

    currency: str
    goods_minor: int | None = None
    delivery_minor: int | None = None
    tax_minor: int = 0
    """Taxes that are added."""
    included_tax_minor: int | None = None
    """Taxes that prices contain, where they are known."""
    estimated: tuple[str, ...] = ()
    total_minor: int


class Quote(Amounts):
    delivery: str
    deliveries: tuple[DeliveryPrice, ...]


class OrderLine(_Answer):
    sku: str
    product_id: str
    name: str
    quantity: int
    unit_price_minor: int
    line_total_minor: int


class Cancelled(_Answer):
    at: str
    by: str
    refund: str


class PostalAddress(_Answer):
    name: str
    line_1: str
    line_2: str = ""
    postal_code: str
    city: str
    region: str = ""
    country: str


class Courier(_Answer):
    where: str
    at: str


class InReview(_Answer):
    until: str


class Order(Amounts):
    order_id: str
    status: str
    placed_at: str
    delivery: str
    location_id: str | None = None
    shipping_address: PostalAddress | None = None
    tracking_number: str | None = None
    carrier: str | None = None
    courier: Courier | None = None
    payment_due_at: str | None = None
    in_review: InReview | None = None
    cancelled: Cancelled | None = None
    lines: tuple[OrderLine, ...]

    @property
    def is_open(self) -> bool:
        """Whether it waits for payment."""
        return self.status == "pending"

    @property
    def can_be_cancelled(self) -> bool:
        return self.status in ("pending", "placed", "paid", "accepted", "picked")


class OrderSummary(_Answer):
    order_id: str
    status: str
    placed_at: str
    currency: str
    total_minor: int
    line_count: int
    in_review: bool = False


class OrderPage(_Answer):
    orders: tuple[OrderSummary, ...]
    cursor: str | None = None


class SavedAddress(PostalAddress):
    address_id: str


class Consent(_Answer):
    given: bool
    policy_version: str


class Profile(_Answer):
    customer_id: str
    email: str
    given_name: str = ""
    family_name: str = ""
    phone_number: str = ""
    addresses: tuple[SavedAddress, ...] = ()
    consents: dict[str, Consent] = {}


class Payment(_Answer):
    payment_id: str
    order_id: str
    status: Literal[
        "processing", "requires_action", "pending", "held", "authorised", "settled", "declined", "cancelled", "refunded"
    ]
    action_url: WebAddress | None = None
    decline_code: str | None = None


M = TypeVar("M", bound=_Answer)


def read(model: type[M], answer: Any) -> M:
    """
    Raises:
        ApiDownError: the answer is not what the API promises, so nothing can be told from it.
    """
    try:
        return model.model_validate(answer)
    except ValidationError as error:
        places = [".".join(map(str, problem["loc"])) for problem in error.errors(include_input=False)[:5]]
        logger.error("answer of the api not understood", extra={"model": model.__name__, "places": places})
        raise ApiDownError(uncertain=True) from error
