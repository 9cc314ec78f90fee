-- Personal columns are hashed apart from all others, so that erasing a person exempts nothing else from the proof.
alter table history.changes add column personal varchar default ''; -- Columns that are hashed apart from all others, so that they can be erased
alter table history.changes add column personal_sha256 varchar default ''; -- SHA-256 over the personal columns of the rows
alter table history.changes add column salt varchar default ''; -- Random, hashed with personal values so that none can be guessed; empty once nothing is left to prove

alter table history.operations add column request_fields varchar default ''; -- Fields of the requests
alter table history.operations add column personal_fields varchar default ''; -- Fields of the requests that are hashed apart
alter table history.operations add column requests_personal_sha256 varchar default ''; -- SHA-256 over the personal fields of the requests
alter table history.operations add column personal_sha256 varchar default ''; -- SHA-256 of the reason, the summary and a client's address
alter table history.operations add column salt varchar default ''; -- Random, hashed with personal values so that none can be guessed; empty once nothing is left to prove

-- Hashes of rows and values that were erased, so that the chain still proves all others.
create table history.erased_values (
    erased_by bigint not null, -- Operation that erased
    operation_id bigint not null, -- Operation whose rows they are
    part varchar not null, -- Table, or requests, or operations
    kind varchar not null, -- insert, update or delete; empty for requests and operations
    sign tinyint not null, -- -1 for the row before, +1 for the row after
    id bigint not null, -- Number of the row, the request or the operation
    column_name varchar not null, -- Column of the value; empty: all personal columns of the row
    sha256 varchar not null, -- Hash that the chain was made with
);

-- Hashes of the operations before personal columns were hashed apart: a hash noted then is still recognised.
create table history.old_heads (
    operation_id bigint not null, -- Operation
    sha256 varchar not null, -- Its hash then
);
