"""Numbers over the ledgers of the apps below."""
