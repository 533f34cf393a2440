"""The contact list of SES, and grants on it."""

from collections.abc import Iterable

import pulumi
import pulumi_aws as aws

from components.base import StoreComponent
from components.blocks.policy_document import Statement, policy_document
from functions.common.names import MARKETING_TOPIC


class ContactLists(StoreComponent):
    """The list with its topic, in the home Region, unless another stack of the account makes it.

    SES keeps one list for an account and Region
    (https://docs.aws.amazon.com/ses/latest/dg/sending-email-list-management.html). Contacts are without charge.
    """

    TYPE = "webstore:app:ContactLists"

    def __init__(
        self, name: str, *, names: Iterable[str], given: bool, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """
        Args:
            names: Lists that services use; the settings see to it that there is one.
            given: Another stack makes them.
        """
        super().__init__(name, opts)
        self._made: list[pulumi.Resource] = []
        if not given:
            self._made = [self._list(contact_list) for contact_list in sorted(set(names))]
        self._publish()

    def grant_write(self, contact_list: str, role: aws.iam.Role, *, name: str) -> aws.iam.RolePolicy:
        """Let `role` add, change and remove contacts of a list."""
        return aws.iam.RolePolicy(
            name,
            role=role.name,
            policy=policy_document(
                # https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsimpleemailservicev2.html
                Statement(
                    sid="Contacts",
                    actions=[
                        "ses:CreateContact",
                        "ses:DeleteContact",
                        "ses:GetContact",
                        "ses:GetContactList",
                        "ses:UpdateContact",
                    ],
                    resources=[self.foundation.arn("ses", f"contact-list/{contact_list}")],
                )
            ),
            # The name is known before the list: policies are then readable in the first preview.
            opts=pulumi.ResourceOptions(parent=role, depends_on=self._made),
        )

    def _list(self, contact_list: str) -> aws.sesv2.ContactList:
        return aws.sesv2.ContactList(
            self._name,
            contact_list_name=contact_list,
            description="Customers who agreed to messages of the store",
            topics=[
                {
                    "topic_name": MARKETING_TOPIC,
                    "display_name": "Offers and news",
                    "description": "What the store has to offer",
                    # Nobody receives anything who has not agreed.
                    "default_subscription_status": "OPT_OUT",
                }
            ],
            # A second list would be refused.
            opts=pulumi.ResourceOptions.merge(self._kept(), pulumi.ResourceOptions(delete_before_replace=True)),
        )
