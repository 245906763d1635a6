"""The registrar: opens accounts for certified identities, rotates their keys, revokes and clears."""

from __future__ import annotations

from dataclasses import replace

from assay.core.errors import AuthorizationError, StateError
from assay.crypto import eddsa
from assay.rollup.account import Account, PublicKey, empty_leaf
from assay.rollup.config import RollupConfig, RollupId
from assay.rollup.transaction import Clear, Kind, Revoke, message

__all__ = ["Registrar"]


class Registrar:
    """Signs every change of an account that is not a query.

    Args:
        key: Baby Jubjub key named in the configuration.
        rollup: where the signatures count.
    """

    def __init__(self, key: eddsa.PrivateKey, rollup: RollupId) -> None:
        self._key = key
        self._rollup = rollup
        self._indices: dict[PublicKey, int] = {}  # com names the key and not the index: a key serves one account

    @property
    def public_key(self) -> PublicKey:
        """The key that the configuration names."""
        return self._key.public_key.point

    def register(
        self,
        account: Account,
        certified_index: int,
        certified_key: PublicKey,
        holder: eddsa.Signature,
        config: RollupConfig,
    ) -> eddsa.Signature:
        """Signs a new account whose index and key are those of the certificate, after checking the holder's
        signature.

        Raises:
            AuthorizationError: index or key differ from the certificate's.
            StateError: the account is not in its initial state.
            SignatureError: the holder did not sign.
        """
        if (account.index, account.public_key) != (certified_index, certified_key):
            raise AuthorizationError(
                f"account {account.index} is not the one certified, {certified_index}, or its key differs"
            )
        if (account.nonce, account.credit, account.score, account.blocked, account.revoked) != (0, 0, 0, False, False):
            raise StateError("an account begins with nonce, credit and score 0, neither blocked nor revoked")
        signed = message(Kind.REGISTER, self._rollup.context(config), empty_leaf(), account.leaf())
        eddsa.PublicKey(*account.public_key).verify(signed, holder)
        self._assign(account)
        return self._key.sign(signed)

    def rotate(
        self, old: Account, new: Account, certified_key: PublicKey, holder: eddsa.Signature, config: RollupConfig
    ) -> eddsa.Signature:
        """Signs the change to the newly certified key; nothing but key, salt and the revoked bit may change."""
        if new != replace(old, public_key=certified_key, salt=new.salt, revoked=False):
            raise AuthorizationError(
                "a rotation takes the newly certified key and a new salt, and changes nothing else"
            )
        if new.salt == old.salt:
            raise AuthorizationError("a rotation draws a fresh salt: else the slot could hold an earlier leaf again")
        signed = self._message(Kind.ROTATE, old, new, config)
        eddsa.PublicKey(*new.public_key).verify(signed, holder)
        self._assign(new)
        return self._key.sign(signed)

    def revoke(self, old: Account, config: RollupConfig) -> Revoke:
        """The transaction that takes an account out of service."""
        return Revoke(old.index, self._key.sign(self._message(Kind.REVOKE, old, replace(old, revoked=True), config)))

    def clear(self, old: Account, config: RollupConfig) -> Clear:
        """The transaction that lifts a block."""
        new = replace(old, score=0, blocked=False)
        return Clear(old.index, self._key.sign(self._message(Kind.CLEAR, old, new, config)))

    def _assign(self, account: Account) -> None:
        holder = self._indices.setdefault(account.public_key, account.index)
        if holder != account.index:
            raise AuthorizationError(f"the key of account {holder} cannot serve account {account.index} too")

    def _message(self, kind: Kind, old: Account, new: Account, config: RollupConfig) -> int:
        return message(kind, self._rollup.context(config), old.leaf(), new.leaf())
