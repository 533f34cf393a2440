"""The events of the store: schemas, emitters and consumers."""
