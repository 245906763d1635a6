// One buffer for each thread that works on a pass, made once, wiped when freed.
#pragma once

#include <atomic>
#include <memory>
#include <new>

#include "base/words.h"
#include "parallel/pool.h"

namespace assay {

class ScratchPool {
 public:
  // `words` for each thread of the pool, cache-line aligned.
  Status allocate(std::size_t words) noexcept {
    count_ = num_threads();
    words_ = (words + 7) / 8 * 8;
    busy_.reset(new (std::nothrow) std::atomic<bool>[count_] {});
    return busy_ ? memory_.allocate(count_ * words_) : Status::out_of_memory;
  }

  // A buffer for the life of the lease. There are as many as threads, so that one is free.
  class Lease {
   public:
    explicit Lease(ScratchPool& pool) noexcept : pool_(pool) {
      while (pool_.busy_[index_].exchange(true, std::memory_order_acquire)) index_ = (index_ + 1) % pool_.count_;
    }
    ~Lease() { pool_.busy_[index_].store(false, std::memory_order_release); }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    std::uint64_t* data() noexcept { return pool_.memory_.data() + index_ * pool_.words_; }

   private:
    ScratchPool& pool_;
    std::size_t index_ = 0;
  };

 private:
  Words memory_;
  std::unique_ptr<std::atomic<bool>[]> busy_;
  std::size_t count_ = 0, words_ = 0;
};

}  // namespace assay
