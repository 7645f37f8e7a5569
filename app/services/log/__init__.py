"""The tamper-evident log, written in the transaction of every change."""
