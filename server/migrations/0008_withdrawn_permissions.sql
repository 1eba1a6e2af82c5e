-- A patient may take back what they agreed to ahead. What was recorded stays, and who recorded the
-- withdrawal stands beside it.
alter table permission add column withdrawn_at bigint;
alter table permission add column withdrawn_by text;
