-- Parts of last names: half of a double-barrelled one, what follows "van" or "O'". A row for each part of each
-- current and earlier name of more than one word (domain::name_words); most names have none.
create table patient_part (
    nhs_number {{text_key}} not null,
    -- 0 is the usual name, the others are earlier ones.
    position bigint not null,
    part_key {{text_key}} not null,
    -- What makes two parts sound alike.
    part_alike {{text_key}} not null,
    birth_date {{text_key}} not null,
    gender {{text_key}} not null,
    death_date {{text_key}} not null,
    -- As in patient_name.
    given_keys {{text_key}} not null,
    given_alikes {{text_key}} not null,
    primary key (nhs_number, position, part_key)
){{without_rowid}};

create index if not exists patient_part_by_key on patient_part
    (part_key, birth_date, gender, position, given_keys, death_date, nhs_number);
create index if not exists patient_part_by_sound on patient_part
    (part_alike, birth_date, gender, death_date, given_keys, given_alikes, nhs_number);

-- By which rules the keys of the patients' names were made. Without a row, or with a lower number than that of
-- national/embedded/rekey.rs, they are made anew at the next start.
create table name_keys (
    version bigint not null
);
