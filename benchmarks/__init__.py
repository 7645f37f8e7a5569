"""Benchmarks of Attest, compared with a loop over the bare database driver and with Datasette.

`python -m benchmarks --help` lists what can be measured; `make bench` and `make bench-full` are the usual runs.
The content of the generated databases is invented.
"""
