#include "circuit/runner_kernel.h"

namespace assay {
const RunnerKernel kRunnerPortable = {runner::run, runner::check, runner::linear, runner::encode, runner::decode};
}  // namespace assay
