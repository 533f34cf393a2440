"""Sessions in their table."""

import time
from typing import Any

import pytest

from services.web import session as sessions
from services.web.session import Line, Session, SessionData, SessionsDownError, load, save


def line(sku: str) -> Line:
    return Line(sku=sku, product_id="mug", quantity=1, currency="EUR")


def add(session: Session, sku: str) -> None:
    session.change(lambda data: data.lines.append(line(sku)))


def skus(session: Session) -> list[str]:
    return [one.sku for one in session.data.lines]


@pytest.fixture
def cookie(tables: dict[str, Any]) -> str:
    assert tables
    session = load(None)
    add(session, "A")
    save(session)
    return session.cookie


def test_two_requests_at_a_time_both_count(cookie: str) -> None:
    first, second = load(cookie), load(cookie)
    add(first, "B")
    add(second, "C")
    save(first)
    save(second)
    assert skus(load(cookie)) == ["A", "B", "C"]


def test_a_request_does_not_revive_a_session_that_another_has_ended(cookie: str, tables: dict[str, Any]) -> None:
    late, ended = load(cookie), load(cookie)
    ended.end()
    save(ended)
    add(late, "B")
    save(late)
    assert skus(load(cookie)) == []
    assert len(tables["sessions"].scan()["Items"]) == 1


def test_a_session_ends_by_its_time_though_the_item_is_still_there(cookie: str, tables: dict[str, Any]) -> None:
    (item,) = tables["sessions"].scan()["Items"]
    tables["sessions"].put_item(Item={**item, "expires_at": int(time.time()) - 1})
    again = load(cookie)
    assert skus(again) == []
    add(again, "B")
    save(again)
    assert skus(load(cookie)) == ["B"]


def test_visits_keep_a_session_alive_with_a_write_a_day(cookie: str, tables: dict[str, Any]) -> None:
    assert not load(cookie).must_be_saved
    (item,) = tables["sessions"].scan()["Items"]
    tables["sessions"].put_item(Item={**item, "expires_at": item["expires_at"] - 2 * 24 * 3600})
    visited = load(cookie)
    assert visited.must_be_saved
    save(visited)
    assert tables["sessions"].scan()["Items"][0]["expires_at"] >= item["expires_at"]


def test_a_stranger_costs_no_write(tables: dict[str, Any]) -> None:
    session = load(None)
    save(session)
    assert tables["sessions"].scan()["Items"] == []


@pytest.mark.parametrize("cookie", ["", "x", "A" * 42, "A" * 44, "ä" * 43, "../" * 14 + "x", "A" * 42 + "\n"])
def test_cookies_that_are_none_of_ours_are_replaced(tables: dict[str, Any], cookie: str) -> None:
    assert tables
    session = load(cookie)
    assert session.is_new
    assert session.cookie != cookie


def test_what_another_release_has_written_is_an_empty_session(cookie: str, tables: dict[str, Any]) -> None:
    (item,) = tables["sessions"].scan()["Items"]
    for data in ('{"lines": "x"}', "x", '{"later": 1, "lines": []}'):
        tables["sessions"].put_item(Item={**item, "data": data})
        assert load(cookie).data == SessionData()


def test_endless_conflicts_are_an_error(cookie: str, monkeypatch: pytest.MonkeyPatch) -> None:
    session = load(cookie)
    add(session, "B")
    monkeypatch.setattr(sessions, "_write", lambda _: False)
    with pytest.raises(SessionsDownError):
        save(session)
