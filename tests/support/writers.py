"""Writers that contend for one claim, each in a process of its own; their code must be importable by name."""

from multiprocessing import get_context

from app.db.engine import Database
from app.errors import VersionMismatchError
from app.schemas.claim import ClaimCorrection
from app.services.claims import claims
from app.services.claims.claim_reads import read_one
from app.services.core import actors
from app.services.core.snapshot import NOW
from app.vocabulary import Role


def run_processes(url: str, claim_id: str, *, writers: int, times: int) -> list[int | None]:
    """Let so many processes each add one to the claim's figure so many times; their exit codes."""
    # One server process imports the application and forks the writers: importing it 16 times takes longer than writing.
    context = get_context("forkserver")
    context.set_forkserver_preload([__name__])
    processes = [context.Process(target=add_one, args=(url, claim_id, times)) for _ in range(writers)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    codes = [process.exitcode for process in processes]
    for process in processes:
        process.kill()
        process.join()
        process.close()
    return codes


def add_one(url: str, claim_id: str, times: int) -> None:
    """Read the figure and correct it to one more, so many times; start again wherever another writer was faster."""
    database = Database(url, pool_size=1)
    done = 0
    while done < times:
        with database.reading() as connection:
            shown = read_one(connection, NOW, claim_id, actors.Actor("", "", Role.ADMIN))
        figure = shown.body["quantities"][0]
        figure["best"] += 1
        correction = ClaimCorrection.model_validate({"reason": "One more.", "quantities": [figure]})
        try:
            with database.writing() as connection:
                actor = actors.system(connection, "Test")
                claims.correct(connection, actor, claim_id, correction, shown.tag)
        except VersionMismatchError:
            continue
        done += 1
    database.close()
