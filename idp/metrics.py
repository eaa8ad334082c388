"""Counters and gauges, summed over the processes of one node (prometheus-client, multi-process).

The supervisor names the folder they share in PROMETHEUS_MULTIPROC_DIR before any process counts.
"""

from prometheus_client import Counter, Gauge, Histogram

VERIFICATIONS = Counter(
    "gate_verifications_total", "Checks of a secret against what is stored", ["secret", "outcome"]
)
REFUSALS = Counter("gate_refusals_total", "Attempts refused by a limit", ["limit"])
BLOCKS = Counter("blocks_set_total", "Blocks set by a limit", ["limit"])
BLOCKS_RUNNING = Gauge(
    "blocks_running", "Blocks that stop somebody now", ["limit"], multiprocess_mode="mostrecent"
)
FLOODED = Counter(
    "flood_refusals_total", "Refusals of addresses over their limit, counted in one event a minute"
)
ATTACKS = Gauge(
    "attacks_recognised", "Attacks that go on now", ["kind"], multiprocess_mode="mostrecent"
)
ALERTS = Gauge("alerts_raised", "Alerts that go on now", ["kind"], multiprocess_mode="mostrecent")
SHED = Counter("hash_slots_shed_total", "Sign-ins answered 503 because the queue was full")
HASH_SECONDS = Histogram(
    "password_hash_seconds",
    "Time of one password verification",
    buckets=(0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5, 1.0),
)
SEALED = Counter("audit_sealed_events_total", "Events sealed into the log")
SEAL_LAG = Gauge(
    "audit_seal_lag_seconds",
    "Age of the oldest event that waits for sealing",
    multiprocess_mode="mostrecent",
)
INDEX_WAITING = Gauge(
    "audit_index_waiting_events",
    "Sealed events that the search index does not hold yet",
    multiprocess_mode="mostrecent",
)
PURGED = Counter("audit_purged_events_total", "Bodies of events that were purged", ["class"])
LAST_PURGE = Gauge(
    "audit_last_purge_timestamp_seconds",
    "When the worker last went through the log for what is past its time",
    multiprocess_mode="mostrecent",
)
LEGACY_ACCOUNTS = Gauge(
    "accounts_legacy",
    "Accounts of an older portal whose owner has not signed in since the import",
    ["scheme"],
    multiprocess_mode="mostrecent",
)
OUTBOX_WAITING = Gauge(
    "outbox_waiting_messages", "Messages not delivered yet", multiprocess_mode="mostrecent"
)
DELIVERIES = Counter("outbox_deliveries_total", "Tries to deliver a message", ["kind", "outcome"])
LIMIT_OUTAGES = Counter(
    "limit_outages_total", "Questions to a limit whose counter did not answer", ["limit", "answer"]
)
KEY_FETCHES = Counter(
    "client_key_fetches_total", "Calls to the jwks_uri of relying parties", ["outcome"]
)
