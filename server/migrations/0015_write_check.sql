-- Whether the audit can be written is found out by writing: a row for each lane, over and over.
create table write_check (
    lane bigint primary key,
    at bigint not null,
    -- As much as some entries take, so that a full disk is met by this as soon as by them.
    filler {{bytes}} not null
);
