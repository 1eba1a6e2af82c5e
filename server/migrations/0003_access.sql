-- Who looks at whom, why they may, and the record of it.

-- The patient in front of someone: of one session, role and tab, until it is closed or unused for
-- too long.
create table patient_context (
    id text not null primary key,
    session text not null,
    person text not null,
    role text not null,
    tab text not null,
    nhs_number {{text_key}} not null,
    -- app::api::finding::Origin
    origin text not null,
    opened_at bigint not null,
    used_at bigint not null,
    -- null while it is open
    closed_at bigint
);

-- One patient in a tab. Also finds what a session has open.
create unique index patient_context_open on patient_context (session, tab) where closed_at is null;
create index patient_context_by_use on patient_context (used_at);

-- Permissions that the patient gave ahead. One for a single view is in the audit only.
create table permission (
    id text not null primary key,
    nhs_number {{text_key}} not null,
    organisation {{text_key}} not null,
    -- me or team (domain::permission::Scope)
    scope text not null,
    person text not null,
    -- The last day on which it holds.
    until_date {{text_key}} not null,
    recorded_by text not null,
    recorded_at bigint not null
);

create index permission_of_patient on permission (nhs_number, organisation, until_date);

-- Legitimate relationships that people claimed by answering the permission question.
create table relationship (
    nhs_number {{text_key}} not null,
    person text not null,
    organisation {{text_key}} not null,
    claimed_at bigint not null,
    primary key (nhs_number, person, organisation)
);

-- Every look, every write and every refusal. Each entry holds the hash of the one before it in its
-- lane; nothing is changed or removed.
create table audit_entry (
    lane bigint not null,
    -- From 1, without a gap.
    seq bigint not null,
    at bigint not null,
    correlation text not null,
    -- Who, in which role of which organisation, in which session, on which device.
    person text not null,
    role text,
    job text,
    organisation text,
    session text not null,
    device text not null,
    -- What was asked (audit::Action), and what became of it (audit::Outcome).
    action text not null,
    outcome text not null,
    -- A JSON list of NHS numbers: none, one, or those that a search returned.
    patients text not null,
    -- In the person's words, where they had to give one.
    reason text,
    -- A JSON object.
    detail text not null,
    prev {{bytes}} not null,
    hash {{bytes}} not null,
    primary key (lane, seq)
);

create index audit_entry_of_person on audit_entry (person, at);

-- The entries on a patient.
create table audit_patient (
    nhs_number {{text_key}} not null,
    lane bigint not null,
    seq bigint not null,
    primary key (nhs_number, lane, seq)
){{without_rowid}};

-- The end of each lane: what the next entry continues.
create table audit_head (
    lane bigint not null primary key,
    seq bigint not null,
    hash {{bytes}} not null
);

{{append_only audit_entry}}
{{append_only audit_patient}}
