// Runs code for instructions that this processor lacks: a library to preload (LD_PRELOAD, or tests/support/trap.py).
//
// An unknown instruction raises SIGILL. The handler decodes it, carries it out on the registers in the signal frame,
// does so with those that follow as long as they are emulated ones too, and returns behind them. So the very bytes that
// the compiler emitted are executed; nothing is compiled differently. A signal costs about 3 us; a vpmadd52 raises one
// only the first time, see patch.h (INSTRUCTION_TRAP_PATCH=0: each time). Whatever the trap does not know falls through
// to the handler the program installed, or to the default action: the program dies as it would without.
//
// Python's faulthandler and others install handlers of their own; sigaction and signal are replaced here so that theirs
// come second.
#include <dlfcn.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include "patch.h"
#include "sha256.h"

namespace instruction_trap {
namespace {

using Sigaction = int (*)(int, const struct sigaction*, struct sigaction*);

std::atomic<std::uint64_t> emulated{0}, traps{0};
struct sigaction next = {};  // what the program asked for SIGILL
bool installed = false, patching = false;
std::atomic_flag busy;  // one thread at a time emulates: it may be patching

Sigaction real_sigaction() noexcept {
  static const auto found = reinterpret_cast<Sigaction>(dlsym(RTLD_NEXT, "sigaction"));
  return found;
}

void pass_on(int signal, siginfo_t* info, void* context) noexcept {
  if (next.sa_handler != SIG_DFL && next.sa_handler != SIG_IGN) {
    if ((next.sa_flags & SA_SIGINFO) != 0) return next.sa_sigaction(signal, info, context);
    return next.sa_handler(signal);
  }
  struct sigaction standard = {};
  standard.sa_handler = SIG_DFL;
  real_sigaction()(signal, &standard, nullptr);
  if (info->si_code <= 0) raise(signal);  // sent by a process; a faulting instruction faults again by itself
}

void lock() noexcept {
  while (busy.test_and_set(std::memory_order_acquire)) sched_yield();
}
void unlock() noexcept { busy.clear(std::memory_order_release); }

// Carries out the instruction at the frame's instruction pointer, if it is one of ours.
bool emulate(Frame& frame) noexcept {
  if (Vpmadd52 instruction; frame.has_avx512() && decode(frame.instruction(), instruction)) {
    execute(instruction, frame);
    if (patching) patch(instruction);
    return true;
  }
  return emulate_sha256(frame);
}

void on_sigill(int signal, siginfo_t* info, void* context) {
  if (info->si_code <= 0) return pass_on(signal, info, context);
  const int error = errno;
  Frame frame(context);
  std::uint64_t count = 0;
  lock();
  // A jump raises no SIGILL: another thread has put it here since.
  const bool retry = patching && *frame.instruction() == 0xe9;
  while (!retry && emulate(frame)) ++count;
  unlock();
  if (count == 0 && !retry) return pass_on(signal, info, context);
  emulated.fetch_add(count, std::memory_order_relaxed);
  traps.fetch_add(1, std::memory_order_relaxed);
  errno = error;
}

__attribute__((constructor)) void start() noexcept {
  read_layout();
  struct sigaction action = {};
  action.sa_sigaction = on_sigill;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigfillset(&action.sa_mask);  // a handler that needs the trap itself must wait
  real_sigaction()(SIGILL, &action, &next);
  installed = true;
  const char* patch_wish = std::getenv("INSTRUCTION_TRAP_PATCH");
  patching = (patch_wish == nullptr || patch_wish[0] != '0') && prepare_patching();
  pthread_atfork(lock, unlock, unlock);
}

__attribute__((destructor)) void report() noexcept {
  if (std::getenv("INSTRUCTION_TRAP_REPORT") == nullptr || traps == 0) return;
  std::fprintf(stderr, "instruction trap: %llu instructions in %llu signals\n",
               static_cast<unsigned long long>(emulated), static_cast<unsigned long long>(traps));
}

}  // namespace
}  // namespace instruction_trap

extern "C" {

// How many instructions were emulated in this process so far.
std::uint64_t instruction_trap_count() { return instruction_trap::emulated; }

int sigaction(int signal, const struct sigaction* action, struct sigaction* old) noexcept {
  using namespace instruction_trap;
  if (signal != SIGILL || !installed) return real_sigaction()(signal, action, old);
  const struct sigaction before = next;
  if (action != nullptr) next = *action;
  if (old != nullptr) *old = before;
  return 0;
}

sighandler_t signal(int signal, sighandler_t handler) noexcept {
  struct sigaction action = {}, old = {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  return sigaction(signal, &action, &old) == 0 ? old.sa_handler : SIG_ERR;
}

}  // extern "C"
