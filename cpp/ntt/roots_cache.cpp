#include "ntt/roots_cache.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <new>

namespace assay {
namespace {

constexpr std::align_val_t kAlignment{64};

struct Table {
  unsigned log = 0;
  NttTable roots;
};

// One for each form, published whole and never changed afterwards; two threads that build at once build the same
// values.
struct Form {
  std::atomic<std::size_t (*)(unsigned) noexcept> words{nullptr};
  std::atomic<std::shared_ptr<const Table>> table;
};
Form forms[4];

Form& form_of(const NttRoots& roots) noexcept {
  for (Form& form : forms) {
    std::size_t (*owner)(unsigned) noexcept = nullptr;
    if (form.words.compare_exchange_strong(owner, roots.words) || owner == roots.words) return form;
  }
  std::abort();  // more forms than levels
}

std::shared_ptr<std::uint64_t[]> allocate(std::size_t words) {
  return {static_cast<std::uint64_t*>(::operator new[](8 * words, kAlignment)),
          [](std::uint64_t* p) { ::operator delete[](p, kAlignment); }};
}

}  // namespace

Status ntt_roots(NttTable& out, unsigned log, const NttRoots& roots, JobControl* control) noexcept {
  Form& form = form_of(roots);
  try {
    const std::shared_ptr<const Table> current = form.table.load();
    if (current && current->log >= log) {
      out = current->roots;
      return Status::ok;
    }
    const std::shared_ptr<std::uint64_t[]> fresh = allocate(roots.words(log));
    const unsigned have = current ? current->log : 0;
    if (current) std::memcpy(fresh.get(), current->roots.get(), 8 * roots.words(have));
    ASSAY_TRY(roots.extend(fresh.get(), have, log, control));
    out = fresh;
    if (log < kNttCachedLog) form.table.store(std::make_shared<const Table>(Table{log, out}));
    return Status::ok;
  } catch (const std::bad_alloc&) {
    return Status::out_of_memory;
  }
}

void ntt_release_roots() noexcept {
  for (Form& form : forms) form.table.store(nullptr);
}

}  // namespace assay
