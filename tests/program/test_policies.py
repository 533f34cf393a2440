"""A preview fails when the store breaks a rule, and says which resource, property, reason and fix."""

from collections.abc import Callable
from typing import Any

from tests.program.conftest import Stack

Variant = Callable[[str, Callable[[dict[str, Any]], object]], Stack]


def _edit(stack: Stack, path: str, old: str, new: str) -> None:
    """Break one thing in a component: the variant's own copy of the file is edited."""
    source = stack.workspace.project / path
    text = source.resolve().read_text()
    assert old in text, f"{path} no longer has {old!r}; the test must break something else"
    for parent in reversed(source.relative_to(stack.workspace.project).parents[:-1]):
        folder = stack.workspace.project / parent
        if folder.is_symlink():
            target = folder.resolve()
            folder.unlink()
            folder.mkdir()
            for entry in target.iterdir():
                (folder / entry.name).symlink_to(entry)
    source.unlink()
    source.write_text(text.replace(old, new))


def test_broken_components_fail_the_preview(variant: Variant) -> None:
    stack = variant("prod", dict.copy)
    _edit(stack, "components/edge/distribution.py", "web_acl_id=web_acl_arn", "web_acl_id=None")
    _edit(stack, "components/blocks/table.py", "enabled=True, kms_key_arn=args.key_arn", "enabled=True")
    done = stack.preview()
    assert done.returncode != 0
    findings = [line for line in done.stdout.splitlines() if "[mandatory]" in line]
    assert [line for line in findings if "cloudfront-distribution-web-acl" in line and "edge-distribution" in line]
    assert [line for line in findings if "dynamodb-table-customer-key" in line and "data-carts" in line]
    assert "webAclId" in done.stdout
    assert "kmsKeyArn" in done.stdout
