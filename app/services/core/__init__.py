"""What all services share: snapshots, references, pagination, visibility, counters."""
