"""Programs that cases of several services share; no cases."""
