"""Contact lists of SES, and grants on them."""

import pulumi
import pulumi_aws as aws

from components.blocks.policy_document import Statement, policy_document
from components.foundation import Foundation


class ContactLists:
    """Existing lists of the account in the home Region."""

    def __init__(self, foundation: Foundation) -> None:
        self._foundation = foundation

    def grant_write(self, contact_list: str, role: aws.iam.Role, *, name: str) -> aws.iam.RolePolicy:
        """Let `role` add, change and remove contacts of a list."""
        return aws.iam.RolePolicy(
            name,
            role=role.name,
            policy=policy_document(
                # https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsimpleemailservicev2.html
                Statement(
                    sid="Contacts",
                    actions=["ses:CreateContact", "ses:DeleteContact", "ses:GetContact", "ses:UpdateContact"],
                    resources=[self._foundation.arn("ses", f"contact-list/{contact_list}")],
                )
            ),
            opts=pulumi.ResourceOptions(parent=role),
        )
