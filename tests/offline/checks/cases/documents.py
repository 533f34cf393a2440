"""Cases of the rules in `offline/checks/rules/documents.py`."""

import json
from typing import Any

from tests.offline.checks.good_inputs import RESOURCE, Case, document

CASES: dict[str, tuple[dict[str, Any], list[Case]]] = {
    "s3/bucketPolicy:BucketPolicy": (
        {"bucket": "b", "policy": json.dumps(RESOURCE)},
        [({"policy": document(RESOURCE, Principal=None)}, "policy")],
    ),
}
