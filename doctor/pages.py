"""The page of the steps before a first update, made from the checks, so that it says what the doctor looks at."""

from doctor.checks import CHECKS
from doctor.result import Step

_HEAD = """# Before the first `up`

What an AWS account must have before `pulumi up` of a stack, in the order in which to bring it. `make doctor ENV=prod`
looks at all of it and prints what is missing first, each with the command that brings it; it changes nothing and reads
no secret value. Start with what takes AWS days: quotas, SES, the verification for CloudFront.

`python -m doctor --env prod` ends with exit code 0 when nothing is missing, 1 when something is, 2 when it cannot run,
and 3 when nothing that it saw is missing but it could not look at everything (no credentials, no permission, or a
matter that no API tells). `--json` prints the same for a pipeline. The last lines tell how long the first update takes
and what the stack costs without a customer ([by switch](idle-costs.md)).

`make bootstrap ENV=prod`, with an administrator's credentials, makes bucket, key and roles of the steps 2 and 3, and
prints the commands that use them. It shows what it would make and asks first; a second run makes what has changed in
the stack file, such as rights on new types of resources. The roles are for the workflow `deploy` of the GitHub
repository that `origin` or `REPOSITORY=owner/name` names. `.venv/bin/python -m bootstrap --env prod --template` prints
the template.

This page is made from the checks in `doctor/checks`: `make docs`.
"""
_TAIL = """
## Then

```
pulumi stack init prod --secrets-provider "awskms:///<key ARN>?region=eu-west-1"   # commit the lines that it writes
pulumi up -s prod --policy-pack policies --policy-pack-config policies/config/prod.json
```

If images of the account's own repositories are missing, a first update makes the repositories, then the images are
pushed ([images.md](images.md#before-the-first-update)); the doctor prints both commands.

If the stack makes its hosted zone, the update waits for certificates until the parent zone delegates to it; the doctor
prints the command. An update that was interrupted goes on with the next `pulumi up --refresh`. The way
out: [taking-it-down.md](taking-it-down.md).
"""


def before_the_first_up() -> str:
    parts = [_HEAD]
    for number, step in enumerate(Step, 1):
        checks = [check for check in CHECKS if check.step is step]
        parts.append(f"\n## {number}. {step.value}\n\n| check | looks at | mended by |\n| --- | --- | --- |\n")
        parts += [f"| `{check.name}` | {check.looks_at} | {check.mends} |\n" for check in checks]
    return "".join(parts) + _TAIL
