"""Keys that a stranger can trust: set-up in a ceremony of many, of whom one honest contributor is enough.

Phase 1, the powers of tau, serves every circuit up to a size; phase 2 makes the key of one circuit from it. Files are
those of snarkjs, `.ptau` and `.zkey`, read and written, so that a chain of contributions may pass from tool to tool.
BN254 gives about 100 bits of security. See docs/ceremony.md for what has to be trusted and how a stranger checks.

    errors       CeremonyError, which names the contribution or section, and the check
    points       points in Montgomery form; same_ratio, the pairing check of all proofs here
    randomness   secrets from the system, or from a public beacon
    contributing what both phases ask of a contribution
    knowledge    the proof of knowledge of a contributed secret
"""
