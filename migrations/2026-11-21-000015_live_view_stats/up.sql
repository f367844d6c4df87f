-- lint: accepted create-index: no release was made yet, so no database is busy.
-- What ended in the last minutes.
CREATE INDEX ar_view_sessions_company_id_ended_at_idx ON ar_view_sessions (company_id, ended_at)
    WHERE ended_at IS NOT NULL;
