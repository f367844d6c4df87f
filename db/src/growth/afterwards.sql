-- Whoever adds rows next counts on from here.
DO $$
DECLARE
    grown text;
BEGIN
    FOREACH grown IN ARRAY ARRAY['companies', 'users', 'memberships', 'api_keys', 'projects', 'media', 'uploads',
        'ar_content', 'videos', 'video_schedules', 'audit_log', 'ar_view_sessions']
    LOOP
        EXECUTE format(
            'SELECT setval(pg_get_serial_sequence(%1$L, ''id''), greatest(nextval(pg_get_serial_sequence(%1$L, ''id'')),
                (SELECT max(id) FROM %1$I)))', grown);
    END LOOP;
END $$;

-- That it was done, and how much, is known from now on; it is done once.
INSERT INTO settings (name, value)
SELECT 'growth', jsonb_build_object('companies', companies, 'contents', contents, 'view_sessions', view_sessions) FROM growth;
