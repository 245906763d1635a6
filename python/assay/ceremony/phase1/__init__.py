"""Phase 1: the powers of tau, for every circuit up to a size.

new("0.ptau", 12)
receipt = contribute("0.ptau", "1.ptau", name="Alice")      # publish receipt.response
apply_beacon("1.ptau", "2.ptau", Beacon.from_hex("...", 20))
verify("2.ptau")                                             # raises CeremonyError, naming what is wrong
prepare("2.ptau", "prepared.ptau")                           # for phase 2
"""

from assay.ceremony.phase1.contribute import Receipt, apply_beacon, contribute
from assay.ceremony.phase1.new import new
from assay.ceremony.phase1.prepare import prepare
from assay.ceremony.phase1.ptau import PowersFile
from assay.ceremony.phase1.verify import Report, verify

__all__ = ["PowersFile", "Receipt", "Report", "apply_beacon", "contribute", "new", "prepare", "verify"]
