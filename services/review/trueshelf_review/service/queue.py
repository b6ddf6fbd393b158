"""Who looks at what: the next case, leases and heartbeats."""

from dataclasses import replace
from uuid import UUID

from trueshelf_review.domain.cases import Case
from trueshelf_review.domain.leases import take
from trueshelf_review.domain.people import Reviewer, Rights, must_be_person
from trueshelf_review.domain.queue import Wish
from trueshelf_review.domain.refusal import Refusal
from trueshelf_review.domain.rules import check_person
from trueshelf_review.ports import Desk
from trueshelf_review.service.context import Review


async def lease_next(review: Review, desk: Desk, who: Reviewer, rights: Rights, wish: Wish) -> Case | None:
    """Lease the first case of the queue that `who` may decide; None when nothing waits for them.

    Raises Refusal for a machine, and for a person who holds too many already.
    """
    must_be_person(who)
    now = review.clock.now()
    if await desk.leases_of(who.id, now) >= review.policy.max_leases:
        raise Refusal(
            "conflict",
            "too_many_leases",
            f"you hold {review.policy.max_leases} cases already",
            "decide or give back some of them first",
        )
    case = await desk.next_open(who.id, rights, wish, now, review.policy.doubt_head_start)
    if case is None:
        return None
    leased = replace(case, lease=take(case.lease, who.id, now, review.policy.lease))
    await desk.put_case(leased)
    return leased


async def lease(review: Review, desk: Desk, case_id: UUID, who: Reviewer) -> Case:
    """Take this case, or keep it: a heartbeat. Raises Refusal when somebody else has it or it is no longer open."""
    case = await known(desk, case_id)
    await must_be_open(desk, case, who)
    leased = replace(case, lease=take(case.lease, who.id, review.clock.now(), review.policy.lease))
    await desk.put_case(leased)
    return leased


async def give_back(desk: Desk, case_id: UUID, who: Reviewer) -> None:
    """End one's own lease; nothing happens when there is none."""
    case = await known(desk, case_id)
    if case.lease and case.lease.holder == who.id:
        await desk.put_case(replace(case, lease=None))


async def known(desk: Desk, case_id: UUID, *, lock: bool = True) -> Case:
    """Return the case. Raises Refusal when there is none."""
    case = await desk.case(case_id, lock=lock)
    if case is None:
        raise Refusal("missing", "no_case", f"there is no case {case_id}", "see GET /cases")
    return case


async def must_be_open(desk: Desk, case: Case, who: Reviewer) -> None:
    """Raise Refusal unless `who` may decide the case at all and it is open; one's own pending decision is named."""
    check_person(case, who)
    if case.state == "open":
        return
    pending = await desk.pending_of_case(case.case_id)
    if pending is None:
        raise Refusal("conflict", "not_open", f"the case is {case.state}", "take the next one")
    until = pending.undo_until.isoformat(timespec="seconds")
    if pending.actor_id != who.id:
        message = f"the case was decided by {pending.actor_id} ({pending.kind}), pending until {until}"
        raise Refusal("conflict", "not_open", message, "take the next one")
    message = f"the case was decided by you ({pending.kind}), pending until {until}"
    advice = f"undo it until then with `trueshelf review undo {pending.decision_id}`, or take the next one"
    raise Refusal("conflict", "not_open", message, advice)
