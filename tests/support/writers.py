"""Writers that compete for one claim, each in its own process; `multiprocessing` must import their code by name."""

from multiprocessing import get_context

from app.db.engine import Database
from app.errors import VersionMismatchError
from app.schemas.claim import ClaimCorrection
from app.services.changes import actors
from app.services.claims import claims
from app.services.claims.claim_reads import read_one
from app.services.core.snapshot import NOW
from app.vocabulary import Role


def run_processes(url: str, claim_id: str, *, writers: int, times: int) -> list[int | None]:
    """Run `writers` processes that each increment the claim's figure `times` times, and return their exit codes."""
    # One server process imports the application and forks the writers: importing it 16 times takes longer than writing.
    context = get_context("forkserver")
    context.set_forkserver_preload([__name__])
    processes = [context.Process(target=increment, args=(url, claim_id, times)) for _ in range(writers)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    exit_codes = [process.exitcode for process in processes]
    for process in processes:
        process.kill()
        process.join()
        process.close()
    return exit_codes


def increment(url: str, claim_id: str, times: int) -> None:
    """Increment the claim's figure `times` times by correcting it; retry whenever another writer was faster."""
    database = Database(url, pool_size=1)
    increments = 0
    while increments < times:
        with database.reading() as connection:
            claim = read_one(connection, NOW, claim_id, actors.Actor("", "", Role.ADMIN))
        figure = claim.body["quantities"][0]
        figure["best"] += 1
        correction = ClaimCorrection.model_validate({"reason": "One more.", "quantities": [figure]})
        try:
            with database.writing() as connection:
                actor = actors.system_actor(connection, "Test")
                claims.correct(connection, actor, claim_id, correction, claim.tag)
        except VersionMismatchError:
            continue
        increments += 1
    database.close()
