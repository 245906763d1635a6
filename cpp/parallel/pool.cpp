#include "parallel/pool.h"

#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <new>
#include <thread>
#include <vector>

namespace assay {
namespace {

constexpr std::size_t kMaxThreads = 1024;

long long now_ns() noexcept {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

std::size_t cgroup_quota() noexcept {
  std::FILE* file = std::fopen("/sys/fs/cgroup/cpu.max", "r");
  if (file == nullptr) return kMaxThreads;
  long long quota = 0, period = 0;
  const int fields = std::fscanf(file, "%lld %lld", &quota, &period);
  std::fclose(file);
  if (fields != 2 || quota <= 0 || period <= 0) return kMaxThreads;
  return static_cast<std::size_t>(std::max(1LL, (quota + period - 1) / period));
}

std::size_t default_threads() noexcept {
  if (const char* text = std::getenv("ASSAY_NUM_THREADS"); text != nullptr && *text != '\0') {
    char* end = nullptr;
    const long value = std::strtol(text, &end, 10);
    if (*end == '\0' && value >= 1 && value <= static_cast<long>(kMaxThreads)) return static_cast<std::size_t>(value);
    std::fprintf(stderr, "assay: ASSAY_NUM_THREADS=%s is not a number from 1 to %zu; ignored\n", text, kMaxThreads);
  }
  std::size_t count = std::max(1u, std::thread::hardware_concurrency());
  cpu_set_t mask;
  if (sched_getaffinity(0, sizeof mask, &mask) == 0) count = std::max(1, CPU_COUNT(&mask));
  return std::min({count, cgroup_quota(), kMaxThreads});
}

struct Task {
  std::atomic<std::size_t> next{0};
  std::size_t count = 0, grain = 1;
  ChunkFunction function = nullptr;
  void* context = nullptr;
  JobControl* control = nullptr;
  int caller_cpu = -1;

  bool step() noexcept {
    if (control != nullptr && control->cancelled()) return false;
    const std::size_t begin = next.fetch_add(grain, std::memory_order_relaxed);
    if (begin >= count) return false;
    function(context, begin, std::min(begin + grain, count));
    return true;
  }
};

// Moves the calling thread off a processor, if it may run on others: a scheduler may wake a worker on the one its
// caller keeps busy and leave it there for longer than the work lasts. The thread's affinity is as before afterwards.
void leave_cpu(int cpu) noexcept {
  cpu_set_t allowed, others;
  if (cpu < 0 || sched_getcpu() != cpu || sched_getaffinity(0, sizeof allowed, &allowed) != 0) return;
  others = allowed;
  CPU_CLR(cpu, &others);
  if (CPU_COUNT(&others) == 0 || sched_setaffinity(0, sizeof others, &others) != 0) return;
  sched_setaffinity(0, sizeof allowed, &allowed);
}

class Pool {
 public:
  // Runs the task on `threads` threads, the caller's included. Falls back to fewer if the system refuses to start one.
  void run(Task& task, std::size_t threads) noexcept {
    {
      std::lock_guard lock(mutex_);
      grow(threads - 1);
      task_ = &task;
      wanted_ = std::min(threads - 1, workers_.size());
      ++generation_;
    }
    wake_.notify_all();
    bool more = true;
    while (more) {
      more = task.step();
      if (task.control != nullptr) task.control->check();
    }
    std::unique_lock lock(mutex_);
    wanted_ = 0;  // workers that have not joined yet need not
    task_ = nullptr;
    while (active_ > 0) {
      if (task.control != nullptr) {
        done_.wait_for(lock, std::chrono::milliseconds(50));
        lock.unlock();
        task.control->check();
        lock.lock();
      } else {
        done_.wait(lock);
      }
    }
  }

  std::mutex& owner() noexcept { return owner_; }

 private:
  void grow(std::size_t count) noexcept {
    try {
      while (workers_.size() < count) workers_.emplace_back([this] { work(); }), workers_.back().detach();
    } catch (...) {
    }
  }

  void work() noexcept;

  std::mutex owner_;  // one parallel call at a time
  std::mutex mutex_;
  std::condition_variable wake_, done_;
  std::vector<std::thread> workers_;
  Task* task_ = nullptr;
  std::size_t wanted_ = 0, active_ = 0;
  unsigned long long generation_ = 0;
};

thread_local bool inside_pool = false;

void Pool::work() noexcept {
  inside_pool = true;
  unsigned long long seen = 0;
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [&] { return generation_ != seen && wanted_ > 0; });
    seen = generation_;
    --wanted_;
    ++active_;
    Task* task = task_;
    lock.unlock();
    leave_cpu(task->caller_cpu);
    while (task->step()) {
    }
    lock.lock();
    if (--active_ == 0) done_.notify_all();
  }
}

std::atomic<std::size_t> configured{0};
std::atomic<Pool*> instance{nullptr};

Pool* pool() noexcept {
  Pool* current = instance.load(std::memory_order_acquire);
  if (current != nullptr) return current;
  // Never destroyed: workers wait in it until the process ends, and a forked child abandons its parent's.
  Pool* fresh = new (std::nothrow) Pool;
  if (fresh == nullptr) return nullptr;
  if (!instance.compare_exchange_strong(current, fresh, std::memory_order_acq_rel)) {
    delete fresh;
    return current;
  }
  static const int registered = pthread_atfork(nullptr, nullptr, [] {
    instance.store(nullptr, std::memory_order_release);
    inside_pool = false;
  });
  (void)registered;
  return fresh;
}

}  // namespace

bool JobControl::check() noexcept {
  if (cancelled()) return false;
  const long long now = now_ns();
  if (now - last_poll_ns_ < 50'000'000) return true;
  last_poll_ns_ = now;
  if (poll()) return true;
  cancelled_.store(true, std::memory_order_relaxed);
  return false;
}

std::size_t num_threads() noexcept {
  std::size_t count = configured.load(std::memory_order_relaxed);
  if (count == 0) {
    count = default_threads();
    configured.store(count, std::memory_order_relaxed);
  }
  return count;
}

Status set_num_threads(std::size_t count) noexcept {
  if (count < 1 || count > kMaxThreads) return Status::out_of_range;
  configured.store(count, std::memory_order_relaxed);
  return Status::ok;
}

Status parallel_for_raw(std::size_t count, std::size_t grain, ChunkFunction function, void* context,
                        JobControl* control) noexcept {
  Task task;
  task.count = count;
  task.grain = std::max<std::size_t>(1, grain);
  task.function = function;
  task.context = context;
  task.control = control;
  const std::size_t chunks = (count + task.grain - 1) / task.grain;
  const std::size_t threads = std::min(num_threads(), chunks);
  Pool* shared = (threads > 1 && !inside_pool) ? pool() : nullptr;
  if (shared != nullptr && shared->owner().try_lock()) {
    inside_pool = true;
    task.caller_cpu = sched_getcpu();
    shared->run(task, threads);
    inside_pool = false;
    shared->owner().unlock();
  } else {
    // On a worker thread the control belongs to the caller: it is read, never polled.
    while (task.step()) {
      if (control != nullptr && !inside_pool) control->check();
    }
  }
  return control != nullptr && control->cancelled() ? Status::cancelled : Status::ok;
}

}  // namespace assay
