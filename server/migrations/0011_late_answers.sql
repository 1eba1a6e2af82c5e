-- What a patient agreed to without the service arrives late: what happened later wins, whenever it arrives.

-- In the log of which vault the answer came, and under which number there: it is kept once, however often
-- it is delivered. `recorded_at` is when it was given.
alter table permission add column vault text;
alter table permission add column vault_seq bigint;
create unique index permission_of_device on permission (vault, vault_seq) where vault is not null;

-- That a patient took back what they had agreed to before that moment: for the organisation's teams, and for
-- the person who recorded it. It stands also where there was nothing yet to take back.
create table permission_withdrawal (
    id text not null primary key,
    nhs_number {{text_key}} not null,
    organisation {{text_key}} not null,
    person text not null,
    withdrawn_at bigint not null
);
create index permission_withdrawal_of_patient on permission_withdrawal (nhs_number, organisation, withdrawn_at);
insert into permission_withdrawal (id, nhs_number, organisation, person, withdrawn_at)
    select id, nhs_number, organisation, person, withdrawn_at from permission where withdrawn_at is not null;
