"""Commits that wait for no disk.

The server writes its log in order: where it crashes, what it has not yet flushed is gone as if it
had never been, and whatever was flushed later has taken all before along. So everything that is
simply done again by who finds it undone needs no flush: leases, wake-ups, plans, decisions of what
is stored, answers not yet settled. What others were told, or what goes out to them, waits for the
disk: edits, deliveries, the mark of a call that is about to be sent, results of calls.
"""

NO_FLUSH = "(SELECT set_config('synchronous_commit', 'off', true)) = 'off'"
"""A condition that always holds, for a statement that is a transaction of its own."""
