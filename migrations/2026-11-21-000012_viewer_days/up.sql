-- lint: accepted create-index: no release was made yet, so no database is busy.
-- Viewers are counted by days: on each UTC day a viewer has another number, which nobody can lead back to an address. A
-- view says when it is stored whether it is its viewer's first of the day, so that the viewers of any set of views add up.
ALTER TABLE ar_view_sessions
    -- Made of the address and the browser's name with a secret of the day; null where neither is known.
    ADD COLUMN viewer bigint,
    ADD COLUMN first_in_company boolean NOT NULL DEFAULT false,
    ADD COLUMN first_in_project boolean NOT NULL DEFAULT false,
    ADD COLUMN first_in_ar_content boolean NOT NULL DEFAULT false;
CREATE INDEX ar_view_sessions_company_id_viewer_idx
    ON ar_view_sessions (company_id, viewer, ar_content_id) WHERE viewer IS NOT NULL;
