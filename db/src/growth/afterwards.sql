-- That it was done, and how much, is known from now on; it is done once.
INSERT INTO settings (name, value)
SELECT 'growth', jsonb_build_object('companies', companies, 'contents', contents, 'view_sessions', view_sessions) FROM growth;
