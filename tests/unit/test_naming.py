"""Physical names that the program gives."""

from components.blocks.naming import in_stack
from tests.mocks import record


def named(name: str, limit: int) -> str:
    names: list[str] = []
    record(lambda: names.append(in_stack(name, limit=limit)))
    return names[0]


def test_a_name_carries_its_stack() -> None:
    assert named("web-cache", 40) == "web-cache-test"


def test_a_long_name_ends_in_a_hash_and_stays_within_the_limit() -> None:
    long, longer = named("a" * 60, 40), named("a" * 61, 40)
    assert len(long) == len(longer) == 40
    assert long != longer
