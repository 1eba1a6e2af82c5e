-- Patients, as the embedded national services keep them: demographics and the keys to find them by,
-- summaries, and reasonable adjustments.
--
-- Dates are ISO 8601 text, which sorts as dates do. Keys of names, sounds and postcodes are computed
-- by the domain (search_keys), so that both engines find the same patients.

create table patient (
    nhs_number {{text_key}} not null primary key,
    -- domain::patient::Patient
    doc text not null
);

-- Numbers that were replaced. `nhs_number` is the current one, also after several replacements.
create table superseded_number (
    superseded {{text_key}} not null primary key,
    nhs_number {{text_key}} not null
);

-- A row for each current and earlier name. What narrows a search by name stands in each index of
-- it, so that a search reads the index alone and stops at the 51st patient.
create table patient_name (
    nhs_number {{text_key}} not null,
    -- 0 is the usual name, the others are earlier ones.
    position bigint not null,
    birth_date {{text_key}} not null,
    gender {{text_key}} not null,
    -- Empty while the patient lives.
    death_date {{text_key}} not null,
    family_key {{text_key}} not null,
    -- The key of each given name, with a space before, between and after: ' JANE ANNE '.
    given_keys {{text_key}} not null,
    -- What makes two names sound alike: see national/embedded/keys.rs.
    family_alike {{text_key}} not null,
    -- The same for each given name, with spaces as above.
    given_alikes {{text_key}} not null,
    primary key (nhs_number, position)
){{without_rowid}};

-- Born on a day or within a few, any last name or a beginning of one.
create index if not exists patient_name_by_birth on patient_name
    (birth_date, family_key, gender, position, given_keys, death_date, nhs_number);
-- A last name, born at any time.
create index if not exists patient_name_by_family on patient_name
    (family_key, birth_date, gender, position, given_keys, death_date, nhs_number);
-- A last name that sounds alike, or a first name that was written as the last.
create index if not exists patient_name_by_sound on patient_name
    (family_alike, birth_date, gender, death_date, family_key, given_keys, given_alikes, nhs_number);

-- A row for each given name that sounds different: for a widened search that has a last name only,
-- which may be someone's first name.
create table patient_given (
    nhs_number {{text_key}} not null,
    alike {{text_key}} not null,
    birth_date {{text_key}} not null,
    gender {{text_key}} not null,
    death_date {{text_key}} not null,
    primary key (nhs_number, alike)
){{without_rowid}};

create index if not exists patient_given_by_alike on patient_given
    (alike, birth_date, gender, death_date, nhs_number);

-- A row for each postcode where a patient lives or lived. A restricted patient has none, so that no
-- search by place can find them.
create table patient_place (
    nhs_number {{text_key}} not null,
    postcode_key {{text_key}} not null,
    -- 1 where the patient no longer lives there.
    earlier bigint not null,
    primary key (nhs_number, postcode_key)
){{without_rowid}};

create index if not exists patient_place_by_postcode on patient_place (postcode_key, earlier, nhs_number);

-- The patient's choice on their summary. A patient without a row is asked.
create table summary_consent (
    nhs_number {{text_key}} not null primary key,
    -- yes, no or ask
    consent text not null
);

create table summary_document (
    nhs_number {{text_key}} not null primary key,
    -- As it was received, compressed (summary_document::compress).
    document {{bytes}} not null,
    received_at bigint not null,
    -- Where it came from, as people read it.
    source text not null
);

-- domain::adjustment::AdjustmentRecord, which holds its own history. A patient without a row has
-- never had one.
create table adjustment_record (
    nhs_number {{text_key}} not null primary key,
    version bigint not null,
    -- 1 while there is a flag, so that its being there can be told without reading it.
    flag bigint not null,
    doc text not null
);

-- What became of each command that was carried out, so that it is done once however often it comes.
create table command_result (
    command text not null primary key,
    person text not null,
    -- SHA-256 of the patient and the command, in hex: the same id with other content is refused.
    content text not null,
    -- domain::command::Receipt
    receipt text not null,
    at bigint not null
);
