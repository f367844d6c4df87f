ALTER TABLE ar_view_sessions
    DROP COLUMN first_in_ar_content,
    DROP COLUMN first_in_project,
    DROP COLUMN first_in_company,
    DROP COLUMN viewer;
