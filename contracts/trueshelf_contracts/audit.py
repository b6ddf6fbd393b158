"""What audit says on the bus: acts on the trail itself. Its log and checkpoints are its own (services/audit)."""

from trueshelf_contracts.event import AnyService

AuditEvent = AnyService
