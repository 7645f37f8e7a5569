"""The floor loop, in a process of its own: `python -m benchmarks.floor <database> <pool> <seed>`.

It reads commands, one JSON object per line, and answers each with one line.
"""

import json
import sys
import time
from itertools import cycle
from pathlib import Path

from benchmarks import pool
from benchmarks.cases import BY_NAME
from benchmarks.drivers import open_driver


def main() -> None:
    """For each command, run the floor of a case for some seconds and print how often it ran."""
    address, pool_path, seed = sys.argv[1:]
    driver = open_driver(address)
    request_pool = pool.read(Path(pool_path))
    values_by_case = {case.name: case.draw_requests(request_pool, int(seed)) for case in BY_NAME.values()}
    for line in sys.stdin:
        command = json.loads(line)
        case = BY_NAME[command["case"]]
        count, duration, start = 0, 0.0, time.perf_counter()
        for values in cycle(values_by_case[case.name]):
            case.run_floor(driver, values)
            count += 1
            duration = time.perf_counter() - start
            if duration >= command["seconds"]:
                break
        sys.stdout.write(json.dumps({"requests": count, "seconds": duration}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
