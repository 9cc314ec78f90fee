-- What was taken from the machine when the book was made or brought up to date, where no setting says otherwise.
create table history.made_with (
    name varchar not null, -- Name of the setting, e.g. time_zone
    value varchar not null, -- Value as text
);
