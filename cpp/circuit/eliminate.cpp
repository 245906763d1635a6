#include "circuit/eliminate.h"

#include <functional>
#include <queue>
#include <unordered_set>

namespace assay {
namespace {

constexpr std::uint32_t kManyUses = 1u << 30;

class Eliminator {
 public:
  Eliminator(System& system, CoefficientTable& table) : system_(system), table_(table), sum_(table) {
    done_.index.assign(system.fixed.size(), Substitution::kNone);
    count_uses();
  }

  Substitution run() {
    std::vector<Row> residual;
    for (;;) {
      collect_linear_rows();
      if (system_.linear.empty()) break;
      for (Row& row : system_.linear) solve(row, residual);
      system_.linear.clear();
      back_substitute();
      rewrite();
    }
    system_.linear = std::move(residual);
    drop_duplicates(system_.rows);
    drop_duplicates(system_.linear);
    return std::move(done_);
  }

 private:
  void count_uses() {
    uses_ = system_.uses;
    uses_.resize(system_.fixed.size(), 0);
    const auto count = [&](const Linear& e) {
      for (const Term& t : e) ++uses_[t.wire];
    };
    for (const auto* rows : {&system_.rows, &system_.linear})
      for (const Row& row : *rows) count(row.a), count(row.b), count(row.c);
    for (const Linear& e : system_.watched) count(e);
  }

  // Rows with a constant factor: a b - c = 0 is linear.
  void collect_linear_rows() {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < system_.rows.size(); ++i) {
      Row& row = system_.rows[i];
      if (is_constant(row.a) || is_constant(row.b)) {
        const Linear& factor = is_constant(row.a) ? row.a : row.b;
        const Linear& other = is_constant(row.a) ? row.b : row.a;
        if (!factor.empty()) sum_.add(other, factor[0].coefficient);
        sum_.add(row.c, R1cs::kMinusOne);
        Row linear;
        linear.c = sum_.take();
        linear.frame = row.frame;
        linear.site = row.site;
        system_.linear.push_back(std::move(linear));
      } else {
        if (kept != i) system_.rows[kept] = std::move(row);
        ++kept;
      }
    }
    system_.rows.resize(kept);
  }

  // e with all substitutions so far, some of which hold variables that were substituted after them: the earliest first,
  // since an expression never holds a variable substituted before it.
  Linear reduce(const Linear& e) {
    if (!done_.touches(e)) return e;
    std::priority_queue<std::pair<std::uint32_t, std::uint32_t>, std::vector<std::pair<std::uint32_t, std::uint32_t>>,
                        std::greater<>>
        todo;
    std::size_t looked = 0;
    sum_.add(e);
    for (;;) {
      for (; looked < sum_.touched().size(); ++looked) {
        const std::uint32_t v = sum_.touched()[looked];
        if (done_.replaces(v)) todo.push({done_.index[v], v});
      }
      if (todo.empty()) break;
      const auto [which, variable] = todo.top();
      todo.pop();
      const Fr factor = sum_.remove(variable);
      if (!factor.is_zero()) sum_.add(done_.expressions[which], factor);
    }
    return sum_.take();
  }

  void solve(Row& row, std::vector<Row>& residual) {
    row.c = reduce(row.c);
    if (row.c.empty()) return;
    if (is_constant(row.c)) throw Contradiction(row.frame, row.site);
    const Term* pivot = nullptr;
    for (const Term& t : row.c)
      if (t.wire != 0 && !system_.fixed[t.wire] && (!pivot || uses_[t.wire] <= uses_[pivot->wire])) pivot = &t;
    if (pivot == nullptr) {
      residual.push_back(std::move(row));
      return;
    }
    const Term taken = *pivot;
    const Fr factor = -inverse_var(table_[taken.coefficient]);
    Linear expression;
    expression.reserve(row.c.size() - 1);
    for (const Term& t : row.c) {
      if (t.wire == taken.wire) continue;
      expression.push_back({t.wire, table_.intern(table_[t.coefficient] * factor)});
      if (t.wire != 0) uses_[t.wire] = std::min(uses_[t.wire] + uses_[taken.wire], kManyUses);
    }
    done_.index[taken.wire] = static_cast<std::uint32_t>(done_.expressions.size());
    done_.expressions.push_back(std::move(expression));
  }

  // From the last to the first, each expression is freed of the variables substituted after it.
  void back_substitute() {
    for (std::size_t i = done_.expressions.size(); i-- > 0;)
      if (done_.touches(done_.expressions[i])) done_.expressions[i] = done_.apply(done_.expressions[i], sum_);
  }

  void rewrite() {
    for (Row& row : system_.rows)
      for (Linear* e : {&row.a, &row.b, &row.c})
        if (done_.touches(*e)) *e = done_.apply(*e, sum_);
    for (Linear& e : system_.watched)
      if (done_.touches(e)) e = done_.apply(e, sum_);
  }

  static std::size_t hash(const Linear& e) noexcept {
    std::size_t h = 1469598103934665603u;
    for (const Term& t : e) h = (h ^ (t.wire * 0x9e3779b97f4a7c15u + t.coefficient)) * 1099511628211u;
    return h;
  }

  static void drop_duplicates(std::vector<Row>& rows) {
    const auto hash_row = [&](std::size_t i) {
      return (hash(rows[i].a) ^ hash(rows[i].b)) * 31 + hash(rows[i].c);  // a and b commute
    };
    const auto same = [&](std::size_t i, std::size_t j) {
      const Row &x = rows[i], &y = rows[j];
      return x.c == y.c && ((x.a == y.a && x.b == y.b) || (x.a == y.b && x.b == y.a));
    };
    std::unordered_set<std::size_t, decltype(hash_row), decltype(same)> seen(rows.size() * 2 + 1, hash_row, same);
    std::vector<std::uint8_t> keep(rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) keep[i] = seen.insert(i).second;
    std::size_t kept = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (!keep[i]) continue;
      if (kept != i) rows[kept] = std::move(rows[i]);
      ++kept;
    }
    rows.resize(kept);
  }

  System& system_;
  CoefficientTable& table_;
  Accumulator sum_;
  Substitution done_;
  std::vector<std::uint32_t> uses_;
};

}  // namespace

bool Substitution::touches(const Linear& e) const noexcept {
  for (const Term& t : e)
    if (replaces(t.wire)) return true;
  return false;
}

Linear Substitution::apply(const Linear& e, Accumulator& sum) const {
  for (const Term& t : e) {
    if (replaces(t.wire)) {
      sum.add(expressions[index[t.wire]], t.coefficient);
    } else {
      sum.add(Linear{t});
    }
  }
  return sum.take();
}

Substitution eliminate(System& system, CoefficientTable& table) { return Eliminator(system, table).run(); }

}  // namespace assay
