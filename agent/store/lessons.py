"""What past runs on this machine teach: which way helped when the first one did not."""

from collections.abc import Callable
from functools import partial

from agent.config import Settings
from agent.errors import MachineError
from agent.policy import default_policy
from agent.search import Policy
from agent.store.store import Store
from agent.verify.verify import Judge

TALLY = """
WITH latest AS (
    SELECT run, status, json_extract(result, '$.answer') AS answer,
        json_extract(result, '$.answer') IS json_extract(result, '$.code') AS writes_code, MAX(started) AS moment FROM runs
    WHERE model = ? AND status IN ('verified', 'agreed', 'unverified', 'failed')
    GROUP BY coalesce(continues, run) ORDER BY moment DESC LIMIT ?),
told AS (
    SELECT run, json_extract(json, '$.type') AS type, json, status, answer, writes_code FROM latest JOIN events USING (run)
    WHERE substr(json, -9) IN ('"opened"}', '"judged"}', 'started"}')),
comparable AS (
    SELECT run, json_array_length(json, '$.checks') > 0 AS checked FROM told
    WHERE type = 'started' AND (checked OR NOT writes_code)),
opened AS (
    SELECT run, json_extract(json, '$.node') AS node, json_extract(json, '$.strategy') AS strategy FROM told
    WHERE type = 'opened' AND json_extract(json, '$.parent') = 0),
judged AS (
    SELECT run, json_extract(json, '$.node') AS node, json_extract(json, '$.ruling') = 'passed' OR
        (status = 'agreed' AND json_extract(json, '$.answer') = answer) AS accepted FROM told
    WHERE type = 'judged'),
helpless AS (SELECT run FROM judged WHERE node = 1 AND NOT accepted)
SELECT checked, strategy, SUM(accepted), COUNT(*)
FROM helpless JOIN comparable USING (run) JOIN opened USING (run) JOIN judged USING (run, node)
WHERE node > 1 GROUP BY checked, strategy"""
"""Only attempts from the problem itself count, of runs whose first one did not help; a guess that nothing vouches for is no
success. Of runs that go on with one another the last counts alone: it holds the attempts of all. Programs that nothing checked
are left out: those that agree with the accepted one are other texts.

An event's type is the last that its JSON says: the rest need not be parsed, which would take seconds where runs are long.
"""
RUNS = 200


def policy_of(settings: Settings, model: str) -> Callable[[Judge], Policy]:
    """Ours, moved by what past runs on this machine teach; with a given seed the same tree again, whatever they do."""
    return default_policy if settings.seed is not None else partial(default_policy, tally=taught(model))


def taught(model: str) -> dict[tuple[bool, str], tuple[int, int]]:
    """The tally of the default store; nothing where it cannot be read: it is a help and no need."""
    try:
        with Store.open() as store:
            return tally(store, model)
    except MachineError:
        return {}


def tally(store: Store, model: str) -> dict[tuple[bool, str], tuple[int, int]]:
    """Over a model's latest runs, with checks and without, for each strategy: attempts that came to what was accepted, and all
    that were judged.
    """
    return {(bool(checked), strategy): (wins, tries) for checked, strategy, wins, tries in store.query(TALLY, model, RUNS)}
