-- Who may use the service: staff, their roles, their passkeys and their sessions.
--
-- The rules of every migration, so that one text serves SQLite and PostgreSQL: only bigint, text,
-- double precision and {{bytes}}; {{text_key}} for text that is compared byte by byte; yes and no are
-- 1 and 0; times are UTC microseconds; ids are text. Whatever opens a door (a session, a code) is
-- kept as its SHA-256 only.

-- Where staff work. `setting` is the care setting by the name that the program gives it.
create table organisation (
    ods {{text_key}} not null primary key,
    name text not null,
    setting text not null
);

-- A member of staff. Never deleted, because the audit names them: `active` becomes 0.
create table person (
    id text not null primary key,
    login {{text_key}} not null unique,
    name text not null,
    active bigint not null default 1
);

-- One role of a person in one organisation.
create table role_assignment (
    id text not null primary key,
    person_id text not null references person (id),
    ods {{text_key}} not null references organisation (ods),
    job_code text not null,
    job_name text not null
);
create index role_assignment_by_person on role_assignment (person_id);

-- What a role allows, by national activity code.
create table role_activity (
    role_id text not null references role_assignment (id) on delete cascade,
    code text not null,
    primary key (role_id, code)
);

-- `credential` is the public key with its counter, as JSON. There is nothing secret in it.
create table passkey (
    id text not null primary key,
    person_id text not null references person (id),
    name text not null,
    credential_id {{text_key}} not null unique,
    credential text not null,
    added_at bigint not null,
    used_at bigint
);
create index passkey_by_person on passkey (person_id);

-- One-time codes from the Registration Authority. `attempts` counts how often one was begun with.
create table enrolment_code (
    code_hash text not null primary key,
    person_id text not null references person (id),
    expires_at bigint not null,
    used_at bigint,
    attempts bigint not null default 0
);
create index enrolment_code_by_person on enrolment_code (person_id);

-- A browser that was given a cookie. Without a person it is a visitor in the middle of signing in.
-- A session that was not used for too long stays until `ends_at`, of no use but to tell, when the
-- same person signs in again in the same browser, which role and patients to give back.
create table web_session (
    id_hash text not null primary key,
    session_ref text not null unique,
    person_id text references person (id),
    passkey_id text,
    role_id text,
    device text not null,
    began_at bigint not null,
    used_at bigint not null,
    ends_at bigint not null
);
create index web_session_by_person on web_session (person_id);
create index web_session_by_end on web_session (ends_at);

-- The state of a passkey ceremony between its two steps, taken out when the second begins. A browser
-- may have several under way, one in each tab. `code_hash` is the code that an enrolment will use up.
create table ceremony (
    challenge {{text_key}} not null primary key,
    session_hash text not null references web_session (id_hash) on delete cascade,
    kind text not null,
    person_id text references person (id),
    code_hash text,
    state text not null,
    expires_at bigint not null
);
create index ceremony_by_session on ceremony (session_hash);
create index ceremony_by_expiry on ceremony (expires_at);

-- What is true of the whole database, such as that its patients are made up.
create table service_setting (
    name text not null primary key,
    value text not null
);
