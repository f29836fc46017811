"""Shops that share stock over a bad network, in virtual time; the hub decides by the real rules.

Shops keep what they really were told and did: the oracle. `Rules` switches a rule off, so that a
test can show that it is needed.
"""

import heapq
import itertools
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from catalogue.domain.stock import (
    KEY_LIFE,
    Level,
    Push,
    Seen,
    Standing,
    decide_expired,
    decide_hook,
    decide_read,
    join,
    next_step,
    pushed,
)
from catalogue.enums import JoinChoice, StockVerdict

START = datetime(2026, 11, 27, 9, 0, 0, tzinfo=UTC)
TIME_OUT = 3.0


@dataclass(frozen=True)
class Net:
    """How bad the world is, and how much happens in it."""

    shops: int = 3
    variants: int = 2
    span: float = 20.0
    sales: int = 12
    restocks: int = 3
    hub_acts: int = 2
    copies: int = 0
    joins: int = 0
    pauses: int = 0
    delay: float = 0.4
    late: float = 0.0
    double: float = 0.0
    drop: float = 0.0
    lost: float = 0.0
    opening: int = 40
    buffers: tuple[int, ...] = (0,)
    owner: int | None = None


@dataclass(frozen=True)
class Rules:
    park: bool = True
    know_own_pushes: bool = True
    same_key: bool = True


ALL = Rules()


@dataclass
class ShopLevel:
    value: int
    second: datetime = START
    others: int = 0
    ours: int = 0


@dataclass
class Shop:
    """One store as Shopify keeps it: levels, and outcomes by idempotency key."""

    levels: dict[int, ShopLevel]
    keys: dict[str, tuple] = field(default_factory=dict)
    paused: bool = False
    waiting: list = field(default_factory=list)


@dataclass
class Pool:
    quantity: int = 0
    ledger: list[int] = field(default_factory=list)

    def move(self, delta):
        self.ledger.append(delta)
        self.quantity += delta


@dataclass
class Member:
    shop: int
    variant: int
    level: Level
    pool: Pool
    buffer: int = 0
    role: str = "partner"
    joining: tuple[Pool, JoinChoice] | None = None
    busy: bool = False
    dirty: bool = False
    unknown: "Call | None" = None
    needs_read: bool = False
    stale: int = 0
    parked: list[Seen] = field(default_factory=list)
    counted: int = 0
    uncounted: int = 0
    unpushed: list[int] = field(default_factory=list)

    @property
    def standing(self):
        return Standing(self.pool.quantity, self.buffer, self.role, tuple(self.unpushed))


@dataclass
class Call:
    """A stored call: what is sent again is this, and nothing else."""

    key: str
    shop: int
    pushes: list[tuple[Member, Push]]
    sent: float
    join: tuple[Pool, JoinChoice] | None = None
    again: bool = False


class World:
    def __init__(self, seed, net, rules=ALL):
        self.random, self.net, self.rules = random.Random(seed), net, rules
        self.now, self.heap, self.order = 0.0, [], itertools.count()
        self.shops = [
            Shop({v: ShopLevel(net.opening) for v in range(net.variants)}) for _ in range(net.shops)
        ]
        self.pools = [Pool() for _ in range(net.variants)]
        for pool in self.pools:
            pool.move(net.opening)
        self.members = {}
        self.questions, self.pushes, self.stales, self.reads = [], 0, 0, 0
        joiners = net.shops - net.joins
        for shop, variant in itertools.product(range(net.shops), range(net.variants)):
            pool = self.pools[variant]
            if shop >= joiners:
                pool = Pool()
                pool.move(net.opening)
            role = "partner"
            if net.owner is not None:
                role = "owner" if shop == net.owner else "mirror"
            buffer = net.buffers[shop % len(net.buffers)] if shop < joiners else 0
            member = Member(shop, variant, Level(net.opening, START), pool, buffer, role)
            self.members[shop, variant] = member

    def run(self):
        self._script()
        while self.heap:
            self._step()
        for _ in range(2):  # the reconciliation: what was never told is read
            for shop in range(self.net.shops):
                self.shops[shop].paused = False
                self._flush(shop)
            for member in self.members.values():
                member.needs_read = member.dirty = True
            self._pump_all()
            while self.heap:
                self._step()
        return self

    def _step(self):
        self.now, _, act, given = heapq.heappop(self.heap)
        act(*given)
        self._check_books()

    def at(self, delay, act, *given):
        heapq.heappush(self.heap, (self.now + delay, next(self.order), act, given))

    def instant(self, at=None):
        return START + timedelta(seconds=self.now if at is None else at)

    def second(self):
        return self.instant().replace(microsecond=0)

    def _check_books(self):
        """Quantity is the ledger's sum, and every push that we know of left the pool alone."""
        for pool in self.pools:
            assert pool.quantity == sum(pool.ledger)

    # --- what people do

    def _script(self):
        net, dice = self.net, self.random
        for _ in range(net.sales):
            self.at(dice.uniform(1, net.span), self._others, *self._any(), -dice.randint(1, 3))
        for number in range(net.restocks):
            self.at(dice.uniform(1, net.span), self._others, *self._any(), 1000 * 2**number)
        for _ in range(net.copies):
            self.at(dice.uniform(1, net.span), self._copy)
        for _ in range(net.hub_acts):
            self.at(dice.uniform(1, net.span), self._hub_act)
        for number in range(net.joins):
            shop = net.shops - 1 - number
            for variant in range(net.variants):
                self.at(dice.uniform(2, net.span / 2), self._begin_join, shop, variant)
        for _ in range(net.pauses):
            shop = dice.randrange(net.shops)
            begins, lasts = dice.uniform(1, net.span), dice.uniform(1, 10)
            self.at(begins, self._pause, shop)
            self.at(begins + lasts, self._resume, shop)

    def _any(self):
        return self.random.randrange(self.net.shops), self.random.randrange(self.net.variants)

    def _others(self, shop, variant, delta):
        self.shops[shop].levels[variant].others += delta
        self._change(shop, variant, delta)

    def _copy(self):
        """A person sees that the hub is about to write a store, and types the number first."""
        due = [
            m
            for m in self.members.values()
            if m.level.shows == self.shops[m.shop].levels[m.variant].value < m.standing.target(0)
            and not m.joining
        ]
        if due:
            member = self.random.choice(due)
            rise = member.standing.target(member.level.shows) - member.level.shows
            self._others(member.shop, member.variant, rise)

    def _hub_act(self):
        pool = self.random.choice(self.pools)
        match self.random.choice(["set", "adjust", "recount"]):
            case "set":
                pool.move(self.random.randint(0, 60) - pool.quantity)
            case "adjust":
                pool.move(self.random.randint(-5, 5))
            case "recount":
                counted = pool.quantity + self.random.randint(-4, 4)
                self.at(2.0, self._recount, pool, pool.quantity, counted)
        self._spread(pool)

    def _recount(self, pool, saw, counted):
        pool.move(counted - saw)
        self._spread(pool)

    def _begin_join(self, shop, variant):
        member = self.members[shop, variant]
        member.joining = (self.pools[variant], self.random.choice(list(JoinChoice)))
        member.needs_read = member.dirty = True
        self._pump(shop)

    def _pause(self, shop):
        self.shops[shop].paused = True

    def _resume(self, shop):
        self.shops[shop].paused = False
        self._flush(shop)
        self._pump(shop)

    def _flush(self, shop):
        waiting, self.shops[shop].waiting = self.shops[shop].waiting, []
        for variant, seen in waiting:
            self._deliver(shop, variant, seen)

    # --- the shop

    def _change(self, shop, variant, delta):
        level = self.shops[shop].levels[variant]
        level.value += delta
        level.second = self.second()
        seen, dice = Seen(level.value, level.second), self.random
        if dice.random() < self.net.drop:
            return
        for _ in range(1 + (dice.random() < self.net.double)):
            delay = dice.uniform(0, self.net.delay)
            if dice.random() < self.net.late:
                delay += dice.uniform(0, 30)
            self.at(delay, self._deliver, shop, variant, seen)

    def _adjust(self, call):
        """All or nothing, and once per key."""
        shop = self.shops[call.shop]
        if call.key in shop.keys:
            return (*shop.keys[call.key], True)
        stale = [
            m
            for m, p in call.pushes
            if p.expect is not None and shop.levels[m.variant].value != p.expect
        ]
        if not stale:
            for member, push in call.pushes:
                if push.delta:
                    shop.levels[member.variant].ours += push.delta
                    self._change(call.shop, member.variant, push.delta)
        shop.keys[call.key] = (stale, self.second())
        return (stale, self.second(), False)

    # --- the hub: deciding

    def _deliver(self, shop, variant, seen):
        member = self.members[shop, variant]
        if self.shops[shop].paused:
            self.shops[shop].waiting.append((variant, seen))
        elif self.rules.park and (member.busy or member.unknown):
            member.parked.append(seen)
        else:
            self._take(member, decide_hook(member.level, seen, member.standing))
            self._pump(shop)

    def _take(self, member, found):
        moved = found.level.shows - member.level.shows
        member.level = found.level
        member.needs_read |= found.verdict is StockVerdict.NEEDS_READ
        member.dirty |= member.needs_read or bool(moved)
        member.counted += found.counted
        member.uncounted += moved - found.counted
        if found.question:
            self.questions.append(found.question)
        if found.counted:
            member.pool.move(found.counted)
            if found.counted > 0:
                for other in self._others_of(member):
                    other.unpushed.append(found.counted)
            self._spread(member.pool)

    def _others_of(self, member):
        return [m for m in self.members.values() if m.pool is member.pool and m is not member]

    def _spread(self, pool):
        for member in self.members.values():
            if member.pool is pool:
                member.dirty = True
        self._pump_all()

    # --- the hub: calling

    def _pump_all(self):
        for shop in range(self.net.shops):
            self._pump(shop)

    def _pump(self, shop):
        """Send what is due: unknown calls again, else one read and one merged push."""
        reads, pushes = [], []
        for member in self._due(shop):
            step = self._step_of(member)
            if step == "resend":
                self._send(member.unknown)
            elif step == "read":
                reads.append(member)
            elif isinstance(step, Push):
                if not member.joining:
                    self._check_push(member, step)
                pushes.append((member, step))
            else:
                member.dirty = False
                member.unpushed.clear()
        for member, push in [p for p in pushes if p[0].joining]:
            self._send(Call(self._key(), shop, [(member, push)], self.now, member.joining))
        merged = [p for p in pushes if not p[0].joining]
        if merged:
            self._send(Call(self._key(), shop, merged, self.now))
        if reads:
            self._read(reads)

    def _due(self, shop):
        """Members to look at; sending one's call makes others of it busy on the way."""
        for member in self.members.values():
            idle = member.dirty and not member.busy
            if member.shop == shop and idle and not self.shops[shop].paused:
                yield member

    def _step_of(self, member):
        age = member.unknown and timedelta(seconds=self.now - member.unknown.sent)
        if member.joining and age is None and not member.needs_read:
            return self._join_step(member)
        return next_step(
            member.level,
            member.standing,
            unknown=age,
            needs_read=member.needs_read,
            stale=member.stale,
        )

    def _join_step(self, member):
        pool, choice = member.joining
        wanted = self._joined(member, pool, choice)
        if wanted.level == member.level.shows:
            self._finish_join(member, pool, wanted)
            return "nothing"
        return Push(wanted.level - member.level.shows, member.level.shows)

    def _joined(self, member, pool, choice):
        standing = Standing(pool.quantity, member.buffer)
        return join(choice, standing, theirs=member.pool.quantity, shows=member.level.shows)

    def _finish_join(self, member, pool, wanted):
        pool.move(wanted.quantity - pool.quantity)
        member.pool.move(-member.pool.quantity)
        member.pool, member.joining = pool, None
        self._spread(pool)

    def _key(self):
        return f"k{next(self.order)}"

    def _send(self, call):
        net, dice = self.net, self.random
        self.pushes += 1
        for member, _ in call.pushes:
            member.busy = True
        lands, told = dice.choice([0.02, 0.06, 1.5]), dice.choice([0.02, 0.06, 1.5])
        if not self.rules.same_key and call.again:
            call.key = self._key()
        if dice.random() < net.lost:
            if dice.random() < 0.5:
                landing = Call(call.key, call.shop, call.pushes, call.sent)
                self.at(dice.choice([0.05, TIME_OUT + 2.0]), self._adjust, landing)
            self.at(TIME_OUT, self._lose, call)
            return
        self.at(lands, self._land, call, told)

    def _check_push(self, member, push):
        """Never below 0, and nothing at or below 0 is raised while there is nothing to sell."""
        if push.delta < 0:
            assert member.level.shows + push.delta >= 0, (member.level, push)
        else:
            assert member.pool.quantity - member.buffer > 0, (member.level, push)

    def _land(self, call, told):
        self.at(told, self._settle, call, self._adjust(call))

    def _lose(self, call):
        call.again = True
        for member, _ in call.pushes:
            member.unknown, member.busy, member.dirty = call, False, True
        self._pump(call.shop)

    def _settle(self, call, outcome):
        stale, second, replayed = outcome
        for member, push in call.pushes:
            member.busy, member.unknown, member.dirty = False, None, True
            if stale:
                if member in stale:
                    self.stales += 1
                    member.stale += 1
                    member.needs_read = True
                continue
            if self.rules.know_own_pushes:
                member.level = pushed(member.level, push.delta, second)
            member.needs_read |= replayed or push.expect is None
            member.stale = 0
            member.unpushed.clear()
            if call.join and member.joining:
                pool, choice = call.join
                before = Level(member.level.shows - push.delta)
                standing = Standing(pool.quantity, member.buffer)
                theirs = member.pool.quantity
                wanted = join(choice, standing, theirs=theirs, shows=before.shows)
                self._finish_join(member, pool, wanted)
        for member, _ in call.pushes:
            self._unpark(member)
        self._pump(call.shop)

    def _read(self, members):
        self.reads += 1
        for member in members:
            member.busy = True
        dice = self.random
        if dice.random() < self.net.lost:
            self.at(TIME_OUT, self._read_lost, members)
            return
        self.at(dice.choice([0.02, 0.06, 1.5]), self._look, members)

    def _read_lost(self, members):
        for member in members:
            member.busy = False
        self._pump(members[0].shop)

    def _look(self, members):
        levels = self.shops[members[0].shop].levels
        seen = [(m, Seen(levels[m.variant].value, levels[m.variant].second)) for m in members]
        self.at(self.random.choice([0.02, 0.06, 1.5]), self._settle_read, seen)

    def _settle_read(self, seen):
        for member, one in seen:
            member.busy, member.dirty = False, True
            expired = member.unknown
            if expired and self.now - expired.sent >= KEY_LIFE.total_seconds():
                delta = next(p.delta for m, p in expired.pushes if m is member)
                found = decide_expired(member.level, one, member.standing, delta)
                member.unknown = None
            else:
                found = decide_read(member.level, one, member.standing)
            member.needs_read = found.verdict is StockVerdict.STALE
            self._take(member, found)
        for member, _ in seen:
            self._unpark(member)
        self._pump(seen[0][0].shop)

    def _unpark(self, member):
        parked, member.parked = member.parked, []
        for seen in parked:
            self._deliver(member.shop, member.variant, seen)
