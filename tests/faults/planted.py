"""Mistakes that others have made with events, each as a change of our own source, and the test that must go red."""

from dataclasses import dataclass
from typing import NamedTuple

MESSAGING = "tests/shared/messaging"
GUARANTEES = f"{MESSAGING}/test_guarantees.py"
CRASHES = f"{MESSAGING}/test_crashes.py::test_a_crash_between_any_two_steps_changes_nothing"
SUBSCRIBER = f"{MESSAGING}/test_subscriber.py"
RELAY = f"{MESSAGING}/test_relay.py"
LEADERS = f"{MESSAGING}/test_leaders.py"
SERVERS = "tests/deploy/test_servers.py::TestPostgres"
# With the mistake planted, this still works: what is caught is the mistake, and not that nothing works any more.
STILL_WORKS = f"{SUBSCRIBER}::test_an_event_has_its_effect"


class Edit(NamedTuple):
    """In this file, this text becomes that one."""

    file: str
    old: str
    new: str


@dataclass(frozen=True)
class Planted:
    """One mistake. At least one of `caught_by` fails when it is made, while `still` passes."""

    name: str
    edits: tuple[Edit, ...]
    caught_by: tuple[str, ...]
    still: str | None = STILL_WORKS


ALL = (
    Planted(
        "acknowledged before the commit",
        (
            Edit(
                "shared/messaging/subscriber.py",
                '        failpoint("subscriber.received")\n',
                '        failpoint("subscriber.received")\n        await pull.acknowledge(deliveries)\n',
            ),
            Edit(
                "shared/messaging/subscriber.py",
                '        await pull.acknowledge(deliveries)\n        failpoint("subscriber.acknowledged")\n',
                '        failpoint("subscriber.acknowledged")\n',
            ),
        ),
        (f"{CRASHES}[subscriber.prepared-1]",),
    ),
    Planted(
        "published inside the transaction",
        (
            Edit(
                "shared/messaging/relay.py",
                "await number_pending(self._database, lease)",
                "await number_pending(self._database, lease, publisher=self._publisher)",
            ),
            Edit(
                "shared/messaging/numbering.py",
                "lease: Lease, *, limit: int = BATCH)",
                "lease: Lease, *, limit: int = BATCH, publisher=None)",
            ),
            Edit(
                "shared/messaging/numbering.py",
                '        failpoint("numbering.written")\n',
                """        if pending and publisher is not None and publisher._bus.is_connected:
            unseen = "SELECT * FROM event_log WHERE position > (SELECT published_through FROM relay_state) ORDER BY 1"
            batch = [publisher._message(row, 0) for row in (await conn.execute(text(unseen))).all()]
            await publisher._bus.publish(batch, generation=publisher._bus.generation)
        failpoint("numbering.written")
""",
            ),
        ),
        (f"{GUARANTEES}::test_nothing_is_published_whose_number_may_yet_be_rolled_back",),
    ),
    Planted(
        "a cursor that reads beyond the last id",
        (
            Edit("shared/messaging/numbering.py", "BATCH = 500\n", "BATCH = 500\n_LAST: dict[str, int] = {}\n"),
            Edit(
                "shared/messaging/numbering.py",
                'conn.execute(_TAKE, {"limit": limit})).all()\n',
                'conn.execute(_TAKE, {"limit": limit, "last": _LAST.get(database.url, 0)})).all()\n'
                "        if pending:\n            _LAST[database.url] = max(row.id for row in pending)\n",
            ),
            Edit(
                "shared/messaging/numbering.py",
                "(SELECT id FROM outbox ORDER BY id LIMIT :limit)",
                "(SELECT id FROM outbox WHERE id > :last ORDER BY id LIMIT :limit)",
            ),
        ),
        (f"{RELAY}::test_a_late_commit_is_not_skipped",),
    ),
    Planted(
        "SKIP LOCKED and several workers",
        (
            Edit(
                "shared/messaging/relay.py",
                "await together(self._number(lease), ",
                "await together(*(self._number(lease) for _ in range(4)), ",
            ),
            Edit("shared/messaging/numbering.py", "        await lease.fence(conn)\n", ""),
            Edit(
                "shared/messaging/numbering.py",
                "(SELECT id FROM outbox ORDER BY id LIMIT :limit)",
                "(SELECT id FROM outbox ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED)",
            ),
            Edit(
                "shared/messaging/numbering.py",
                "    state = (await conn.execute(_STATE",
                '    await conn.execute(text("SELECT FROM relay_state FOR UPDATE"))\n'
                "    state = (await conn.execute(_STATE",
            ),
        ),
        (f"{GUARANTEES}::test_two_that_number_at_once_keep_the_order_of_an_entity",),
    ),
    Planted(
        "no fencing of who numbers",
        (
            Edit(
                "shared/messaging/lease.py",
                "        if (await conn.execute(_FENCE, self._parameters())).first() is None:\n"
                "            raise LeaseLost(self.name)\n",
                "        await conn.execute(_FENCE, self._parameters())\n",
            ),
        ),
        (f"{LEADERS}::test_a_paused_leader_gives_no_number",),
    ),
    Planted(
        "no fencing of who publishes",
        (Edit("shared/messaging/publishing.py", "WHERE epoch = :epoch RETURNING", "RETURNING"),),
        (f"{GUARANTEES}::test_a_publisher_that_was_paused_moves_no_watermark",),
    ),
    Planted(
        "an inbox without a unique key",
        (
            Edit(
                "shared/messaging/model.py",
                '        "inbox",\n        metadata,\n        Column("consumer", Text, primary_key=True),\n'
                '        Column("event_id", Uuid, primary_key=True),\n',
                '        "inbox",\n        metadata,\n        Column("consumer", Text),\n'
                '        Column("event_id", Uuid),\n',
            ),
        ),
        (f"{GUARANTEES}::test_what_had_its_effect_cannot_be_noted_again",),
    ),
    Planted(
        "the inbox in another transaction",
        (
            Edit(
                "shared/messaging/handling.py",
                "            await inbox.mark_done(conn, consumer=self._consumer, event_ids=",
                "            async with self._database.transaction() as other:\n"
                "                await inbox.mark_done(other, consumer=self._consumer, event_ids=",
            ),
        ),
        (f"{CRASHES}[subscriber.handled-1]",),
    ),
    Planted(
        "max_deliver = 5",
        (Edit("shared/messaging/jetstream.py", "max_deliver=-1,", "max_deliver=5,"),),
        (f"{GUARANTEES}::test_stream_and_consumers_are_set_so_that_the_server_drops_nothing",),
    ),
    Planted(
        "delivered without acknowledgements, as a push consumer does",
        (Edit("shared/messaging/jetstream.py", "ack_policy=AckPolicy.EXPLICIT", "ack_policy=AckPolicy.NONE"),),
        (f"{CRASHES}[subscriber.received-1]",),
    ),
    Planted(
        "a full stream drops its oldest",
        (Edit("shared/messaging/jetstream.py", "DiscardPolicy.NEW,", "DiscardPolicy.OLD,"),),
        (f"{GUARANTEES}::test_stream_and_consumers_are_set_so_that_the_server_drops_nothing",),
    ),
    Planted(
        "synchronous_commit = off: what the leader does is not made durable",
        (
            Edit(
                "shared/messaging/lease.py",
                "RETURNING set_config('synchronous_commit', 'on', true)",
                "RETURNING true",
            ),
        ),
        (f"{GUARANTEES}::test_the_leader_is_durable_where_the_server_is_set_otherwise",),
    ),
    Planted(
        "synchronous_commit = off: the server loses what it acknowledged",
        (Edit("deploy/embedded/postgres.py", '"synchronous_commit": "on"', '"synchronous_commit": "off"'),),
        ("tests/faults/test_machines.py::test_what_postgresql_acknowledged_survives_the_death_of_all_its_processes",),
    ),
    Planted(
        "fsync = off",
        (Edit("deploy/embedded/postgres.py", '"fsync": "on"', '"fsync": "off"'),),
        (f"{SERVERS}::test_a_new_cluster_is_checked_durable_and_silent_about_values",),
    ),
    Planted(
        "the outbox is reaped by age",
        (
            Edit(
                "shared/messaging/numbering.py",
                '        failpoint("numbering.fenced")\n',
                '        failpoint("numbering.fenced")\n'
                "        old = \"DELETE FROM outbox WHERE recorded_at < clock_timestamp() - interval '30 days'\"\n"
                "        await conn.execute(text(old))\n",
            ),
        ),
        (f"{GUARANTEES}::test_an_event_is_numbered_however_long_ago_it_was_recorded",),
    ),
    Planted(
        "given back to the bus instead of parked",
        (
            Edit(
                "shared/messaging/handling.py",
                '            log.warning("event parked", **self._naming(one), reason=reason_of(error))\n',
                "            raise TimeoutError from error\n",
            ),
        ),
        (f"{SUBSCRIBER}::test_an_event_that_fails_parks_its_entity_and_nobody_else",),
    ),
    Planted(
        "an entity's later events overtake a parked one",
        (
            Edit(
                "shared/messaging/inbox.py",
                "SELECT DISTINCT subject FROM parked WHERE consumer",
                "SELECT DISTINCT subject FROM parked WHERE false AND consumer",
            ),
        ),
        (f"{SUBSCRIBER}::test_an_event_that_fails_parks_its_entity_and_nobody_else",),
    ),
    Planted(
        "retries without jitter",
        (Edit("shared/messaging/reaction.py", " * random.uniform(0.5, 1.0)", ""),),
        (f"{GUARANTEES}::test_what_failed_together_does_not_come_back_together",),
    ),
    Planted(
        "a lost store is believed to hold what it held",
        (
            Edit(
                "shared/messaging/publishing.py",
                "        if state.stream != stream or known.position == 0:\n            return NOTHING\n",
                "        return known\n",
            ),
        ),
        (f"{RELAY}::test_a_lost_store_is_fed_again_without_an_operator",),
    ),
    Planted(
        "published again under the same message ids",
        (Edit("shared/messaging/publishing.py", "SET epoch = epoch + 1,", "SET epoch = epoch,"),),
        (f"{RELAY}::test_a_lost_tail_is_published_again_under_other_message_ids",),
    ),
    Planted(
        "a new session begins after what another had in hand",
        (Edit("shared/messaging/jetstream.py", "if info.num_ack_pending:", "if False:"),),
        (f"{SUBSCRIBER}::test_what_was_under_way_when_a_session_ended_comes_before_what_is_new",),
    ),
    Planted(
        "parked on top of an effect whose commit went unanswered",
        (
            Edit(
                "shared/messaging/inbox.py",
                "WHERE NOT EXISTS (SELECT FROM inbox WHERE consumer = :consumer AND event_id = :event_id)\n",
                "",
            ),
        ),
        (f"{GUARANTEES}::test_what_committed_without_an_answer_is_not_parked",),
    ),
    Planted(
        "a failure ends the worker for good (task groups of Python 3.11)",
        (
            Edit(
                "shared/cancellation.py",
                "    tasks = [asyncio.create_task(coroutine) for coroutine in coroutines]\n    try:\n",
                "    async with asyncio.TaskGroup() as group:\n"
                "        [group.create_task(coroutine) for coroutine in coroutines]\n"
                "    tasks: list[asyncio.Task[None]] = []\n    try:\n",
            ),
        ),
        (f"{GUARANTEES}::test_after_the_database_was_away_everything_goes_on_in_the_same_process",),
    ),
)
