-- What goes along on devices, and what comes back from them.

-- For how many hours a device may keep a record, 24 at the most. 0: nothing is kept on devices.
alter table organisation add column offline_hours bigint not null default 24;

-- The visit list of a person in one of their roles. What was removed is kept for a while: a change or
-- a look that is delivered late still finds its patient.
create table visit (
    id text not null primary key,
    person text not null,
    -- The role, with its job's name and its organisation as they were, for the audit of what was done
    -- without the service.
    role text not null,
    job text not null,
    organisation {{text_key}} not null,
    nhs_number {{text_key}} not null,
    added_at bigint not null,
    -- null while it is on the list
    removed_at bigint
);

-- A patient once on each list. Also finds the list.
create unique index visit_on_list on visit (person, role, nhs_number) where removed_at is null;
create index visit_by_removal on visit (removed_at);

-- What one person keeps on one device. Its id, which only that device knows, is kept as its SHA-256
-- only. It stands as long as the person, the role and the passkey, and then never again.
create table vault (
    id_hash text not null primary key,
    person text not null,
    role text not null,
    job text not null,
    organisation {{text_key}} not null,
    passkey text not null,
    registered_at bigint not null,
    -- When a device was first told to wipe it.
    ended_at bigint,
    -- Where the copy of its log stands: domain::device_log::LogHead
    log_seq bigint not null,
    log_hash text not null
);

-- Entries of a device's log that did not continue it, for the privacy officer.
create table device_log_aside (
    vault text not null references vault (id_hash),
    -- SHA-256 of the entry, in hex: it is kept once, however often it comes.
    digest text not null,
    -- gap or forged (domain::device_log::Break)
    how text not null,
    -- domain::device_log::LogEntry
    entry text not null,
    received_at bigint not null,
    primary key (vault, digest)
);

-- The key pairs (X25519) to which devices seal changes that they cannot keep readable. The newest is
-- given out; the others still open what was sealed to them. Whoever has this database has the records
-- too, so that the secret half is kept as it is.
create table sealing_key (
    id text not null primary key,
    secret {{bytes}} not null,
    public {{bytes}} not null,
    created_at bigint not null
);
