"""What can go wrong with a request to etcd, told apart by what the caller may conclude from it.

| error          | was the request carried out?       | what to do                                   |
|----------------|------------------------------------|----------------------------------------------|
| `Unavailable`  | no                                 | send again, later                            |
| `Ambiguous`    | perhaps, now or a little later     | read what it would have changed, then decide |
| `QuotaReached` | not, but for the write that did it | compact, defragment, disarm (`maintenance`)  |
| `AuthFailed`   | no                                 | other credentials or rights                  |
| `LeaseGone`    | no: the lease ran out              | take another lease                           |
| `Compacted`    | no: the revision is gone           | read the present state, begin again from it  |
| `Rejected`     | no: the request itself was refused | mend the request                             |

A write that takes etcd beyond its quota is carried out and answered with the same error as those that are refused from
then on (server/etcdserver/apply.go, quotaApplierV3), so who depends on it looks.

etcd 3.4 answers with the status of gRPC and its own text (api/v3rpc/rpctypes/error.go), through the gateway too.
"""

from __future__ import annotations

from typing import Final

from assay.core.errors import AuthorizationError, LedgerError, NotFound, SystemFailure

__all__ = [
    "Ambiguous",
    "AuthFailed",
    "Compacted",
    "LeaseGone",
    "QuotaReached",
    "Rejected",
    "TokenExpired",
    "Unavailable",
    "error_of",
]


class Unavailable(SystemFailure):
    """No node of etcd could be asked; nothing was done."""


class Ambiguous(SystemFailure):
    """The answer to a write was lost or late: it may have been done, or may yet be."""


class QuotaReached(SystemFailure):
    """The space quota of etcd is used up: it takes no writes until it was compacted and disarmed."""


class AuthFailed(AuthorizationError):
    """etcd refused the user, the password, or the right to this key."""


class TokenExpired(AuthFailed):
    """The token of a session is no longer known; a new one is asked for."""


class LeaseGone(SystemFailure):
    """The lease that a key was to have, or that was to be kept alive, is no more."""


class Compacted(NotFound):
    """The revision asked for was compacted away."""


class Rejected(LedgerError):
    """etcd refused the request for what it says."""


_UNAUTHENTICATED: Final = 16
_NOT_PERMITTED: Final = 7
_OUT_OF_RANGE: Final = 11
_EXHAUSTED: Final = 8
_FAULTS: Final = (1, 2, 4, 10, 13, 14, 15)  # cancelled, unknown, deadline, aborted, internal, unavailable, data loss
_NOT_DONE: Final = ("no leader", "not capable", "too many requests", "rate limit")  # refused before it was proposed
_PASSWORD: Final = ("authentication failed", "user name is empty", "permission denied")


def error_of(code: int, message: str, *, repeatable: bool) -> Exception:
    """The error for status `code` of gRPC with etcd's `message`; `repeatable` requests are never ambiguous."""
    message = message[:300]
    if "database space exceeded" in message:
        return QuotaReached(f"{message}: compact, defragment and disarm it (assay ledger cluster recover)")
    if "lease not found" in message:
        return LeaseGone(message)
    if code == _UNAUTHENTICATED:
        return TokenExpired(message)
    if code == _NOT_PERMITTED or any(part in message for part in _PASSWORD):
        return AuthFailed(message)
    if code == _OUT_OF_RANGE and "compacted" in message:
        return Compacted(message)
    if "larger than max" in message or "too large" in message:
        return Rejected(message)
    if code == _EXHAUSTED or any(part in message for part in _NOT_DONE):
        return Unavailable(message)
    if code in _FAULTS:
        return Unavailable(message) if repeatable else Ambiguous(message)
    return Rejected(message)
