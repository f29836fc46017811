"""The named commit points: functions of the engine and its handlers, wrapped before and after.

A target is patched where it is looked up. One that is renamed breaks the processes under test at
their start, so that no point can vanish unnoticed.
"""

POINTS = {
    # The web server: a delivery comes in.
    "inbox": "stores.services.intake:_store_both",
    "inbox wake": "stores.services.intake:wake",
    # Whoever edits in the hub: the merge, and its fan-out to every live store.
    "edit fan-out": "catalogue.services.edit:spread",
    "mid fan-out": "catalogue.services.spread:enqueue",
    "announce": "syncqueue.services.enqueue:_announce",
    "send wake-up": "syncqueue.services.wake:async_task",
    # The pump takes its channel and decides deliveries.
    "slot": "syncqueue.services.pump:take_slot",
    "claim deliveries": "syncqueue.services.incoming:claim",
    "decide": "catalogue.services.inbound:absorb",
    "decide fan-out": "catalogue.services.store_edits:spread",
    "decide finish": "syncqueue.services.incoming:finish_all",
    "decided": "syncqueue.services.incoming:_decide_batch",
    # It plans, stores and sends calls.
    "claim calls": "syncqueue.services.outgoing:claim",
    "receipt": "syncqueue.services.outgoing:store",
    "plan commit": "syncqueue.services.outgoing:Outgoing._plan",
    "start": "syncqueue.services.air:start",
    "submit": "syncqueue.services.air:pool",
    "send": "catalogue.services.converge:Converge.send",
    "write": "catalogue.services.performing:write_product",
    "withdraw": "syncqueue.services.air:withdrawn",
    "save answer": "syncqueue.services.air:save_answers",
    # It settles what was answered.
    "settle": "syncqueue.services.pump:settle_batch",
    "mid settle": "syncqueue.services.settle:_settle",
    "absorb": "catalogue.services.answers:absorb",
    "trail": "catalogue.services.settling:mark_written",
    "settle finish": "syncqueue.services.settle:finish_all",
    "health": "syncqueue.services.hearing:store_health",
    "points": "syncqueue.services.hearing:store_points",
    "renew": "syncqueue.services.air:renew",
    "slot release": "syncqueue.services.pump:give_slot_back",
    "wake itself": "syncqueue.services.pump:wake",
    "acknowledge": "syncqueue.broker:NotifyBroker.acknowledge",
    # The clock, and what is left of the dead.
    "sweep": "syncqueue.broker:sweep",
    "sweep wake": "syncqueue.services.sweep:wake",
    "left call": "syncqueue.services.leftovers:left_call",
    "take over": "syncqueue.services.leftovers:take_over",
    "suspect call": "syncqueue.services.outgoing:begin_alone",
    "suspect delivery": "syncqueue.services.incoming:begin_alone",
    # A store is read by pages.
    "pull page": "catalogue.services.pull:take_in_nodes",
    "pull cursor": "catalogue.services.pull:_save_progress",
    "pull end": "catalogue.services.pull:_finish",
    "walk chunk": "catalogue.services.walks:_go_on",
}
