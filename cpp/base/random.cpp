#include "base/random.h"

#include <sys/random.h>

#include <cerrno>
#include <cstdint>

namespace assay {

Status random_bytes(void* out, std::size_t bytes) noexcept {
  auto* p = static_cast<std::uint8_t*>(out);
  while (bytes > 0) {
    const ssize_t got = getrandom(p, bytes, 0);
    if (got < 0) {
      if (errno == EINTR) continue;
      return Status::io_error;
    }
    p += got;
    bytes -= static_cast<std::size_t>(got);
  }
  return Status::ok;
}

}  // namespace assay
