#include "hash/poseidon_constants.h"

#include <mutex>

#include "field/fe.h"

namespace assay {
namespace {

constexpr std::size_t kPartialRounds[16] = {56, 57, 56, 60, 60, 63, 64, 63, 60, 66, 60, 65, 70, 60, 64, 68};

constexpr std::uint64_t kKnownAnswer[16][4] = {
    {0x8b897dc502820133, 0x0e96a4d1168b3384, 0xc1fe6c654d6a3c13, 0x29176100eaa962bd},
    {0x9e19607a4417189a, 0x2a3617f274324551, 0x3df64c6b9662e9cf, 0x115cc0f5e7d69041},
    {0xf725df34ab36d732, 0xf3230e269dc5b968, 0xff03d5e58dab6302, 0x0e7732d89e6939c0},
    {0xbaa525df65250465, 0x37e60ebb1ce0663d, 0x9dcefa40e4510b98, 0x299c867db6c1fdd7},
    {0x18125f8feeb123c0, 0x8b2174d305a316c9, 0x15224c0b15a49d59, 0x0dab9449e4a1398a},
    {0x134a4cca2f6302e1, 0x38490a68b05f2239, 0x13c8ebf094dea475, 0x2d1a038500844428},
    {0x2e9df45b4921c318, 0x4a9a85fcfc6533ec, 0xebb9ada49abdbc37, 0x1c2f3482dbb140c4},
    {0x4d43b3d8d0c4d8d1, 0x337a4d54fbbecd9a, 0x98e40395c0fefb40, 0x2921ab9bd0140cbc},
    {0x204af32e60cd9078, 0x75b22bb3aaa4461d, 0x75e749d260330b76, 0x1e0b893aa2ad8022},
    {0x8db9ad07206fdc21, 0x59816fc60d6738b7, 0xcc0628461dacfb94, 0x0816126a09c29ecf},
    {0xdae0e07fc05b47a8, 0x2429e211f71cacdb, 0x8f30a6b785b6c5ae, 0x07e5b070aa2dba00},
    {0x94e856c1ef7693b5, 0x681cc08702c81684, 0xb248a01e7cc55b3d, 0x058814945232937d},
    {0x744e90a666887806, 0x828d4c3920d379cc, 0x6456a2fe6e65a124, 0x0f918939632fadca},
    {0xa7464d4f0e527776, 0xdb4683fb26591c85, 0x8bf573151005830c, 0x1278779aaafc5ca5},
    {0x11da4273ecf20f50, 0x22d078d96f7c36ea, 0x8abb55e917642d40, 0x094ae33b67a84599},
    {0xde2ffb96b919b765, 0xae08afd7f1f2ec06, 0x8281a48099fff949, 0x16159a551cbb6610},
};

// The 80-bit LFSR with feedback b62 + b51 + b38 + b23 + b13 + b0, self-shrinking: of each pair of bits the second is
// output when the first is 1. The first 160 bits are dropped.
class Grain {
 public:
  explicit Grain(std::size_t t) noexcept {
    put(1, 2);  // a prime field
    put(0, 4);  // x^alpha
    put(kFieldBits, 12);
    put(t, 12);
    put(kPoseidonFullRounds, 10);
    put(poseidon_partial_rounds(t), 10);
    put((std::uint64_t{1} << 30) - 1, 30);
    for (int i = 0; i < 160; ++i) (void)step();
  }

  // 254 bits, most significant first, as little-endian limbs
  void integer(std::uint64_t* limbs) noexcept {
    for (int i = 0; i < 4; ++i) limbs[i] = 0;
    for (std::size_t i = kFieldBits; i-- > 0;) limbs[i / 64] |= static_cast<std::uint64_t>(bit()) << (i % 64);
  }

 private:
  static constexpr std::size_t kFieldBits = 254;

  void put(std::uint64_t value, unsigned bits) noexcept {
    for (unsigned i = bits; i-- > 0;) state_[filled_++] = (value >> i) & 1;
  }

  unsigned step() noexcept {
    const auto at = [this](unsigned i) { return state_[(head_ + i) % 80]; };
    const unsigned fresh = at(62) ^ at(51) ^ at(38) ^ at(23) ^ at(13) ^ at(0);
    state_[head_] = static_cast<std::uint8_t>(fresh);
    head_ = (head_ + 1) % 80;
    return fresh;
  }

  unsigned bit() noexcept {
    while (step() == 0) (void)step();
    return step();
  }

  std::uint8_t state_[80] = {};
  unsigned filled_ = 0, head_ = 0;
};

using Row = std::vector<Fr>;
using Matrix = std::vector<Row>;

// [I_n] by Gauss-Jordan elimination with pivoting; the matrices here are invertible
Matrix inverse_matrix(Matrix a) {
  const std::size_t n = a.size();
  Matrix b(n, Row(n, Fr::zero()));
  for (std::size_t i = 0; i < n; ++i) b[i][i] = Fr::one();
  for (std::size_t column = 0; column < n; ++column) {
    std::size_t pivot = column;
    while (pivot + 1 < n && a[pivot][column].is_zero()) ++pivot;
    std::swap(a[pivot], a[column]);
    std::swap(b[pivot], b[column]);
    const Fr scale = inverse_var(a[column][column]);
    for (std::size_t j = 0; j < n; ++j) {
      a[column][j] *= scale;
      b[column][j] *= scale;
    }
    for (std::size_t i = 0; i < n; ++i) {
      if (i == column) continue;
      const Fr factor = a[i][column];
      for (std::size_t j = 0; j < n; ++j) {
        a[i][j] -= factor * a[column][j];
        b[i][j] -= factor * b[column][j];
      }
    }
  }
  return b;
}

Row times(const Matrix& m, const Row& x) {
  Row y(m.size(), Fr::zero());
  for (std::size_t i = 0; i < m.size(); ++i)
    for (std::size_t j = 0; j < x.size(); ++j) y[i] += m[i][j] * x[j];
  return y;
}

Row times(const Row& x, const Matrix& m) {
  Row y(m[0].size(), Fr::zero());
  for (std::size_t i = 0; i < x.size(); ++i)
    for (std::size_t j = 0; j < y.size(); ++j) y[j] += x[i] * m[i][j];
  return y;
}

Fr inner(const Row& x, const Row& y) {
  Fr sum = Fr::zero();
  for (std::size_t i = 0; i < x.size(); ++i) sum += x[i] * y[i];
  return sum;
}

void append(std::vector<std::uint64_t>& out, const Fr& x) { out.insert(out.end(), x.v, x.v + Fr::N); }
void append(std::vector<std::uint64_t>& out, const Row& row) {
  for (const Fr& x : row) append(out, x);
}

// M_ij = 1 / (x_i + y_j); drawn again unless all x, y are distinct and no sum vanishes
Matrix cauchy_matrix(Grain& grain, std::size_t t) {
  for (;;) {
    Row xy(2 * t);
    for (Fr& x : xy) {
      std::uint64_t limbs[4];
      grain.integer(limbs);
      x = Fr::from_limbs_reduce(limbs);
    }
    bool usable = true;
    for (std::size_t i = 0; i < 2 * t; ++i)
      for (std::size_t j = 0; j < i; ++j) usable &= !(xy[i] == xy[j]);
    Matrix m(t, Row(t));
    for (std::size_t i = 0; i < t; ++i) {
      for (std::size_t j = 0; j < t; ++j) {
        const Fr sum = xy[i] + xy[t + j];
        usable &= !sum.is_zero();
        m[i][j] = inverse_var(sum);
      }
    }
    if (usable) return m;
  }
}

void make_plain(PoseidonTables& tables, Matrix& constants, Matrix& mds) {
  const std::size_t t = tables.t;
  Grain grain(t);
  constants.assign(kPoseidonFullRounds + tables.partial_rounds, Row(t));
  for (Row& round : constants) {
    for (Fr& c : round) {
      std::uint64_t limbs[4];
      do grain.integer(limbs);
      while (Fr::from_limbs(c, limbs) != Status::ok);
    }
    append(tables.round_constants, round);
  }
  mds = cauchy_matrix(grain, t);
  for (const Row& row : mds) append(tables.mds, row);
}

// The constants of the partial rounds, from the last back to the first: k_r, and what remains before the first round.
void move_constants(PoseidonTables& tables, const Matrix& constants, const Matrix& mds, Row& before) {
  const std::size_t rounds = tables.partial_rounds, first = kPoseidonFullRounds / 2;
  const Matrix mds_inverse = inverse_matrix(mds);
  Row k(rounds, Fr::zero());
  before = constants[first + rounds - 1];
  for (std::size_t r = rounds - 1; r-- > 0;) {
    const Row moved = times(mds_inverse, before);
    k[r] = moved[0];
    before = constants[first + r];
    for (std::size_t i = 1; i < tables.t; ++i) before[i] += moved[i];
  }
  append(tables.partial_constant, k);
}

// The partial rounds as a recurrence; the names are those of the header. Indices count from 0: row i of O is v
// H^-(i+1).
void make_recurrence(PoseidonTables& tables, const Matrix& constants, const Matrix& mds) {
  const std::size_t t = tables.t, n = t - 1;
  Row before;
  move_constants(tables, constants, mds, before);

  const Fr m = mds[0][0];
  const Row v(mds[0].begin() + 1, mds[0].end());
  Row w(n);
  Matrix h(n);
  for (std::size_t i = 0; i < n; ++i) {
    w[i] = mds[i + 1][0];
    h[i].assign(mds[i + 1].begin() + 1, mds[i + 1].end());
  }
  const Matrix h_inverse = inverse_matrix(h);
  Matrix o(n), lower(n, Row(n, Fr::zero()));  // O, T - m
  for (std::size_t i = 0; i < n; ++i) o[i] = times(i == 0 ? v : o[i - 1], h_inverse);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t k = 0; k <= i; ++k) lower[i][k] = inner(o[i - k], w);
    lower[i][i] -= m;
  }

  Matrix entry = mds;
  Row entry_constant = before;
  const Row rest(before.begin() + 1, before.end());
  for (std::size_t i = 0; i < n; ++i) {
    entry_constant[i + 1] = inner(o[i], rest);
    for (std::size_t j = 0; j < t; ++j) {
      Row column(n);
      for (std::size_t k = 0; k < n; ++k) column[k] = mds[k + 1][j];
      entry[i + 1][j] = inner(o[i], column);
    }
  }
  for (const Row& row : entry) append(tables.entry, row);
  append(tables.entry_constant, entry_constant);

  // u = O^-1 S + O^-1 (T - m) Y, the oldest first and Y before S
  const Matrix from_s = inverse_matrix(o);
  Matrix exit(n, Row(2 * n));
  for (std::size_t i = 0; i < n; ++i) {
    const Row from_y = times(from_s[i], lower);
    for (std::size_t k = 0; k < n; ++k) {
      exit[i][2 * (n - 1 - k)] = from_y[k];
      exit[i][2 * (n - 1 - k) + 1] = from_s[i][k];
    }
    append(tables.exit, exit[i]);
  }
  append(tables.recurrence, times(v, exit));
  append(tables.recurrence, m);
}

// The same elements with 2^260 in place of 2^256, in radix 2^52.
std::vector<std::uint64_t> radix52(const std::vector<std::uint64_t>& limbs) {
  constexpr std::uint64_t kMask = (std::uint64_t{1} << 52) - 1;
  const Fr sixteen = Fr::from_u64(16);
  std::vector<std::uint64_t> out;
  for (std::size_t i = 0; i < limbs.size(); i += 4) {
    const Fr x = Fr::raw({limbs[i], limbs[i + 1], limbs[i + 2], limbs[i + 3]}) * sixteen;
    const std::uint64_t* w = x.v;
    out.insert(out.end(), {w[0] & kMask, (w[0] >> 52 | w[1] << 12) & kMask, (w[1] >> 40 | w[2] << 24) & kMask,
                           (w[2] >> 28 | w[3] << 36) & kMask, w[3] >> 16});
  }
  return out;
}

struct Slot {
  std::once_flag once;
  PoseidonTables tables;
};
Slot slots[kPoseidonMaxWidth + 1];

}  // namespace

std::size_t poseidon_partial_rounds(std::size_t t) noexcept { return kPartialRounds[t - kPoseidonMinWidth]; }

const PoseidonTables* poseidon_tables(std::size_t t) noexcept {
  if (t < kPoseidonMinWidth || t > kPoseidonMaxWidth) return nullptr;
  Slot& slot = slots[t];
  try {
    std::call_once(slot.once, [&] {
      PoseidonTables made;
      made.t = t;
      made.partial_rounds = poseidon_partial_rounds(t);
      Matrix constants, mds;
      make_plain(made, constants, mds);
      make_recurrence(made, constants, mds);
      made.lanes = {radix52(made.round_constants),
                    radix52(made.mds),
                    radix52(made.partial_constant),
                    radix52(made.entry),
                    radix52(made.entry_constant),
                    radix52(made.recurrence),
                    radix52(made.exit)};
      slot.tables = std::move(made);
    });
  } catch (...) {  // out of memory; the next call tries again
    return nullptr;
  }
  return &slot.tables;
}

const std::uint64_t* poseidon_known_answer(std::size_t t) noexcept { return kKnownAnswer[t - kPoseidonMinWidth]; }

}  // namespace assay
