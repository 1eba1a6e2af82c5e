-- When a session was locked: from then on it is of no use but to be unlocked or ended. null while it may be used.
alter table web_session add column locked_at bigint;
