-- That an organisation cares for a patient, as someone of it recorded.
create table referral (
    id text not null primary key,
    nhs_number {{text_key}} not null,
    organisation {{text_key}} not null,
    -- referral or visit (domain::referral::ReferralKind)
    kind text not null,
    -- The last day on which it is open.
    until_date {{text_key}} not null,
    person text not null,
    recorded_by text not null,
    recorded_at bigint not null,
    -- null while it is open
    ended_at bigint,
    ended_by text
);

create index referral_of_patient on referral (nhs_number, organisation, until_date);
