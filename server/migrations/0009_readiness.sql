-- What organisations have shown, before their staff may use the service. Each change of a step is a
-- row of its own, whole, so that what stood when is never lost; the highest version counts.

create table readiness_change (
    ods {{text_key}} not null references organisation (ods),
    -- domain::readiness::Step, by its code.
    step {{text_key}} not null,
    -- Counts the changes of the step from 1. Of two that are based on the same one, one gets in.
    version bigint not null,
    -- By what the evidence is found, and of which day it is.
    evidence text not null,
    on_day text not null,
    -- domain::readiness::More, as JSON.
    more text not null,
    -- none, approved or sent-back; with what has to change.
    verdict text not null,
    reason text,
    -- Who entered it: nobody where it was taken over.
    entered_by text references person (id),
    entered_by_name text not null,
    entered_at bigint not null,
    -- Who decided on it nationally.
    decided_by text references person (id),
    decided_by_name text,
    decided_at bigint,
    primary key (ods, step, version)
);

-- Organisations that were in service before this was asked of them go on: cut off at once, their
-- staff would stand before patients without records. They count as having shown everything, and have
-- a year until their assessment expires. Organisations that come later begin with nothing.
insert into readiness_change
    (ods, step, version, evidence, on_day, more, verdict, entered_by_name, entered_at)
select o.ods, s.step, 1, 'In service before this was asked for', {{today}}, s.more, s.verdict,
       'Taken over', {{now}}
  from organisation o
 cross join (
    select 'ods-code' as step, '"nothing"' as more, 'none' as verdict
    union all select 'pds-form', '"nothing"', 'approved'
    union all select 'dspt', '{"assessment":{"status":"met","expires":"' || {{in_a_year}} || '"}}', 'none'
    union all select 'summary-approval', '"nothing"', 'approved'
    union all select 'privacy-officer', '"nothing"', 'none'
    union all select 'access-methods', '{"methods":["own-passkey"]}', 'none'
 ) s
 where s.step <> 'summary-approval'
    or o.setting not in ('AdultSocialCare', 'Dentistry', 'Optometry', 'Administration');

{{append_only readiness_change}}
