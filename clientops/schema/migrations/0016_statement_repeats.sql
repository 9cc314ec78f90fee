-- What the same money looks like in several messages: entries, notices, and lines that a statement shares with earlier ones.
alter table statements add column is_notice boolean; -- Announces entries that a statement lists, too
alter table statement_lines add column entry_reference varchar; -- The bank's reference of the entry that it is a part of

-- Lines of earlier statements that a later one has, too: they count for its balances.
create table statement_repeats (
    id bigint not null, -- Number of the repetition
    statement_id bigint not null, -- Statement that has the line, too
    statement_line_id bigint not null, -- Line of an earlier statement
);
