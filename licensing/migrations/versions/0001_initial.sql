CREATE SEQUENCE case_serials START WITH 1 MINVALUE 0 MAXVALUE 999999 CYCLE
;
CREATE TABLE applications (
    id UUID NOT NULL,
    number TEXT NOT NULL,
    version INTEGER NOT NULL,
    draft UUID NOT NULL,
    applicant UUID NOT NULL,
    app TEXT,
    thing TEXT NOT NULL,
    region TEXT NOT NULL,
    applicant_region TEXT NOT NULL,
    release INTEGER NOT NULL,
    delivery TEXT NOT NULL,
    state TEXT NOT NULL,
    submitted_at TIMESTAMPTZ NOT NULL,
    ended_at TIMESTAMPTZ,
    CONSTRAINT pk_applications PRIMARY KEY (id),
    CONSTRAINT ck_applications_state CHECK (state IN ('submitted', 'completed', 'partly-completed', 'withdrawn')),
    CONSTRAINT ck_applications_ended CHECK ((ended_at IS NULL) = (state = 'submitted')),
    CONSTRAINT uq_applications_number UNIQUE (number),
    CONSTRAINT uq_applications_draft UNIQUE (draft)
)
;
CREATE INDEX ix_applications_applicant ON applications (applicant, submitted_at, id)
;
CREATE TABLE calendar_days (
    date DATE NOT NULL,
    is_workday BOOLEAN NOT NULL,
    name TEXT,
    source_doc TEXT NOT NULL,
    CONSTRAINT pk_calendar_days PRIMARY KEY (date)
)
;
CREATE TABLE cases (
    id UUID NOT NULL,
    number TEXT NOT NULL,
    version INTEGER NOT NULL,
    state TEXT NOT NULL,
    application UUID NOT NULL,
    application_number TEXT NOT NULL,
    applicant UUID NOT NULL,
    thing TEXT NOT NULL,
    item TEXT NOT NULL,
    department TEXT NOT NULL,
    region TEXT NOT NULL,
    release INTEGER NOT NULL,
    plan JSONB NOT NULL,
    corrections JSONB DEFAULT '{}' NOT NULL,
    correction_asked JSONB,
    correction_due_on DATE,
    opened_at TIMESTAMPTZ NOT NULL,
    received_at TIMESTAMPTZ,
    corrected_at TIMESTAMPTZ,
    acceptance_due_on DATE,
    accepted_at TIMESTAMPTZ,
    accepted_on DATE,
    deemed_accepted BOOLEAN DEFAULT 'false' NOT NULL,
    promised_days SMALLINT NOT NULL,
    legal_days SMALLINT NOT NULL,
    extended_days SMALLINT,
    promised_on DATE,
    legal_on DATE,
    provisional BOOLEAN DEFAULT 'false' NOT NULL,
    overdue_at TIMESTAMPTZ,
    officer UUID,
    outcome TEXT,
    decided_at TIMESTAMPTZ,
    decided_on DATE,
    digest TEXT,
    ended_at TIMESTAMPTZ,
    CONSTRAINT pk_cases PRIMARY KEY (id),
    CONSTRAINT ck_cases_state CHECK (state IN ('accepted', 'blocked', 'concluded', 'correction-requested', 'decided', 'received', 'refused', 'suspended', 'waiting', 'withdrawn')),
    CONSTRAINT ck_cases_outcome CHECK (outcome IN ('granted', 'denied')),
    CONSTRAINT ck_cases_decided CHECK ((decided_at IS NULL) = (outcome IS NULL)),
    CONSTRAINT ck_cases_ended CHECK ((ended_at IS NOT NULL) = (state IN ('blocked', 'concluded', 'refused', 'withdrawn'))),
    CONSTRAINT uq_cases_number UNIQUE (number)
)
;
CREATE INDEX ix_cases_application ON cases (application)
;
CREATE INDEX ix_cases_worklist ON cases (department, opened_at, id)
;
CREATE TABLE catalogue_releases (
    number INTEGER NOT NULL CONSTRAINT ck_catalogue_releases_number_from_one CHECK (number > 0),
    digest TEXT NOT NULL,
    content JSON NOT NULL,
    published_at TIMESTAMPTZ NOT NULL,
    published_by TEXT NOT NULL,
    CONSTRAINT pk_catalogue_releases PRIMARY KEY (number)
)
;
CREATE TABLE drafts (
    id UUID NOT NULL,
    version INTEGER NOT NULL,
    sub UUID NOT NULL,
    act TEXT,
    thing TEXT NOT NULL,
    region TEXT NOT NULL,
    release INTEGER NOT NULL,
    statement JSONB NOT NULL,
    chosen JSONB NOT NULL,
    bindings JSONB NOT NULL,
    situation JSONB NOT NULL,
    answers JSONB NOT NULL,
    disputes JSONB NOT NULL,
    evidence JSONB NOT NULL,
    unavailable JSONB NOT NULL,
    fingerprint TEXT NOT NULL,
    evidence_at TIMESTAMPTZ NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    application UUID,
    CONSTRAINT pk_drafts PRIMARY KEY (id),
    CONSTRAINT uq_drafts_application UNIQUE (application)
)
;
CREATE INDEX ix_drafts_expires_at ON drafts (expires_at)
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
CREATE TABLE evidence_heard (
    kind TEXT NOT NULL,
    party UUID NOT NULL,
    evidence UUID,
    heard_at TIMESTAMPTZ,
    CONSTRAINT pk_evidence_heard PRIMARY KEY (kind, party)
)
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
CREATE TABLE case_acts (
    id UUID NOT NULL,
    case_id UUID NOT NULL,
    act TEXT NOT NULL,
    state TEXT NOT NULL,
    by_kind TEXT NOT NULL,
    by TEXT,
    at TIMESTAMPTZ NOT NULL,
    details JSONB NOT NULL,
    CONSTRAINT pk_case_acts PRIMARY KEY (id),
    CONSTRAINT ck_case_acts_by_kind CHECK (by_kind IN ('officer', 'applicant', 'platform')),
    CONSTRAINT ck_case_acts_somebody CHECK (by_kind = 'platform' OR by IS NOT NULL),
    CONSTRAINT fk_case_acts_case_id FOREIGN KEY(case_id) REFERENCES cases (id)
)
;
CREATE INDEX ix_case_acts_case_id ON case_acts (case_id)
;
CREATE TABLE case_awaits (
    case_id UUID NOT NULL,
    kind TEXT NOT NULL,
    party UUID NOT NULL,
    met_by UUID,
    met_at TIMESTAMPTZ,
    CONSTRAINT pk_case_awaits PRIMARY KEY (case_id, kind, party),
    CONSTRAINT fk_case_awaits_case_id FOREIGN KEY(case_id) REFERENCES cases (id)
)
;
CREATE INDEX ix_case_awaits_unmet ON case_awaits (kind, party) WHERE met_at IS NULL
;
CREATE TABLE case_ratings (
    case_id UUID NOT NULL,
    grade SMALLINT NOT NULL,
    comment TEXT,
    by UUID NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    CONSTRAINT pk_case_ratings PRIMARY KEY (case_id),
    CONSTRAINT ck_case_ratings_grade CHECK (grade BETWEEN 1 AND 5),
    CONSTRAINT fk_case_ratings_case_id FOREIGN KEY(case_id) REFERENCES cases (id)
)
;
CREATE TABLE case_suspensions (
    case_id UUID NOT NULL,
    number SMALLINT NOT NULL,
    ground TEXT NOT NULL,
    legal_basis TEXT NOT NULL,
    expected_days SMALLINT NOT NULL,
    from_on DATE NOT NULL,
    until_on DATE,
    CONSTRAINT pk_case_suspensions PRIMARY KEY (case_id, number),
    CONSTRAINT fk_case_suspensions_case_id FOREIGN KEY(case_id) REFERENCES cases (id)
)
;
CREATE TABLE case_yields (
    case_id UUID NOT NULL,
    index SMALLINT NOT NULL,
    kind TEXT NOT NULL,
    party UUID NOT NULL,
    yielded JSONB,
    evidence UUID,
    made_at TIMESTAMPTZ,
    CONSTRAINT pk_case_yields PRIMARY KEY (case_id, index),
    CONSTRAINT fk_case_yields_case_id FOREIGN KEY(case_id) REFERENCES cases (id)
)
;
CREATE TABLE correction_tickets (
    id UUID NOT NULL,
    application UUID NOT NULL,
    department TEXT NOT NULL,
    evidence UUID NOT NULL,
    evidence_kind TEXT NOT NULL,
    party UUID NOT NULL,
    claims JSONB NOT NULL,
    opened_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT pk_correction_tickets PRIMARY KEY (id),
    CONSTRAINT fk_correction_tickets_application FOREIGN KEY(application) REFERENCES applications (id)
)
;
CREATE INDEX ix_correction_tickets_application ON correction_tickets (application)
;
CREATE INDEX ix_correction_tickets_department ON correction_tickets (department, opened_at, id)
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
CREATE OR REPLACE FUNCTION announce_progress() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('application_progress', to_jsonb(NEW) ->> TG_ARGV[0]);
    RETURN NULL;
END $$
;
CREATE OR REPLACE TRIGGER cases_progress AFTER INSERT OR UPDATE OF version ON cases
    FOR EACH ROW EXECUTE FUNCTION announce_progress('application')
;
CREATE OR REPLACE TRIGGER applications_progress AFTER UPDATE OF version ON applications
    FOR EACH ROW EXECUTE FUNCTION announce_progress('id')
