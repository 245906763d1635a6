// Working memory for the threads of a parallel loop: as many sets as there are threads, each used by one at a time.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <new>
#include <thread>

#include "base/isa.h"
#include "parallel/pool.h"

ASSAY_ISA_BEGIN

namespace msm {

template <class T>
class ScratchPool {
 public:
  // make(T&) allocates one set and tells whether it could.
  template <class Make>
  bool build(Make&& make) noexcept {
    count_ = num_threads();
    sets_.reset(new (std::nothrow) Set[count_]);
    if (!sets_) return false;
    for (std::size_t i = 0; i < count_; ++i)
      if (!make(sets_[i].value)) return false;
    return true;
  }

  class Lease {
   public:
    explicit Lease(ScratchPool& pool) noexcept {
      for (std::size_t i = 0;; i = (i + 1) % pool.count_) {
        if (!pool.sets_[i].taken.exchange(true, std::memory_order_acquire)) {
          set_ = &pool.sets_[i];
          return;
        }
        if (i + 1 == pool.count_) std::this_thread::yield();  // the number of threads was raised meanwhile
      }
    }
    ~Lease() { set_->taken.store(false, std::memory_order_release); }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    T& operator*() const noexcept { return set_->value; }

   private:
    typename ScratchPool::Set* set_;
  };

 private:
  struct Set {
    std::atomic<bool> taken{false};
    T value;
  };
  std::unique_ptr<Set[]> sets_;
  std::size_t count_ = 0;
};

}  // namespace msm

ASSAY_ISA_END
