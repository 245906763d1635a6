"""The exceptions of assay.

All derive from `AssayError`, and each also from the builtin that fits, so that callers may catch either. A message says
what was wrong, with which value, and what to do; it never contains a secret.
"""

from __future__ import annotations


class AssayError(Exception):
    """Root of all errors raised on purpose."""


class InvalidInput(AssayError, ValueError):
    """An argument outside its documented domain."""


class EncodingError(InvalidInput):
    """Bytes that are not the one canonical encoding of anything, or a value that has none."""


class LimitError(InvalidInput):
    """Input above a documented size, depth or count limit."""


class WrongType(AssayError, TypeError):
    """An argument of the wrong type or dtype: refused, never cast."""


class NotFound(AssayError, LookupError):
    """Nothing under that name, height or key."""


class StateError(AssayError, RuntimeError):
    """An operation that the present state does not allow."""


class SystemFailure(AssayError, OSError):
    """The operating system refused."""


class CancelledError(AssayError, RuntimeError):
    """The caller stopped the job."""


class DependencyMissing(AssayError, ImportError):
    """An optional dependency is not installed; the message names the extra that brings it.

    Raise it with `DependencyMissing.of("torch", extra="ml")`.
    """

    @classmethod
    def of(cls, package: str, *, extra: str) -> DependencyMissing:
        """The error for the import name `package`, which the extra `extra` of assay-engine installs."""
        return cls(f"this needs the package {package!r}: pip install 'assay-engine[{extra}]'", name=package)


class LedgerError(AssayError, RuntimeError):
    """The ledger refused, or is not what it claims to be."""


class AuthorizationError(AssayError, PermissionError):
    """The identity may not do this."""


class RevokedError(AuthorizationError):
    """The certificate was revoked, has expired, or its standing cannot be established."""


class VerificationError(AssayError):
    """Something that had to verify did not."""


class SignatureError(VerificationError):
    """A signature does not verify, or is not in its canonical form."""


class ProofError(VerificationError):
    """A proof does not verify."""


class WrongKeyError(VerificationError, ValueError):
    """A key that belongs to another circuit."""


class UnsatisfiedError(VerificationError, ValueError):
    """A witness does not satisfy a constraint."""
