"""Webhooks: who may send a notice, what is taken once, and what is repeated until it is done."""

import base64
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import httpx
import pytest
from joserfc import jws
from joserfc.jwk import ECKey, OctKey

from functions.common import names
from functions.common.model import now, timestamp
from services.common.duties import Duties
from services.common.problems import ProblemError
from services.common.webhooks import Notices, Signature
from services.payment_provider.notices import Signer
from tests.services.buying import Buying
from tests.services.shop import Shop

HEADER = "Provider-Signature"
KEY = ECKey.generate_key("P-256", {"kid": "k-1"})
OTHER = ECKey.generate_key("P-256", {"kid": "k-1"})
PUBLIC = Signer(lambda: KEY).public
ADDRESS = "https://signs.test/v1"


@pytest.fixture
def buying(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Buying:
    made = Buying(shop, monkeypatch)
    monkeypatch.setenv(names.PAYMENT_PROVIDER_URL, ADDRESS)
    asked = httpx.get

    def keys(url: str, **how: Any) -> httpx.Response:
        if url.startswith(ADDRESS):
            return httpx.Response(200, json=PUBLIC, request=httpx.Request("GET", url))
        return asked(url, **how)

    monkeypatch.setattr(httpx, "get", keys)
    return made


def body(**changes: Any) -> bytes:
    return json.dumps({"notice_id": "n-1", "reference": "p-1", "sent_at": timestamp(now()), **changes}).encode()


def signed(content: bytes, key: Any = KEY, **header: Any) -> str:
    algorithms = ["ES256", "HS256", "none"]
    whole = jws.serialize_compact({"alg": "ES256", "kid": "k-1", **header}, content, key, algorithms=algorithms)
    return jws.detach_content(whole)


def part(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def mac(content: bytes) -> str:
    """Signed with what everybody can read, as if it were a secret."""
    secret = OctKey.import_key(json.dumps(KEY.as_dict(private=False)))
    return signed(content, secret, alg="HS256")


def cut(content: bytes) -> str:
    return signed(content)[:-8]


# What is sent: (body, signature, headers) from the body of a good notice; and what is answered.
HOSTILE: dict[str, tuple[Callable[[bytes], tuple[bytes, str | None, dict[str, str]]], int]] = {
    "no signature": (lambda good: (good, None, {}), 401),
    "an empty signature": (lambda good: (good, "", {}), 401),
    "words": (lambda good: (good, "signature", {}), 401),
    "dots": (lambda good: (good, "..", {}), 401),
    "a very long signature": (lambda good: (good, signed(good, typ="x" * 1000), {}), 401),
    "a signature that is cut": (lambda good: (good, cut(good), {}), 401),
    "another body": (lambda good: (good.replace(b"p-1", b"p-2"), signed(good), {}), 401),
    "a space more": (lambda good: (good + b" ", signed(good), {}), 401),
    "a key of somebody else": (lambda good: (good, signed(good, OTHER), {}), 401),
    "a key that nobody published": (lambda good: (good, signed(good, kid="k-2"), {}), 401),
    "a key by a path": (lambda good: (good, signed(good, kid="../../k-1"), {}), 401),
    "no signature by its own word": (lambda good: (good, part({"alg": "none", "kid": "k-1"}) + "..", {}), 401),
    "a public key as a secret": (lambda good: (good, mac(good), {}), 401),
    "a header that is no object": (lambda good: (good, f"{part([])}..c2ln", {}), 401),
    "a key id that is a list": (lambda good: (good, f"{part({'alg': 'ES256', 'kid': ['k-1']})}..c2ln", {}), 401),
    "an extension that must be known": (
        lambda good: (good, f"{part({'alg': 'ES256', 'kid': 'k-1', 'crit': ['x'], 'x': 1})}..c2ln", {}),
        401,
    ),
    "a body of megabytes": (lambda _: (b"x" * 3_000_000, "", {}), 413),
    "a byte more than may be": (lambda _: (b"x" * 4097, "", {}), 413),
    "a length below nothing": (lambda good: (good, signed(good), {"Content-Length": "-1"}), 413),
    "a length of thousands of digits": (lambda good: (good, signed(good), {"Content-Length": "9" * 5000}), 413),
    "a length in other digits": (lambda good: (good, signed(good), {"Content-Length": "0x10"}), 413),
    "no JSON": (lambda _: (b"\x00\xff", signed(b"\x00\xff"), {}), 400),
    "an array": (lambda _: (b"[]", signed(b"[]"), {}), 400),
    "deep JSON": (lambda _: (b"[" * 4000, signed(b"[" * 4000), {}), 400),
}


@pytest.mark.parametrize("case", list(HOSTILE))
def test_a_hostile_notice_is_refused_and_leaves_nothing(buying: Buying, case: str) -> None:
    make, status = HOSTILE[case]
    content, signature, headers = make(body())
    given = {"Content-Type": "application/json", **headers, **({} if signature is None else {HEADER: signature})}
    answer = buying.shop["payments"].post("/api/payments/notices", content=content, headers=given)
    assert answer.status_code == status, answer.text
    assert buying.shop.items("payments", "NOTICE") == []
    assert buying.shop.items("payments", "DUTY") == []


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"sent_at": timedelta(minutes=-6)}, 401),
        ({"sent_at": timedelta(minutes=6)}, 401),
        ({"sent_at": "2026-12-01"}, 400),
        ({"sent_at": "9999-12-31T23:59:59Z"}, 401),
        ({"sent_at": None}, 400),
        ({"notice_id": ""}, 400),
        ({"notice_id": "n" * 65}, 400),
        ({"reference": {"S": "p-1"}}, 400),
        ({"status": "captured"}, 400),
    ],
)
def test_a_notice_of_the_party_must_be_fresh_and_of_its_form(
    buying: Buying, changes: dict[str, Any], status: int
) -> None:
    away = changes.get("sent_at")
    content = body(**{**changes, "sent_at": timestamp(now() + away)} if isinstance(away, timedelta) else changes)
    given = {"Content-Type": "application/json", HEADER: signed(content)}
    answer = buying.shop["payments"].post("/api/payments/notices", content=content, headers=given)
    assert answer.status_code == status, answer.text
    assert buying.shop.items("payments", "NOTICE") == []


def test_two_signatures_are_none(buying: Buying) -> None:
    content = body()
    twice = [("Content-Type", "application/json"), (HEADER, signed(content)), (HEADER, signed(content))]
    answer = buying.shop["payments"].post("/api/payments/notices", content=content, headers=twice)
    assert answer.status_code == 401


def test_a_good_notice_is_taken_and_its_repetition_is_answered_alike(buying: Buying) -> None:
    for again in range(2):
        # The party signs anew, and says when it sends.
        content = body(sent_at=timestamp(now() + timedelta(seconds=again)))
        given = {"Content-Type": "application/json", HEADER: signed(content)}
        answer = buying.shop["payments"].post("/api/payments/notices", content=content, headers=given)
        assert answer.status_code == 204, answer.text
    (record,) = buying.shop.items("payments", "NOTICE")
    assert record["subject"] == "p-1"
    assert buying.shop.items("payments", "DUTY") == [], "there is no such payment, so nothing is left to do"


class Handled:
    """Notices of a party in the table of orders, with the subjects that were handled."""

    def __init__(self) -> None:
        self.subjects: list[str] = []
        self.fails = False
        self.notices = Notices("orders", "order_id", self._handle)
        self.duties = Duties("orders", "order_id", self.notices.see_to)

    def _handle(self, subject: str) -> None:
        if self.fails:
            raise TimeoutError
        self.subjects.append(subject)


@pytest.fixture
def handled(shop: Shop) -> Handled:
    assert shop
    return Handled()


def test_a_notice_is_queued_once_however_many_come_at_the_same_time(handled: Handled, shop: Shop) -> None:
    with ThreadPoolExecutor(8) as threads:
        taken = list(threads.map(lambda _: handled.notices.take("n-1", "p-1", now()), range(8)))
    (queued,) = [value for value in taken if value]
    assert handled.notices.holds(queued)
    assert handled.duties.sweep() == 1
    assert (handled.subjects, shop.items("orders", "DUTY")) == (["p-1"], [])
    assert handled.notices.take("n-1", "p-1", now()) is None


def test_one_id_for_two_things_loses_neither(handled: Handled) -> None:
    pairs = [("n-1", "p-1"), ("n-1", "p-2"), ("n-11", "p-1"), ("n-", "1p-1")]
    assert all(handled.notices.take(*pair, now()) for pair in pairs)
    assert handled.duties.sweep() == 4
    assert sorted(handled.subjects) == ["1p-1", "p-1", "p-1", "p-2"]


def test_what_fails_after_the_answer_is_repeated_until_it_succeeds(
    handled: Handled, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    time = Buying(shop, monkeypatch)
    handled.fails = True
    queued = handled.notices.take("n-1", "p-1", now())
    assert queued
    for _ in range(3):
        handled.duties.attend(queued)
        time.later(minutes=1)
    assert handled.subjects == []
    (duty,) = shop.items("orders", "DUTY")
    assert duty["failures"] == 3
    handled.fails = False
    assert handled.duties.sweep() == 1
    assert (handled.subjects, shop.items("orders", "DUTY")) == (["p-1"], [])


def test_a_notice_is_forgotten_after_a_day_and_before_its_repetition_would_be_refused_it_is_not(
    handled: Handled, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    time = Buying(shop, monkeypatch)
    handled.notices.take("n-1", "p-1", sent := now())
    time.later(minutes=4)
    assert handled.notices.take("n-1", "p-1", sent) is None
    time.later(minutes=2)
    with pytest.raises(ProblemError) as refused:
        handled.notices.take("n-1", "p-1", sent)
    assert refused.value.status == 401
    time.later(days=1)
    assert handled.duties.sweep() == 1
    assert (handled.subjects, shop.items("orders", "DUTY")) == ([], []), "too late: services ask by themselves by then"


def test_a_party_that_is_switched_off_or_out_of_reach_is_told_to_come_again(monkeypatch: pytest.MonkeyPatch) -> None:
    content, gate = body(), Signature("the party", header=HEADER, address=names.PAYMENT_PROVIDER_URL)
    monkeypatch.setenv(names.PAYMENT_PROVIDER_URL, names.OFF)
    with pytest.raises(ProblemError, match="the party is not available") as off:
        gate.verify(content, signed(content))

    def down(url: str, **_how: Any) -> httpx.Response:
        raise httpx.ConnectError("no answer", request=httpx.Request("GET", url))

    monkeypatch.setattr(httpx, "get", down)
    monkeypatch.setenv(names.PAYMENT_PROVIDER_URL, "https://down.test")
    with pytest.raises(ProblemError) as unreachable:
        gate.verify(content, signed(content))
    assert (off.value.status, unreachable.value.status) == (503, 503)
