-- Policies that an admin adopted: the newest row is the one that the book knows. A row without a hash: it was dropped.
create table policies (
    id bigint not null, -- Number of the entry
    sha256 varchar, -- SHA-256 of the policy file
    content varchar, -- What stood in it
    adopted_at timestamptz not null, -- When it was adopted or dropped
);
