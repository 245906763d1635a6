"""The flow: model queries as audited transactions, proved in batches and verified on the ledger."""
