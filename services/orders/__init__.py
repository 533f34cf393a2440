"""Orders (OrderMx): the checkout, and what becomes of an order until it is delivered."""
