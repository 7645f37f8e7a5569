"""How fast Attest is, measured beside a raw-driver loop and beside what people would use instead.

`python -m benchmarks --help` tells what can be measured; `make bench` and `make bench-full` are the usual runs.
Everything that the generated databases say is made up.
"""
