"""Orders (OrderMx): checkout, placing, cancellation and status of orders."""
