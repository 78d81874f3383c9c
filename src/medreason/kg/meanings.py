"""What relations of other sources mean for a diagnosis (METHOD section 4)."""

from __future__ import annotations

# Drug → finding that it can cause: PrimeKG, Hetionet.
SIDE_EFFECT = frozenset({"side effect", "causes side effect"})
# Relations that are never a reason for a diagnosis, whatever they connect.
NEVER_A_REASON = SIDE_EFFECT | {
    "contraindication",
    "expression present",
    "expression absent",
    "expresses",
    "upregulates",
    "downregulates",
}
