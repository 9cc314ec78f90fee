-- Changes that wait for a second person. Applied under their key, so one that was applied has an operation of that key.
create table proposals (
    id bigint not null, -- Number of the proposal
    rule varchar not null, -- Rule that is to be applied, e.g. issue-credit
    requests varchar not null, -- What is asked for, as JSON
    reason varchar, -- Why
    proposed_by varchar not null, -- Who asks for it
    proposed_at timestamptz not null, -- When
    counts_for date not null, -- Day it counts for
    key varchar not null, -- Key that it is applied under, once
    digest varchar not null, -- Hash of what the preview showed
    shown_after bigint not null, -- Newest operation when the preview was made
    row_count bigint not null default 0, -- Rows that would change
    needed_because varchar not null, -- Why a second person is needed
    status varchar not null default 'waiting' check (status in ('waiting', 'rejected')), -- Rejected, or not
    rejected_by varchar, -- Who rejected it
    rejected_at timestamptz, -- When
    rejected_because varchar, -- Why
);

-- Copies of the book that were made, and where the chain of operations stood.
create table backups (
    id bigint not null, -- Number of the backup
    file_name varchar not null, -- Name of the copy
    made_by varchar not null, -- Who made it
    made_at timestamptz not null, -- When
    last_operation bigint not null, -- Newest operation in it
    head_sha256 varchar not null, -- Hash of that operation
);

-- Persons whose data was erased: how much of which table, and nothing about what it was.
create table erasures (
    id bigint not null, -- Number of the entry
    client_number bigint not null, -- Number of the client
    table_name varchar not null, -- Table
    row_count bigint not null default 0, -- Rows in which something was erased
    image_count bigint not null default 0, -- Rows of history in which something was erased
    erased_on date, -- Day
);

-- Hashes of blocks of history before and after somebody's data was erased from them, so that the chain still proves the rest.
create table history.erased_blocks (
    erased_by bigint not null, -- Operation that erased
    operation_id bigint not null, -- Operation whose rows they are
    part varchar not null, -- Table, or requests, or operations
    kind varchar not null, -- insert, update or delete; empty for requests and operations
    block bigint not null, -- Block of row numbers
    sha256_before varchar not null, -- Hash that the chain was made with
    sha256_after varchar not null, -- Hash of what is left
);
