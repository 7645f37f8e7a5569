"""The tamper-evident log, written with every change."""
