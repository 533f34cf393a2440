"""Laws that hold for all policies and requests."""

from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from iam.conditions import OPERATORS
from iam.text import Context, read
from tests.iam.asking import ROLE, Statement, allow, ask, deny, holds

_LAW = settings(max_examples=60, deadline=None)
_NAMES = st.sampled_from(["a", "b", "ab"])
_PATTERNS = st.sampled_from(["*", "sqs:*", "sqs:a", "sqs:a*", "s3:b", "s3:?"])
_ACTIONS = st.sampled_from(["sqs:a", "sqs:ab", "s3:a", "s3:b"])
_RESOURCES = _NAMES.map(lambda name: f"arn:aws:sqs:eu-west-1:111122223333:{name}")
_BLOCKS = st.sampled_from(
    [
        {},
        {"StringEquals": {"aws:k": "1"}},
        {"StringNotEquals": {"aws:k": "1"}},
        {"Bool": {"aws:SecureTransport": "true"}},
        {"Null": {"aws:k": "true"}},
    ]
)
_CONTEXTS = st.fixed_dictionaries(
    {}, optional={"aws:k": st.sampled_from(["1", "2"]), "aws:SecureTransport": st.sampled_from(["true", "false"])}
)


@st.composite
def statements(draw: st.DrawFn) -> list[Statement]:
    def one() -> Statement:
        make = draw(st.sampled_from([allow, allow, deny]))
        resource = draw(st.one_of(st.just("*"), _RESOURCES))
        return make(draw(_PATTERNS), resource, Condition=draw(_BLOCKS))

    return [one() for _ in range(draw(st.integers(1, 5)))]


@_LAW
@given(statements(), _ACTIONS, _RESOURCES, _CONTEXTS)
def test_a_matching_deny_beats_whatever_allows(
    found: list[Statement], action: str, resource: str, context: dict[str, str]
) -> None:
    decision = ask(ROLE, action, resource, identity=[*found, deny(action, resource)], context=context)
    assert not decision.allowed
    assert "explicit deny" in decision.reason


@_LAW
@given(statements(), st.randoms(use_true_random=False), _ACTIONS, _RESOURCES, _CONTEXTS)
def test_order_does_not_matter(
    found: list[Statement], random: object, action: str, resource: str, context: dict[str, str]
) -> None:
    other = list(found)
    random.shuffle(other)  # pyright: ignore[reportAttributeAccessIssue]
    first, second = (ask(ROLE, action, resource, identity=given, context=context) for given in (found, other))
    assert first.allowed is second.allowed


@_LAW
@given(statements(), _ACTIONS, _RESOURCES, _CONTEXTS)
def test_nothing_is_allowed_that_no_statement_allows(
    found: list[Statement], action: str, resource: str, context: dict[str, str]
) -> None:
    denies = [statement for statement in found if statement["Effect"] == "Deny"]
    assert not denies or not ask(ROLE, action, resource, identity=denies, context=context).allowed


@_LAW
@given(statements(), statements(), _ACTIONS, _RESOURCES, _CONTEXTS)
def test_a_boundary_only_takes_away(
    found: list[Statement], boundary: list[Statement], action: str, resource: str, context: dict[str, str]
) -> None:
    within = ask(ROLE, action, resource, identity=found, boundary=boundary, context=context).allowed
    ceiling = ask(ROLE, action, resource, identity=boundary, context=context).allowed
    assert within is (ask(ROLE, action, resource, identity=found, context=context).allowed and ceiling)


@_LAW
@given(statements(), statements(), _ACTIONS, _RESOURCES, _CONTEXTS)
def test_another_allow_never_takes_away(
    found: list[Statement], more: list[Statement], action: str, resource: str, context: dict[str, str]
) -> None:
    allows = [statement for statement in more if statement["Effect"] == "Allow"]
    if ask(ROLE, action, resource, identity=found, context=context).allowed:
        assert ask(ROLE, action, resource, identity=[*found, *allows], context=context).allowed


def _naive(pattern: Sequence[str], value: str) -> bool:
    """Wildcards by definition: `*` takes nothing, or one character and goes on."""
    if not pattern:
        return not value
    if pattern[0] == "*":
        return _naive(pattern[1:], value) or (bool(value) and _naive(pattern, value[1:]))
    return bool(value) and pattern[0] in ("?", value[0]) and _naive(pattern[1:], value[1:])


@_LAW
@given(st.text("ab.*?", max_size=7), st.text("ab.*?\n", max_size=7))
def test_wildcards_match_as_defined(pattern: str, value: str) -> None:
    assert read(pattern, variables=True).matches(value, Context({})) is _naive(pattern, value)


@_LAW
@given(st.text(max_size=12))
def test_a_text_without_wildcards_matches_itself_alone(value: str) -> None:
    text = read("${aws:v}", variables=True)
    assert text.matches(value, Context({"aws:v": value}))
    assert not text.matches(f"{value}x", Context({"aws:v": value}))


_VALUES = {"Numeric": ["1", "2"], "Date": ["2020-01-01", "2021-01-01"], "Bool": ["true", "false"]}
_OTHERS = ["10.0.0.1", "10.0.0.2"]  # texts, addresses and, as no ARNs, values of another form
_KINDS = {"Binary": ["QUFB", "QUFC"], "Arn": ["arn:aws:s3:::a", "arn:aws:s3:::b"]}


def _values(operator: str) -> list[str]:
    return next((found for kind, found in {**_VALUES, **_KINDS}.items() if operator.startswith(kind)), _OTHERS)


@_LAW
@given(st.sampled_from(sorted(OPERATORS)), st.data())
def test_if_exists_is_the_operator_or_the_absence_of_the_key(operator: str, data: st.DataObject) -> None:
    values = st.sampled_from(_values(operator))
    wanted = data.draw(st.lists(values, min_size=1, max_size=2))
    context = data.draw(st.one_of(st.just({}), st.builds(lambda value: {"aws:k": value}, values)))
    plain = holds({operator: {"aws:k": wanted}}, context)
    assert holds({f"{operator}IfExists": {"aws:k": wanted}}, context) is (plain or not context)


@_LAW
@given(st.sampled_from(["StringEquals", "StringLike", "NumericEquals", "DateEquals", "ArnLike"]), st.data())
def test_a_negated_operator_is_the_opposite_of_a_single_value(operator: str, data: st.DataObject) -> None:
    values = st.sampled_from(_values(operator))
    wanted = data.draw(st.lists(values, min_size=1, max_size=2))
    context = data.draw(st.one_of(st.just({}), st.builds(lambda value: {"aws:k": value}, values)))
    negated = operator.replace("Equals", "NotEquals").replace("Like", "NotLike")
    assert holds({operator: {"aws:k": wanted}}, context) is not holds({negated: {"aws:k": wanted}}, context)


@_LAW
@given(st.sampled_from(["StringEquals", "StringNotEquals", "StringLike"]), st.data())
def test_set_operators_are_dual(operator: str, data: st.DataObject) -> None:
    """No value fails the condition, unless one satisfies its negation."""
    values = st.sampled_from(["a", "b", "c"])
    wanted = data.draw(st.lists(values, min_size=1, max_size=2))
    context = {"aws:k": data.draw(st.lists(values, max_size=3))}
    negated = operator.replace("Not", "") if "Not" in operator else operator.replace("String", "StringNot")
    every = holds({f"ForAllValues:{operator}": {"aws:k": wanted}}, context)
    assert every is not holds({f"ForAnyValue:{negated}": {"aws:k": wanted}}, context)
