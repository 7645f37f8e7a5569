"""What all services share: snapshots, references, pagination, equal and merged objects."""
