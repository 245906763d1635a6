"""The ledger: signed, hash-chained blocks of transactions that deterministic contracts execute."""
