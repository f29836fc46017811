"""Replays of many: stored first, then carried out step by step, whoever dies meanwhile."""

from dataclasses import asdict

from django.db import transaction
from django.utils import timezone

from syncqueue.domain.choice import ReplayChoice
from syncqueue.enums import OPEN_STATES, ReplayState
from syncqueue.models import Job, Replay
from syncqueue.selectors.replays import chosen_jobs
from syncqueue.services.replay import replay

# So many are taken back at once, and so many of one replay are open at any time: the live traffic
# of the store goes before them, and whoever cancels it stops all but these.
STEP = 200
MOST_OPEN = 400
REPLAY_SECONDS = 1.0


def start_replay(choice: ReplayChoice, *, by: str) -> Replay:
    """Store a replay of what is chosen now; the workers carry it out."""
    chosen = chosen_jobs(choice)
    newest = chosen.order_by("-id").values_list("id", flat=True).first()
    values = {**asdict(choice), "job_ids": list(choice.job_ids)}
    row = Replay.objects.create(**values, by=by, matched=chosen.count(), upto=newest or 0)
    step(row.pk)
    row.refresh_from_db()
    return row


def cancel_replay(replay_id: int, *, by: str) -> bool:
    """Stop a replay: what it has queued again goes on, the rest stays a dead letter."""
    with transaction.atomic():
        row = Replay.objects.select_for_update().get(pk=replay_id)
        if row.state != ReplayState.RUNNING:
            return False
        _finish(row, ReplayState.CANCELLED, f"Cancelled by {by}.")
    return True


def any_replay() -> bool:
    return Replay.objects.filter(state=ReplayState.RUNNING).exists()


def run_replays() -> int:
    """Take every running replay one step further; says how many jobs were queued again."""
    running = Replay.objects.filter(state=ReplayState.RUNNING).order_by("id")
    return sum(step(replay_id) for replay_id in running.values_list("pk", flat=True))


@transaction.atomic
def step(replay_id: int) -> int:
    """Queue the next jobs of a replay again, oldest first; what is done is stored with them."""
    rows = Replay.objects.select_for_update(skip_locked=True)
    row = rows.filter(pk=replay_id, state=ReplayState.RUNNING).first()
    if row is None:
        return 0
    room = MOST_OPEN - Job.objects.filter(replay=row, state__in=OPEN_STATES).count()
    if room <= 0:
        return 0
    left = chosen_jobs(choice_of(row)).filter(pk__gt=row.cursor, pk__lte=row.upto)
    ids = list(left.values_list("pk", flat=True)[: min(STEP, room)])
    if not ids:
        _finish(row, ReplayState.DONE, "")
        return 0
    moved = replay(ids, by=row.by, replay_id=row.pk)
    row.cursor, row.replayed = ids[-1], row.replayed + moved
    row.save(update_fields=["cursor", "replayed"])
    return moved


def choice_of(row: Replay) -> ReplayChoice:
    return ReplayChoice(row.channel_id, tuple(row.job_ids), row.error_code, row.handler, row.since)


def _finish(row: Replay, state: ReplayState, reason: str) -> None:
    row.state, row.reason, row.finished_at = state, reason, timezone.now()
    row.save(update_fields=["state", "reason", "finished_at"])
