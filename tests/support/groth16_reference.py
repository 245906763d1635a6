"""Groth16 as the paper prints it (J. Groth, EUROCRYPT 2016, section 3.2), slow and obvious: integers and py_ecc.

The quadratic arithmetic program lives on the 2^k-th roots of unity, row j at w^j; after the constraints come the rows
A = wire i, i = 0 .. public, which make the public polynomials independent (as snarkjs does). gamma = 1, as in Bowe,
Gabizon, Miers 2017. The quotient is found by long division and put together from powers of tau: the kernels do
neither.
"""

from __future__ import annotations

from dataclasses import dataclass

from py_ecc import optimized_bn128 as ec

R = ec.curve_order
P = ec.field_modulus

Row = dict[int, int]  # wire -> coefficient


@dataclass
class Circuit:
    """Constraints (A w)(B w) = C w; wire 0 is 1, then the public wires."""

    wires: int
    public: int
    constraints: list[tuple[Row, Row, Row]]

    def satisfied(self, witness: list[int]) -> bool:
        return witness[0] == 1 and all(
            dot(a, witness) * dot(b, witness) % R == dot(c, witness) for a, b, c in self.constraints
        )

    def padded(self) -> list[tuple[Row, Row, Row]]:
        rows = self.constraints + [({i: 1}, {}, {}) for i in range(self.public + 1)]
        return rows + [({}, {}, {})] * (2 ** domain_power(self) - len(rows))


@dataclass
class Trapdoor:
    tau: int
    alpha: int
    beta: int
    delta: int


def dot(row: Row, witness: list[int]) -> int:
    return sum(c * witness[i] for i, c in row.items()) % R


def domain_power(circuit: Circuit) -> int:
    return (len(circuit.constraints) + circuit.public).bit_length()


def root_of_unity(power: int) -> int:
    return pow(5, (R - 1) >> power, R)


def inverse(x: int) -> int:
    return pow(x, -1, R)


def lagrange_at(power: int, j: int, x: int) -> int:
    """L_j(x) = prod_(i != j) (x - w^i) / (w^j - w^i) over the 2^power-th roots of unity."""
    w = root_of_unity(power)
    top = bottom = 1
    for i in range(2**power):
        if i != j:
            top = top * (x - pow(w, i, R)) % R
            bottom = bottom * (pow(w, j, R) - pow(w, i, R)) % R
    return top * inverse(bottom) % R


def g1(k: int) -> tuple:
    return ec.normalize(ec.multiply(ec.G1, k % R)) if k % R else None


def g2(k: int) -> tuple:
    return ec.normalize(ec.multiply(ec.G2, k % R)) if k % R else None


@dataclass
class Scalars:
    """The logarithms of all points of a key; `h_powers` belong to the paper's form, `h_odd` to the one of our keys."""

    trapdoor: Trapdoor
    a: list[int]
    b: list[int]
    k: list[int]  # beta A_i + alpha B_i + C_i: over gamma for the public wires, over delta for the others
    h_powers: list[int]
    h_odd: list[int]


def setup(circuit: Circuit, t: Trapdoor) -> Scalars:
    power = domain_power(circuit)
    lagrange = [lagrange_at(power, j, t.tau) for j in range(2**power)]
    columns = [[0] * circuit.wires for _ in range(3)]
    for j, row in enumerate(circuit.padded()):
        for column, entries in zip(columns, row, strict=True):
            for wire, value in entries.items():
                column[wire] = (column[wire] + value * lagrange[j]) % R
    a, b, c = columns
    k = [
        (t.beta * a[i] + t.alpha * b[i] + c[i]) * (inverse(t.delta) if i > circuit.public else 1) % R
        for i in range(circuit.wires)
    ]
    z = pow(t.tau, 2**power, R) - 1
    h_powers = [pow(t.tau, i, R) * z * inverse(t.delta) % R for i in range(2**power - 1)]
    h_odd = [lagrange_at(power + 1, 2 * i + 1, t.tau) * inverse(t.delta) % R for i in range(2**power)]
    return Scalars(t, a, b, k, h_powers, h_odd)


def interpolate(power: int, values: list[int]) -> list[int]:
    n = 2**power
    w = inverse(root_of_unity(power))
    return [sum(v * pow(w, i * j, R) for j, v in enumerate(values)) * inverse(n) % R for i in range(n)]


def quotient(circuit: Circuit, witness: list[int]) -> list[int]:
    """Coefficients of H with A B - C = H Z, Z = X^n - 1; the remainder must vanish."""
    power = domain_power(circuit)
    n = 2**power
    a, b, c = (interpolate(power, [dot(row[m], witness) for row in circuit.padded()]) for m in range(3))
    p = [0] * (2 * n)
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            p[i + j] = (p[i + j] + x * y) % R
    for i, x in enumerate(c):
        p[i] = (p[i] - x) % R
    h = [0] * n
    for i in range(2 * n - 1, n - 1, -1):
        h[i - n] = p[i]
        p[i - n] = (p[i - n] + p[i]) % R
    assert not any(p[:n]), "the witness does not satisfy the constraints"
    assert h[n - 1] == 0
    return h[: n - 1]


def prove_scalars(key: Scalars, circuit: Circuit, witness: list[int], r: int, s: int) -> tuple[int, int, int]:
    """Logarithms of A, B, C."""
    t = key.trapdoor
    h = quotient(circuit, witness)
    a = (t.alpha + sum(x * w for x, w in zip(key.a, witness, strict=True)) + r * t.delta) % R
    b = (t.beta + sum(x * w for x, w in zip(key.b, witness, strict=True)) + s * t.delta) % R
    private = sum(key.k[i] * witness[i] for i in range(circuit.public + 1, circuit.wires))
    c = private + sum(x * y for x, y in zip(key.h_powers, h, strict=True)) + s * a + r * b - r * s * t.delta
    return a, b, c % R


def verify(vk: dict, public: list[int], a: tuple, b: tuple, c: tuple) -> bool:
    """e(A, B) = e(alpha, beta) e(sum x_i IC_i, gamma) e(C, delta); points affine, None is infinity."""
    x = g1_add_all([g1_mul(vk["ic"][0], 1)] + [g1_mul(p, s) for p, s in zip(vk["ic"][1:], public, strict=True)])
    right = pair(vk["alpha"], vk["beta"]) * pair(x, vk["gamma"]) * pair(c, vk["delta"])
    return bool(pair(a, b) == right)


def lift1(p: tuple | None) -> tuple:
    return ec.Z1 if p is None else (ec.FQ(int(p[0])), ec.FQ(int(p[1])), ec.FQ(1))


def lift2(p: tuple | None) -> tuple:
    if p is None:
        return ec.Z2
    (x0, x1), (y0, y1) = ((int(u), int(v)) for u, v in p)
    return (ec.FQ2([x0, x1]), ec.FQ2([y0, y1]), ec.FQ2.one())


def g1_mul(p: tuple | None, k: int) -> tuple:
    return ec.multiply(lift1(p), k % R)


def g1_add_all(points: list[tuple]) -> tuple:
    total = ec.Z1
    for p in points:
        total = ec.add(total, p)
    return total


def pair(p: tuple | None, q: tuple | None):
    left = p if p is not None and len(p) == 3 else lift1(p)
    return ec.pairing(lift2(q), left)


def coordinates1(p: tuple | None) -> tuple[int, int] | None:
    return None if p is None else (int(p[0]), int(p[1]))


def coordinates2(p: tuple | None) -> tuple[tuple[int, int], tuple[int, int]] | None:
    if p is None:
        return None
    x, y = p
    return ((int(x.coeffs[0]), int(x.coeffs[1])), (int(y.coeffs[0]), int(y.coeffs[1])))
