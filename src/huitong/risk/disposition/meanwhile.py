"""What is in force only as long as a proposal waits: its stand-in, which goes when the proposal is refused or what it asked for is lifted.

A policy that may not freeze proposes to, and holds meanwhile. That hold is a change like any other, told by its id, which is made from the
proposal's: so it is known whose place it keeps, in every log.
"""

from huitong.risk.disposition.ledger import Ledger, in_force
from huitong.risk.disposition.measure import Change, Place
from huitong.risk.disposition.stretches import Stretch

_MEANWHILE = "/meanwhile"


def stand_in_id(proposal_id: str) -> str:
    """Id of the change that is in force as long as a proposal waits."""
    return proposal_id + _MEANWHILE


def needless(ledger: Ledger, now_us: int, place: Place, refused: str | None = None) -> list[Stretch]:
    """The measures on a subject that only stand in for proposals which wait no more and of which nothing is in force.

    Args:
        ledger: The ledger.
        now_us: When.
        place: What is proposed or in force until now, and from now on is not.
        refused: Id of the proposal that is being refused; ``None`` where what is in force in the place is lifted.
    """

    def over(change: Change) -> bool:
        proposal_id = change.id.removesuffix(_MEANWHILE)
        proposal = ledger.proposals.get(proposal_id)
        if proposal_id == change.id:
            return False
        if proposal is None or proposal_id == refused:
            return True
        if proposal.state != "confirmed":
            return not proposal.waits(now_us)
        theirs = proposal.change.place
        return (refused is None and theirs == place) or all(one.place != theirs for one in held)

    held = in_force(ledger, now_us, place.subject)
    return [one for one in held if one.place != place and all(map(over, one.still(now_us)))]
