"""What past runs on this machine teach: which way helped when the first one did not."""

from agent.store.database import DatabaseError
from agent.store.store import Store

TALLY = """
WITH latest AS (
    SELECT run, status, json_extract(result, '$.answer') AS answer FROM runs
    WHERE model = ? AND status IN ('verified', 'agreed', 'unverified', 'failed') ORDER BY started DESC LIMIT ?),
told AS (
    SELECT run, json_extract(json, '$.type') AS type, json, status, answer FROM latest JOIN events USING (run)
    WHERE substr(json, -9) IN ('"opened"}', '"judged"}')),
opened AS (
    SELECT run, json_extract(json, '$.node') AS node, json_extract(json, '$.strategy') AS strategy FROM told
    WHERE type = 'opened' AND json_extract(json, '$.parent') = 0 AND json_extract(json, '$.node') > 1),
judged AS (
    SELECT run, json_extract(json, '$.node') AS node, json_extract(json, '$.ruling') AS ruling,
        status = 'agreed' AND json_extract(json, '$.answer') = answer AS accepted FROM told WHERE type = 'judged')
SELECT strategy, SUM(ruling = 'passed' OR (ruling = 'unchecked' AND accepted)), COUNT(*)
FROM opened JOIN judged USING (run, node) GROUP BY strategy"""
"""Only attempts from the problem itself count, and not the first of a run; a guess that nothing vouches for is no success.

An event's type is the last that its JSON says: the rest need not be parsed, which would take seconds where runs are long.
"""
RUNS = 200


def taught(model: str) -> dict[str, tuple[int, int]]:
    """The tally of the default store; nothing where it cannot be read: it is a help and no need."""
    try:
        with Store.open() as store:
            return tally(store, model)
    except DatabaseError:
        return {}


def tally(store: Store, model: str) -> dict[str, tuple[int, int]]:
    """For each strategy, over a model's latest runs: attempts that came to what was accepted, and all that were judged."""
    return {strategy: (wins or 0, tries) for strategy, wins, tries in store.query(TALLY, model, RUNS)}
