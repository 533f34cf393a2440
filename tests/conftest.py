"""Options of the test suite."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--record-inventory", action="store_true", help="write tests/program/inventory anew")
