"""Bulk operations: queries and mutations over all of a shop, run beside all else."""
