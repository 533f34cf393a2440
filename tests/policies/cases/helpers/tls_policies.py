"""Cases of rules about requests without TLS."""

from tests.policies.support import CULPRIT, UNKNOWN, Cases, edit, policy, res

DENY = {
    "Effect": "Deny",
    "Principal": "*",
    "Action": "*",
    "Resource": "*",
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}
_ALLOW = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111111111111:root"}, "Action": "*", "Resource": "*"}


def tls_cases(target, kind, path):
    """Cases of a resource whose policy, attached by the property, must deny plain requests."""
    own = res(target, CULPRIT, {"name": "orders"})

    def attached(document, to=own):
        return res(kind, "policy", {path: UNKNOWN, "policy": document}, refers={path: [to]})

    return Cases(
        good={
            "denied": [own, attached(policy(_ALLOW, DENY))],
            "denied, as an object": [own, attached({"Statement": DENY})],
            "not known": [own, attached(UNKNOWN)],
        },
        bad={
            "no policy": [own],
            "allowed": [own, attached(policy(_ALLOW))],
            "another condition": [
                own,
                attached(policy(edit(DENY, {"Condition": {"Bool": {"aws:ViaAWSService": "false"}}}))),
            ],
            "of another": [own, attached(policy(DENY), res(target, "other", {"name": "cart"}))],
        },
    )
