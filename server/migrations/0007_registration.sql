-- What a Registration Authority does, and what an organisation has to show before its staff may use
-- the service.

-- When the person last gave their fingerprint in the session; null: when it began.
alter table web_session add column verified_at bigint;

-- The organisation whose Registration Authority registers its staff, beside its own agents.
alter table organisation add column registered_by {{text_key}};

-- Roles that one agent asked for and another has to approve, with what they would be. `outcome` is
-- null while it waits: then approved or declined.
create table role_request (
    id text not null primary key,
    person_id text not null references person (id),
    ods {{text_key}} not null references organisation (ods),
    job_code text not null,
    job_name text not null,
    -- A JSON list of national activity codes.
    activities text not null,
    asked_by text not null references person (id),
    asked_at bigint not null,
    settled_by text references person (id),
    settled_at bigint,
    outcome text
);
create index role_request_waiting on role_request (ods) where outcome is null;
