/* assay.h: kernels of assay for other languages. Batches of bytes go in, bytes come out.
 *
 * Bytes. A number is unsigned and big-endian, in a fixed number of bytes; leading zeros are part of it. Several items
 *   of one width stand one after the other in an assay_rows.
 * Output. Ask first: with out = NULL a function checks the lengths it is given, stores the bytes it would write in
 *   *out_size and returns ASSAY_OK. Then pass a buffer of your own and its capacity in *out_size, which becomes that
 *   number of bytes; less room is ASSAY_BUFFER_TOO_SMALL. The buffer may be that of an input, and is written only if
 *   the call succeeds. Nothing is to be freed.
 * Errors. Every function that can fail returns ASSAY_OK or the code of what went wrong. With an assay_error it also
 *   says which argument, which row and why; error = NULL is allowed.
 * State. There is none: no set-up call, no handles, no last error. Functions may be called from any threads at the same
 *   time, and after fork. They share a pool of threads, of ASSAY_NUM_THREADS if that is set, else of the processors
 *   that the process may use; a call that finds the pool in use runs on its own thread.
 * Secrets. Constant-time where a function says so; copies of secrets are wiped. Randomness is the operating system's.
 * Stability. Within one ABI major version (the soname, libassay.so.1) functions are added, never changed.
 */
#ifndef ASSAY_H
#define ASSAY_H

#include <stddef.h>
#include <stdint.h>

#define ASSAY_ABI_MAJOR 1
#define ASSAY_ABI_MINOR 0

#if defined(__GNUC__)
#define ASSAY_API __attribute__((visibility("default")))
#else
#define ASSAY_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

enum {
  ASSAY_OK = 0,
  ASSAY_NULL_POINTER = 1,     /* a pointer is NULL that must not be */
  ASSAY_BUFFER_TOO_SMALL = 2, /* *out_size says what is needed */
  ASSAY_INVALID_LENGTH = 3,   /* lengths or counts that do not fit together */
  ASSAY_OUT_OF_RANGE = 4,     /* a parameter outside its range */
  ASSAY_TOO_LARGE = 5,        /* above a limit */
  ASSAY_NON_CANONICAL = 6,    /* a number not below its modulus, or stray flag bits */
  ASSAY_NOT_ON_CURVE = 7,
  ASSAY_NOT_IN_SUBGROUP = 8,
  ASSAY_NOT_INVERTIBLE = 9,
  ASSAY_INVALID_PROOF = 10, /* verification says no */
  ASSAY_MALFORMED = 11,     /* bytes that cannot be read */
  ASSAY_OUT_OF_MEMORY = 12,
  ASSAY_SYSTEM = 13,  /* the operating system refused */
  ASSAY_INTERNAL = 14 /* an error of this library: please report it */
};

/* size / row_bytes items of row_bytes bytes each; size must be a multiple. data may be NULL if size is 0. */
typedef struct assay_rows {
  const uint8_t* data;
  size_t size; /* bytes, at most 2^40 */
  size_t row_bytes;
} assay_rows;

/* Filled in by every call that is given one: code 0 and an empty text on success. */
typedef struct assay_error {
  int32_t code;
  char text[252]; /* ends in a zero byte */
} assay_error;

/* 65536 * major + minor of the library: use it if the major is that of this header and the minor at least. */
ASSAY_API uint32_t assay_abi_version(void);

/* What a code means, in words; never NULL. The text lives as long as the library. */
ASSAY_API const char* assay_error_text(int32_t code);

enum { ASSAY_SECRET_EXPONENTS = 0, ASSAY_PUBLIC_EXPONENTS = 1 };

/* out_i = base_i ^ exponent_i mod modulus_i, rows of as many bytes as those of the moduli. x^0 is 1.
 *   flags      ASSAY_SECRET_EXPONENTS: constant time in bases, exponents and moduli, whose lengths are public.
 *              ASSAY_PUBLIC_EXPONENTS: faster, in a time that depends on the exponents.
 *   bases      n rows, of any value, at most 1024 bytes each
 *   exponents  one row for all, or n
 *   moduli     one row for all, or n: odd, of 256 to 8192 bits */
ASSAY_API int32_t assay_modexp(uint32_t flags, const assay_rows* bases, const assay_rows* exponents,
                               const assay_rows* moduli, uint8_t* out, size_t* out_size, assay_error* error);

/* Paillier's cryptosystem: sums of what is encrypted, and its products with numbers in the clear, all modulo n.
 *   n            the public key, odd, 2048 to 4096 bits, n_size bytes without leading zeros. That it is the product of
 *                two large primes cannot be seen from it; encryption refuses a prime and a square.
 *   plaintexts   rows of at most n_size bytes, below n. A number -m is n - m.
 *   ciphertexts  rows of 2 n_size bytes. Those that are given must be units below n^2 (ASSAY_NON_CANONICAL,
 *                ASSAY_NOT_INVERTIBLE).
 * A ciphertext can be changed by anybody: the scheme gives no integrity. Sums and products are no fresh ciphertexts:
 * adding an encryption of zero hides how one was computed. */

/* Fresh ciphertexts (1 + n)^m r^n mod n^2 with random r. Constant time in plaintexts and r. */
ASSAY_API int32_t assay_paillier_encrypt(const uint8_t* n, size_t n_size, const assay_rows* plaintexts, uint8_t* out,
                                         size_t* out_size, assay_error* error);

/* Plaintexts below n, rows of as many bytes as n = p q has. p and q are the key's primes, in prime_size bytes each;
 * whether they are primes is not tested. Constant time in primes and plaintexts. */
ASSAY_API int32_t assay_paillier_decrypt(const uint8_t* p, const uint8_t* q, size_t prime_size,
                                         const assay_rows* ciphertexts, uint8_t* out, size_t* out_size,
                                         assay_error* error);

/* a_i + b_i: as many rows of a as of b. */
ASSAY_API int32_t assay_paillier_add(const uint8_t* n, size_t n_size, const assay_rows* a, const assay_rows* b,
                                     uint8_t* out, size_t* out_size, assay_error* error);

/* ciphertext_i * scalar_i, scalars one row for all or one each, of at most n_size bytes. Constant time in the scalars,
 * whose row_bytes decide the cost. */
ASSAY_API int32_t assay_paillier_multiply(const uint8_t* n, size_t n_size, const assay_rows* ciphertexts,
                                          const assay_rows* scalars, uint8_t* out, size_t* out_size,
                                          assay_error* error);

/* The root, 32 bytes, of a Merkle tree over Poseidon on the scalar field of BN254:
 *   node(l + 1, i) = Poseidon(node_tag; node(l, arity i), .., node(l, arity i + arity - 1)),   root = node(depth, 0),
 * leaves of 32 bytes at level 0, slots beyond them filled with empty_leaf. 2 <= arity <= 16, depth >= 1, arity^depth
 * below 2^63. node_tag, empty_leaf and leaves are below the field's modulus r. */
ASSAY_API int32_t assay_merkle_root_poseidon(uint32_t arity, uint32_t depth, const uint8_t* node_tag,
                                             const uint8_t* empty_leaf, const assay_rows* leaves, uint8_t* out,
                                             size_t* out_size, assay_error* error);

enum { ASSAY_MERKLE_COUNTED = 0, ASSAY_MERKLE_RFC6962 = 1 };

/* The root, 32 bytes, of a binary Merkle tree over SHA-256. Leaves are rows of 32 bytes, at least one; a node without a
 * sibling moves up a level unchanged.
 *   ASSAY_MERKLE_COUNTED  node = SHA-256(left, right), root = SHA-256(top node, number of leaves as 32 bytes
 *                         little-endian)
 *   ASSAY_MERKLE_RFC6962  node = SHA-256(1, left, right), root = top node: the tree of RFC 6962 if the leaves are its
 *                         leaf hashes, SHA-256(0, entry) */
ASSAY_API int32_t assay_merkle_root_sha256(uint32_t rule, const assay_rows* leaves, uint8_t* out, size_t* out_size,
                                           assay_error* error);

/* Verifies Groth16 proofs over BN254 (about 100 bits of security): ASSAY_OK only if every one verifies, else
 * ASSAY_INVALID_PROOF, or the code of what kept it from deciding.
 *   key      points in the form of EIP-196 and EIP-197 one after the other: alpha (G1, 64 bytes), beta, gamma, delta
 *            (G2, 128 bytes each), then ic_0 .. ic_k (G1) for k public inputs
 *   publics  rows of 32 bytes, k for each proof, below r
 *   proofs   at least one row: A, B, C as EIP-197 points, 256 bytes, or in the compressed form of gnark, 128
 *   verdicts one code for each proof, or NULL with verdict_count 0. Until a proof is found good its verdict is not 0.
 * A proof can be turned into another one of the same statement: its bytes never identify anything. A batch costs far
 * less than its proofs one by one; a false proof passes with probability at most 2^-128. */
ASSAY_API int32_t assay_groth16_verify(const uint8_t* key, size_t key_size, const assay_rows* publics,
                                       const assay_rows* proofs, int32_t* verdicts, size_t verdict_count,
                                       assay_error* error);

#ifdef __cplusplus
}
#endif

#endif
