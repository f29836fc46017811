"""The model: every transition is one statement or transaction of the engine, or one deed of fate.

Two workers, two lanes, three deliveries; a worker is a pump under a token of its own. Processes
die (`crash`) and stall (any pause between two steps; `expire` ends a lease meanwhile), answers are
lost, deliveries come twice, a person holds and releases the channel. `applied` is what Shopify did.

A guard in `Rules` switches one protection off; the tests show what goes wrong then.
"""

from collections.abc import Iterator

from tests.model.state import (
    DEAD_PUMP,
    LANE_OF,
    LANES,
    MOST_CRASHES,
    Call,
    Deed,
    Pump,
    Rules,
    State,
    put,
)

Step = tuple[Deed, State]


def steps(state: State, rules: Rules) -> Iterator[Step]:
    """Every next state, with what happened on the way there."""
    for number in range(len(LANE_OF)):
        yield from deliver(state, rules, number)
    for lane in LANES:
        yield from expire(state, lane)
    yield from hold_or_release(state, rules)
    for worker, pump in enumerate(state.pumps):
        if pump is None:
            for lane in LANES:
                yield from claim(state, rules, worker, lane)
            continue
        yield from crash(state, rules, worker, pump)
        yield from renew(state, worker, pump)
        yield from OF_A_PUMP[pump.step](state, rules, worker, pump)


def deliver(state: State, rules: Rules, number: int) -> Iterator[Step]:
    """INSERT … ON CONFLICT (store, webhook id) DO NOTHING, with its job."""
    if state.jobs[number].state == "absent":
        yield Deed("deliver", number), state.job(number, state="open")
    elif state.fate < rules.fate:
        again = state._replace(doubled=state.doubled + 1)
        if not rules.dedupe and state.jobs[number].state == "done":
            again = again.job(number, state="open")  # a second job for the same cause
        yield Deed("deliver again", number), again


def claim(state: State, rules: Rules, worker: int, number: int) -> Iterator[Step]:
    """CLAIM: FOR UPDATE SKIP LOCKED, a due lane that nobody holds, its oldest open job."""
    lane = state.lanes[number]
    waiting = state.open_jobs(number)
    free = lane.token is None or (lane.lapsed and lane.token != worker)
    if not waiting or state.held or (rules.one_holder and not free):
        return
    for job in waiting[:1] if rules.head else waiting:
        step = "claimed" if lane.token is None else "stale"
        after = state.lane(number, token=worker, lapsed=False)
        pump = Pump(number, job, step, epoch=state.epoch)
        yield Deed("claim", job, worker), after.pump(worker, pump)


def rescue(state: State, rules: Rules, worker: int, pump: Pump) -> Iterator[Step]:
    """`bury`, `take_over` and `begin_alone`, each under the lane's lock and token."""
    crashes, call = state.jobs[pump.job].crashes + 1, state.lanes[pump.lane].call
    if lost := _lost(state, rules, worker, pump, blame=False):
        yield Deed("find it lost", pump.job, worker), lost
    elif call is not None and call.state == "planned":
        taken = state.lane(pump.lane, call=call._replace(token=worker))
        yield (
            Deed("take over", pump.job, worker),
            taken.pump(worker, pump._replace(step="answered", heard="not sent")),
        )
    elif crashes >= MOST_CRASHES:
        buried = state.job(pump.job, state="dead").freed(pump.lane).pump(worker, None)
        yield Deed("bury", pump.job, worker), _unjust(buried, state, worker, pump.job)
    elif call is None:
        alone = state.job(pump.job, crashes=crashes)
        yield (
            Deed("begin alone", pump.job, worker),
            alone.pump(worker, pump._replace(step="claimed")),
        )
    else:
        taken = state.job(pump.job, crashes=crashes)
        taken = taken.lane(pump.lane, call=call._replace(token=worker))
        heard = call.answer if call.state == "answered" else "unknown"
        yield (
            Deed("take over", pump.job, worker),
            taken.pump(worker, pump._replace(step="answered", heard=heard)),
        )


def plan(state: State, rules: Rules, worker: int, pump: Pump) -> Iterator[Step]:
    """One transaction: what is unknown is read, then STORE; RENEW is the fence at its end."""
    if lost := _lost(state, rules, worker, pump):
        yield Deed("plan in vain", pump.job, worker), lost
        return
    if state.lanes[pump.lane].unknown and rules.reads_unknown:
        state = state.lane(pump.lane, unknown=False)
        if state.applied[pump.job]:
            done = state.job(pump.job, state="done", crashes=0).freed(pump.lane)
            yield Deed("read that it is applied", pump.job, worker), done.pump(worker, None)
            return
    stored = state.lane(pump.lane, lapsed=False, call=Call(pump.job, worker, "planned"))
    planned = pump._replace(step="planned", late=False)
    yield Deed("plan", pump.job, worker), stored.pump(worker, planned)


def start(state: State, rules: Rules, worker: int, pump: Pump) -> Iterator[Step]:
    """START: a planned call, while the channel is as it was; else it is withdrawn."""
    mine = state.lanes[pump.lane].call == Call(pump.job, worker, "planned")
    unchanged = pump.epoch == state.epoch or not rules.hold_checked_at_start
    if mine and unchanged:
        sent = state.lane(pump.lane, call=Call(pump.job, worker, "sent"))
        if state.held:
            sent = sent._replace(wrong="a call was started while the channel was held")
        yield Deed("start", pump.job, worker), sent.pump(worker, pump._replace(step="started"))
    else:
        yield Deed("withdraw", pump.job, worker), _settled(state, rules, worker, pump, "not sent")


def send(state: State, rules: Rules, worker: int, pump: Pump) -> Iterator[Step]:
    """The call itself, in a thread: it may be applied or not, and heard or not."""
    if pump.late and rules.send_in_time:
        yield Deed("send no more", pump.job, worker), _heard(state, worker, pump, "not sent")
        return
    applied = _apply(state, pump.job)
    yield Deed("send", pump.job, worker), _heard(applied, worker, pump, "applied")
    if state.fate < rules.fate:
        lost = {"lost": state.lost + 1}
        answer, request = applied._replace(**lost), state._replace(**lost)
        yield Deed("lose the answer", pump.job, worker), _heard(answer, worker, pump, "unknown")
        yield Deed("lose the request", pump.job, worker), _heard(request, worker, pump, "unknown")


def save(state: State, rules: Rules, worker: int, pump: Pump) -> Iterator[Step]:
    """SAVE_ANSWER: under our token, of a call still `sent`; else it is late and only kept."""
    call = state.lanes[pump.lane].call
    if call == Call(pump.job, worker, "sent"):
        saved = state.lane(pump.lane, call=call._replace(state="answered", answer=pump.heard))
        yield Deed("save", pump.job, worker), saved.pump(worker, pump._replace(step="answered"))
    elif rules.fence:
        yield (
            Deed("be too late", pump.job, worker),
            _absolved(state, rules, pump.job).pump(worker, None),
        )
    else:
        yield (
            Deed("save late", pump.job, worker),
            state.pump(worker, pump._replace(step="answered")),
        )


def settle(state: State, rules: Rules, worker: int, pump: Pump) -> Iterator[Step]:
    """LOCK_LANES, STORE_JOBS, CLOSE_CALLS and FREE_LANES: one transaction under the token."""
    yield Deed("settle", pump.job, worker), _settled(state, rules, worker, pump, pump.heard)


def renew(state: State, worker: int, pump: Pump) -> Iterator[Step]:
    """RENEW, by the pump's main thread, while it is ours; what is not started yet may wait on."""
    lane = state.lanes[pump.lane]
    if lane.token == worker and lane.lapsed:
        renewed = state.lane(pump.lane, lapsed=False)
        if pump.step == "planned":
            renewed = renewed.pump(worker, pump._replace(late=False))
        yield Deed("renew", pump.lane, worker), renewed


def expire(state: State, number: int) -> Iterator[Step]:
    """Time passes: a lease ends, and its holder's own clock says so, too."""
    lane = state.lanes[number]
    if lane.token is None or lane.lapsed:
        return
    after = state.lane(number, lapsed=True)
    for worker, pump in enumerate(state.pumps):
        if pump and pump.lane == number and worker == lane.token:
            after = after.pump(worker, pump._replace(late=True))
    yield Deed("expire", number), after


def crash(state: State, rules: Rules, worker: int, pump: Pump) -> Iterator[Step]:
    """SIGKILL: all that was in memory is gone; its tokens are nobody's any more."""
    if state.fate >= rules.fate:
        return
    after = state.died(pump.job, state.deaths[pump.job] + 1).pump(worker, None)
    after = after._replace(crashes=state.crashes + 1)
    for number, lane in enumerate(state.lanes):
        if lane.token == worker:
            after = after.lane(number, token=DEAD_PUMP, lapsed=True)  # nobody renews it
        if lane.call and lane.call.token == worker:
            after = after.lane(number, call=lane.call._replace(token=DEAD_PUMP))
    yield Deed("die", pump.job, worker), after


def hold_or_release(state: State, rules: Rules) -> Iterator[Step]:
    """A person holds the channel, or lets it go on."""
    if state.held:
        yield Deed("release"), state._replace(held=False)
    elif state.fate < rules.fate:
        yield Deed("hold"), state._replace(held=True, holds=state.holds + 1)


OF_A_PUMP = {
    "stale": rescue,
    "claimed": plan,
    "planned": start,
    "started": send,
    "heard": save,
    "answered": settle,
}


def _lost(
    state: State, rules: Rules, worker: int, pump: Pump, *, blame: bool = True
) -> State | None:
    """LostLease: another pump has the lane; nothing is stored. None while it is ours."""
    if state.lanes[pump.lane].token == worker or not rules.fence:
        return None
    after = _absolved(state, rules, pump.job) if blame else state
    return after.pump(worker, None)


def _settled(state: State, rules: Rules, worker: int, pump: Pump, heard: str) -> State:
    if lost := _lost(state, rules, worker, pump):
        return lost
    after = state.freed(pump.lane).pump(worker, None)
    if heard == "unknown":
        return after.lane(pump.lane, unknown=True)
    if heard == "not sent":
        return after
    if not state.applied[pump.job]:
        after = after._replace(wrong=f"{pump.job} is done and was never applied")
    return after.job(pump.job, state="done", crashes=0)


def _absolved(state: State, rules: Rules, job: int) -> State:
    crashes = state.jobs[job].crashes - 1
    if not rules.absolve or state.jobs[job].state != "open":
        return state
    # It may come before the crash is counted: then the count finds a credit.
    return state.job(job, crashes=max(-1, crashes))


def _heard(state: State, worker: int, pump: Pump, what: str) -> State:
    return state.pump(worker, pump._replace(step="heard", heard=what))


def _apply(state: State, job: int) -> State:
    """Shopify does it; and we see whether it was done before, or a later one of its lane was."""
    after = state._replace(applied=put(state.applied, job, state.applied[job] + 1))
    later = [n for n in range(job + 1, len(LANE_OF)) if LANE_OF[n] == LANE_OF[job]]
    if state.applied[job]:
        return after._replace(wrong=f"{job} was applied twice")
    if any(state.applied[n] for n in later):
        return after._replace(wrong=f"{job} was applied after a later one of its lane")
    return after


def _unjust(after: State, before: State, worker: int, job: int) -> State:
    """A job is to blame for the workers that died on it, or are silent over it still."""
    others = (pump for number, pump in enumerate(before.pumps) if number != worker)
    silent = sum(pump is not None and pump.job == job for pump in others)
    if before.deaths[job] + silent < MOST_CRASHES:
        return after._replace(wrong=f"{job} was buried without enough deaths")
    return after


def settled_down(state: State) -> bool:
    """Whether nothing is left to do."""
    return all(job.state in {"done", "dead"} for job in state.jobs) and all(
        lane.token is None and lane.call is None for lane in state.lanes
    )
