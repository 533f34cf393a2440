"""Stock for customers, and reservations of it for orders."""
