"""The edges that prove a pattern, read from the evidence a row left behind."""

from dataclasses import dataclass

from huitong.features.graph.layout import (
    MIDDLES_MAX,
    PROOF_CYCLE,
    PROOF_GATHER,
    PROOF_PATH,
    PROOF_SCATTER,
    PROOF_SIZE,
    Codes,
)
from huitong.kernel import InputError


@dataclass(frozen=True, slots=True)
class GraphEvidence:
    """Edges by number, counted from 0 over all rows that the state has seen; empty where there was no pattern.

    Attributes:
        cycle: The best cycle, oldest edge first, the closing edge last.
        path: The incoming edge that this payment passes on, and the payment.
        scatter_gather: Up to five branches, each the edge to the middle and the edge on to the target; this payment's own is first.
        gathered: Up to four edges into the sender, oldest first, of a gather-scatter.
        scattered: Up to four edges out of the sender, newest first, of a gather-scatter; this payment is first.
    """

    cycle: tuple[int, ...]
    path: tuple[int, ...]
    scatter_gather: tuple[tuple[int, int], ...]
    gathered: tuple[int, ...]
    scattered: tuple[int, ...]


_NO_PATTERN = GraphEvidence((), (), (), (), ())


def read_evidence(edge: int, proof: Codes) -> GraphEvidence:
    """Resolve the evidence that row number ``edge`` left in ``proof``.

    Args:
        edge: Number of the row, counted over all rows that the state has seen.
        proof: Its line of the evidence table, shape ``(24,)``: how many rows back each edge is, 0 for none.

    Raises:
        InputError: If ``proof`` is not one line of an evidence table.
    """
    if proof.shape != (PROOF_SIZE,):
        raise InputError(
            code="graph.evidence.shape",
            cause={"en": f"the evidence has shape {proof.shape}", "zh": f"证据数组的形状为 {proof.shape}"},
            remedy={"en": f"pass one row of shape ({PROOF_SIZE},)", "zh": f"请传入形状为 ({PROOF_SIZE},) 的一行"},
        )
    back = proof.tolist()
    if not any(back):  # as for most rows
        return _NO_PATTERN

    def edges(start: int, stop: int) -> tuple[int, ...]:
        return tuple(edge - back[place] for place in range(start, stop) if back[place])

    cycle, path = edges(PROOF_CYCLE, PROOF_PATH), edges(PROOF_PATH, PROOF_SCATTER)
    scatter = edges(PROOF_SCATTER, PROOF_SCATTER + 1)
    branches = edges(PROOF_SCATTER + 1, PROOF_GATHER)
    gathered = edges(PROOF_GATHER, PROOF_GATHER + MIDDLES_MAX)
    return GraphEvidence(
        cycle=(*cycle, edge) if cycle else (),
        path=(*path, edge) if path else (),
        scatter_gather=((scatter[0], edge), *zip(branches[::2], branches[1::2], strict=True)) if scatter else (),
        gathered=gathered,
        scattered=(edge, *edges(PROOF_GATHER + MIDDLES_MAX, PROOF_SIZE)) if gathered else (),
    )
