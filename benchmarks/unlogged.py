"""The command `attest` without the tamper-evident log, to measure the cost of the log.

    python -m benchmarks.unlogged import claims.jsonl

For benchmarks only. `attest db upgrade` adds the changes recorded meanwhile to the log.
"""

from app.cli.main import main
from app.db.revisions import ChangeWriter
from app.services.log import recorder


def _attach_nothing(change: ChangeWriter) -> None:
    """Replace `recorder.attach_log`."""


if __name__ == "__main__":
    recorder.attach_log = _attach_nothing
    main()
