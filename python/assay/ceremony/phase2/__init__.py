"""Phase 2: the key of one circuit, from the powers of phase 1 and contributions to delta.

new(circuit, "prepared.ptau", "0.zkey")
receipt = contribute("0.zkey", "1.zkey", name="Alice")       # publish receipt.hash
apply_beacon("1.zkey", "2.zkey", Beacon.from_hex("...", 20))
verify(circuit, "prepared.ptau", "2.zkey")                   # raises CeremonyError, naming what is wrong
key = zkey.read("2.zkey", circuit).key

Files are snarkjs's `.zkey`, and so are transcripts and hashes: a chain of contributions may pass from tool to tool.
"""

from assay.ceremony.errors import CeremonyError
from assay.ceremony.phase2.contribute import Receipt, apply_beacon, contribute
from assay.ceremony.phase2.initial import InitialKey, new
from assay.ceremony.phase2.verify import Report, verify

__all__ = ["CeremonyError", "InitialKey", "Receipt", "Report", "apply_beacon", "contribute", "new", "verify"]
