#include "mapped_file.h"

#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <mutex>
#include <new>

#include "base/pages.h"

namespace assay::bindings {
namespace {

std::mutex registry;
std::atomic<MappedRange*> ranges{nullptr};
struct sigaction previous;
std::uintptr_t page_size = 0;
std::atomic<bool> passed_on{false};  // a second time means that handlers call each other in a circle

MappedRange* find(std::uintptr_t address) noexcept {
  for (MappedRange* range = ranges.load(); range != nullptr; range = range->next) {
    const std::uintptr_t begin = range->begin.load();
    if (begin != 0 && address >= begin && address < range->end.load()) return range;
  }
  return nullptr;
}

// Async-signal-safe: atomics and system calls only.
void on_bus_error(int signal, siginfo_t* info, void* context) {
  const auto address = reinterpret_cast<std::uintptr_t>(info->si_addr);
  if (MappedRange* range = find(address)) {
    void* page = reinterpret_cast<void*>(address & ~(page_size - 1));
    if (mmap(page, page_size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED) {
      range->damaged.store(true);
      return;
    }
  }
  const bool circle = passed_on.exchange(true);
  if (!circle && (previous.sa_flags & SA_SIGINFO) != 0) {
    previous.sa_sigaction(signal, info, context);
  } else if (!circle && previous.sa_handler != SIG_DFL && previous.sa_handler != SIG_IGN) {
    previous.sa_handler(signal);
  } else {
    struct sigaction standard = {};
    standard.sa_handler = SIG_DFL;
    sigaction(SIGBUS, &standard, nullptr);  // returning meets the fault again
  }
}

void install() noexcept {
  struct sigaction present = {};
  sigaction(SIGBUS, nullptr, &present);
  if ((present.sa_flags & SA_SIGINFO) != 0 && present.sa_sigaction == on_bus_error) return;
  previous = present;
  struct sigaction ours = {};
  ours.sa_sigaction = on_bus_error;
  ours.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
  sigemptyset(&ours.sa_mask);
  sigaction(SIGBUS, &ours, nullptr);
}

}  // namespace

MappedFile::MappedFile(int descriptor, std::size_t size) : size_(size) {
  void* const data = mmap(nullptr, size, PROT_READ, MAP_SHARED, descriptor, 0);
  if (data == MAP_FAILED) throw std::bad_alloc();
  data_ = static_cast<const std::uint8_t*>(data);
  const std::lock_guard lock(registry);
  page_size = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
  for (range_ = ranges.load(); range_ != nullptr && range_->begin.load() != 0; range_ = range_->next) {
  }
  if (range_ == nullptr) {
    range_ = new (std::nothrow) MappedRange;
    if (range_ == nullptr) {
      munmap(data, size);
      throw std::bad_alloc();
    }
    range_->next = ranges.load();
    ranges.store(range_);
  }
  range_->damaged.store(false);
  range_->end.store(reinterpret_cast<std::uintptr_t>(data_) + size);
  range_->begin.store(reinterpret_cast<std::uintptr_t>(data_));
  install();
}

MappedFile::~MappedFile() {
  const std::lock_guard lock(registry);
  range_->begin.store(0);
  munmap(const_cast<std::uint8_t*>(data_), size_);
}

void MappedFile::discard(std::size_t offset, std::size_t length) const noexcept {
  if (offset >= size_ || damaged()) return;
  discard_pages(data_ + offset, std::min(length, size_ - offset));
}

void MappedFile::guard() noexcept {
  const std::lock_guard lock(registry);
  install();
}

}  // namespace assay::bindings
