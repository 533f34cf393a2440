"""Code of the Lambda functions: `<code>/handler.py` has `handler(event, context)`.

At run time there are Python 3.13, boto3, and Powertools with pydantic from AWS's layer; nothing else may be imported.
Logs identify events and positions of records, never customers.
"""
