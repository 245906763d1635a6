"""How a file is cut into blocks: the choices that its CID depends on, fixed under a name.

| profile          | chunk     | links a node | leaves | source                                                   |
|------------------|-----------|--------------|--------|----------------------------------------------------------|
| `kubo-raw-leaves`| 262,144   | 174          | raw    | Kubo: ipfs add --cid-version=1 with its default settings |
| `unixfs-v1-2025` | 1,048,576 | 1,024        | raw    | IPIP-499 (specs.ipfs.tech/ipips/ipip-0499)               |

Both: CIDv1, SHA-256, balanced layout, no mode, no time, no directory around a file; a file of one chunk is that raw
block itself. IPIP-499's other profile, `unixfs-v0-2015`, has the numbers of the first, but CIDv0 and leaves wrapped in
dag-pb: other CIDs, and not offered.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from assay.core.errors import InvalidInput
from assay.store.dagpb import MAX_LINKS

__all__ = ["KUBO_RAW_LEAVES", "PROFILES", "UNIXFS_V1_2025", "Profile", "profile_named"]


class Profile(NamedTuple):
    """Bytes of a chunk (the last may have fewer), and the most links of a node."""

    name: str
    chunk: int
    links: int

    def check(self) -> Profile:
        """Itself; `InvalidInput` for numbers that no tree can have."""
        if not (1 <= self.chunk <= 1 << 20 and 2 <= self.links <= MAX_LINKS):
            raise InvalidInput(f"a profile has chunks of 1 to 2^20 bytes and 2 to {MAX_LINKS} links, not {self}")
        return self


KUBO_RAW_LEAVES: Final = Profile("kubo-raw-leaves", 262_144, 174)
UNIXFS_V1_2025: Final = Profile("unixfs-v1-2025", 1_048_576, 1_024)
PROFILES: Final = {profile.name: profile for profile in (KUBO_RAW_LEAVES, UNIXFS_V1_2025)}


def profile_named(name: str) -> Profile:
    """The profile of this name; `InvalidInput` if there is none."""
    try:
        return PROFILES[name]
    except KeyError:
        raise InvalidInput(f"there is no profile {name!r}; known are {', '.join(PROFILES)}") from None
