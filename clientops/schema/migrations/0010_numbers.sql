-- New rows step over the numbers of rows that the source has and that could not be taken.
alter table import_problems add column table_name varchar; -- Table here that would have kept the number; empty: none
