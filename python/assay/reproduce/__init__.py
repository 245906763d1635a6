"""Published tables and figures, measured again here: a file for each, named after the paper and its table.

- `reproduction`: what each of them gives; `registry`: which there are; `chart`: the plot
- `paper_003_table_1`: edge blockchain (003), Table I, the rate and latency of transactions
"""

from assay.reproduce.registry import Published, find, published
from assay.reproduce.reproduction import Chart, Options, Reproduction

__all__ = ["Chart", "Options", "Published", "Reproduction", "find", "published"]
