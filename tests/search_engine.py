"""The stand-in of OpenSearch in this process, asked as the code asks the engine."""

import json
from typing import Any

from functions.common.search import SearchError
from local.opensearch.engine import Domain
from local.opensearch.refusal import RefusalError

ADMINISTRATOR = "arn:aws:iam::111111111111:role/search-index"
READER = "arn:aws:iam::111111111111:role/catalogue"
WRITER = "arn:aws:iam::111111111111:role/search-feed"


class InProcess:
    """`functions.common.search.Engine` without a network, in the name of one role."""

    def __init__(self, domain: Domain, role: str) -> None:
        self.domain, self.role = domain, role
        self.asked: list[tuple[str, str]] = []
        self.is_down = False

    def ask(self, method: str, path: str, body: Any = None, *, absent: bool = False) -> Any:
        self.asked.append((method, path))
        if self.is_down:
            raise SearchError("no answer: ConnectTimeoutError")
        lines = "".join(f"{json.dumps(one)}\n" for one in body) if path.endswith("_bulk") else json.dumps(body or {})
        try:
            status, answer = self.domain.answer(self.role, method, path, lines.encode())
        except RefusalError as problem:
            if absent and problem.status == 404:
                return None
            raise SearchError(str(problem), problem.status) from None
        assert status < 300
        return json.loads(json.dumps(answer))
