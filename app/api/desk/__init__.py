"""Routes of the desk: proposals, the queue, people and keys."""
