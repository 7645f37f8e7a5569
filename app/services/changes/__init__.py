"""What follows from a change of a claim: its status, counters and search index, who may see and who may edit it."""
