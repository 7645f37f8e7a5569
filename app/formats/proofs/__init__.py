"""Hashes, Merkle trees and signed notes: what a log entry is proved with."""
