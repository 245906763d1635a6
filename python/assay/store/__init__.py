"""Content-addressed blobs: bytes under the name of their hash, the same CIDs as IPFS gives.

- `base`: the protocol that every back end follows
- `folder`: in a local folder (`blockfile`, `locks`, `verify`); `kubo`: on a node of IPFS (`kubo_rpc`)
- `cid`: names; `protobuf`, `dagpb`, `unixfs`: the encodings of nodes; `profiles`: how files are cut
- `layout`: from a file to its blocks (`hashing`: 32 at a time); `reading`: from the blocks to the file
- `vault`: sealed objects with a key each (`sealing`), wrapped for recipients (`recipients`), kept apart (`keyring`)
"""

from assay.store.base import MAX_BLOCK, Adding, Collected, Store
from assay.store.cid import Cid, Codec
from assay.store.errors import BadFile, DamagedBlock, DamagedSeal, KeyErased, MissingBlock, NoKey
from assay.store.folder import FolderStore
from assay.store.keyring import Keyring
from assay.store.kubo import KuboStore
from assay.store.layout import cid_of
from assay.store.profiles import KUBO_RAW_LEAVES, PROFILES, UNIXFS_V1_2025, Profile, profile_named
from assay.store.recipients import Recipient, RecipientKey
from assay.store.vault import Vault
from assay.store.verify import DamagedStore, Verified

__all__ = [
    "KUBO_RAW_LEAVES",
    "MAX_BLOCK",
    "PROFILES",
    "UNIXFS_V1_2025",
    "Adding",
    "BadFile",
    "Cid",
    "Codec",
    "Collected",
    "DamagedBlock",
    "DamagedSeal",
    "DamagedStore",
    "FolderStore",
    "KeyErased",
    "Keyring",
    "KuboStore",
    "MissingBlock",
    "NoKey",
    "Profile",
    "Recipient",
    "RecipientKey",
    "Store",
    "Vault",
    "Verified",
    "cid_of",
    "profile_named",
]
