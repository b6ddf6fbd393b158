"""The language that the services share: events, references, ids and topics.

`topics.REGISTRY` says which service owns which topic and who reads it; every event is a frozen pydantic
model in the module of the service that gives it. Schemas and golden examples beside this package are
generated from here (`python -m trueshelf_contracts write`) and committed.
"""
