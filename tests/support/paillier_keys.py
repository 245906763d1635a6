"""Fixed Paillier keys for tests, drawn once with gmpy2: p = q = 3 mod 4, gcd(p - 1, q - 1) = 2."""

from __future__ import annotations

from functools import cache

from assay.crypto.paillier import PrivateKey

__all__ = ["PRIMES", "private_key"]

# bits: (p, q)
PRIMES: dict[int, tuple[int, int]] = {}
PRIMES[2048] = tuple(  # type: ignore[assignment]
    int(text, 16)
    for text in (
        "f0b6d98b40613698745ded7b45ab77a0cd527824b001d31d4ab702d6d195b2b5f039933d4561cbae17975d6199ac3e30"
        "fa8c8d07f0ebb6e344fff8129d6d990daf9639b1b70a45d351f080ce22537cdfd1b2ceab4bd9ed847562dd153605b0b1"
        "5b6afd79cb0facff2e1350f6215efc11321520de3e497e45168c166b49fb7fff",
        "d0737dfa6fb38300be133594f37c358420b579e99361f4fd1d812b65bb9f6e37985aaad0edb167ff7c365da56ceeb8ad"
        "28cf03629c3ff4b720fe28fafb4c8e9dbcd86f2abbdb431f4eea50da9a0ac9f7646ec7c3d170f6f79d6ae01dc316a371"
        "e299a5c051c0d063c1d118fc0322ea6ca26d948e8181e8d75bf0eb137675db57",
    )
)
PRIMES[3072] = tuple(  # type: ignore[assignment]
    int(text, 16)
    for text in (
        "f9a620c626c871a8d150b7bf9e74e9b53ab3d8579544713f5224f9c0445338ddeeef5b97731594bd79b336802a889268"
        "00bf87f9e84da478c2e4348f7d5a5b5211d3615f01b284b38f57b0559eeaa703e1b09a58a6bd2466a0bf1bdd824fee53"
        "d3cda54f1db63285c7755abe227ea9304619dfaad412ffedb10c9666cf8783463c4827b8d05d736dbeeaefdd3dcf70ca"
        "c0ca5a054c51886db96d301c135319acbbf32923f6e42d015aa48b9a39009a79a9dc5600beb211832f96f08531c0334f",
        "d6fa4eb534bb6d292461ddc41fa1e77d63f0dbc86fbd07006427e12752c88d223834f98841000e20804b82794cd6c9fd"
        "05d0dd97708c7b55327f5c4c886a7b455b19e3a30194ac55b15df7df69811ea611cbb01a1552f10c92709bdb4fae58ce"
        "a8d7d7f55f205233282242f1e6d712e1464a1b89fbf798d24092aa371ced82b4f593e384b6fb525862fb38a726aa00bf"
        "ffe88a3011b3da4df37e17355e0687d6fe9c674259a5ee176a6c88f57ccad4f7f7b97108b4471a4b0e10f03c37c2c203",
    )
)


@cache
def private_key(bits: int = 2048) -> PrivateKey:
    """The fixed key of so many bits."""
    return PrivateKey.from_primes(*PRIMES[bits])
