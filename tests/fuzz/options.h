// The command line that all fuzzers share: [--cases N] [--seed S] [--level NAME].
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>

namespace assay::fuzz {

struct Options {
  std::uint64_t cases;
  std::uint64_t seed = std::random_device{}();
  std::string level;  // the only one, or empty
};

// Ends the program with status 2 and a line on what it takes at anything else. levels: for that line, or null if the
// fuzzer takes no --level.
inline Options parse_options(int argc, char** argv, std::uint64_t cases, const char* levels) {
  Options options;
  options.cases = cases;
  for (int i = 1; i < argc; i += 2) {
    const std::string name = argv[i];
    if (i + 1 < argc && name == "--cases") {
      options.cases = std::strtoull(argv[i + 1], nullptr, 10);
    } else if (i + 1 < argc && name == "--seed") {
      options.seed = std::strtoull(argv[i + 1], nullptr, 10);
    } else if (i + 1 < argc && name == "--level" && levels != nullptr) {
      options.level = argv[i + 1];
    } else {
      const std::string level = levels == nullptr ? "" : std::string(" [--level ") + levels + "]";
      std::fprintf(stderr, "usage: %s [--cases N] [--seed S]%s\n", argv[0], level.c_str());
      std::exit(2);
    }
  }
  return options;
}

}  // namespace assay::fuzz
