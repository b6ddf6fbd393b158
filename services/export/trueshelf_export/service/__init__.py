"""The use cases of export. Each works inside a transaction that its caller opened; decisions are the domain's.

Locks are taken in one order everywhere: the marketplace, then SKUs by name, then what belongs to the SKU.
"""
