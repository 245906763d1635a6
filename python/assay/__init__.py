"""assay: machine learning among parties who do not trust each other.

The kernels are in C++ (`assay._native`); `assay.crypto` is their typed, array-first face, `assay.circuits` the circuit
language, and each flow (`assay.rollup`, ...) a package of its own. Importing `assay` loads numpy and the kernels,
nothing heavier.
"""

from assay._native import cpu_info, num_threads, set_num_threads

__version__ = "0.1.0"
__all__ = ["__version__", "cpu_info", "num_threads", "set_num_threads"]
