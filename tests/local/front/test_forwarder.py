"""What is sent on, and what is not kept."""

import asyncio
import json
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from local.front.messages import Answer, Call, Forwarder, HttpApp
from local.serving import serve


async def _sets_a_cookie(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] != "http":
        return
    await receive()
    sent = [value.decode() for name, value in scope["headers"] if name == b"cookie"]
    headers = [(b"set-cookie", b"session=of-somebody; Path=/")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(sent).encode()})


def test_a_cookie_of_one_caller_is_not_sent_for_the_next() -> None:
    async def ask_twice() -> list[Any]:
        listener = await serve(_sets_a_cookie)
        forwarder = Forwarder()
        try:
            answers = [
                await forwarder.send(
                    Call(headers=given),
                    ("127.0.0.1", listener.port),
                    timeout=30,
                )
                for given in ((("cookie", "session=mine"),), ())
            ]
        finally:
            await forwarder.close()
            await listener.close()
        return [json.loads(answer.body) for answer in answers]

    assert asyncio.run(ask_twice()) == [["session=mine"], []]


def test_requests_that_wait_for_each_other_all_get_through() -> None:
    """As a page does, which calls the API through the same forwarder."""
    many = 150

    async def run() -> set[int]:
        waiting, all_there = 0, asyncio.Event()

        async def hold(_: Call) -> Answer:
            nonlocal waiting
            waiting += 1
            if waiting == many:
                all_there.set()
            await all_there.wait()
            return Answer(status=204)

        listener = await serve(HttpApp(hold))
        forwarder = Forwarder()
        try:
            address = ("127.0.0.1", listener.port)
            answers = await asyncio.gather(*(forwarder.send(Call(), address, timeout=60) for _ in range(many)))
        finally:
            await forwarder.close()
            await listener.close()
        return {answer.status for answer in answers}

    assert asyncio.run(run()) == {204}


@given(st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters="?#"), max_size=30))
@settings(max_examples=30, deadline=None)
@example('../x/./%2e%2e/{a}|"<>^`')
def test_a_path_arrives_as_it_was_sent(path: str) -> None:
    async def run() -> str:
        async def told(call: Call) -> Answer:
            return Answer(status=200, body=json.dumps([call.target, call.query]).encode())

        listener = await serve(HttpApp(told))
        forwarder = Forwarder()
        try:
            call = Call(target=f"/{path}", query="a=%20{}&b=/../")
            return (await forwarder.send(call, ("127.0.0.1", listener.port), timeout=60)).body.decode()
        finally:
            await forwarder.close()
            await listener.close()

    assert json.loads(asyncio.run(run())) == [f"/{path}", "a=%20{}&b=/../"]
