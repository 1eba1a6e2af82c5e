-- The audit says everything that an account needs, and can be asked by patient and by person.
--
-- Entries keep the format in which they were hashed: those from before are of format 1, in which the
-- new columns are null, and verify as they did (audit/row.rs).

alter table audit_entry add column format bigint not null default 1;
-- `at` is when it happened. This is when the service had it: later than `at` for what was done
-- on a device without the service, for which `offline` is 1.
alter table audit_entry add column received bigint;
alter table audit_entry add column offline bigint;
-- The names of the person and of the organisation, as they were then.
alter table audit_entry add column name text;
alter table audit_entry add column organisation_name text;
-- The version and the screen of the app, as it tells them.
alter table audit_entry add column app_version text;
alter table audit_entry add column screen text;
-- The choice of a patient (patient_context), and the encounter that it was made for.
alter table audit_entry add column context text;
alter table audit_entry add column encounter text;
-- Whose fault it was, where it did not succeed (app::problem::Taxonomy).
alter table audit_entry add column fault text;
-- What a look rests on (audit::Ground), and why, from the fixed list (audit::ReasonCode).
alter table audit_entry add column ground text;
alter table audit_entry add column reason_code text;

-- What did I look at: newest first.
drop index audit_entry_of_person;
create index audit_entry_of_person on audit_entry (person, at, lane, seq);

-- The entries on a patient, made anew: in the order of the entries, so that they can be verified
-- side by side, and with the time, so that who looked at a patient is read newest first.
{{changeable audit_patient}}
create table audit_subject (
    lane bigint not null,
    seq bigint not null,
    nhs_number {{text_key}} not null,
    -- audit_entry.at
    at bigint not null,
    primary key (lane, seq, nhs_number)
){{without_rowid}};
insert into audit_subject (lane, seq, nhs_number, at)
    select p.lane, p.seq, p.nhs_number, coalesce(e.at, 0)
    from audit_patient p left join audit_entry e on e.lane = p.lane and e.seq = p.seq;
drop table audit_patient;
alter table audit_subject rename to audit_patient;
create index audit_patient_by_time on audit_patient (nhs_number, at, lane, seq);
{{append_only audit_patient}}
