// Asked now and then by long work whether to end early; plain data, so that kernels of any level can hold it.
#pragma once

namespace assay {

struct Stop {
  bool (*function)(void* context) noexcept = nullptr;
  void* context = nullptr;
  __attribute__((always_inline)) bool operator()() const noexcept { return function != nullptr && function(context); }
};

}  // namespace assay
