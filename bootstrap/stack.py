"""A CloudFormation stack by change sets: what would change is shown before it does."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError, WaiterError

_NOTHING = ("didn't contain changes", "No updates are to be performed")
_EMPTY = "REVIEW_IN_PROGRESS"
"""A stack that has a change set and no resource yet."""
_POLL_SECONDS = 2.0


class StackError(Exception):
    """CloudFormation refused, or rolled back; the text has its reasons."""


@dataclass(frozen=True)
class Change:
    action: str
    """Add, Modify, Remove, Import or Dynamic."""
    name: str
    type: str
    replacement: str


@dataclass(frozen=True)
class Plan:
    """A change set that is not executed."""

    change_set: str
    """ARN."""
    stack: str
    """ARN, by which CloudFormation answers also once the stack is deleted."""
    creates: bool
    changes: Sequence[Change]


class Stack:
    """One stack, in the Region of its client."""

    def __init__(self, client: Any, name: str, wait: Callable[[float], None] = time.sleep) -> None:
        self._client, self.name, self._wait = client, name, wait

    def described(self) -> Mapping[str, Any] | None:
        """The stack, or None if there is none with resources."""
        try:
            found = self._client.describe_stacks(StackName=self.name)["Stacks"][0]
        except ClientError as error:
            if "does not exist" in str(error):
                return None
            raise
        return None if found["StackStatus"] == _EMPTY else found

    def has(self, resource: str) -> bool:
        """Whether the stack has made this resource."""
        if self.described() is None:
            return False
        pages = self._client.get_paginator("list_stack_resources").paginate(StackName=self.name)
        return any(entry["LogicalResourceId"] == resource for page in pages for entry in page["StackResourceSummaries"])

    def plan(self, body: str, tags: Mapping[str, str]) -> Plan | None:
        """None where nothing would change.

        Raises:
            StackError: CloudFormation refuses the template.
        """
        creates = self.described() is None
        made = self._client.create_change_set(
            StackName=self.name,
            ChangeSetName=f"bootstrap-{time.time_ns()}",
            ChangeSetType="CREATE" if creates else "UPDATE",
            TemplateBody=body,
            Capabilities=["CAPABILITY_NAMED_IAM"],
            Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
            # A stack that failed to begin cannot be updated; without it the next run begins anew.
            **({"OnStackFailure": "DELETE"} if creates else {}),
        )
        found = self._client.describe_change_set(ChangeSetName=made["Id"])
        while found["Status"] in ("CREATE_PENDING", "CREATE_IN_PROGRESS"):
            self._wait(_POLL_SECONDS)
            found = self._client.describe_change_set(ChangeSetName=made["Id"])
        changes = [entry["ResourceChange"] for entry in found.get("Changes", ()) if "ResourceChange" in entry]
        plan = Plan(
            made["Id"],
            made["StackId"],
            creates,
            [Change(c["Action"], c["LogicalResourceId"], c["ResourceType"], c.get("Replacement", "")) for c in changes],
        )
        if found["Status"] == "FAILED":
            self.forget(plan)
            reason = found.get("StatusReason", "CloudFormation gives no reason")
            if any(words in reason for words in _NOTHING):
                return None
            raise StackError(reason)
        return plan

    def forget(self, plan: Plan) -> None:
        """Delete a change set that is not executed, and the empty stack that it brought."""
        self._client.delete_change_set(ChangeSetName=plan.change_set)
        if plan.creates:
            self._client.delete_stack(StackName=plan.stack)

    def execute(self, plan: Plan) -> None:
        """Make the changes, and protect the stack.

        Raises:
            StackError: a resource failed, and everything was rolled back.
        """
        self._client.execute_change_set(ChangeSetName=plan.change_set)
        waiter = self._client.get_waiter("stack_create_complete" if plan.creates else "stack_update_complete")
        try:
            waiter.wait(StackName=plan.stack, WaiterConfig={"Delay": 5, "MaxAttempts": 120})
        except WaiterError as error:
            reasons = ["CloudFormation rolled back:", *self._failures(plan.stack)]
            raise StackError("\n".join(reasons) if reasons[1:] else str(error)) from error
        self._client.update_termination_protection(StackName=self.name, EnableTerminationProtection=True)

    def outputs(self) -> Mapping[str, str]:
        found = self.described() or {}
        return {entry["OutputKey"]: entry["OutputValue"] for entry in found.get("Outputs", [])}

    def _failures(self, stack: str) -> list[str]:
        """Reasons of the resources that failed, the first one first."""
        events = self._client.describe_stack_events(StackName=stack)["StackEvents"]
        return [
            f"- {event['LogicalResourceId']}: {event['ResourceStatusReason']}"
            for event in reversed(events)
            if event["ResourceStatus"].endswith("_FAILED") and event.get("ResourceStatusReason")
        ]
