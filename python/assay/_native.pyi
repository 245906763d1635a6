"""
The compiled kernels of assay. Use the typed layer in assay.crypto and assay.circuits.
"""

from __future__ import annotations
import collections.abc
import numpy
import numpy.typing
import typing
import typing_extensions

__all__: list[str] = [
    "Blake2b",
    "CeremonyGenerator",
    "CircuitCompiler",
    "DenseMerkleTree",
    "Ed25519PrivateKey",
    "EddsaPrivateKey",
    "FixedBaseTable",
    "GROTH16_MAX_LOG",
    "Groth16Tables",
    "Groth16Verifier",
    "MappedFile",
    "Moduli",
    "NativeCircuit",
    "PaillierPrivateKey",
    "PaillierPublicKey",
    "PaillierShortBase",
    "PrecomputedBases",
    "ProductTree",
    "R1cs",
    "SecretScalar",
    "Sha256Stream",
    "Sha256Tree",
    "SparseMerkleTree",
    "Transcript",
    "babyjubjub_add",
    "babyjubjub_check",
    "babyjubjub_multiply",
    "babyjubjub_multiply_base",
    "babyjubjub_pack",
    "babyjubjub_unpack",
    "bigint_batch_inverse",
    "bigint_gcd",
    "bigint_inverse",
    "bigint_jacobi",
    "bigint_multi_power",
    "bigint_multiply",
    "bigint_power",
    "bn254_add",
    "bn254_decode",
    "bn254_encode",
    "bn254_gt_mul",
    "bn254_gt_pow",
    "bn254_membership",
    "bn254_mul",
    "bn254_neg",
    "bn254_pairing",
    "ceremony_beacon",
    "ceremony_check",
    "ceremony_encode",
    "ceremony_lagrange",
    "cpu_info",
    "decode",
    "decode_record",
    "digest",
    "digest_bytes",
    "ed25519_verify",
    "eddsa_verify",
    "encode",
    "encode_parts",
    "encode_record",
    "expected_prime_tests",
    "field_dot",
    "field_mul_throughput",
    "field_vector_op",
    "fixed_base",
    "fixed_base_memory_estimate",
    "fixed_base_table_bytes",
    "fixed_base_window",
    "generate_prime",
    "groth16_columns_from_lagrange",
    "groth16_domain_log",
    "groth16_prove",
    "groth16_setup",
    "hash_to_prime",
    "hash_to_prime_seeds",
    "is_prime",
    "is_square",
    "isa",
    "lthash_move",
    "merkle_multiproof_root",
    "merkle_path_root",
    "miller_rabin",
    "msm",
    "msm_memory_estimate",
    "natural_divrem",
    "natural_mul",
    "natural_sqr",
    "ntt",
    "ntt_in_place",
    "ntt_lagrange",
    "ntt_memory_estimate",
    "num_threads",
    "points_from_montgomery",
    "points_to_montgomery",
    "poseidon_hash",
    "poseidon_parameters",
    "poseidon_permute",
    "precomputed_memory_estimate",
    "product_tree_bytes",
    "product_tree_remainder_bytes",
    "set_isa",
    "set_num_threads",
    "sha256",
    "sha256_batch_implementation",
    "sha256_implementation",
    "sha256_messages",
    "sha256_path_root",
    "sha256_prefixed",
    "sha256_rfc6962_root",
    "sha256_tree_root",
    "status_message",
    "strong_lucas",
]

class Moduli:
    """
    Odd moduli of 256 to 8192 bits, copied and wiped when freed.
    """
    def __init__(self, rows: numpy.typing.NDArray[numpy.uint64], squared: bool = False) -> None: ...
    def __len__(self) -> int: ...
    @property
    def words(self) -> int:
        """
        Words of the widest.
        """

class ProductTree:
    """
    The products of neighbours, of neighbours' neighbours, ... of all numbers.
    """
    def __init__(self, values: numpy.typing.NDArray[numpy.uint64], progress: typing.Any = None) -> None: ...
    def __len__(self) -> int: ...
    def remainders(
        self, x: numpy.typing.NDArray[numpy.uint64], progress: typing.Any = None
    ) -> numpy.typing.NDArray[numpy.uint64]:
        """
        x uint64[1, k] modulo each number: uint64[n, words].
        """
    def root(self) -> numpy.typing.NDArray[numpy.uint64]:
        """
        The product of all: uint64[1, n words].
        """
    @property
    def bytes(self) -> int: ...

class FixedBaseTable:
    """
    Powers of one base by a table.
    """
    def __init__(
        self,
        modulus: numpy.typing.NDArray[numpy.uint64],
        base: numpy.typing.NDArray[numpy.uint64],
        exponent_bits: typing.SupportsInt | typing.SupportsIndex,
        window: typing.SupportsInt | typing.SupportsIndex,
        progress: typing.Any = None,
    ) -> None: ...
    def power(
        self, exponents: numpy.typing.NDArray[numpy.uint64], variable: bool, progress: typing.Any = None
    ) -> numpy.typing.NDArray[numpy.uint64]: ...
    @property
    def bytes(self) -> int: ...
    @property
    def window(self) -> int: ...

class Transcript:
    """
    A Fiat-Shamir transcript over SHA-256.
    """
    def __init__(self, protocol: str) -> None: ...
    def absorb(self, label: str, data: bytes) -> None: ...
    def absorb_elements(self, label: str, elements: numpy.typing.NDArray[numpy.uint64]) -> None: ...
    def challenge(self, label: str) -> numpy.typing.NDArray[numpy.uint64]: ...
    def challenge_bytes(self, label: str) -> bytes: ...
    def copy(self) -> Transcript: ...

class Sha256Stream:
    """
    SHA-256 of bytes that come piece by piece.
    """
    def __init__(self) -> None: ...
    def digest(self) -> bytes:
        """
        Of all bytes so far.
        """
    def update(self, data: typing_extensions.Buffer) -> None:
        """
        Appends a contiguous buffer.
        """

class Sha256Tree:
    """
    All levels of a SHA-256 tree.
    """
    def __init__(self, rule: str, leaves: numpy.typing.NDArray[numpy.uint8], progress: typing.Any = None) -> None: ...
    def __len__(self) -> int: ...
    def leaf(self, index: typing.SupportsInt | typing.SupportsIndex) -> bytes: ...
    def path(self, index: typing.SupportsInt | typing.SupportsIndex) -> numpy.typing.NDArray[numpy.uint8]:
        """
        Siblings from the leaf up, uint8[k, 32].
        """
    def root(self) -> bytes: ...

class EddsaPrivateKey:
    """
    A seed and its signing key, wiped when released.
    """
    @staticmethod
    def from_seed(seed: bytes) -> EddsaPrivateKey: ...
    @staticmethod
    def generate() -> EddsaPrivateKey: ...
    def __reduce__(self) -> typing.Any: ...
    def public_key(self) -> numpy.typing.NDArray[numpy.uint64]:
        """
        uint64[8]: x, y.
        """
    def seed(self) -> bytes:
        """
        The secret seed, 32 bytes.
        """
    def sign(self, message: numpy.typing.NDArray[numpy.uint64]) -> numpy.typing.NDArray[numpy.uint64]:
        """
        uint64[4] -> uint64[12]: R8.x, R8.y, S.
        """
    def sign_with_hedge(
        self, message: numpy.typing.NDArray[numpy.uint64], hedge: bytes
    ) -> numpy.typing.NDArray[numpy.uint64]:
        """
        For tests: the hedge decides the nonce.
        """

class Ed25519PrivateKey:
    """
    A seed and its signing key, wiped when released.
    """
    def __init__(self, seed: bytes) -> None:
        """
        The key of a secret seed of 32 bytes.
        """
    def __reduce__(self) -> typing.Any: ...
    def public_key(self) -> bytes:
        """
        32 bytes.
        """
    def sign(self, message: bytes) -> bytes:
        """
        The signature on a message, 64 bytes.
        """

class SparseMerkleTree:
    """
    A sparse Poseidon tree.
    """
    def __init__(
        self,
        arity: typing.SupportsInt | typing.SupportsIndex,
        depth: typing.SupportsInt | typing.SupportsIndex,
        tag: numpy.typing.NDArray[numpy.uint64],
        empty_leaf: numpy.typing.NDArray[numpy.uint64],
    ) -> None: ...
    def get(self, index: typing.SupportsInt | typing.SupportsIndex) -> numpy.typing.NDArray[numpy.uint64]:
        """
        The leaf, uint64[4].
        """
    def path(self, index: typing.SupportsInt | typing.SupportsIndex) -> numpy.typing.NDArray[numpy.uint64]:
        """
        Siblings from the leaves up, uint64[depth, arity - 1, 4].
        """
    def prove(self, indices: numpy.typing.NDArray[numpy.uint64]) -> numpy.typing.NDArray[numpy.uint64]:
        """
        Siblings of strictly increasing uint64[n].
        """
    def release(self, number: typing.SupportsInt | typing.SupportsIndex) -> None: ...
    def rollback(self, number: typing.SupportsInt | typing.SupportsIndex) -> None: ...
    def root(self) -> numpy.typing.NDArray[numpy.uint64]:
        """
        uint64[4].
        """
    def snapshot(self) -> int: ...
    def update(self, indices: numpy.typing.NDArray[numpy.uint64], leaves: numpy.typing.NDArray[numpy.uint64]) -> None:
        """
        Sets leaves uint64[n, 4] at uint64[n]; of several with one index the last counts.
        """

class DenseMerkleTree:
    """
    A Poseidon tree over an array of leaves.
    """
    def __init__(
        self,
        arity: typing.SupportsInt | typing.SupportsIndex,
        depth: typing.SupportsInt | typing.SupportsIndex,
        tag: numpy.typing.NDArray[numpy.uint64],
        empty_leaf: numpy.typing.NDArray[numpy.uint64],
        leaves: numpy.typing.NDArray[numpy.uint64],
    ) -> None: ...
    def get(self, index: typing.SupportsInt | typing.SupportsIndex) -> numpy.typing.NDArray[numpy.uint64]:
        """
        The leaf, uint64[4].
        """
    def path(self, index: typing.SupportsInt | typing.SupportsIndex) -> numpy.typing.NDArray[numpy.uint64]:
        """
        Siblings from the leaves up, uint64[depth, arity - 1, 4].
        """
    def prove(self, indices: numpy.typing.NDArray[numpy.uint64]) -> numpy.typing.NDArray[numpy.uint64]:
        """
        Siblings of strictly increasing uint64[n].
        """
    def root(self) -> numpy.typing.NDArray[numpy.uint64]:
        """
        uint64[4].
        """

class PrecomputedBases:
    """
    Multiples of known bases; see cpp/msm/precomputed.h.
    """
    def __init__(
        self,
        points: numpy.typing.NDArray[numpy.uint64],
        limbs: typing.SupportsInt | typing.SupportsIndex,
        memory_factor: typing.SupportsInt | typing.SupportsIndex,
        progress: typing.Any = None,
    ) -> None:
        """
        Checks canonical points uint64[n, limbs] and makes their multiples.
        """
    def __len__(self) -> int: ...
    def msm(
        self, scalars: numpy.typing.NDArray[numpy.uint64], progress: typing.Any = None, lean: bool = False
    ) -> numpy.typing.NDArray[numpy.uint64]:
        """
        Sum of scalars times points, canonical uint64[1, limbs].
        """

class R1cs:
    """
    A rank-1 constraint system over Fr of BN254, in native memory.
    """
    @staticmethod
    def read(
        data: typing_extensions.Buffer,
        max_wires: typing.SupportsInt | typing.SupportsIndex,
        max_constraints: typing.SupportsInt | typing.SupportsIndex,
    ) -> R1cs:
        """
        The system in the bytes of a .r1cs file.
        """
    @staticmethod
    def read_coefficients(
        data: typing_extensions.Buffer,
        wires: typing.SupportsInt | typing.SupportsIndex,
        publics: typing.SupportsInt | typing.SupportsIndex,
        domain: typing.SupportsInt | typing.SupportsIndex,
    ) -> R1cs:
        """
        The system, without C, in section 4 of a .zkey file.
        """
    def check(self, w: numpy.typing.NDArray[numpy.uint64], progress: typing.Any = None) -> typing.Any:
        """
        None, or the number of the first row that w uint64[wires, 4] does not satisfy.
        """
    def digest(self) -> bytes:
        """
        SHA-256 of the system, 32 bytes; see cpp/circuit/r1cs_file.h.
        """
    def evaluate(self, w: numpy.typing.NDArray[numpy.uint64]) -> tuple:
        """
        A w, B w, C w, each uint64[constraints, 4].
        """
    def row(self, row: typing.SupportsInt | typing.SupportsIndex) -> tuple:
        """
        The row as three dictionaries wire -> coefficient.
        """
    def without_c(self) -> R1cs:
        """
        What a .zkey keeps of the system: A, B and the number of public wires.
        """
    def write(self, write: collections.abc.Callable) -> None:
        """
        Calls write(memoryview) with each piece of the .r1cs file.
        """
    def write_coefficients(self, write: collections.abc.Callable) -> None:
        """
        Calls write(memoryview) with each piece of section 4 of a .zkey file.
        """
    @property
    def lacks_c(self) -> bool:
        """
        The matrix C is not known; see cpp/circuit/zkey_coefficients.h.
        """
    @property
    def num_blocks(self) -> int: ...
    @property
    def num_constraints(self) -> int: ...
    @property
    def num_entries(self) -> int: ...
    @property
    def num_outputs(self) -> int: ...
    @property
    def num_private(self) -> int: ...
    @property
    def num_public(self) -> int:
        """
        Outputs and public inputs, without the constant one.
        """
    @property
    def num_wires(self) -> int:
        """
        With the constant one.
        """

class CircuitCompiler:
    """
    Flattens traced templates and compiles circuits; see cpp/circuit/flatten.h.
    """
    def __init__(self) -> None: ...
    def add_template(
        self,
        ports: typing.SupportsInt | typing.SupportsIndex,
        wires: typing.SupportsInt | typing.SupportsIndex,
        code: numpy.typing.NDArray[numpy.uint32],
        keep: numpy.typing.NDArray[numpy.uint32],
        outputs: numpy.typing.NDArray[numpy.uint32],
        num_outputs: typing.SupportsInt | typing.SupportsIndex,
    ) -> typing.Any:
        """
        (serial, None), or (serial, places) of a constraint that nothing satisfies.
        """
    def compile_main(
        self,
        wires: typing.SupportsInt | typing.SupportsIndex,
        code: numpy.typing.NDArray[numpy.uint32],
        keep: numpy.typing.NDArray[numpy.uint32],
        public_wires: numpy.typing.NDArray[numpy.uint32],
        num_outputs: typing.SupportsInt | typing.SupportsIndex,
        private_wires: numpy.typing.NDArray[numpy.uint32],
        unroll: bool = False,
    ) -> typing.Any:
        """
        (serial, places or None, circuit or None).
        """
    def intern(self, values: numpy.typing.NDArray[numpy.uint64]) -> numpy.typing.NDArray[numpy.uint32]:
        """
        Indices of coefficients uint64[n, 4].
        """

class NativeCircuit:
    """
    A compiled circuit.
    """
    def constraint_steps(self) -> list[int]:
        """
        Indices of the steps that are constraints as written.
        """
    def row_places(self, row: typing.SupportsInt | typing.SupportsIndex) -> list[tuple[int, int]]:
        """
        (trace, site) of a row, from the inside out.
        """
    def search(
        self,
        inputs: numpy.typing.NDArray[numpy.uint64],
        free: collections.abc.Sequence[
            tuple[typing.SupportsInt | typing.SupportsIndex, typing.SupportsInt | typing.SupportsIndex]
        ],
        dropped: typing.SupportsInt | typing.SupportsIndex | None,
        max_findings: typing.SupportsInt | typing.SupportsIndex,
        progress: typing.Any = None,
    ) -> tuple:
        """
        Second witnesses; see cpp/circuit/search.h.
        """
    def step_places(self, step: typing.SupportsInt | typing.SupportsIndex) -> list[tuple[int, int]]:
        """
        (trace, site) of a step, from the inside out.
        """
    def wire_origin(self, wire: typing.SupportsInt | typing.SupportsIndex) -> tuple:
        """
        (group, stamp, trace, local wire) of a wire.
        """
    def witness(
        self,
        inputs: numpy.typing.NDArray[numpy.uint64],
        carries: list,
        progress: typing.Any = None,
        checked: bool = True,
    ) -> tuple:
        """
        (uint64[wires, 4], None), or (None, what failed).
        """
    @property
    def r1cs(self) -> R1cs: ...
    @property
    def unbound_public(self) -> list[int]: ...

class Groth16Tables:
    """
    Multiples of a key's points; see cpp/groth16/tables.h.
    """
    def __init__(
        self,
        wires: typing.SupportsInt | typing.SupportsIndex,
        publics: typing.SupportsInt | typing.SupportsIndex,
        domain_log: typing.SupportsInt | typing.SupportsIndex,
        fixed: numpy.typing.NDArray[numpy.uint64],
        ic: numpy.typing.NDArray[numpy.uint64],
        a: numpy.typing.NDArray[numpy.uint64],
        b1: numpy.typing.NDArray[numpy.uint64],
        b2: numpy.typing.NDArray[numpy.uint64],
        l: numpy.typing.NDArray[numpy.uint64],
        h: numpy.typing.NDArray[numpy.uint64],
        sections: collections.abc.Sequence[str],
        memory_factor: typing.SupportsInt | typing.SupportsIndex,
        progress: typing.Any = None,
        mapped: bool = False,
    ) -> None:
        """
        For the sections named, of h, l, a, b1, b2; mapped: they are a mapped file, whose pages are given back.
        """
    @property
    def bytes(self) -> int:
        """
        Memory of all tables.
        """

class MappedFile:
    """
    A read-only map of an open file; see bindings/mapped_file.h.
    """
    @staticmethod
    def guard() -> None:
        """
        Makes the handler of SIGBUS the present one.
        """
    def __init__(
        self, descriptor: typing.SupportsInt | typing.SupportsIndex, size: typing.SupportsInt | typing.SupportsIndex
    ) -> None: ...
    def discard(
        self, offset: typing.SupportsInt | typing.SupportsIndex, length: typing.SupportsInt | typing.SupportsIndex
    ) -> None:
        """
        Takes the pages of a range out of resident memory.
        """
    @property
    def damaged(self) -> bool:
        """
        Whether a page was read that the file no longer has.
        """

class Groth16Verifier:
    """
    A checked verification key, prepared for pairings.
    """
    def __init__(self, fixed: numpy.typing.NDArray[numpy.uint64], ic: numpy.typing.NDArray[numpy.uint64]) -> None: ...
    def alpha_beta(self) -> numpy.typing.NDArray[numpy.uint64]:
        """
        e(alpha, beta) to the power that snarkjs computes, canonical uint64[12, 4].
        """
    def verify(self, publics: numpy.typing.NDArray[numpy.uint64], proof: numpy.typing.NDArray[numpy.uint64]) -> None:
        """
        Returns if the proof uint64[8, 4] verifies for the inputs uint64[num_public, 4]; raises ProofError.
        """
    def verify_batch(
        self,
        publics: numpy.typing.NDArray[numpy.uint64],
        proofs: numpy.typing.NDArray[numpy.uint64],
        progress: typing.Any = None,
    ) -> list:
        """
        Positions of the proofs that do not verify.
        """

class Blake2b:
    """
    BLAKE2b-512 whose unfinished state can be stored.
    """
    @staticmethod
    def resume(state: bytes) -> Blake2b:
        """
        Goes on from 216 stored bytes.
        """
    def __init__(self) -> None: ...
    def digest(self) -> bytes:
        """
        64 bytes; more may follow.
        """
    def state(self) -> bytes:
        """
        216 bytes.
        """
    def update(self, data: bytes) -> None: ...
    @property
    def length(self) -> int:
        """
        Bytes so far.
        """

class SecretScalar:
    """
    A scalar that cannot be read; wiped when it goes.
    """
    @staticmethod
    def known(limbs: numpy.typing.NDArray[numpy.uint64]) -> SecretScalar:
        """
        Of a value uint64[1, 4] that is no secret: tests.
        """
    @staticmethod
    def one() -> SecretScalar: ...
    def inverse(self) -> SecretScalar: ...
    def scale(
        self, group: typing.SupportsInt | typing.SupportsIndex, points: numpy.typing.NDArray[numpy.uint64]
    ) -> numpy.typing.NDArray[numpy.uint64]:
        """
        self points[i], Montgomery form, constant time in the scalar.
        """
    def scale_powers(
        self,
        group: typing.SupportsInt | typing.SupportsIndex,
        points: numpy.typing.NDArray[numpy.uint64],
        step: SecretScalar,
        start: typing.SupportsInt | typing.SupportsIndex,
    ) -> numpy.typing.NDArray[numpy.uint64]:
        """
        self step^(start + i) points[i], Montgomery form, constant time in the scalars.
        """

class CeremonyGenerator:
    """
    Draws scalars and points from a ChaCha20 key stream.
    """
    @staticmethod
    def from_seed(seed: bytes) -> CeremonyGenerator:
        """
        From 32 public bytes.
        """
    @staticmethod
    def from_system(mixed_in: bytes) -> CeremonyGenerator:
        """
        Seeded with the system's randomness XOR 32 bytes of the caller's.
        """
    def point(self, group: typing.SupportsInt | typing.SupportsIndex) -> numpy.typing.NDArray[numpy.uint64]:
        """
        Montgomery form, uint64[1, 8 | 16].
        """
    def scalar(self) -> SecretScalar: ...

class PaillierPublicKey:
    """
    N with the constants of N^2; see assay.crypto.paillier.
    """
    def __init__(self, n: numpy.typing.NDArray[numpy.uint64]) -> None: ...
    def add_plain(
        self,
        plain: numpy.typing.NDArray[numpy.uint64],
        factors: numpy.typing.NDArray[numpy.uint64],
        progress: typing.Any = None,
    ) -> numpy.typing.NDArray[numpy.uint64]:
        """
        (1 + m N) factor mod N^2 of signed rows uint64[n, w], |m| < N, and factors uint64[n, 2 k].
        """
    def blind_exact(
        self, count: typing.SupportsInt | typing.SupportsIndex, progress: typing.Any = None
    ) -> numpy.typing.NDArray[numpy.uint64]:
        """
        Fresh r^N mod N^2 with r uniform in [1, N): uint64[count, 2 k].
        """
    def check(self, rows: numpy.typing.NDArray[numpy.uint64]) -> typing.Any:
        """
        None if all rows are ciphertexts, else (position, what is wrong) of the first that is none.
        """
    def invert(
        self, rows: numpy.typing.NDArray[numpy.uint64], progress: typing.Any = None
    ) -> numpy.typing.NDArray[numpy.uint64]:
        """
        Inverses mod N^2 by rows; variable time.
        """
    def multiply(
        self, a: numpy.typing.NDArray[numpy.uint64], b: numpy.typing.NDArray[numpy.uint64]
    ) -> numpy.typing.NDArray[numpy.uint64]:
        """
        a b mod N^2 by rows of uint64[n, 2 k].
        """
    def power_public(
        self,
        rows: numpy.typing.NDArray[numpy.uint64],
        exponent: numpy.typing.NDArray[numpy.uint64],
        progress: typing.Any = None,
    ) -> numpy.typing.NDArray[numpy.uint64]:
        """
        Rows to the one exponent uint64[w], in time that depends on it.
        """
    def weighted(
        self,
        ciphertexts: numpy.typing.NDArray[numpy.uint64],
        weights: numpy.typing.NDArray[numpy.uint64],
        groups: typing.SupportsInt | typing.SupportsIndex,
        terms: typing.SupportsInt | typing.SupportsIndex,
        outputs: typing.SupportsInt | typing.SupportsIndex,
        weight_bits: typing.SupportsInt | typing.SupportsIndex,
        each: bool,
        variable: bool,
        progress: typing.Any = None,
    ) -> numpy.typing.NDArray[numpy.uint64]:
        """
        prod_j c[g, j]^w[i, j] as uint64[groups outputs, 2 k].
        """

class PaillierPrivateKey:
    """
    p and q with what follows from them, wiped when freed.
    """
    @staticmethod
    def generate(bits: typing.SupportsInt | typing.SupportsIndex, progress: typing.Any = None) -> PaillierPrivateKey:
        """
        A new key with N of exactly so many bits.
        """
    def __init__(self, p: numpy.typing.NDArray[numpy.uint64], q: numpy.typing.NDArray[numpy.uint64]) -> None: ...
    def blind(
        self, count: typing.SupportsInt | typing.SupportsIndex, progress: typing.Any = None
    ) -> numpy.typing.NDArray[numpy.uint64]:
        """
        Fresh r^N mod N^2: uint64[count, 2 k].
        """
    def decrypt(
        self, ciphertexts: numpy.typing.NDArray[numpy.uint64], centered: bool, progress: typing.Any = None
    ) -> numpy.typing.NDArray[numpy.uint64]:
        """
        Plaintexts, uint64[n, k], of ciphertexts that passed the check: in [0, N), or signed rows in (-N/2, N/2).
        """
    def modulus(self) -> numpy.typing.NDArray[numpy.uint64]:
        """
        N as uint64[k].
        """
    def primes(self) -> tuple:
        """
        Copies of p > q, uint64[h] each: secret.
        """

class PaillierShortBase:
    """
    Tables of powers of an N-th residue drawn when this is made.
    """
    def __init__(
        self,
        key: PaillierPublicKey,
        exponent_bits: typing.SupportsInt | typing.SupportsIndex,
        progress: typing.Any = None,
    ) -> None: ...
    def blind(
        self, count: typing.SupportsInt | typing.SupportsIndex, progress: typing.Any = None
    ) -> numpy.typing.NDArray[numpy.uint64]:
        """
        Fresh g^a mod N^2 with short a: uint64[count, 2 k].
        """
    def power(
        self, exponents: numpy.typing.NDArray[numpy.uint64], progress: typing.Any = None
    ) -> numpy.typing.NDArray[numpy.uint64]:
        """
        g^a for uint64[n, w]; constant time.
        """
    @property
    def table_bytes(self) -> int: ...

def babyjubjub_add(
    p: numpy.typing.NDArray[numpy.uint64], q: numpy.typing.NDArray[numpy.uint64]
) -> numpy.typing.NDArray[numpy.uint64]:
    """
    uint64[8], uint64[8] -> uint64[8].
    """

def babyjubjub_check(point: numpy.typing.NDArray[numpy.uint64]) -> None:
    """
    Raises unless the point has order l.
    """

def babyjubjub_multiply(
    k: numpy.typing.NDArray[numpy.uint64], p: numpy.typing.NDArray[numpy.uint64]
) -> numpy.typing.NDArray[numpy.uint64]:
    """
    k P for public values, in variable time.
    """

def babyjubjub_multiply_base(k: numpy.typing.NDArray[numpy.uint64]) -> numpy.typing.NDArray[numpy.uint64]:
    """
    k Base8 for a secret k < l, in constant time.
    """

def babyjubjub_pack(point: numpy.typing.NDArray[numpy.uint64]) -> bytes:
    """
    uint64[8] -> 32 bytes.
    """

def babyjubjub_unpack(bytes: bytes) -> numpy.typing.NDArray[numpy.uint64]:
    """
    32 bytes -> uint64[8].
    """

def bigint_batch_inverse(
    values: numpy.typing.NDArray[numpy.uint64],
    modulus: numpy.typing.NDArray[numpy.uint64],
    variable: bool,
    progress: typing.Any = None,
) -> tuple:
    """
    As bigint_inverse for one modulus uint64[1, words], by one inversion for many rows.
    """

def bigint_gcd(
    a: numpy.typing.NDArray[numpy.uint64],
    b: numpy.typing.NDArray[numpy.uint64],
    variable: bool,
    progress: typing.Any = None,
) -> numpy.typing.NDArray[numpy.uint64]:
    """
    gcd of uint64[n, words] and uint64[1 or n, words] by rows; constant time takes odd rows in b.
    """

def bigint_inverse(
    values: numpy.typing.NDArray[numpy.uint64],
    moduli: numpy.typing.NDArray[numpy.uint64],
    variable: bool,
    progress: typing.Any = None,
) -> tuple:
    """
    (inverses uint64[n, words], zero where there is none; the first such row or None).
    """

def bigint_jacobi(
    a: numpy.typing.NDArray[numpy.uint64], n: numpy.typing.NDArray[numpy.uint64], progress: typing.Any = None
) -> numpy.typing.NDArray[numpy.int8]:
    """
    The Jacobi symbols (a / n) by rows as int8[n]; n odd; variable time.
    """

def bigint_multi_power(
    modulus: numpy.typing.NDArray[numpy.uint64],
    bases: numpy.typing.NDArray[numpy.uint64],
    exponents: numpy.typing.NDArray[numpy.uint64],
    progress: typing.Any = None,
) -> numpy.typing.NDArray[numpy.uint64]:
    """
    prod_j base_j ^ exponent_ij for bases uint64[terms, words] or uint64[n, terms, words] and exponents uint64[n, terms, k]: uint64[n, words]. Variable time.
    """

def bigint_multiply(
    moduli: Moduli,
    a: numpy.typing.NDArray[numpy.uint64],
    b: numpy.typing.NDArray[numpy.uint64],
    progress: typing.Any = None,
) -> numpy.typing.NDArray[numpy.uint64]:
    """
    a b by rows of uint64[n, words].
    """

def bigint_power(
    moduli: Moduli,
    bases: numpy.typing.NDArray[numpy.uint64],
    exponents: numpy.typing.NDArray[numpy.uint64],
    variable: bool,
    progress: typing.Any = None,
) -> numpy.typing.NDArray[numpy.uint64]:
    """
    bases uint64[n, words] ^ exponents uint64[1 or n, k], as uint64[n, words]; variable: time may depend on the exponents.
    """

def bn254_add(
    group: typing.SupportsInt | typing.SupportsIndex,
    a: numpy.typing.NDArray[numpy.uint64],
    b: numpy.typing.NDArray[numpy.uint64],
) -> numpy.typing.NDArray[numpy.uint64]:
    """
    Row-wise sums of points uint64[n, 8 | 16].
    """

def bn254_decode(
    group: typing.SupportsInt | typing.SupportsIndex, compressed: bool, data: bytes
) -> numpy.typing.NDArray[numpy.uint64]:
    """
    Points of the group from bytes, checked.
    """

def bn254_encode(
    group: typing.SupportsInt | typing.SupportsIndex, compressed: bool, points: numpy.typing.NDArray[numpy.uint64]
) -> bytes:
    """
    Bytes of n points, one after another.
    """

def bn254_gt_mul(
    a: numpy.typing.NDArray[numpy.uint64], b: numpy.typing.NDArray[numpy.uint64]
) -> numpy.typing.NDArray[numpy.uint64]:
    """
    a b in F_p^12.
    """

def bn254_gt_pow(
    a: numpy.typing.NDArray[numpy.uint64], exponent: numpy.typing.NDArray[numpy.uint64]
) -> numpy.typing.NDArray[numpy.uint64]:
    """
    a^k in GT.
    """

def bn254_membership(
    group: typing.SupportsInt | typing.SupportsIndex, points: numpy.typing.NDArray[numpy.uint64]
) -> numpy.typing.NDArray[numpy.uint8]:
    """
    uint8[n]: 0 in the group, 3 a coordinate >= p, 4 off the curve, 5 outside the subgroup. group: 1 or 2.
    """

def bn254_mul(
    group: typing.SupportsInt | typing.SupportsIndex,
    points: numpy.typing.NDArray[numpy.uint64],
    scalars: numpy.typing.NDArray[numpy.uint64],
    open: bool,
) -> numpy.typing.NDArray[numpy.uint64]:
    """
    Row-wise multiples by 256-bit scalars uint64[n, 4]; one point serves all scalars.
    """

def bn254_neg(
    group: typing.SupportsInt | typing.SupportsIndex, a: numpy.typing.NDArray[numpy.uint64]
) -> numpy.typing.NDArray[numpy.uint64]:
    """
    Row-wise negatives of points.
    """

def bn254_pairing(
    p: numpy.typing.NDArray[numpy.uint64], q: numpy.typing.NDArray[numpy.uint64]
) -> numpy.typing.NDArray[numpy.uint64]:
    """
    The product of e(p[i], q[i]): uint64[1, 48].
    """

def ceremony_beacon(data: bytes, log: typing.SupportsInt | typing.SupportsIndex, progress: typing.Any = None) -> bytes:
    """
    SHA-256 iterated 2^log times.
    """

def ceremony_check(
    group: typing.SupportsInt | typing.SupportsIndex, points: numpy.typing.NDArray[numpy.uint64]
) -> numpy.typing.NDArray[numpy.uint8]:
    """
    uint8[n] for points in Montgomery form: 0 in the group, else the status that names why not.
    """

def ceremony_encode(
    group: typing.SupportsInt | typing.SupportsIndex, compressed: bool, points: numpy.typing.NDArray[numpy.uint64]
) -> bytes:
    """
    The bytes that the ceremony's hashes take.
    """

def ceremony_lagrange(
    group: typing.SupportsInt | typing.SupportsIndex,
    points: numpy.typing.NDArray[numpy.uint64],
    progress: typing.Any = None,
) -> numpy.typing.NDArray[numpy.uint64]:
    """
    Powers of tau to values of the Lagrange basis, Montgomery form.
    """

def cpu_info() -> dict: ...
def decode(data: bytes, /, *, limit: int = 16777216) -> typing.Any:
    """
    The value whose canonical encoding is `data`.
    """

def decode_record(data: bytes, kind: str, version: int, *types: type, limit: int = 16777216) -> tuple:
    """
    The fields of a record of `kind` and `version`, each of exactly the type named.
    """

def digest(tag: str, value: typing.Any) -> bytes:
    """
    The tagged SHA-256 of a value's encoding.
    """

def digest_bytes(tag: str, data: bytes) -> bytes:
    """
    The tagged SHA-256 of bytes.
    """

def ed25519_verify(
    public_keys: bytes, messages: bytes, lengths: numpy.typing.NDArray[numpy.uint64], signatures: bytes
) -> numpy.typing.NDArray[numpy.bool]:
    """
    Keys of 32 bytes, messages and signatures of 64, each one after the other, and the lengths uint64[n] of the messages -> bool[n]: which signatures verify.
    """

def eddsa_verify(
    keys: numpy.typing.NDArray[numpy.uint64],
    messages: numpy.typing.NDArray[numpy.uint64],
    signatures: numpy.typing.NDArray[numpy.uint64],
    keys_checked: bool,
) -> numpy.typing.NDArray[numpy.uint8]:
    """
    uint64[n, 8], uint64[n, 4], uint64[n, 12] -> uint8[n], 0 where the signature verifies.
    """

def encode(value: typing.Any, /, *, limit: int = 16777216) -> bytes:
    """
    The canonical bytes of a value, at most `limit` of them.
    """

def encode_parts(kind: str, version: int, *parts: bytes) -> bytes:
    """
    `encode_record` of fields that are all bytes, without a limit.
    """

def encode_record(kind: str, version: int, *fields: typing.Any, limit: int = 16777216) -> bytes:
    """
    The encoding of the tuple (kind, version, *fields).
    """

def expected_prime_tests(bits: typing.SupportsInt | typing.SupportsIndex, safe: bool) -> float:
    """
    Powers that generate_prime takes on average.
    """

def field_dot(
    field: typing.SupportsInt | typing.SupportsIndex,
    a: numpy.typing.NDArray[numpy.uint64],
    b: numpy.typing.NDArray[numpy.uint64],
) -> numpy.typing.NDArray[numpy.uint64]:
    """
    The inner product of uint64[n, 4] and uint64[n, 4], 1 <= n <= 17: uint64[1, 4].
    """

def field_mul_throughput(
    field: typing.SupportsInt | typing.SupportsIndex,
    x: numpy.typing.NDArray[numpy.uint64],
    y: numpy.typing.NDArray[numpy.uint64],
    rounds: typing.SupportsInt | typing.SupportsIndex,
) -> None:
    """
    Benchmark: multiplies x by y in place `rounds` times.
    """

def field_vector_op(
    field: typing.SupportsInt | typing.SupportsIndex,
    op: typing.SupportsInt | typing.SupportsIndex,
    a: numpy.typing.NDArray[numpy.uint64],
    b: typing.Any = None,
) -> numpy.typing.NDArray[numpy.uint64]:
    """
    Element-wise operation on canonical limbs uint64[n, 4]. field: 0 Fp, 1 Fr; op: 0 add, 1 sub, 2 mul, 3 sqr, 4 neg, 5 inverse, 6 sqrt, 7 a b + a a, 8 a b - b b.
    """

def fixed_base(
    base: numpy.typing.NDArray[numpy.uint64],
    scalars: numpy.typing.NDArray[numpy.uint64],
    limbs: typing.SupportsInt | typing.SupportsIndex,
    progress: typing.Any = None,
) -> numpy.typing.NDArray[numpy.uint64]:
    """
    All scalars times one base, canonical uint64[n, limbs].
    """

def fixed_base_memory_estimate(
    n: typing.SupportsInt | typing.SupportsIndex, limbs: typing.SupportsInt | typing.SupportsIndex
) -> int:
    """
    Bytes beyond input and output.
    """

def fixed_base_table_bytes(
    modulus_bits: typing.SupportsInt | typing.SupportsIndex,
    exponent_bits: typing.SupportsInt | typing.SupportsIndex,
    window: typing.SupportsInt | typing.SupportsIndex,
) -> int: ...
def fixed_base_window(
    modulus_bits: typing.SupportsInt | typing.SupportsIndex,
    exponent_bits: typing.SupportsInt | typing.SupportsIndex,
    variable_time: bool,
    most_bytes: typing.SupportsInt | typing.SupportsIndex,
) -> int: ...
def generate_prime(
    bits: typing.SupportsInt | typing.SupportsIndex,
    safe: bool,
    top_two: bool,
    three_mod_four: bool,
    progress: typing.Any = None,
) -> bytes:
    """
    A random prime, little-endian bytes of whole words.
    """

def groth16_columns_from_lagrange(
    system: R1cs,
    wires: typing.SupportsInt | typing.SupportsIndex,
    publics: typing.SupportsInt | typing.SupportsIndex,
    domain_log: typing.SupportsInt | typing.SupportsIndex,
    fixed: numpy.typing.NDArray[numpy.uint64],
    ic: numpy.typing.NDArray[numpy.uint64],
    a: numpy.typing.NDArray[numpy.uint64],
    b1: numpy.typing.NDArray[numpy.uint64],
    b2: numpy.typing.NDArray[numpy.uint64],
    l: numpy.typing.NDArray[numpy.uint64],
    h: numpy.typing.NDArray[numpy.uint64],
    tau1: numpy.typing.NDArray[numpy.uint64],
    tau2: numpy.typing.NDArray[numpy.uint64],
    alpha: numpy.typing.NDArray[numpy.uint64],
    beta: numpy.typing.NDArray[numpy.uint64],
    progress: typing.Any = None,
) -> None:
    """
    Fills ic, a, b1, b2 and l from the Lagrange points of a ceremony, delta = 1; all Montgomery form, checked.
    """

def groth16_domain_log(
    constraints: typing.SupportsInt | typing.SupportsIndex, num_public: typing.SupportsInt | typing.SupportsIndex
) -> int:
    """
    Log2 of the evaluation domain.
    """

def groth16_prove(
    system: R1cs,
    wires: typing.SupportsInt | typing.SupportsIndex,
    publics: typing.SupportsInt | typing.SupportsIndex,
    domain_log: typing.SupportsInt | typing.SupportsIndex,
    fixed: numpy.typing.NDArray[numpy.uint64],
    ic: numpy.typing.NDArray[numpy.uint64],
    a: numpy.typing.NDArray[numpy.uint64],
    b1: numpy.typing.NDArray[numpy.uint64],
    b2: numpy.typing.NDArray[numpy.uint64],
    l: numpy.typing.NDArray[numpy.uint64],
    h: numpy.typing.NDArray[numpy.uint64],
    witness: numpy.typing.NDArray[numpy.uint64],
    progress: typing.Any = None,
    blinding: typing.Annotated[numpy.typing.ArrayLike, numpy.uint64] | None = None,
    window: typing.SupportsInt | typing.SupportsIndex = 0,
    mapped: bool = False,
    tables: Groth16Tables | None = None,
) -> tuple:
    """
    (proof uint64[8, 4], 0), or (None, first failing row). `blinding` (r, s) is for tests. window: wires taken at a time, 0 for all; mapped: the sections are a mapped file, whose pages are given back after use; tables: multiples of this key's points, only with window 0.
    """

def groth16_setup(
    system: R1cs,
    wires: typing.SupportsInt | typing.SupportsIndex,
    publics: typing.SupportsInt | typing.SupportsIndex,
    domain_log: typing.SupportsInt | typing.SupportsIndex,
    fixed: numpy.typing.NDArray[numpy.uint64],
    ic: numpy.typing.NDArray[numpy.uint64],
    a: numpy.typing.NDArray[numpy.uint64],
    b1: numpy.typing.NDArray[numpy.uint64],
    b2: numpy.typing.NDArray[numpy.uint64],
    l: numpy.typing.NDArray[numpy.uint64],
    h: numpy.typing.NDArray[numpy.uint64],
    progress: typing.Any = None,
    trapdoor: typing.Annotated[numpy.typing.ArrayLike, numpy.uint64] | None = None,
    mapped: bool = False,
) -> None:
    """
    Fills the arrays of a key. `trapdoor` (tau, alpha, beta, delta) is for tests: such a key is worthless. mapped: the arrays are a shared map of a file, whose pages are given back as they are written.
    """

def hash_to_prime(
    seeds: numpy.typing.NDArray[numpy.uint8],
    bits: typing.SupportsInt | typing.SupportsIndex,
    progress: typing.Any = None,
) -> tuple:
    """
    (primes uint64[n, words], counters uint64[n]). Variable time.
    """

def hash_to_prime_seeds(tag: str, messages: list) -> numpy.typing.NDArray[numpy.uint8]:
    """
    The seeds uint8[n, 32] of n messages, each a list of byte strings.
    """

def is_prime(
    values: numpy.typing.NDArray[numpy.uint64],
    rounds: typing.SupportsInt | typing.SupportsIndex,
    progress: typing.Any = None,
) -> numpy.typing.NDArray[numpy.uint8]:
    """
    Baillie-PSW and `rounds` random bases by rows of uint64[n, words]: uint8[n]. Variable time.
    """

def is_square(values: numpy.typing.NDArray[numpy.uint64]) -> numpy.typing.NDArray[numpy.uint8]:
    """
    Whether each row is a square: uint8[n].
    """

def isa() -> str:
    """
    Name of the instruction-set level in force.
    """

def lthash_move(lanes: bytes, comes: list, goes: list) -> bytes:
    """
    The 2048 bytes of lanes with lists of bytes added and subtracted.
    """

def merkle_multiproof_root(
    arity: typing.SupportsInt | typing.SupportsIndex,
    depth: typing.SupportsInt | typing.SupportsIndex,
    tag: numpy.typing.NDArray[numpy.uint64],
    indices: numpy.typing.NDArray[numpy.uint64],
    leaves: numpy.typing.NDArray[numpy.uint64],
    siblings: numpy.typing.NDArray[numpy.uint64],
) -> numpy.typing.NDArray[numpy.uint64]:
    """
    The root a multiproof leads to.
    """

def merkle_path_root(
    arity: typing.SupportsInt | typing.SupportsIndex,
    depth: typing.SupportsInt | typing.SupportsIndex,
    tag: numpy.typing.NDArray[numpy.uint64],
    index: typing.SupportsInt | typing.SupportsIndex,
    leaf: numpy.typing.NDArray[numpy.uint64],
    path: numpy.typing.NDArray[numpy.uint64],
) -> numpy.typing.NDArray[numpy.uint64]:
    """
    The root a path leads to.
    """

def miller_rabin(
    values: numpy.typing.NDArray[numpy.uint64], bases: numpy.typing.NDArray[numpy.uint64], variable: bool
) -> numpy.typing.NDArray[numpy.uint8]:
    """
    Miller's test of each row to the base in the same row: uint8[n].
    """

def msm(
    points: numpy.typing.NDArray[numpy.uint64],
    scalars: numpy.typing.NDArray[numpy.uint64],
    limbs: typing.SupportsInt | typing.SupportsIndex,
    progress: typing.Any = None,
    lean: bool = False,
    classes: bool = False,
) -> numpy.typing.NDArray[numpy.uint64]:
    """
    Sum of scalars times points (Montgomery form), canonical uint64[1, limbs]. limbs: 8 for G1, 16 for G2. lean: with less scratch; classes: equal scalars merged first.
    """

def msm_memory_estimate(
    n: typing.SupportsInt | typing.SupportsIndex, limbs: typing.SupportsInt | typing.SupportsIndex, lean: bool = False
) -> int:
    """
    Bytes beyond the inputs.
    """

def natural_divrem(a: numpy.typing.NDArray[numpy.uint64], d: numpy.typing.NDArray[numpy.uint64]) -> tuple:
    """
    Quotients uint64[n, an - dn + 1] and remainders uint64[n, dn] by rows; variable time.
    """

def natural_mul(
    a: numpy.typing.NDArray[numpy.uint64], b: numpy.typing.NDArray[numpy.uint64]
) -> numpy.typing.NDArray[numpy.uint64]:
    """
    Products by rows: uint64[n, an], uint64[n, bn] to uint64[n, an + bn].
    """

def natural_sqr(a: numpy.typing.NDArray[numpy.uint64]) -> numpy.typing.NDArray[numpy.uint64]:
    """
    Squares by rows: uint64[n, an] to uint64[n, 2 an].
    """

def ntt(
    values: numpy.typing.NDArray[numpy.uint64], kind: str, shift: typing.Any = None, progress: typing.Any = None
) -> numpy.typing.NDArray[numpy.uint64]:
    """
    Transforms canonical Fr values uint64[n, 4] into a new array. kind: forward, inverse, forward_natural, inverse_natural, extend, extend_odd; shift: uint64[1, 4] or None.
    """

def ntt_in_place(values: numpy.typing.NDArray[numpy.uint64], inverse: bool) -> None:
    """
    Benchmark: the bare kernel on Montgomery limbs in place, bit-reversed order.
    """

def ntt_lagrange(
    tau: numpy.typing.NDArray[numpy.uint64], n: typing.SupportsInt | typing.SupportsIndex, progress: typing.Any = None
) -> numpy.typing.NDArray[numpy.uint64]:
    """
    Lagrange basis of the domain of size n at tau, uint64[n, 4], natural order.
    """

def ntt_memory_estimate(n: typing.SupportsInt | typing.SupportsIndex, odd_coset: bool = True) -> int:
    """
    Bytes beyond the values themselves; odd_coset: to or from the coset of w_2n.
    """

def num_threads() -> int:
    """
    Threads that parallel kernels use.
    """

def points_from_montgomery(
    points: numpy.typing.NDArray[numpy.uint64], limbs: typing.SupportsInt | typing.SupportsIndex
) -> numpy.typing.NDArray[numpy.uint64]:
    """
    Points uint64[n, limbs] in Montgomery form as canonical integers.
    """

def points_to_montgomery(
    points: numpy.typing.NDArray[numpy.uint64], limbs: typing.SupportsInt | typing.SupportsIndex
) -> numpy.typing.NDArray[numpy.uint64]:
    """
    Checked points uint64[n, limbs] in Montgomery form, as msm takes them.
    """

def poseidon_hash(
    inputs: numpy.typing.NDArray[numpy.uint64], tag: numpy.typing.NDArray[numpy.uint64]
) -> numpy.typing.NDArray[numpy.uint64]:
    """
    Poseidon of uint64[n, k, 4] with the tag uint64[4] in the capacity; returns uint64[n, 4].
    """

def poseidon_parameters(t: typing.SupportsInt | typing.SupportsIndex) -> tuple:
    """
    (full rounds, partial rounds, round constants uint64[rounds t, 4], MDS uint64[t, t, 4]) of width t.
    """

def poseidon_permute(states: numpy.typing.NDArray[numpy.uint64], plain: bool) -> numpy.typing.NDArray[numpy.uint64]:
    """
    The permutation of states uint64[n, t, 4]; plain runs the reference form.
    """

def precomputed_memory_estimate(
    n: typing.SupportsInt | typing.SupportsIndex,
    limbs: typing.SupportsInt | typing.SupportsIndex,
    memory_factor: typing.SupportsInt | typing.SupportsIndex,
    lean: bool = False,
) -> tuple[int, int]:
    """
    Bytes of the table, and of a sum beyond table and scalars.
    """

def product_tree_bytes(
    count: typing.SupportsInt | typing.SupportsIndex, words: typing.SupportsInt | typing.SupportsIndex
) -> int: ...
def product_tree_remainder_bytes(
    count: typing.SupportsInt | typing.SupportsIndex,
    words: typing.SupportsInt | typing.SupportsIndex,
    x_words: typing.SupportsInt | typing.SupportsIndex,
) -> int: ...
def set_isa(name: str) -> None:
    """
    Chooses the instruction-set level for this process; scalar: the best without lanes.
    """

def set_num_threads(count: typing.SupportsInt | typing.SupportsIndex) -> None:
    """
    Sets the number of threads, 1 to 1024.
    """

def sha256(data: bytes, implementation: str = "") -> bytes:
    """
    SHA-256; implementation: empty for the one in force, or the name of one that runs here.
    """

def sha256_batch_implementation() -> str:
    """
    What hashes many messages: avx512 (32 at once), avx2 (eight), or the name of the implementation for one.
    """

def sha256_implementation() -> str:
    """
    The implementation in force: portable, avx2 or sha_ni.
    """

def sha256_messages(
    messages: numpy.typing.NDArray[numpy.uint8], progress: typing.Any = None
) -> numpy.typing.NDArray[numpy.uint8]:
    """
    SHA-256 of the rows of uint8[n, length]: uint8[n, 32].
    """

def sha256_path_root(
    rule: str,
    size: typing.SupportsInt | typing.SupportsIndex,
    index: typing.SupportsInt | typing.SupportsIndex,
    leaf: bytes,
    path: numpy.typing.NDArray[numpy.uint8],
) -> bytes:
    """
    The root that a leaf and its siblings uint8[k, 32] lead to.
    """

def sha256_prefixed(prefix: bytes, messages: list) -> list:
    """
    SHA-256(prefix || message) of each message of a list of bytes: a list of 32 bytes each.
    """

def sha256_rfc6962_root(entries: list) -> bytes:
    """
    The root of RFC 6962 over a list of entries, all bytes.
    """

def sha256_tree_root(rule: str, leaves: numpy.typing.NDArray[numpy.uint8], progress: typing.Any = None) -> bytes:
    """
    The root over leaves uint8[n, 32].
    """

def status_message(status: typing.SupportsInt | typing.SupportsIndex) -> str:
    """
    What a status number means.
    """

def strong_lucas(
    values: numpy.typing.NDArray[numpy.uint64], variable: bool = False
) -> numpy.typing.NDArray[numpy.uint8]:
    """
    The strong Lucas test by rows: uint8[n].
    """

GROTH16_MAX_LOG: int = 27
