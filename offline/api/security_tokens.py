"""STS: who calls, and roles. https://docs.aws.amazon.com/STS/latest/APIReference/API_Operations.html"""

import re
from collections.abc import Mapping
from xml.sax.saxutils import escape

# Keys that a role gives carry its account, so that each request tells where it is made.
_KEY = re.compile(r"ASIA(\d{12})")
_ROLE = re.compile(r"arn:aws[\w-]*:iam::(\d{12}):role/.+")


def account_of(key: str) -> str:
    """Account of the role that gave an access key; empty for other keys."""
    found = _KEY.fullmatch(key)
    return found[1] if found else ""


def answer(request: Mapping[str, str], account: str) -> tuple[int, str, str]:
    """Status, content type and body."""
    operation = request.get("Action", "")
    role = _ROLE.fullmatch(request.get("RoleArn", ""))
    if operation == "GetCallerIdentity":
        arn = f"arn:aws:iam::{account}:user/offline"
        return _done(operation, f"<Arn>{arn}</Arn><UserId>offline</UserId><Account>{account}</Account>")
    if operation == "AssumeRole" and role:
        arn = f"{request['RoleArn']}/{request.get('RoleSessionName', '')}"
        credentials = (
            f"<AccessKeyId>ASIA{role[1]}</AccessKeyId><SecretAccessKey>offline</SecretAccessKey>"
            "<SessionToken>offline</SessionToken><Expiration>2100-01-01T00:00:00Z</Expiration>"
        )
        who = f"<AssumedRoleId>offline</AssumedRoleId><Arn>{escape(arn)}</Arn>"
        return _done(operation, f"<Credentials>{credentials}</Credentials><AssumedRoleUser>{who}</AssumedRoleUser>")
    told = escape(f"offline AWS does not simulate sts:{operation} with {sorted(request)}")
    return (
        400,
        "text/xml",
        f"<ErrorResponse><Error><Code>InvalidAction</Code><Message>{told}</Message></Error></ErrorResponse>",
    )


def _done(operation: str, result: str) -> tuple[int, str, str]:
    body = f"<{operation}Result>{result}</{operation}Result>"
    return 200, "text/xml", f"<{operation}Response>{body}</{operation}Response>"
