"""The exceptions of assay.

All derive from `AssayError`, and each also from the builtin that fits, so that callers may catch either. A message says what was wrong, with
which value, and what to do; it never contains a secret.
"""

from __future__ import annotations


class AssayError(Exception):
    """Root of all errors raised on purpose."""


class InvalidInput(AssayError, ValueError):
    """An argument outside its documented domain."""


class EncodingError(InvalidInput):
    """Bytes that are not the one canonical encoding of anything."""


class LimitError(InvalidInput):
    """Input above a documented size or depth limit."""


class NotFound(AssayError, LookupError):
    """Nothing under that name."""


class StateError(AssayError, RuntimeError):
    """An operation that the present state does not allow."""


class SystemFailure(AssayError, OSError):
    """The operating system refused."""


class CancelledError(AssayError, RuntimeError):
    """The caller stopped the job."""


class DependencyMissing(AssayError, ImportError):
    """An optional dependency is not installed; the message names the extra that brings it."""


class LedgerError(AssayError, RuntimeError):
    """The ledger refused, or is not what it claims to be."""


class AuthorizationError(AssayError, PermissionError):
    """The identity may not do this."""


class RevokedError(AuthorizationError):
    """The certificate was revoked or has expired."""


class VerificationError(AssayError):
    """Something that had to verify did not."""


class SignatureError(VerificationError):
    """A signature does not verify."""


class ProofError(VerificationError):
    """A proof does not verify."""


class WrongKeyError(VerificationError, ValueError):
    """A key that belongs to another circuit."""


class UnsatisfiedError(VerificationError, ValueError):
    """A witness does not satisfy a constraint."""
