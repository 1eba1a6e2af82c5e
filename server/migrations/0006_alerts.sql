-- Alerts to the privacy officers of an organisation, the work on them, and the notices of them.

-- A look that someone should see for themselves. It is written with the entry of the audit that it is
-- about, or after it where a pattern was found. Nothing is removed.
create table alert (
    -- UUIDv7: in the order in which they were raised.
    id {{text_key}} not null primary key,
    -- Whose officers see it: the organisation in whose role the person looked.
    organisation {{text_key}} not null,
    -- domain::alert::AlertKind, and AlertReason by its number.
    kind {{text_key}} not null,
    reason text not null,
    -- What the rule found, where it is more than the kind says.
    explanation text,
    -- The entry of the audit.
    lane bigint not null,
    seq bigint not null,
    -- When it happened, and when the alert was raised.
    at bigint not null,
    raised_at bigint not null,
    -- Who looked, and on whom, where one patient is concerned.
    person text not null,
    name text,
    job text,
    nhs_number {{text_key}},
    -- domain::alert::Stage, Finding and Explanation.
    stage {{text_key}} not null,
    finding text,
    asked text not null,
    -- When the stage was reached, and when the alert was closed.
    stage_at bigint not null,
    closed_at bigint,
    -- 1 once the notices of it are in the table below.
    noticed bigint not null default 0
);

-- The queue of an organisation, oldest first.
create index alert_queue on alert (organisation, stage, id);
-- The report by month.
create index alert_by_time on alert (organisation, raised_at);
-- The questions to a person, and whether a pattern of theirs has an alert already.
create index alert_of_person on alert (person, kind, at);
create index alert_not_noticed on alert (id) where noticed = 0;

-- What was done about an alert.
create table alert_step (
    alert {{text_key}} not null references alert (id),
    -- From 1.
    number bigint not null,
    at bigint not null,
    person text not null,
    name text not null,
    -- domain::alert::Step, and Finding where it is closed.
    step text not null,
    finding text,
    note text not null,
    primary key (alert, number)
);

{{append_only alert_step}}
-- How far each lane of the audit was searched for patterns. What was there before is left alone.
create table alert_watch (
    lane bigint not null primary key,
    seq bigint not null
);
insert into alert_watch (lane, seq) select lane, seq from audit_head;

-- Where staff live, as their employer gave it, by domain::alert::Home: for the rule that compares it
-- with where a patient lives, and nothing else.
create table staff_home (
    person {{text_key}} not null primary key,
    line text not null,
    postcode text not null
);

-- Of so many in a hundred alerts, every one is checked.
create table alert_sampling (
    organisation {{text_key}} not null primary key,
    percent bigint not null
);

-- Where a privacy officer wants the notices.
create table alert_contact (
    person text not null primary key,
    email text not null
);

-- What has to leave the service: a reference, and nothing about anyone.
create table alert_notice (
    alert {{text_key}} not null references alert (id),
    -- email or webhook
    channel text not null,
    -- The person whose address it goes to; empty for a webhook.
    recipient text not null,
    attempts bigint not null,
    -- When it is tried next; null once it was delivered or given up.
    due_at bigint,
    delivered_at bigint,
    -- Why the last attempt failed, in a word.
    trouble text,
    primary key (alert, channel, recipient)
);
create index alert_notice_due on alert_notice (due_at) where due_at is not null;
