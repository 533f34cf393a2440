"""Reading inputs, naming types, parsing documents, resolving references."""

import json

import pytest
from google.protobuf import json_format, struct_pb2

from policies.library.documents import covers, is_complete, statements
from policies.library.kinds import kind_of
from policies.library.resources import Resource, Stack
from policies.library.values import (
    MISSING,
    UNKNOWN,
    UNKNOWN_TEXTS,
    as_flag,
    as_number,
    as_text,
    decode_struct,
    plain,
    python_name,
    read,
    secret_texts,
    show,
    spread,
)
from tests.policies.support import UNKNOWN as SENTINEL
from tests.policies.support import res

SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "value": {"a": [SENTINEL, 1]}}
ASSET = {"4dabf18193072939515e22adb298388d": "c44067f5952c0a294b673a41bacd8c17", "path": "x"}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("a.b", 1),
        ("a.c", MISSING),
        ("a.c.d", MISSING),
        ("null", MISSING),
        ("null.x", MISSING),
        ("later", UNKNOWN),
        ("later.x[0].y", UNKNOWN),
        ("single.b", 2),
        ("many[1].b", 4),
        ("many[7].b", MISSING),
        ("many.b", UNKNOWN),
        ("a.b.c", UNKNOWN),
        ("empty.b", MISSING),
    ],
)
def test_reading_distinguishes_missing_from_unknown(path, value):
    props = {
        "a": {"b": 1},
        "null": None,
        "later": UNKNOWN,
        "single": [{"b": 2}],
        "many": [{"b": 3}, {"b": 4}],
        "empty": [],
    }
    found = read(props, path)
    assert found is value or found == value


def test_reading_all_items_leaves_out_missing_ones():
    props = {"m": [{"id": "a"}, {}, {"id": UNKNOWN}], "later": UNKNOWN}
    assert spread(props, "m[].id") == ["a", UNKNOWN]
    assert spread(props, "later[].id") is UNKNOWN
    assert spread(props, "none[].id") is MISSING


def test_decoding_equals_the_sdks_own_and_unwraps_secrets():
    props = {
        "s": SECRET,
        "asset": ASSET,
        "list": [True, None, "x", {"n": 1.5}],
        **{f"u{n}": t for n, t in enumerate(UNKNOWN_TEXTS)},
    }
    decoded = decode_struct(json_format.ParseDict(props, struct_pb2.Struct()))
    assert decoded == plain(props)
    assert decoded["s"] == {"a": [UNKNOWN, 1]}
    assert decoded["asset"] is UNKNOWN
    assert all(decoded[name] is UNKNOWN for name in decoded if name.startswith("u"))


def test_a_secret_that_the_engine_could_not_decrypt_is_not_known():
    props = {"s": {**SECRET, "value": "[secret]"}, "t": "[secret]"}
    assert decode_struct(json_format.ParseDict(props, struct_pb2.Struct())) == {"s": UNKNOWN, "t": "[secret]"}


def test_the_texts_of_secrets_are_those_inside_a_wrapping():
    props = {"s": {**SECRET, "value": {"a": ["hunter2", 12345.0, True, "abc"]}}, "open": "visible"}
    found = secret_texts(json_format.ParseDict(props, struct_pb2.Struct()))
    assert found == {"hunter2", "12345"}
    long = {"s": {**SECRET, "value": "x" * 100}}
    assert show("policy", "x" * 100)[:-1] in secret_texts(json_format.ParseDict(long, struct_pb2.Struct()))


def test_unknown_values_inside_others_become_markers():
    assert plain({"a": {"b": SENTINEL, "c": (1,)}}) == {"a": {"b": UNKNOWN, "c": [1]}}


def test_truth_of_a_marker_is_a_mistake():
    with pytest.raises(TypeError):
        bool(UNKNOWN)


@pytest.mark.parametrize(
    ("value", "flag"), [(True, True), ("false", False), (MISSING, MISSING), (1, UNKNOWN), ({}, UNKNOWN)]
)
def test_flags(value, flag):
    assert as_flag(value) is flag


def test_numbers_and_texts_of_the_wrong_type_are_not_judged():
    assert as_number("8") == 8.0
    assert as_number(True) is UNKNOWN
    assert as_number("eight") is UNKNOWN
    assert as_text(8) is UNKNOWN
    assert as_text("") is MISSING


@pytest.mark.parametrize("name", ["masterPassword", "authToken", "secretString", "users[0].password", "privateKey"])
def test_values_of_secret_looking_properties_are_never_shown(name):
    assert show(name, "hunter2") == "(hidden)"


def test_what_is_shown_is_short():
    assert len(show("policy", "x" * 500)) < 100
    assert show("n", 90.0) == "90"
    assert show("ok", False) == "false"


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("webAclId", "web_acl_id"),
        ("origins[0].customOriginConfig", "origins[0].custom_origin_config"),
        ("kmsMasterKeyId", "kms_master_key_id"),
        ("cidrIpv4", "cidr_ipv4"),
    ],
)
def test_python_names(path, name):
    assert python_name(path) == name


@pytest.mark.parametrize(
    ("token", "kind"),
    [
        ("aws:lb/listener:Listener", "lb/listener"),
        ("aws:alb/listener:Listener", "lb/listener"),
        ("aws:s3/bucketV2:BucketV2", "s3/bucket"),
        ("aws:s3/bucketLoggingV2:BucketLoggingV2", "s3/bucketLogging"),
        ("aws:elasticsearch/domain:Domain", "opensearch/domain"),
        ("aws:elasticloadbalancing/loadBalancer:LoadBalancer", "elb/loadBalancer"),
        ("aws:elasticloadbalancingv2/listener:Listener", "lb/listener"),
        ("awsx:lb:ApplicationLoadBalancer", "awsx:lb:ApplicationLoadBalancer"),
    ],
)
def test_twin_tokens_are_one_kind(token, kind):
    assert kind_of(token) == kind


def test_statements_are_read_in_every_spelling():
    document = {
        "statement": {
            "effect": "ALLOW",
            "Principal": {"AWS": "*"},
            "Action": "s3:Get*",
            "Resource": ["a", "b"],
            "Condition": {"ForAnyValue:StringEquals": {"AWS:SourceArn": "x"}, "Bool": {"aws:SecureTransport": False}},
        }
    }
    for given in (document, json.dumps(document)):
        (found,) = statements(given)
        assert found.allows
        assert found.is_public()
        assert found.actions == ("s3:Get*",)
        assert found.condition("aws:sourcearn") == ("x",)
        assert ("bool", "aws:securetransport", ("false",)) in found.conditions
    assert [s.principals for s in statements({"Statement": [{"Principal": "*"}, {"Principal": UNKNOWN}]})] == [
        (("*", "*"),),
        None,
    ]


@pytest.mark.parametrize("document", [UNKNOWN, "", "no json", 7, None, [], {"Statement": UNKNOWN}, {"Statement": [7]}])
def test_what_is_no_document_has_no_statements(document):
    assert list(statements(document)) == []


def test_a_document_is_complete_when_nothing_in_it_is_unknown():
    assert is_complete({"Statement": [{"Condition": {"Bool": {"k": "v"}}}]})
    assert not is_complete({"Statement": [{"Condition": {"Bool": {"k": UNKNOWN}}}]})


def test_action_patterns():
    assert covers("s3:*", "S3:GetObject")
    assert covers("*", "s3:GetObject")
    assert not covers("s3:Get*", "s3:PutObject")
    assert covers("a[b]", "a[b]")


def test_a_reference_is_resolved_by_value_before_dependency():
    one = res("s3/bucket:Bucket", "one", {"bucket": "one-1"})
    two = res("s3/bucket:Bucket", "two", {"bucket": "two-2"})
    user = res("s3/bucketPolicy:BucketPolicy", "user", {"bucket": "one-1"}, refers={"bucket": [one, two]})
    found = Stack([one, two, user]).referred(user, "bucket", "s3/bucket")
    assert [resource.name for resource in found.resources] == ["one"]
    assert not found.outside


def test_a_reference_goes_through_resources_in_between():
    bucket = res("s3/bucket:Bucket", "media")
    versioning = res("s3/bucketVersioning:BucketVersioning", "v", {"bucket": SENTINEL}, refers={"bucket": [bucket]})
    user = res("s3/bucketPolicy:BucketPolicy", "p", {"bucket": SENTINEL}, refers={"bucket": [versioning]})
    assert Stack([bucket, versioning, user]).pointing_at(bucket, "s3/bucketPolicy", "bucket") == [user]


def test_an_unknown_value_from_nowhere_may_mean_any_resource_but_surely_none():
    bucket = res("s3/bucket:Bucket", "media")
    user = res("s3/bucketPolicy:BucketPolicy", "p", {"bucket": SENTINEL})
    stack = Stack([bucket, user])
    assert stack.pointing_at(bucket, "s3/bucketPolicy", "bucket") == [user]
    assert stack.pointing_at(bucket, "s3/bucketPolicy", "bucket", sure=True) == []


def test_an_unknown_value_that_the_program_did_not_set_is_not_set():
    balancer = res("lb/loadBalancer:LoadBalancer", "web", {"internal": SENTINEL, "name": SENTINEL})
    assert balancer.props == {"internal": UNKNOWN, "name": UNKNOWN}
    seen = Resource(balancer.urn, balancer.type, "web", balancer.load, inputs=frozenset({"name"}))
    assert seen.props == {"name": UNKNOWN}


def test_the_region_of_a_resource_is_its_own_before_its_providers():
    provider = {"region": "eu-west-1"}
    assert res("kms/key:Key", "k", {"region": "us-east-1"}, provider=provider).region == "us-east-1"
    assert res("kms/key:Key", "k", provider=provider).region == "eu-west-1"
    assert res("kms/key:Key", "k").region is UNKNOWN
