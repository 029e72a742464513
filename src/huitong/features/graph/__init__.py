"""Graph features of payments: who pays whom, in which order, and what comes of it.

For whom: the analyst who looks for mule chains, money that goes round, money that is spread and gathered again.
How: every payment is an edge. It is asked what it completes among the edges before it, then put in its place; batch and live run the same
compiled code and nothing looks ahead. Memory is a ring that forgets what no window can reach; each search has a step budget whose
exhaustion is the column ``capped``; the edges of the best pattern are kept as evidence.
Where it fails: money that changes its form on the way (cash, another bank) leaves no edge; ``edges_held_max`` bounds memory by forgetting
early, which ``capped`` tells.
"""

from huitong.features.graph.evidence import GraphEvidence, read_evidence
from huitong.features.graph.layout import NULL_INT, PROOF_SIZE
from huitong.features.graph.plan import is_tally
from huitong.features.graph.spec import PATTERNS, GraphFeature, GraphSpec, Pattern, window_name
from huitong.features.graph.state import GraphState

__all__ = [
    "NULL_INT",
    "PATTERNS",
    "PROOF_SIZE",
    "GraphEvidence",
    "GraphFeature",
    "GraphSpec",
    "GraphState",
    "Pattern",
    "is_tally",
    "read_evidence",
    "window_name",
]
