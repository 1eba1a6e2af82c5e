-- What a device's log said, so that it cannot say something else later, and devices that owe theirs.

-- Entries from this number on have their hash below. Before there was that table it was not kept.
alter table vault add column hashes_from bigint not null default 1;
update vault set hashes_from = log_seq + 1;
-- When the device said, after the vault had ended, that nothing of its log is left there.
alter table vault add column handed_over_at bigint;
-- When the privacy officer was told that it has not.
alter table vault add column missed_at bigint;
-- Those were destroyed where they were: there is nothing to wait for.
update vault set handed_over_at = ended_at where ended_at is not null;
create index vault_not_handed_over on vault (ended_at)
    where ended_at is not null and handed_over_at is null and missed_at is null;

-- The entries of a device's log that are in the audit: domain::device_log::LogEntry
create table device_log_entry (
    vault text not null references vault (id_hash),
    seq bigint not null,
    hash text not null,
    prev text not null,
    primary key (vault, seq)
){{without_rowid}};
