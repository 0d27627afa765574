"""Every metric of the product, by name: a dashboard is written from this page."""

from prometheus_client import Counter, Gauge, Histogram

# Milliseconds on loopback up to a consumer that was down for an hour.
AGES = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300, 3600)
STEPS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15)

# Consumers
RECORDS = Counter(
    "doska_records",
    "Records by what became of them: handled, retried (in place), postponed (to the retry topic), rejected (by a handler"
    " or as junk), failed (a bug), given_up (out of attempts), dead (any of these three)",
    ["consumer", "topic", "outcome"],
)
RECORD_AGE = Histogram(
    "doska_record_age_seconds",
    "From a record's birth (ce_time) to its effect at a consumer",
    ["consumer", "topic"],
    buckets=AGES,
)
LAG_RECORDS = Gauge(
    "doska_lag_records", "Records between a consumer and the end of a partition", ["consumer", "topic", "partition"]
)
LAG_SECONDS = Gauge(
    "doska_lag_seconds", "Age of the last record that a lagging consumer has done", ["consumer", "topic", "partition"]
)
STEP = Histogram("doska_step_seconds", "Time of one step of a consumer's poll", ["consumer", "step"], buckets=STEPS)
STOPPED = Gauge("doska_consumer_stopped", "1 while a consumer is halted and waits for a person", ["consumer"])
LOST = Counter(
    "doska_lost_records", "Records that retention removed before a consumer read them", ["consumer", "topic"]
)
WINDOW_LATE = Counter(
    "doska_window_late", "What came for a window after its grace; it is counted there all the same", ["consumer"]
)
COMMITS_REFUSED = Counter(
    "doska_commits_refused", "Group commits that the broker refused (rebalance, restart)", ["consumer"]
)

# Publishers
PUBLISHED = Counter("doska_published", "Records acknowledged by the broker", ["source", "topic"])
PUBLISH_TIME = Histogram(
    "doska_publish_seconds", "From enqueueing a record to its acknowledgement", ["source", "topic"], buckets=STEPS
)
PUBLISH_FAILED = Counter(
    "doska_publish_failed",
    "Records not enqueued (unavailable) or not acknowledged in time (unconfirmed)",
    ["source", "topic", "outcome"],
)
PRODUCERS_REPLACED = Counter("doska_producers_replaced", "Producers replaced after their sequence broke", ["source"])

# Tails
TAIL_LAG = Gauge("doska_tail_lag_seconds", "Age of the last proof that a tail had read everything", ["tail"])
TAIL_SKIPPED = Counter("doska_tail_skipped", "Records that a tail could not read", ["tail", "topic"])

# Rooms
ROOM_JOINS = Counter(
    "doska_room_joins", "Joins by outcome: joined, stale_window, stale_epoch, unavailable", ["outcome"]
)
ROOM_GAPS = Counter("doska_room_gaps", "Times that missed events were read from a room's window")
ROOM_RESETS = Counter("doska_room_resets", "Rooms whose members were sent back for a new epoch")
ROOM_EVENTS = Counter("doska_room_events", "Events that the fan-out numbered and published")

# Sockets
SOCKETS = Gauge("doska_sockets", "Open sockets that have said hello")
SOCKETS_CLOSED = Counter("doska_sockets_closed", "Sockets that ended, by close code", ["code"])
CONNECTIONS_REFUSED = Counter(
    "doska_connections_refused", "Connections that were cut off at once: the edge had as many as it may have files"
)
FRAMES = Counter("doska_frames", "Frames of clients by kind", ["kind"])
REJECTS = Counter("doska_rejects", "Frames that were answered by a reject, by code", ["code"])
OPS = Counter("doska_ops", "Ops by what was said of them: acked, unavailable, outcome_unknown", ["outcome"])
OPS_PER_RECORD = Histogram(
    "doska_ops_per_record", "Ops that were joined into one record", buckets=(1, 2, 4, 8, 16, 32, 64, 128)
)

# Logins
PASSWORD_CHECKS = Counter("doska_password_checks", "Passwords held against a hash, somebody's or nobody's")
PASSWORD_TIME = Histogram(
    "doska_password_seconds", "Time of one argon2id, without the wait for a thread", buckets=STEPS
)
GUESSES_UNSHARED = Counter("doska_guesses_unshared", "Wrong tries that one edge counted alone because Redis was away")
SEEN_DROPPED = Counter("doska_seen_dropped", "Uses of sessions that were not noted because too many waited")

# Mail
MAILS = Counter(
    "doska_mails", "Mails by what became of them: sent, spent (nobody needs it any more), refused", ["outcome"]
)

# Exports
EXPORTED = Counter(
    "doska_exported",
    "Facts by what became of them at a destination: accepted, dropped (by the mapping), refused, postponed",
    ["consumer", "outcome"],
)

# HTTP
HTTP_REQUESTS = Histogram(
    "doska_http_request_seconds",
    "Time of a request by its route and status",
    ["method", "route", "status"],
    buckets=STEPS,
)

# Webhooks
WEBHOOKS = Counter(
    "doska_webhook_attempts",
    "Attempts at webhooks by what became of the delivery: delivered, pending (it is tried again), failed",
    ["outcome"],
)
