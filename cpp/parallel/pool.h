// The only thread pool. Size: ASSAY_NUM_THREADS, else the smaller of the affinity mask and the cgroup's CPU quota.
//
// The calling thread works too. A call from inside a worker, or while another caller holds the pool, runs on the
// calling thread alone: there is no way to deadlock. After fork the child starts a pool of its own on first use.
#pragma once

#include <atomic>
#include <cstddef>
#include <type_traits>

#include "base/status.h"

namespace assay {

// A long job's link to its caller: asked on the calling thread whether to go on, and told how far it is.
class JobControl {
 public:
  virtual ~JobControl() = default;
  // Returns false when the job shall stop. Called on the calling thread only, at most every 50 ms.
  virtual bool poll() noexcept = 0;
  // `done` of `total` steps of the stage named; called on the calling thread.
  virtual void report(const char* stage, std::size_t done, std::size_t total) noexcept = 0;

  bool cancelled() const noexcept { return cancelled_.load(std::memory_order_relaxed); }
  // Rate-limited poll; true while the job may go on.
  bool check() noexcept;

 private:
  std::atomic<bool> cancelled_{false};
  long long last_poll_ns_ = 0;
};

std::size_t num_threads() noexcept;
// 1 to 1024; out_of_range otherwise. Takes effect at the next parallel call.
Status set_num_threads(std::size_t count) noexcept;

using ChunkFunction = void (*)(void* context, std::size_t begin, std::size_t end) noexcept;
Status parallel_for_raw(std::size_t count, std::size_t grain, ChunkFunction function, void* context,
                        JobControl* control) noexcept;

// Calls body(begin, end) over disjoint chunks of at most `grain` that cover [0, count). Chunks should take 10 us to 50
// ms. Returns cancelled if `control` stopped it (some chunks then have not run), else ok. The body must not throw.
template <class Body>
Status parallel_for(std::size_t count, std::size_t grain, Body&& body, JobControl* control = nullptr) noexcept {
  using Plain = std::remove_reference_t<Body>;
  return parallel_for_raw(
      count, grain,
      [](void* context, std::size_t begin, std::size_t end) noexcept { (*static_cast<Plain*>(context))(begin, end); },
      const_cast<void*>(static_cast<const void*>(&body)), control);
}

}  // namespace assay
