"""What a request asks of IAM: actions, resources and condition keys of the operations that the store uses.

https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""
