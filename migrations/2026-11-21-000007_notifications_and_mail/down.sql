DROP TABLE email_queue, notifications;
