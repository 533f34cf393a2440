"""What is sent on, and what is not kept."""

import asyncio
import json
from typing import Any

from local.front.messages import Call, Forwarder
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
