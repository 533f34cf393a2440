"""Models of requests: closed, bounded, and plain about what is wrong with one."""

import json
from pathlib import Path
from typing import Any

import pytest

from api import catalogue
from api.catalogue import models, unknown
from schema_files import DRAFT, FlawedFilesError

GOOD: dict[str, Any] = {
    "$schema": DRAFT,
    "title": "Parcel",
    "description": "What is sent.",
    "type": "object",
    "additionalProperties": False,
    "required": ["sku"],
    "properties": {"sku": {"type": "string", "maxLength": 64}},
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(catalogue, "MODELS", tmp_path)
    models.cache_clear()
    yield tmp_path
    models.cache_clear()


def write(folder: Path, name: str = "Parcel.json", **changes: Any) -> None:
    schema = {key: value for key, value in {**GOOD, **changes}.items() if value is not None}
    (folder / name).write_text(json.dumps(schema))


def test_the_store_has_models_for_what_it_takes() -> None:
    assert models().keys() >= {
        "CartItem",
        "OrderRequest",
        "PaymentRequest",
        "CustomerProfile",
        "ProductChange",
        "StockChange",
    }
    for model in models().values():
        assert model.meaning.endswith("."), model.name


def test_no_model_has_room_for_card_data() -> None:
    """Card data would bring every service behind the API into the scope of PCI DSS."""
    for model in models().values():
        for word in ("card_number", "cvc", "cvv", "iban", "pan"):
            assert f'"{word}"' not in model.text, model.name


def test_prices_are_never_the_customer_s_to_say() -> None:
    for name in ("CartItem", "OrderRequest"):
        assert "price" not in models()[name].text
        assert "amount" not in models()[name].text


def test_a_good_model_is_read(folder) -> None:
    write(folder)
    assert models()["Parcel"].meaning == "What is sent."


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"$schema": "http://json-schema.org/draft-07/schema#"}, "the draft that API Gateway supports"),
        ({"title": "Package"}, '"title" must be "Parcel"'),
        ({"description": None}, '"description" must say what the request means'),
        ({"type": "array"}, '"type" must be "object"'),
        ({"additionalProperties": None}, 'the request must have "additionalProperties": false'),
        ({"required": ["sku", "weight"]}, 'requires weight, which must be in "properties"'),
        ({"properties": {"sku": {"type": "string"}}}, 'sku is string and must have "maxLength"'),
        ({"properties": {"sku": {"type": "integer", "minimum": 0}}}, 'sku is integer and must have "maximum"'),
        ({"properties": {"sku": {"type": "array", "items": {}}}}, 'sku is array and must have "maxItems"'),
        ({"properties": {"sku": {"maxLength": 3}}}, 'sku must have a "type"'),
        ({"properties": {"sku": {"$ref": "#/definitions/sku", "type": "boolean"}}}, r'sku must not have "\$ref"'),
        (
            {"properties": {"sku": {"type": "array", "maxItems": 2, "items": {"type": "object", "properties": {}}}}},
            r'sku\[\] must have "additionalProperties": false',
        ),
    ],
)
def test_a_model_that_lets_anything_in_is_refused(folder, changes: dict, message: str) -> None:
    write(folder, **changes)
    with pytest.raises(FlawedFilesError, match=f"api/models/Parcel.json: .*{message}"):
        models()


@pytest.mark.parametrize(
    ("name", "message"), [("parcel.json", "a capital followed by letters"), ("Error.json", "must differ from Empty")]
)
def test_a_name_that_api_gateway_does_not_take_is_refused(folder, name: str, message: str) -> None:
    write(folder, name, title=name.removesuffix(".json"))
    with pytest.raises(FlawedFilesError, match=message):
        models()


def test_a_file_that_is_no_json_is_told(folder) -> None:
    (folder / "Parcel.json").write_text("{")
    with pytest.raises(FlawedFilesError, match=r"Parcel.json: must be JSON"):
        models()


def test_models_that_do_not_fit_into_an_api_are_told(folder) -> None:
    write(folder, description="x" * 500_000)
    with pytest.raises(FlawedFilesError, match="must have at most 409600 bytes together"):
        models()


def test_a_name_that_is_nearly_a_model_s_is_understood() -> None:
    assert "did you mean OrderRequest?" in unknown("OrdersRequest")
