"""A task that answers every request with its variables' names; `/exit` ends it as a crash does."""

import os

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route


async def _answer(request: Request) -> JSONResponse:
    if request.url.path == "/exit":
        os._exit(3)
    return JSONResponse({"path": request.url.path, "variables": sorted(os.environ), "pid": os.getpid()})


if __name__ == "__main__":
    uvicorn.run(
        Starlette(routes=[Route("/{path:path}", _answer)]),
        host=os.environ["STORE_HOST"],
        port=int(os.environ["STORE_PORT"]),
        log_level="warning",
    )
