"""Benchmarks behind `assay bench`: a file for each name, one harness, peers measured in the same run."""
