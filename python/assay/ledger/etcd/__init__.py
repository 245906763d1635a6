"""The ledger on etcd: the same chain for many processes on many machines, with nothing to trust but its seals.

- `engine`, `ledger`: what users open; `url`: where it is; `layout`: what stands where in etcd
- `chain`: blocks in etcd and the one way to append; `bodies`: the large ones; `local`: the replica on this machine
- `backend`: the two together, as the shared sequencer wants them
- `leadership`: who may append; `courier`, `mailbox`, `mail`, `clerk`: how the others' transactions get there
- `listener`: the news
- `confirmation`: one question for all readers that wait
- `gateway`, `watch`: what etcd is asked; `messages`, `grpc_transport`, `json_transport`: how; `errors`: what may come
- `cluster`: a cluster on this machine; `maintenance`: taking writes again after the space quota was reached
"""

from assay.ledger.etcd.cluster import Cluster
from assay.ledger.etcd.engine import EtcdEngine
from assay.ledger.etcd.errors import Ambiguous, AuthFailed, QuotaReached, Unavailable
from assay.ledger.etcd.ledger import EtcdLedger
from assay.ledger.etcd.maintenance import recover
from assay.ledger.etcd.url import Address

__all__ = [
    "Address",
    "Ambiguous",
    "AuthFailed",
    "Cluster",
    "EtcdEngine",
    "EtcdLedger",
    "QuotaReached",
    "Unavailable",
    "recover",
]
