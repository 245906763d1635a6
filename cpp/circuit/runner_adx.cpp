#include "circuit/runner_kernel.h"

namespace assay {
const RunnerKernel kRunnerAdx = {runner::run, runner::check, runner::linear, runner::encode, runner::decode};
}  // namespace assay
