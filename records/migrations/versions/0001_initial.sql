CREATE TABLE accesses (
    event UUID NOT NULL,
    party UUID NOT NULL,
    source TEXT NOT NULL,
    reader TEXT NOT NULL,
    officer TEXT,
    purpose TEXT NOT NULL,
    ref UUID NOT NULL,
    items TEXT[] NOT NULL,
    evidence JSONB NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    CONSTRAINT pk_accesses PRIMARY KEY (event, party)
)
;
CREATE INDEX ix_accesses_party_at_event ON accesses (party, at, event)
;
CREATE TABLE closed_cases (
    "case" UUID NOT NULL,
    closed_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT pk_closed_cases PRIMARY KEY ("case")
)
;
CREATE TABLE event_log (
    position BIGINT NOT NULL,
    event_id UUID NOT NULL,
    type TEXT NOT NULL,
    topic TEXT COLLATE "C" NOT NULL,
    subject UUID NOT NULL,
    version BIGINT NOT NULL,
    occurred_at TIMESTAMPTZ NOT NULL,
    data TEXT NOT NULL,
    traceparent TEXT,
    sequence BIGINT NOT NULL,
    hash BYTEA NOT NULL,
    CONSTRAINT pk_event_log PRIMARY KEY (position)
)
 PARTITION BY RANGE (position)
;
CREATE INDEX ix_event_log_topic ON event_log (topic, position)
;
CREATE TABLE idempotency_keys (
    caller TEXT NOT NULL,
    operation TEXT NOT NULL,
    key TEXT NOT NULL,
    body_hash BYTEA NOT NULL,
    resource UUID NOT NULL,
    created_at TIMESTAMPTZ DEFAULT now() NOT NULL,
    CONSTRAINT pk_idempotency_keys PRIMARY KEY (caller, operation, key)
)
;
CREATE TABLE inbox (
    consumer TEXT NOT NULL,
    event_id UUID NOT NULL,
    CONSTRAINT pk_inbox PRIMARY KEY (consumer, event_id)
)
;
CREATE TABLE leases (
    name TEXT NOT NULL,
    term BIGINT NOT NULL,
    held_until TIMESTAMPTZ NOT NULL,
    CONSTRAINT pk_leases PRIMARY KEY (name)
)
;
CREATE TABLE outbox (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    event_id UUID NOT NULL,
    type TEXT NOT NULL,
    topic TEXT COLLATE "C" NOT NULL,
    subject UUID NOT NULL,
    version BIGINT NOT NULL,
    occurred_at TIMESTAMPTZ NOT NULL,
    data TEXT NOT NULL,
    traceparent TEXT,
    recorded_at TIMESTAMPTZ DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_outbox PRIMARY KEY (id)
)
 WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000)
;
CREATE TABLE parked (
    consumer TEXT NOT NULL,
    event_id UUID NOT NULL,
    subject UUID NOT NULL,
    position BIGINT NOT NULL,
    envelope TEXT NOT NULL,
    attempts INTEGER DEFAULT '0' NOT NULL,
    retry_at TIMESTAMPTZ,
    reason TEXT,
    parked_at TIMESTAMPTZ DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_parked PRIMARY KEY (consumer, event_id)
)
;
CREATE INDEX ix_parked_subject ON parked (consumer, subject, position)
;
CREATE TABLE records (
    id UUID NOT NULL,
    predecessor UUID,
    version INTEGER NOT NULL,
    kind TEXT NOT NULL,
    party UUID NOT NULL,
    region TEXT NOT NULL,
    issuer TEXT NOT NULL,
    claims JSONB NOT NULL,
    as_of DATE NOT NULL,
    valid_from DATE NOT NULL,
    valid_until DATE,
    "case" UUID,
    index INTEGER,
    officer TEXT,
    reason TEXT,
    filed_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT pk_records PRIMARY KEY (id),
    CONSTRAINT uq_records_case_index UNIQUE ("case", index),
    CONSTRAINT ck_records_whole_case CHECK (("case" IS NULL) = ("index" IS NULL)),
    CONSTRAINT ck_records_chain CHECK ((predecessor IS NULL) = (version = 1)),
    CONSTRAINT ck_records_validity CHECK (valid_until IS NULL OR valid_until >= valid_from),
    CONSTRAINT uq_records_predecessor UNIQUE (predecessor),
    CONSTRAINT fk_records_predecessor FOREIGN KEY(predecessor) REFERENCES records (id)
)
;
CREATE INDEX ix_records_party_kind ON records (party, kind)
;
CREATE TABLE relay_state (
    one BOOLEAN DEFAULT true NOT NULL CONSTRAINT ck_relay_state_one_row CHECK (one),
    last_position BIGINT DEFAULT '0' NOT NULL,
    log_until BIGINT DEFAULT '0' NOT NULL,
    epoch BIGINT DEFAULT '0' NOT NULL,
    published_through BIGINT DEFAULT '0' NOT NULL,
    stream TEXT DEFAULT '' NOT NULL,
    stream_sequence BIGINT DEFAULT '0' NOT NULL,
    message_id TEXT DEFAULT '' NOT NULL,
    CONSTRAINT pk_relay_state PRIMARY KEY (one)
)
;
CREATE TABLE topic_heads (
    topic TEXT COLLATE "C" NOT NULL,
    sequence BIGINT NOT NULL,
    position BIGINT NOT NULL,
    hash BYTEA NOT NULL,
    CONSTRAINT pk_topic_heads PRIMARY KEY (topic)
)
;
CREATE OR REPLACE FUNCTION extend_event_log() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    until bigint;
    name text;
BEGIN
    UPDATE relay_state SET log_until = log_until + 1000000
        WHERE log_until < last_position + 500000 RETURNING log_until INTO until;
    IF until IS NULL THEN RETURN; END IF;
    name := 'event_log_' || (until / 1000000);
    -- Made apart and attached: unlike PARTITION OF, this does not wait for the readers of the log.
    EXECUTE format('CREATE TABLE %I (LIKE event_log INCLUDING ALL)', name);
    EXECUTE format('ALTER TABLE event_log ATTACH PARTITION %I FOR VALUES FROM (%s) TO (%s)',
                   name, until - 1000000, until);
END $$
;
CREATE OR REPLACE FUNCTION announce() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify(TG_TABLE_NAME, '');
    RETURN NULL;
END $$
;
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END $$
;
CREATE OR REPLACE TRIGGER outbox_announce AFTER INSERT ON outbox FOR EACH STATEMENT EXECUTE FUNCTION announce()
;
CREATE OR REPLACE TRIGGER event_log_announce AFTER INSERT ON event_log
       FOR EACH STATEMENT EXECUTE FUNCTION announce()
;
CREATE OR REPLACE TRIGGER event_log_append_only BEFORE UPDATE OR DELETE ON event_log
       FOR EACH ROW EXECUTE FUNCTION refuse_change()
;
INSERT INTO relay_state DEFAULT VALUES ON CONFLICT DO NOTHING
;
SELECT extend_event_log()
;
CREATE TRIGGER records_append_only BEFORE UPDATE OR DELETE ON records
    FOR EACH ROW EXECUTE FUNCTION refuse_change()
;
CREATE TRIGGER accesses_append_only BEFORE UPDATE OR DELETE ON accesses
    FOR EACH ROW EXECUTE FUNCTION refuse_change()
