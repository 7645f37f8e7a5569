"""The floor loop, in a process of its own: `python -m benchmarks.floor <database> <pool> <seed>`.

It reads commands, one JSON object a line, and answers each with one line.
"""

import json
import sys
import time
from itertools import cycle
from pathlib import Path

from benchmarks import pool
from benchmarks.cases import BY_NAME
from benchmarks.drivers import opened


def main() -> None:
    """Run a case's floor for the seconds that are asked for; how often it ran."""
    address, kept, seed = sys.argv[1:]
    driver = opened(address)
    chosen = pool.read(Path(kept))
    asked = {case.name: case.asked(chosen, int(seed)) for case in BY_NAME.values()}
    for line in sys.stdin:
        command = json.loads(line)
        case = BY_NAME[command["case"]]
        done, took, begin = 0, 0.0, time.perf_counter()
        for values in cycle(asked[case.name]):
            case.run_floor(driver, values)
            done += 1
            took = time.perf_counter() - begin
            if took >= command["seconds"]:
                break
        sys.stdout.write(json.dumps({"requests": done, "seconds": took}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
