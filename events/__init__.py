"""The events of the store: what each one holds, who emits it, who may be told."""
