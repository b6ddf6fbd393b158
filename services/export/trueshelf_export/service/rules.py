"""Which rules are in force for a marketplace, and a person's confirmation of them (R-88)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from trueshelf_contracts.event import PolicyPublished, PolicyRef
from trueshelf_contracts.export import RulesConfirmed
from trueshelf_contracts.ids import event_id
from trueshelf_contracts.refs import Marketplace
from trueshelf_export.domain.checklist import Checklists
from trueshelf_export.domain.confirmation import Confirmation, ConfirmationError, confirm
from trueshelf_export.domain.profiles import Profile, Standing, content_of, read_profile, sha256_of, standing
from trueshelf_export.service.repeats import request_hash, require_same
from trueshelf_export.sql import SQL
from trueshelf_runtime.db import Row, Tx
from trueshelf_runtime.errors import Refused
from trueshelf_runtime.identity import Principal
from trueshelf_runtime.origin import stamp


@dataclass(frozen=True, slots=True)
class InForce:
    """A marketplace's rules as they stand on a day; `confirmation` is the newest one, expired or not."""

    profile: Profile
    ref: PolicyRef
    standing: Standing
    confirmation: Row | None

    @property
    def drill(self) -> bool:
        """Whether the rules rest on a practice account's confirmation."""
        return self.confirmation is not None and bool(self.confirmation["drill"])

    @property
    def confirmed_by_event(self) -> UUID | None:
        return None if self.confirmation is None else self.confirmation["event_id"]


def policy_ref(profile: Profile) -> PolicyRef:
    """Return how events name this version of a profile."""
    return PolicyRef(kind="profile", name=profile.marketplace, version=profile.version, sha256=sha256_of(profile))


class Rules:
    """Shipped profiles, and what people confirmed about them."""

    def __init__(self, shipped: Mapping[str, Profile], checklists: Checklists) -> None:
        self.shipped = shipped
        self.checklists = checklists

    async def in_force(self, tx: Tx, marketplace: str, today: date, *, drill: bool) -> InForce:
        """Return the rules for an order; a practice account's confirmation counts for practice orders only."""
        shipped = self.shipped[marketplace]
        row = await tx.fetchrow(SQL["newest_confirmation"], marketplace, sha256_of(shipped), drill)
        if row is None:
            return InForce(shipped, policy_ref(shipped), standing(shipped, today, None), None)
        profile = read_profile(row["content"])
        return InForce(profile, policy_ref(profile), standing(shipped, today, row["valid_until"]), row)

    async def publish_shipped(self, tx: Tx, at: datetime) -> None:
        """State each shipped version once. Raises Refused when a shipped version's content changed under its name."""
        for profile in self.shipped.values():
            ref = policy_ref(profile)
            fresh = await tx.fetchval(
                SQL["publish_profile"], profile.marketplace, profile.version, ref.sha256, content_of(profile), at
            )
            if fresh is not None:
                await tx.emit(_published(ref, at))
                continue
            known = await tx.fetchval(SQL["published_sha256"], profile.marketplace, profile.version)
            if known != ref.sha256:
                raise Refused(
                    "profile_changed",
                    f"profile {profile.marketplace} {profile.version} was published with other content ({known[:12]})",
                    "give the changed file a new version",
                )

    async def confirm(
        self, tx: Tx, marketplace: Marketplace, given: Confirmation, *, who: Principal, key: str, at: datetime
    ) -> UUID:
        """Record a confirmation and let the orders that wait for it go on; the event's id.

        Raises Refused with everything that is missing, or when `key` was used for another confirmation.
        """
        shipped = self.shipped[marketplace]
        event = event_id("RulesConfirmed", marketplace, who.id, key)
        asked = request_hash([given.source, given.checked_on, given.valid_until, given.answers, given.values])
        await tx.fetchval(SQL["lock_marketplace"], marketplace)
        known = await tx.fetchrow(SQL["confirmation_by_id"], event)
        if known is not None:
            require_same(known["request_hash"], asked)
            return event
        try:
            confirmed = confirm(shipped, self.checklists.marketplace, given, at.date())
        except ConfirmationError as error:
            raise Refused(
                "invalid_confirmation", str(error), "answer and enter what is named, then send it again"
            ) from error
        confirmed = _named(confirmed, event, given.checked_on)
        ref = policy_ref(confirmed)
        await tx.execute(SQL["publish_profile"], marketplace, confirmed.version, ref.sha256, content_of(confirmed), at)
        await tx.execute(
            SQL["add_confirmation"],
            event,
            marketplace,
            confirmed.version,
            sha256_of(shipped),
            asked,
            given.source,
            given.checked_on,
            given.valid_until,
            dict(given.answers),
            who.actor(),
            who.drill,
            at,
        )
        await tx.emit(_published(ref, at, who), _confirmed(marketplace, event, ref, given, who=who, at=at))
        await self._let_go_on(tx, marketplace, drill=who.drill)
        return event

    async def _let_go_on(self, tx: Tx, marketplace: str, *, drill: bool) -> None:
        """Start every pack that waits for these rules, each in a transaction of its own."""
        for row in await tx.fetch(SQL["waiting_packs"], marketplace, drill):
            await tx.enqueue("export.start", {"pack_id": str(row["pack_id"])}, key=str(row["pack_id"]))


def _named(profile: Profile, event: UUID, checked_on: date) -> Profile:
    """Return the confirmed profile under a version of its own, by which events name exactly these numbers."""
    return read_profile(content_of(profile) | {"version": f"{profile.version}+{checked_on}.{event.hex[:8]}"})


def _published(ref: PolicyRef, at: datetime, who: Principal | None = None) -> PolicyPublished:
    return PolicyPublished(
        **stamp("PolicyPublished", ref.kind, ref.name, ref.version, ref.sha256, at=at, drill=bool(who and who.drill)),
        policy=ref,
        actor=who.actor() if who else None,
    )


def _confirmed(
    marketplace: Marketplace, event: UUID, ref: PolicyRef, given: Confirmation, *, who: Principal, at: datetime
) -> RulesConfirmed:
    fields = stamp("RulesConfirmed", at=at, drill=who.drill) | {"event_id": event}
    return RulesConfirmed(
        **fields,
        marketplace=marketplace,
        profile=ref,
        source=given.source,
        checked_on=given.checked_on,
        valid_until=given.valid_until,
        answers=dict(given.answers),
        values=dict(given.values),
        actor=who.actor(),
    )
