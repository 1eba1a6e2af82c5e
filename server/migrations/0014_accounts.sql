-- What keeps the account of a member of staff theirs: they are told of what was changed about how they
-- sign in, codes and passkeys say which agent vouched for them, and ended roles are remembered.

-- Something that changed how a person signs in, or ended what they had open.
create table account_notice (
    id text not null primary key,
    person_id text not null references person (id),
    -- identity::notices::What
    what text not null,
    -- 1: an agent did it, else the person themselves.
    by_agent bigint not null,
    -- On what it was done, such as "Chrome on Android".
    device text not null,
    -- The name of whom it is about, where that is someone else.
    about text,
    -- The passkey that it made: that one does not silence it.
    passkey text,
    -- The session in which it was done, which need not be told.
    session_ref text,
    at bigint not null
);
create index account_notice_of_person on account_notice (person_id, at);

-- The sessions that are to be told, or closed it. Later sessions are told as long as nobody closed it
-- with a passkey that was there before (`trusted`), nor with their own.
create table account_notice_told (
    notice text not null references account_notice (id) on delete cascade,
    session_ref text not null,
    passkey text,
    trusted bigint not null default 0,
    closed_at bigint,
    primary key (notice, session_ref)
);
create index account_notice_told_to on account_notice_told (session_ref);

-- The agent who made the code, and the agent whose code a passkey goes back to: null where it was made
-- by whoever runs the service, or before this was kept.
alter table enrolment_code add column issued_by text;
alter table passkey add column vouched_by text;

-- The passkeys that the person had when it was asked for, as a JSON list.
alter table role_request add column passkeys text;

-- How often someone tried to finish it.
alter table ceremony add column tries bigint not null default 0;

-- A role that ended: whoever had it decides on nothing of that organisation for a while.
create table role_ended (
    person_id text not null references person (id),
    ods {{text_key}} not null,
    -- 1: it was that of an agent of the Registration Authority.
    registers bigint not null,
    ended_at bigint not null
);
create index role_ended_of_person on role_ended (person_id, ods);
