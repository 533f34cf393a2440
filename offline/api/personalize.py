"""Amazon Personalize without its models: datasets, trackers, filters, solutions and recommenders, with their states.

Nothing is imported and nothing trained: a recommender comes up that AWS would refuse for want of interactions.

https://docs.aws.amazon.com/personalize/latest/dg/API_Operations_Amazon_Personalize.html; each refusal names its page.
"""

import json
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from offline.api.call import Call
from offline.api.personalize_kinds import KINDS, SERVICE, Kind, lost_fields, require_schema_of, with_defaults
from offline.api.refusal import ApiError, exists, in_use, invalid, not_found
from offline.aws.cloud import LIVE, Cloud, Resource
from offline.aws.minting import uuid_text

# Minutes in AWS.
_STEP_SECONDS: Final = 0.3
_MOST_TAGS: Final = 50
Answer = dict[str, Any]


def _create(kind: Kind) -> Callable[[Cloud, Call], Answer]:
    def create(cloud: Cloud, call: Call) -> Answer:
        request = {name: value for name, value in call.request.items() if name != "tags"}
        if "datasetType" in request:
            # https://docs.aws.amazon.com/personalize/latest/dg/API_DatasetSummary.html and its ARNs
            request["datasetType"] = request["datasetType"].upper()
        parents = [_parent(cloud, call, request[name]) for name in kind.parents]
        for other in _all(cloud, kind, call):
            if all(other.inputs[name] == request[name] for name in kind.unique):
                raise exists(f"Another {kind.noun} with {_told(kind, request)} already exists: {other.arn}")
        _judge(kind, request, parents, cloud)
        path = kind.path.format(
            **request, group=parents[0].inputs["name"] if parents else "", id=uuid_text(repr(request))
        )
        arn = call.arn(SERVICE, path)
        outputs = {"created": time.time(), "tags": _tags(call.request.get("tags", ()))}
        made = Resource(0, call.account, call.region, kind.token, arn, arn, "", LIVE, request, outputs)
        uses = [(name, parent.arn) for name, parent in zip(kind.parents, parents, strict=True)]
        cloud.put(made, [arn], uses)
        answer = {kind.arn: arn}
        return {**answer, "trackingId": uuid_text(arn)} if kind.noun == "EventTracker" else answer

    return create


def _judge(kind: Kind, request: Answer, parents: list[Resource], cloud: Cloud) -> None:
    """What AWS wants beyond its model."""
    if kind.noun == "Schema":
        require_schema_of("", request["schema"])
    elif kind.noun == "Dataset":
        schema = parents[kind.parents.index("schemaArn")]
        require_schema_of(request["datasetType"], schema.inputs["schema"])
    elif kind.noun == "DatasetGroup":
        if "kmsKeyArn" in request and "roleArn" not in request:
            raise invalid("roleArn is required with kmsKeyArn: Personalize uses the key in the name of the role")
        for name in ("roleArn", "kmsKeyArn"):
            if name in request and cloud.with_arn(request[name]) is None:
                raise invalid(f"{name} {request[name]} does not exist")
    elif kind.noun == "Recommender" and not parents[0].inputs.get("domain"):
        # https://docs.aws.amazon.com/personalize/latest/dg/API_CreateRecommender.html
        raise invalid("A recommender needs a dataset group of a domain; this one is custom")


def _describe(kind: Kind) -> Callable[[Cloud, Call], Answer]:
    return lambda cloud, call: {kind.member: _described(kind, _existing(cloud, kind, call))}


def _described(kind: Kind, found: Resource) -> Answer:
    at = found.outputs["created"]
    given = with_defaults(kind.noun, found.inputs)
    said: Answer = {**given, kind.arn: found.arn, "creationDateTime": at, "lastUpdatedDateTime": at}
    if kind.has_status:
        said["status"] = _status(found)
    if kind.noun == "EventTracker":
        said |= {"trackingId": uuid_text(found.arn), "accountId": found.account}
    changed = found.outputs.get("update")
    if changed:
        failure = {"failureReason": changed["failure"]} if changed.get("failure") else {}
        status = "CREATE FAILED" if failure else "ACTIVE"
        if time.time() - changed["at"] <= _STEP_SECONDS:
            status, failure = "CREATE IN_PROGRESS", {}
        said[f"latest{kind.noun}Update"] = {"status": status, "creationDateTime": changed["at"], **failure}
    return said


def _list(kind: Kind) -> Callable[[Cloud, Call], Answer]:
    def listed(cloud: Cloud, call: Call) -> Answer:
        by = {name: value for name, value in call.request.items() if name not in ("nextToken", "maxResults")}
        found = [
            one for one in _all(cloud, kind, call) if all(one.inputs.get(name) == value for name, value in by.items())
        ]
        # Pages of one, so that nobody reads the first one only.
        start = int(call.request.get("nextToken", 0))
        page = found[start : start + call.request.get("maxResults", 1)]
        more = {"nextToken": str(start + len(page))} if start + len(page) < len(found) else {}
        hidden = ("schema", "filterExpression", "solutionConfig", "kmsKeyArn", "roleArn")
        told = [{name: value for name, value in _described(kind, one).items() if name not in hidden} for one in page]
        return {kind.listed: told, **more}

    return listed


def _delete(kind: Kind) -> Callable[[Cloud, Call], Answer]:
    def delete(cloud: Cloud, call: Call) -> Answer:
        found = _existing(cloud, kind, call)
        status = _status(found)
        if status.startswith("DELETE"):
            return {}
        if kind.has_status and status != "ACTIVE":
            raise in_use(f"{found.arn} is {status}")
        users = cloud.users(found)
        if users:
            raise in_use(f"{found.arn} is used by {', '.join(sorted(user.id for user in users))}")
        training = _version(found)["status"] if kind.noun == "Solution" else ""
        if training in ("CREATE IN_PROGRESS", "CREATE STOPPING"):
            raise in_use(f"{found.arn} has a solution version that is {training}")
        if not kind.has_status:
            cloud.remove(found)
        else:
            _keep(cloud, kind, found, deleting=time.time())
        return {}

    return delete


def _update(kind: Kind) -> Callable[[Cloud, Call], Answer]:
    def update(cloud: Cloud, call: Call) -> Answer:
        found = _existing(cloud, kind, call)
        if _described(kind, found)["status"] != "ACTIVE":
            raise in_use(f"{found.arn} is {_status(found)}")
        changes = {name: value for name, value in call.request.items() if name != kind.arn}
        if kind.noun == "Solution":
            config = changes.pop("solutionUpdateConfig", {})
            changes["solutionConfig"] = {**found.inputs.get("solutionConfig", {}), **config}
        failure = ""
        if "schemaArn" in changes:
            schema = _parent(cloud, call, changes["schemaArn"])
            require_schema_of(found.inputs["datasetType"], schema.inputs["schema"])
            lost = lost_fields(
                _parent(cloud, call, found.inputs["schemaArn"]).inputs["schema"], schema.inputs["schema"]
            )
            if lost:
                failure = f"The new schema lacks {', '.join(lost)}"
        if not failure:
            found.inputs.update(changes)
        _keep(cloud, kind, found, update={"at": time.time(), "failure": failure})
        return {kind.arn: found.arn}

    return update


def _tag(cloud: Cloud, call: Call) -> Answer:
    found = _tagged(cloud, call)
    tags = {**found.outputs["tags"], **_tags(call.request["tags"])}
    _keep(cloud, _kind_of(found), found, tags=tags)
    return {}


def _untag(cloud: Cloud, call: Call) -> Answer:
    found = _tagged(cloud, call)
    gone = [_own(key) for key in call.request["tagKeys"]]
    _keep(
        cloud, _kind_of(found), found, tags={name: v for name, v in found.outputs["tags"].items() if name not in gone}
    )
    return {}


def _list_tags(cloud: Cloud, call: Call) -> Answer:
    tags = _tagged(cloud, call).outputs["tags"]
    return {"tags": [{"tagKey": name, "tagValue": value} for name, value in tags.items()]}


def _list_versions(cloud: Cloud, call: Call) -> Answer:
    return {"solutionVersions": [_version(_existing(cloud, KINDS["Solution"], call))]}


def _stop_version(cloud: Cloud, call: Call) -> Answer:
    arn = call.request["solutionVersionArn"].rpartition("/")[0]
    solution = _existing(
        cloud, KINDS["Solution"], Call(call.operation, call.account, call.region, {"solutionArn": arn})
    )
    _keep(cloud, KINDS["Solution"], solution, stopped=time.time())
    return {}


def _version(solution: Resource) -> Answer:
    """What automatic training makes of a solution; nothing is trained from, so it is always at work or stopped."""
    stopped = solution.outputs.get("stopped")
    if stopped:
        status = "CREATE STOPPED" if time.time() - stopped > _STEP_SECONDS else "CREATE STOPPING"
    else:
        status = "CREATE IN_PROGRESS" if solution.inputs.get("performAutoTraining", True) else "ACTIVE"
    return {"solutionVersionArn": f"{solution.arn}/{uuid_text(solution.arn)[:8]}", "status": status}


def _status(found: Resource) -> str:
    age = time.time() - found.outputs["created"]
    if "deleting" in found.outputs:
        return "DELETE IN_PROGRESS"
    if age < _STEP_SECONDS:
        return "CREATE PENDING" if age < _STEP_SECONDS / 2 else "CREATE IN_PROGRESS"
    return "ACTIVE"


def pass_time(cloud: Cloud) -> None:
    """Remove what was being deleted and has had its time."""
    for one in cloud.all(*(kind.token for kind in KINDS.values())):
        if time.time() - one.outputs.get("deleting", time.time()) > _STEP_SECONDS:
            cloud.remove(one)


def _all(cloud: Cloud, kind: Kind, call: Call) -> list[Resource]:
    return [one for one in cloud.all(kind.token, account=call.account) if one.region == call.region]


def _existing(cloud: Cloud, kind: Kind, call: Call) -> Resource:
    arn = call.request[kind.arn]
    for found in _all(cloud, kind, call):
        if found.arn == arn:
            return found
    raise not_found(f"Could not find {kind.noun} {arn}")


def _parent(cloud: Cloud, call: Call, arn: str) -> Resource:
    for kind in KINDS.values():
        for found in _all(cloud, kind, call):
            if found.arn == arn:
                if kind.has_status and _status(found) != "ACTIVE":
                    raise in_use(f"{arn} is {_status(found)}, but must be ACTIVE")
                return found
    raise not_found(f"Could not find {arn}")


def _tagged(cloud: Cloud, call: Call) -> Resource:
    arn = call.request["resourceArn"]
    for kind in KINDS.values():
        for found in _all(cloud, kind, call) if kind.is_tagged else ():
            if found.arn == arn:
                return found
    raise not_found(f"Could not find {arn}")


def _kind_of(found: Resource) -> Kind:
    return next(kind for kind in KINDS.values() if kind.token == found.token)


def _tags(listed: Any) -> dict[str, str]:
    if len(listed) > _MOST_TAGS:
        raise ApiError("TooManyTagsException", f"{len(listed)} tags; at most {_MOST_TAGS} are allowed")
    return {_own(tag["tagKey"]): tag["tagValue"] for tag in listed}


def _own(key: str) -> str:
    """https://docs.aws.amazon.com/tag-editor/latest/userguide/tagging.html"""
    if key.startswith("aws:"):
        raise invalid(f"Tag {key} has the prefix aws:, which is AWS's own")
    return key


def _keep(cloud: Cloud, kind: Kind, found: Resource, **changes: Any) -> None:
    found.outputs.update(changes)
    uses = [(name, found.inputs[name]) for name in kind.parents]
    cloud.put(found, [found.arn], uses)


def _told(kind: Kind, request: Mapping[str, Any]) -> str:
    return json.dumps({name: request[name] for name in kind.unique})


OPERATIONS: Final[Mapping[str, Callable[[Cloud, Call], Answer]]] = {
    **{f"Create{kind.noun}": _create(kind) for kind in KINDS.values()},
    **{f"Describe{kind.noun}": _describe(kind) for kind in KINDS.values()},
    **{f"List{kind.noun}s": _list(kind) for kind in KINDS.values()},
    **{f"Delete{kind.noun}": _delete(kind) for kind in KINDS.values()},
    **{f"Update{kind.noun}": _update(kind) for kind in KINDS.values() if kind.is_updated},
    "TagResource": _tag,
    "UntagResource": _untag,
    "ListTagsForResource": _list_tags,
    "ListSolutionVersions": _list_versions,
    "StopSolutionVersionCreation": _stop_version,
}
