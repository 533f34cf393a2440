"""What rules of several services ask; no rules."""
