-- Invitations to choose a password, one row a link that was sent; its token is nowhere, only what the token hashes to.
create table invitations (
    id bigint not null, -- Number of the invitation
    user_id bigint not null, -- Who is invited
    communication_id bigint, -- Mail that the link was sent in
    token_sha256 varchar not null, -- SHA-256 of the token in the link
    sent_to varchar not null, -- Address that it was sent to; it counts only while it is the user's
    created_at timestamptz not null, -- When the link was made
    expires_at timestamptz not null, -- Until when it can be used
    accepted_at timestamptz, -- When a password was chosen with it
    revoked_at timestamptz, -- When it was taken back, or replaced by a later one
);
