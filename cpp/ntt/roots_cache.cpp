#include "ntt/roots_cache.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <new>

namespace assay {
namespace {

struct Table {
  unsigned log = 0;
  std::shared_ptr<const std::uint64_t[]> roots;
};

// Published whole and never changed afterwards; two threads that build at once build the same values.
std::atomic<std::shared_ptr<const Table>> cached;

}  // namespace

Status ntt_roots(std::shared_ptr<const std::uint64_t[]>& out, unsigned log_n, const NttKernel& kernel,
                 JobControl* control) noexcept {
  const unsigned log = log_n > 1 ? log_n - 1 : 0;
  try {
    const std::shared_ptr<const Table> current = cached.load();
    if (current && current->log >= log) {
      out = current->roots;
      return Status::ok;
    }
    const std::shared_ptr<std::uint64_t[]> fresh(new std::uint64_t[std::size_t{4} << log]);
    const unsigned have = current ? current->log : 0;
    if (current) std::memcpy(fresh.get(), current->roots.get(), std::size_t{32} << have);
    ASSAY_TRY(kernel.roots(fresh.get(), have, log, control));
    out = fresh;
    if (log < kNttCachedLog) cached.store(std::make_shared<const Table>(Table{log, out}));
    return Status::ok;
  } catch (const std::bad_alloc&) {
    return Status::out_of_memory;
  }
}

}  // namespace assay
