CREATE TABLE departments (
    code VARCHAR NOT NULL,
    name_zh VARCHAR NOT NULL,
    name_en VARCHAR NOT NULL,
    uscc VARCHAR(18) NOT NULL,
    region VARCHAR(6) NOT NULL,
    CONSTRAINT pk_departments PRIMARY KEY (code),
    CONSTRAINT uq_departments_uscc UNIQUE (uscc)
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
CREATE TABLE lookups (
    id UUID NOT NULL,
    department VARCHAR NOT NULL,
    officer VARCHAR NOT NULL,
    purpose VARCHAR NOT NULL,
    reference VARCHAR NOT NULL,
    asked INTEGER NOT NULL,
    unknown INTEGER NOT NULL,
    refused VARCHAR,
    at TIMESTAMPTZ NOT NULL,
    CONSTRAINT pk_lookups PRIMARY KEY (id)
)
;
CREATE INDEX ix_lookups_department_at ON lookups (department, at)
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
CREATE TABLE parties (
    id UUID NOT NULL,
    kind VARCHAR NOT NULL,
    region VARCHAR(6) NOT NULL,
    wrapped_key BYTEA NOT NULL,
    version INTEGER NOT NULL,
    registered_at TIMESTAMPTZ NOT NULL,
    registered_by VARCHAR NOT NULL,
    CONSTRAINT pk_parties PRIMARY KEY (id),
    CONSTRAINT ck_parties_kind CHECK (kind IN ('person', 'organisation'))
)
;
COMMENT ON COLUMN parties.wrapped_key IS 'The party''s data key, under the master key'
;
COMMENT ON COLUMN parties.registered_by IS 'Department or client, and the officer who acted'
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
CREATE TABLE signing_keys (
    kid VARCHAR NOT NULL,
    state VARCHAR NOT NULL,
    public_jwk JSON NOT NULL,
    sealed BYTEA NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    signs_since TIMESTAMPTZ,
    published_until TIMESTAMPTZ,
    CONSTRAINT pk_signing_keys PRIMARY KEY (kid),
    CONSTRAINT ck_signing_keys_state CHECK (state IN ('next', 'current', 'retired')),
    CONSTRAINT ck_signing_keys_published CHECK ((state = 'retired') = (published_until IS NOT NULL))
)
;
COMMENT ON COLUMN signing_keys.sealed IS 'The private key, under the master key'
;
CREATE UNIQUE INDEX uq_signing_keys_state ON signing_keys (state) WHERE state <> 'retired'
;
CREATE TABLE standing_duties (
    department VARCHAR NOT NULL,
    code VARCHAR NOT NULL,
    basis_zh VARCHAR NOT NULL,
    basis_en VARCHAR NOT NULL,
    CONSTRAINT pk_standing_duties PRIMARY KEY (department, code)
)
;
CREATE TABLE timers (
    id UUID NOT NULL,
    kind TEXT NOT NULL,
    subject UUID NOT NULL,
    due_at TIMESTAMPTZ NOT NULL,
    attempts INTEGER DEFAULT '0' NOT NULL,
    CONSTRAINT pk_timers PRIMARY KEY (id),
    CONSTRAINT uq_timers_kind_subject UNIQUE (kind, subject)
)
;
CREATE INDEX ix_timers_due_at ON timers (due_at)
;
CREATE TABLE topic_heads (
    topic TEXT COLLATE "C" NOT NULL,
    sequence BIGINT NOT NULL,
    position BIGINT NOT NULL,
    hash BYTEA NOT NULL,
    CONSTRAINT pk_topic_heads PRIMARY KEY (topic)
)
;
CREATE TABLE used_tokens (
    issuer VARCHAR NOT NULL,
    jti VARCHAR NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT pk_used_tokens PRIMARY KEY (issuer, jti)
)
;
CREATE INDEX ix_used_tokens_expires_at ON used_tokens (expires_at)
;
CREATE TABLE cards (
    party UUID NOT NULL,
    public_jwk JSON NOT NULL,
    registered_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT pk_cards PRIMARY KEY (party),
    CONSTRAINT fk_cards_party FOREIGN KEY(party) REFERENCES parties (id)
)
;
CREATE TABLE clients (
    client_id VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    department VARCHAR,
    scopes VARCHAR[] NOT NULL,
    roles VARCHAR[] NOT NULL,
    jwks JSON NOT NULL,
    CONSTRAINT pk_clients PRIMARY KEY (client_id),
    CONSTRAINT ck_clients_kind CHECK (kind IN ('service', 'department', 'app', 'ops')),
    CONSTRAINT ck_clients_department CHECK ((kind = 'department') = (department IS NOT NULL)),
    CONSTRAINT fk_clients_department FOREIGN KEY(department) REFERENCES departments (code)
)
;
CREATE TABLE identifications (
    id UUID NOT NULL,
    client_id VARCHAR NOT NULL,
    device VARCHAR NOT NULL,
    method VARCHAR NOT NULL,
    party UUID,
    blind_index BYTEA NOT NULL,
    challenge VARCHAR NOT NULL,
    code_digest BYTEA NOT NULL,
    tries INTEGER DEFAULT '0' NOT NULL,
    started_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    proved_at TIMESTAMPTZ,
    CONSTRAINT pk_identifications PRIMARY KEY (id),
    CONSTRAINT ck_identifications_tries CHECK (tries BETWEEN 0 AND 5),
    CONSTRAINT fk_identifications_party FOREIGN KEY(party) REFERENCES parties (id)
)
;
CREATE INDEX ix_identifications_client_started ON identifications (client_id, device, started_at)
;
CREATE INDEX ix_identifications_number_started ON identifications (blind_index, started_at)
;
CREATE TABLE identity_numbers (
    party UUID NOT NULL,
    type VARCHAR NOT NULL,
    sealed BYTEA NOT NULL,
    blind_index BYTEA NOT NULL,
    assigned_at TIMESTAMPTZ NOT NULL,
    assigned_by VARCHAR NOT NULL,
    CONSTRAINT pk_identity_numbers PRIMARY KEY (party),
    CONSTRAINT uq_identity_numbers_blind_index UNIQUE (blind_index),
    CONSTRAINT fk_identity_numbers_party FOREIGN KEY(party) REFERENCES parties (id)
)
;
COMMENT ON COLUMN identity_numbers.sealed IS 'AES-256-GCM under the party''s key'
;
CREATE TABLE officers (
    id UUID NOT NULL,
    department VARCHAR NOT NULL,
    name_zh VARCHAR NOT NULL,
    name_en VARCHAR NOT NULL,
    roles VARCHAR[] NOT NULL,
    dismissed_at TIMESTAMPTZ,
    CONSTRAINT pk_officers PRIMARY KEY (id),
    CONSTRAINT fk_officers_department FOREIGN KEY(department) REFERENCES departments (code)
)
;
CREATE TABLE phones (
    party UUID NOT NULL,
    sealed BYTEA NOT NULL,
    CONSTRAINT pk_phones PRIMARY KEY (party),
    CONSTRAINT fk_phones_party FOREIGN KEY(party) REFERENCES parties (id)
)
;
CREATE TABLE relations (
    id UUID NOT NULL,
    kind VARCHAR NOT NULL,
    party UUID NOT NULL,
    "of" UUID NOT NULL,
    valid_from DATE NOT NULL,
    valid_until DATE,
    minor_until DATE,
    CONSTRAINT pk_relations PRIMARY KEY (id),
    CONSTRAINT ck_relations_kind CHECK (kind IN ('mother', 'father', 'spouse')),
    CONSTRAINT ck_relations_two_parties CHECK (party <> of),
    CONSTRAINT ck_relations_minor CHECK (kind <> 'spouse' OR minor_until IS NULL),
    CONSTRAINT fk_relations_party FOREIGN KEY(party) REFERENCES parties (id),
    CONSTRAINT fk_relations_of FOREIGN KEY("of") REFERENCES parties (id)
)
;
COMMENT ON COLUMN relations.valid_until IS 'The last day; none while it lasts'
;
COMMENT ON COLUMN relations.minor_until IS 'The child''s coming of age; from that day its parents act for it no more'
;
CREATE INDEX ix_relations_of ON relations ("of")
;
CREATE INDEX ix_relations_party ON relations (party)
;
CREATE UNIQUE INDEX uq_relations_current ON relations (kind, party, "of") WHERE valid_until IS NULL
;
CREATE UNIQUE INDEX uq_relations_parent ON relations (kind, "of") WHERE valid_until IS NULL AND kind <> 'spouse'
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
