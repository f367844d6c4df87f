DROP TABLE video_schedules, videos, ar_content, uploads, media, projects CASCADE;
