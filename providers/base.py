"""The life of a resource that AWS keeps and pulumi_aws does not know: created, found again, changed, read, deleted."""

import time
from collections.abc import Mapping
from typing import Any, ClassVar, Final

from botocore.exceptions import ClientError
from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    ConfigureRequest,
    CreateResult,
    DiffResult,
    ReadResult,
    ResourceProvider,
    UpdateResult,
)
from pulumi.output import Unknown

from providers.calls import EXISTS, Calls, Place, listed_tags
from providers.kind import Kind
from providers.ownership import OWNER, owner_of
from providers.refusal import RefusedError, code_of, said, tell_refusals_plainly
from providers.shapes import problems
from providers.values import holds, of_given, same, whole

Properties = dict[str, Any]
REGION, ACCOUNT, ROLE = "region", "accountId", "assumeRoleArn"
_OF_PLACE: Final = (REGION, ACCOUNT, ROLE)
_FAILED: Final = "FAILED"
_MADE_AT: Final = "creationDateTime"
_FIRST_WAIT_SECONDS, _LONGEST_WAIT_SECONDS, _SLOWER = 0.2, 15.0, 1.5


class AwsProvider(ResourceProvider):
    """Provider of one kind of resource; a subclass names the kind.

    It has no state of its own: what is pickled into the stack's state is the name of its class. So the state shows no
    secret, and a later program's provider deletes what an earlier one made.
    """

    serialize_as_secret_always = False
    KIND: ClassVar[Kind]

    def configure(self, req: ConfigureRequest) -> None:
        del req  # account, Region and role are inputs of the resource
        tell_refusals_plainly()

    def check(self, _olds: Properties, news: Properties) -> CheckResult:
        """Judge the inputs by AWS's model; a value that is not known yet is right."""
        wanted = self._requested(news)
        found = problems(self.KIND.shape, wanted, unknown=Unknown)
        failures = [CheckFailure(path.partition(".")[0].partition("[")[0], f"{path} {why}") for path, why in found]
        return CheckResult(news, failures)

    def diff(self, _id: str, _olds: Properties, _news: Properties) -> DiffResult:
        changed = self._changed(_olds, _news)
        replacing = [name for name in changed if self._replaces(name, _olds, _news)]
        # Beside the old one AWS takes no other of the same unique values.
        alone = not any(name in (*self.KIND.unique, REGION, ACCOUNT) for name in changed)
        return DiffResult(changes=bool(changed), replaces=replacing, delete_before_replace=bool(replacing) and alone)

    def create(self, props: Properties) -> CreateResult:
        """Create it and wait until it can be used; go on with what an interrupted creation left.

        Raises:
            RefusedError: AWS refuses, or what has its name is not ours.
        """
        calls, wanted = self._calls(props), self._requested(props)
        try:
            arn = calls.find(wanted)
            arn = self._taken_over(calls, arn, wanted) if arn else None
            arn = arn or self._created(calls, wanted)
            described = self._settled(calls, arn)
        except ClientError as problem:
            raise self._refused("create", wanted, calls, problem) from problem
        return CreateResult(arn, self._outputs(props, arn, described))

    def update(self, _id: str, _olds: Properties, _news: Properties) -> UpdateResult:
        calls = self._calls(_news)
        try:
            there = self._settled(calls, _id)
            self._change(calls, there, self._changed(_olds, _news), _news)
            described = self._settled(calls, _id)
        except ClientError as problem:
            raise self._refused("update", _news, calls, problem) from problem
        return UpdateResult(self._outputs(_news, _id, described))

    def read(self, id_: str, props: Properties) -> ReadResult:
        """What AWS has now; without an id when it is gone."""
        calls = self._calls(props)
        try:
            described = calls.describe(id_)
            if described is None or described.get("status", "").startswith("DELETE"):
                return ReadResult("", {})
            found = {**props, **{name: described[name] for name in self._inputs(props) if name in described}}
            if self.KIND.is_tagged:
                found["tags"] = calls.tags(id_)
        except ClientError as problem:
            raise self._refused("read", props, calls, problem) from problem
        found = {name: self._seen(name, value, props.get(name)) for name, value in found.items()}
        kept = {*self.KIND.inputs.values(), *_OF_PLACE}
        inputs = {name: value for name, value in found.items() if name in kept}
        return ReadResult(id_, self._outputs(found, id_, described), inputs)

    def delete(self, _id: str, _props: Properties) -> None:
        """Delete it and wait until it is gone.

        Raises:
            RefusedError: AWS refuses, as it does while others use it.
        """
        calls = self._calls(_props)
        try:
            self._delete(calls, _id)
        except ClientError as problem:
            raise self._refused("delete", _props, calls, problem) from problem

    def _calls(self, props: Mapping[str, Any]) -> Calls:
        return Calls(self.KIND, Place(props[ACCOUNT], props[REGION], props.get(ROLE)))

    def _inputs(self, props: Mapping[str, Any]) -> Properties:
        """The part of the properties that creates it, without tags; the engine's numbers as whole ones."""
        names = set(self.KIND.inputs.values()) - {"tags"}
        return {name: whole(value) for name, value in props.items() if name in names and value is not None}

    def _requested(self, props: Mapping[str, Any]) -> Properties:
        """The request that creates it."""
        kept = {name: value for name, value in props.items() if name not in (*_OF_PLACE, "__provider")}
        wanted = {name: whole(value) for name, value in kept.items() if value is not None}
        wanted = {name: value for name, value in wanted.items() if name not in ("arn", *self.KIND.answers)}
        if isinstance(wanted.get("tags"), Mapping):
            wanted["tags"] = listed_tags(wanted["tags"])
        return wanted

    def _outputs(self, props: Mapping[str, Any], arn: str, described: Mapping[str, Any]) -> Properties:
        given = {name: value for name, value in props.items() if name != "__provider"}
        return {**given, "arn": arn, **{name: described[name] for name in self.KIND.answers}}

    def _changed(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> list[str]:
        """Inputs that differ. The role is one: the state names whose credentials read and delete it."""
        said = self.KIND.comparable
        names = [*self.KIND.inputs.values(), *_OF_PLACE]
        return [name for name in names if not same(said(name, olds.get(name)), said(name, news.get(name)))]

    def _holds(self, name: str, found: Any, wanted: Any) -> bool:
        return holds(self.KIND.comparable(name, found), self.KIND.comparable(name, wanted))

    def _seen(self, name: str, found: Any, given: Any) -> Any:
        """The input as it was given, if that is what AWS says; else AWS's value of what was given."""
        if name == "tags":
            return given if same(found, given) else found
        return given if self._holds(name, found, given) else of_given(found, given)

    def _replaces(self, name: str, _olds: Mapping[str, Any], news: Mapping[str, Any]) -> bool:
        """Whether AWS cannot make this change in place; it takes no value away that was given once."""
        return name not in ("tags", ROLE) and (name not in self.KIND.changeable or news.get(name) is None)

    def _change(self, calls: Calls, there: Properties, changed: list[str], news: Mapping[str, Any]) -> None:
        """Make what is there what is wanted.

        Raises:
            RefusedError: AWS took the update, and it failed.
        """
        arn, parameters = there[self.KIND.arn], self._update(changed, news)
        if parameters:
            calls.call(f"Update{self.KIND.noun}", **{self.KIND.arn: arn}, **parameters)
            latest = self._latest_update(self._settled(calls, arn))
            # AWS goes on telling an earlier update, also one that failed.
            is_new = latest.get(_MADE_AT) != self._latest_update(there).get(_MADE_AT)
            if is_new and _failure(latest):
                raise RefusedError(f"{self.KIND} {arn}: its update is {_failure(latest)}")
        if "tags" in changed:
            calls.tag(arn, news.get("tags") or {})

    def _update(self, changed: list[str], news: Mapping[str, Any]) -> Properties:
        """The request that changes it; empty if there is nothing to change but tags."""
        return {name: whole(news[name]) for name in changed if name in self.KIND.changeable}

    def _before_delete(self, calls: Calls, arn: str) -> None:
        """Ends what AWS does with it and does not let it go for."""

    def _created(self, calls: Calls, wanted: Properties) -> str:
        try:
            return calls.create(wanted)
        except ClientError as problem:
            # An answer that was lost on its way lets botocore ask twice.
            arn = calls.find(wanted) if code_of(problem) == EXISTS else None
            if arn is None:
                raise
        self._require_ours(calls, arn, wanted)
        return arn

    def _taken_over(self, calls: Calls, arn: str, wanted: Properties) -> str | None:
        """What an interrupted creation left, made what is wanted; None after it had to be deleted."""
        there = calls.describe(arn)
        if there is None:
            return None
        if there.get("status", "").startswith("DELETE"):
            self._delete(calls, arn)
            return None
        self._require_ours(calls, arn, wanted)
        described = self._waited(calls, arn)
        if described is None:
            return None
        given = {name: value for name, value in wanted.items() if name != "tags"}
        present = {name: self._seen(name, described.get(name, value), value) for name, value in given.items()}
        changed = [name for name, value in given.items() if not self._holds(name, present[name], value)]
        if _failure(described) or any(self._replaces(name, present, wanted) for name in changed):
            self._delete(calls, arn)
            return None
        self._change(calls, described, changed, wanted)
        if self.KIND.is_tagged:
            calls.tag(arn, {tag["tagKey"]: tag["tagValue"] for tag in wanted["tags"]})
        return arn

    def _require_ours(self, calls: Calls, arn: str, wanted: Properties) -> None:
        """
        Raises:
            RefusedError: it belongs to somebody else.
        """
        if self.KIND.is_tagged:
            owner = {tag["tagKey"]: tag["tagValue"] for tag in wanted["tags"]}[OWNER]
            found, place = calls.tags(arn).get(OWNER), "tag"
        else:
            document = self.KIND.owned_by
            owner, place = owner_of(wanted[document]), f"{document}'s doc"
            found = owner_of((calls.describe(arn) or {}).get(document, ""))
        if not owner or found != owner:
            raise RefusedError(
                f"{self.KIND} {arn} exists already and is not this stack's: {OWNER} of its {place} is {found!r}, but "
                f"must be {owner!r}. Give ours another name, or delete the one that exists"
            )

    def _delete(self, calls: Calls, arn: str) -> None:
        described = self._waited(calls, arn)
        if described is not None:
            self._before_delete(calls, arn)
            calls.delete(arn)
            described = self._waited(calls, arn, until_gone=True)
        if described is not None:
            raise RefusedError(f"{self.KIND} {arn} could not be deleted: {_failure(described)}")

    def _settled(self, calls: Calls, arn: str) -> Properties:
        """What AWS says of it when it can be used.

        Raises:
            RefusedError: it failed, or is gone.
        """
        described = self._waited(calls, arn)
        if described is None:
            raise RefusedError(
                f"{self.KIND} {arn} does not exist any more: run `pulumi refresh`, then the update again"
            )
        if _failure(described):
            raise RefusedError(f"{self.KIND} {arn}: {_failure(described)}")
        return described

    def _latest_update(self, described: Mapping[str, Any]) -> Properties:
        return described.get(f"latest{self.KIND.noun}Update") or {}

    def _waited(self, calls: Calls, arn: str, *, until_gone: bool = False) -> Properties | None:
        """What AWS says of it once it does nothing more with it; None if it is gone."""
        until, pause = time.monotonic() + self.KIND.minutes * 60, _FIRST_WAIT_SECONDS
        while True:
            described = calls.describe(arn)
            if described is None:
                return None
            states = [described.get("status", ""), self._latest_update(described).get("status", "")]
            if not any(map(_is_under_way, states)) and (not until_gone or _FAILED in states[0]):
                return described
            if time.monotonic() > until:
                raise RefusedError(
                    f"{self.KIND} {arn} is {' / '.join(filter(None, states))} after {self.KIND.minutes} minutes: "
                    "the next update goes on waiting"
                )
            time.sleep(pause)
            pause = min(pause * _SLOWER, _LONGEST_WAIT_SECONDS)

    def _refused(self, verb: str, props: Mapping[str, Any], calls: Calls, problem: ClientError) -> RefusedError:
        named = next((props[name] for name in ("name", *self.KIND.unique) if props.get(name)), "")
        operation = f"{self.KIND.service}:{problem.operation_name}"
        return RefusedError(f"cannot {verb} {self.KIND} {named} in {calls.place}: {operation} answers {said(problem)}")


def _is_under_way(status: str) -> bool:
    return status.endswith(("PENDING", "IN_PROGRESS", "IN PROGRESS", "STOPPING"))


def _failure(described: Mapping[str, Any]) -> str:
    """Why it failed; empty if it did not."""
    status = described.get("status", "")
    return f"{status}: {described.get('failureReason') or 'AWS gives no reason'}" if _FAILED in status else ""
