"""What must not be in the queue, one query each; apps above add their own."""

from dataclasses import dataclass

from django.db import connection

MOST_ROWS = 20
_TOLD = """
SELECT channel_id, count(*), (array_agg(id ORDER BY id))[1:%s] FROM ({}) AS found
GROUP BY channel_id ORDER BY channel_id
"""


@dataclass(frozen=True, slots=True)
class Inspection:
    """`query` selects `channel_id` and the `id` of every row that is wrong; `says` names them."""

    code: str
    says: str
    query: str


@dataclass(frozen=True, slots=True)
class Found:
    """What one inspection found in one channel; `rows` are the first ids of `count`."""

    channel_id: int
    code: str
    says: str
    count: int
    rows: tuple[int, ...]

    @property
    def sentence(self) -> str:
        named = ", ".join(map(str, self.rows))
        more = f" and {self.count - len(self.rows)} more" if self.count > len(self.rows) else ""
        return f"{self.says}: {named}{more}."


INSPECTIONS = [
    Inspection(
        "pending",
        "Lanes count their open jobs wrongly",
        """SELECT lane.channel_id, lane.id FROM syncqueue_lane AS lane LEFT JOIN (
              SELECT lane_id, count(*) AS jobs FROM syncqueue_job
              WHERE state IN ('queued', 'running', 'retrying', 'waiting') GROUP BY 1
            ) AS open ON open.lane_id = lane.id
            WHERE lane.pending <> coalesce(open.jobs, 0)""",
    ),
    Inspection(
        "never_due",
        "Lanes have open jobs and no time at which they are due",
        """SELECT lane.channel_id, lane.id FROM syncqueue_lane AS lane
            WHERE lane.due_at IS NULL AND EXISTS (
              SELECT FROM syncqueue_job WHERE lane_id = lane.id
                AND state IN ('queued', 'running', 'retrying', 'waiting'))""",
    ),
    Inspection(
        "two_running",
        "Lanes have more than one job running",
        """SELECT channel_id, lane_id AS id FROM syncqueue_job WHERE state = 'running'
           GROUP BY 1, 2 HAVING count(*) > 1""",
    ),
    Inspection(
        "abandoned_job",
        "Jobs are running in lanes that nobody works on",
        """SELECT job.channel_id, job.id FROM syncqueue_job AS job
           JOIN syncqueue_lane AS lane ON lane.id = job.lane_id
           WHERE job.state = 'running' AND lane.token IS NULL""",
    ),
    Inspection(
        "open_attempt",
        "Attempts are open although their jobs are finished or nobody works on their lanes",
        """SELECT job.channel_id, attempt.id FROM syncqueue_attempt AS attempt
            JOIN syncqueue_job AS job ON job.id = attempt.job_id
            JOIN syncqueue_lane AS lane ON lane.id = job.lane_id
            WHERE attempt.finished_at IS NULL
              AND (lane.token IS NULL OR job.finished_at IS NOT NULL)""",
    ),
    Inspection(
        "open_call",
        "Calls are open in lanes that nobody works on",
        """SELECT call.channel_id, call.id FROM syncqueue_call AS call
           JOIN syncqueue_lane AS lane ON lane.id = call.lane_id
           WHERE call.state IN ('planned', 'sent', 'answered') AND lane.token IS NULL""",
    ),
    Inspection(
        "stuck_lease",
        "Lanes are held by a pump that has been silent for over a minute",
        """SELECT lane.channel_id, lane.id FROM syncqueue_lane AS lane
            JOIN syncqueue_channel AS channel ON channel.id = lane.channel_id
            WHERE lane.lease_until < statement_timestamp() - interval '1 minute'
              AND NOT channel.paused
              AND (lane.kind = 'in' OR channel.health IN ('healthy', 'degraded'))""",
    ),
    Inspection(
        "stuck_slot",
        "The slot is held by a pump that has been silent for over a minute",
        """SELECT id AS channel_id, id FROM syncqueue_channel
            WHERE slot_until < statement_timestamp() - interval '1 minute'""",
    ),
    Inspection(
        "unseen",
        "Lanes are overdue, and the sweep does not look at their channel",
        """SELECT lane.channel_id, lane.id FROM syncqueue_lane AS lane
            JOIN syncqueue_channel AS channel ON channel.id = lane.channel_id
            WHERE lane.due_at < statement_timestamp() - interval '1 minute'
              AND NOT channel.paused AND channel.slot_until IS NULL
              AND (lane.kind = 'in' OR channel.health IN ('healthy', 'degraded'))
              AND coalesce(channel.next_due_at > statement_timestamp() + interval '1 minute',
                           true)""",
    ),
    Inspection(
        "unattended",
        "No worker has come for over a minute although work is due: is qcluster running? Channel",
        """SELECT id AS channel_id, id FROM syncqueue_channel
            WHERE next_due_at < statement_timestamp() - interval '1 minute'
              AND slot_until IS NULL AND NOT paused""",
    ),
]


def add_inspection(inspection: Inspection) -> None:
    """Let the check of the queue look for this, too; one of the same code is replaced."""
    INSPECTIONS[:] = [one for one in INSPECTIONS if one.code != inspection.code]
    INSPECTIONS.append(inspection)


def inspect() -> list[Found]:
    """Look for everything that must not be."""
    return [found for inspection in INSPECTIONS for found in _look_for(inspection)]


def _look_for(inspection: Inspection) -> list[Found]:
    with connection.cursor() as cursor:
        cursor.execute(_TOLD.format(inspection.query), [MOST_ROWS])
        return [
            Found(channel_id, inspection.code, inspection.says, count, tuple(rows))
            for channel_id, count, rows in cursor.fetchall()
        ]
