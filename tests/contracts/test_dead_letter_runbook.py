"""The runbook's way back for events that EventBridge could not decrypt, run with stand-ins for AWS."""

import base64
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

PAGE = Path(__file__).resolve().parents[2] / "docs" / "runbooks" / "events-dead-letters.md"
EVENT = {
    "source": "store.orders",
    "detail-type": "order.placed",
    "detail": {"event_id": "e-1", "note": 'a "quoted" one'},
}
KEY = "arn:aws:kms:eu-west-1:222222222222:key/1"
# As https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-encryption-event-bus-dlq-decrypt.html shows it; the
# stand-in for the cipher turns the text around.
BODY = {
    "source": "aws.events",
    "detail-type": "Encrypted Events",
    "detail": {
        "kms-key-arn": KEY,
        "encrypted-payload": base64.b64encode(json.dumps(EVENT)[::-1].encode()).decode(),
    },
}
AWS = """#!/bin/sh
echo "$@" >>calls
case "$2" in
  receive-message) cat message-in-aws.json ;;
  put-events) cp entries.json put.json ;;
esac
"""
CIPHER = f"""#!/bin/sh
case "$*" in
  *"--decrypt --input - --decode --output event.json"*"--wrapping-keys key={KEY}"*) base64 -d | rev >event.json ;;
  *) exit 2 ;;
esac
"""


@pytest.mark.skipif(shutil.which("jq") is None, reason="the runbook's steps need jq")
def test_an_encrypted_event_is_decrypted_and_put_on_the_bus_as_it_was(tmp_path: Path) -> None:
    for name, text in (("aws", AWS), ("aws-encryption-cli", CIPHER)):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o700)
    message = {"ReceiptHandle": "handle-1", "Body": json.dumps(BODY)}
    (tmp_path / "message-in-aws.json").write_text(json.dumps(message))
    sections = re.split(r"^## ", PAGE.read_text(), flags=re.MULTILINE)
    steps = [section for section in sections if section.startswith(("5. Decrypt", "6. Put"))]
    script = "".join(
        block for step in steps for block in re.findall(r"^```sh\n(.*?)^```", step, re.MULTILINE | re.DOTALL)
    )
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "queue": "q", "bus": "store"}
    done = subprocess.run(
        ["bash", "-eu", "-o", "pipefail", "-c", script],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (entry,) = json.loads((tmp_path / "put.json").read_text())
    assert (entry["EventBusName"], entry["Source"], entry["DetailType"]) == ("store", "store.orders", "order.placed")
    assert json.loads(entry["Detail"]) == EVENT["detail"]
    assert (tmp_path / "calls").read_text().splitlines()[-1].startswith("sqs delete-message --queue-url q")
