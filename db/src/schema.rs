// Printed by `arvlite db print-schema`; do not edit.

diesel::table! {
    api_keys (id) {
        id -> Int8,
        company_id -> Int8,
        name -> Text,
        prefix -> Text,
        secret_sha256 -> Bytea,
        role -> Text,
        scopes -> Array<Text>,
        expires_at -> Nullable<Timestamptz>,
        last_used_at -> Nullable<Timestamptz>,
        revoked_at -> Nullable<Timestamptz>,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    ar_content (id) {
        id -> Int8,
        company_id -> Int8,
        project_id -> Int8,
        active_video_id -> Nullable<Int8>,
        photo_media_id -> Nullable<Int8>,
        unique_id -> Uuid,
        order_number -> Text,
        customer_name -> Nullable<Text>,
        customer_phone -> Nullable<Text>,
        customer_email -> Nullable<Text>,
        duration_years -> Int4,
        expires_at -> Timestamptz,
        views_count -> Int8,
        status -> Text,
        content_metadata -> Jsonb,
        version -> Int4,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        deleted_at -> Nullable<Timestamptz>,
        deletion_id -> Nullable<Uuid>,
        folder_id -> Nullable<Int8>,
        client_id -> Nullable<Int8>,
    }
}

diesel::table! {
    ar_view_sessions (id) {
        id -> Int8,
        company_id -> Int8,
        project_id -> Int8,
        ar_content_id -> Int8,
        video_id -> Nullable<Int8>,
        session_id -> Uuid,
        source -> Text,
        status -> Text,
        device_type -> Text,
        browser -> Nullable<Text>,
        os -> Nullable<Text>,
        user_agent -> Nullable<Text>,
        country -> Nullable<Text>,
        city -> Nullable<Text>,
        network -> Nullable<Text>,
        duration_seconds -> Nullable<Int4>,
        tracking_quality -> Text,
        tracking_quality_second -> Int4,
        video_played -> Bool,
        version -> Int4,
        started_at -> Timestamptz,
        updated_at -> Timestamptz,
        last_seen_at -> Timestamptz,
        ended_at -> Nullable<Timestamptz>,
        viewer -> Nullable<Int8>,
        first_in_company -> Bool,
        first_in_project -> Bool,
        first_in_ar_content -> Bool,
    }
}

diesel::table! {
    audit_log (id) {
        id -> Int8,
        company_id -> Nullable<Int8>,
        entity_type -> Text,
        entity_id -> Int8,
        action -> Text,
        changes -> Jsonb,
        field_name -> Nullable<Text>,
        actor_kind -> Text,
        actor_id -> Nullable<Int8>,
        actor_email -> Nullable<Text>,
        actor_ip -> Nullable<Text>,
        user_agent -> Nullable<Text>,
        session_id -> Nullable<Text>,
        request_id -> Nullable<Text>,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    clients (id) {
        id -> Int8,
        company_id -> Int8,
        name -> Text,
        phone -> Nullable<Text>,
        email -> Nullable<Text>,
        address -> Nullable<Text>,
        notes -> Nullable<Text>,
        is_active -> Bool,
        version -> Int4,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        deleted_at -> Nullable<Timestamptz>,
        deletion_id -> Nullable<Uuid>,
    }
}

diesel::table! {
    companies (id) {
        id -> Int8,
        name -> Text,
        slug -> Text,
        contact_email -> Nullable<Text>,
        status -> Text,
        time_zone -> Text,
        version -> Int4,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        deleted_at -> Nullable<Timestamptz>,
        deletion_id -> Nullable<Uuid>,
    }
}

diesel::table! {
    email_queue (id) {
        id -> Int8,
        company_id -> Int8,
        recipient_to -> Text,
        recipient_cc -> Nullable<Text>,
        recipient_bcc -> Nullable<Text>,
        subject -> Text,
        body -> Text,
        html -> Nullable<Text>,
        template_id -> Nullable<Text>,
        variables -> Jsonb,
        status -> Text,
        attempts -> Int4,
        max_attempts -> Int4,
        last_error -> Nullable<Text>,
        priority -> Int4,
        scheduled_at -> Timestamptz,
        sent_at -> Nullable<Timestamptz>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    folders (id) {
        id -> Int8,
        company_id -> Int8,
        project_id -> Int8,
        parent_id -> Nullable<Int8>,
        parent_path -> Text,
        name -> Text,
        path -> Text,
        description -> Nullable<Text>,
        sort_order -> Int4,
        is_active -> Bool,
        version -> Int4,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        deleted_at -> Nullable<Timestamptz>,
        deletion_id -> Nullable<Uuid>,
    }
}

diesel::table! {
    idempotency_keys (id) {
        id -> Int8,
        caller -> Text,
        key -> Text,
        command -> Text,
        fingerprint -> Bytea,
        entity_id -> Nullable<Int8>,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    login_addresses (address) {
        address -> Text,
        login_attempts -> Int4,
        locked_until -> Nullable<Timestamptz>,
        last_attempt_at -> Timestamptz,
    }
}

diesel::table! {
    media (id) {
        id -> Int8,
        company_id -> Int8,
        name -> Text,
        key -> Text,
        mime_type -> Text,
        size_bytes -> Int8,
        sha256 -> Text,
        width -> Nullable<Int4>,
        height -> Nullable<Int4>,
        duration_ms -> Nullable<Int8>,
        created_at -> Timestamptz,
        storage_connection_id -> Nullable<Int8>,
    }
}

diesel::table! {
    memberships (id) {
        id -> Int8,
        company_id -> Int8,
        user_id -> Int8,
        role -> Text,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    migrations_log (id) {
        id -> Int8,
        revision -> Text,
        action -> Text,
        status -> Text,
        checksum -> Text,
        program_version -> Text,
        database_role -> Text,
        operator -> Nullable<Text>,
        started_at -> Timestamptz,
        duration_ms -> Nullable<Int8>,
        failure -> Nullable<Text>,
    }
}

diesel::table! {
    notifications (id) {
        id -> Int8,
        company_id -> Int8,
        project_id -> Nullable<Int8>,
        ar_content_id -> Nullable<Int8>,
        notification_type -> Text,
        subject -> Nullable<Text>,
        message -> Nullable<Text>,
        metadata -> Jsonb,
        email_sent -> Bool,
        email_sent_at -> Nullable<Timestamptz>,
        email_attempts -> Int4,
        email_error -> Nullable<Text>,
        telegram_sent -> Bool,
        telegram_sent_at -> Nullable<Timestamptz>,
        telegram_attempts -> Int4,
        telegram_error -> Nullable<Text>,
        read_at -> Nullable<Timestamptz>,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    projects (id) {
        id -> Int8,
        company_id -> Int8,
        name -> Text,
        status -> Text,
        version -> Int4,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        deleted_at -> Nullable<Timestamptz>,
        deletion_id -> Nullable<Uuid>,
    }
}

diesel::table! {
    settings (name) {
        name -> Text,
        value -> Jsonb,
    }
}

diesel::table! {
    sign_ins (id) {
        id -> Int8,
        user_id -> Int8,
        token_sha256 -> Bytea,
        created_at -> Timestamptz,
        last_seen_at -> Timestamptz,
        revoked_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    storage_connections (id) {
        id -> Int8,
        company_id -> Int8,
        name -> Text,
        provider -> Text,
        endpoint -> Nullable<Text>,
        region -> Nullable<Text>,
        bucket -> Nullable<Text>,
        base_path -> Nullable<Text>,
        secrets -> Nullable<Bytea>,
        secrets_key_id -> Nullable<Text>,
        secrets_set_at -> Nullable<Timestamptz>,
        is_default -> Bool,
        is_active -> Bool,
        last_tested_at -> Nullable<Timestamptz>,
        test_status -> Nullable<Text>,
        test_error -> Nullable<Text>,
        metadata -> Jsonb,
        version -> Int4,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        deleted_at -> Nullable<Timestamptz>,
        deletion_id -> Nullable<Uuid>,
    }
}

diesel::table! {
    storage_folders (id) {
        id -> Int8,
        company_id -> Int8,
        storage_connection_id -> Int8,
        name -> Text,
        path -> Text,
        folder_type -> Text,
        files_count -> Int4,
        total_size_bytes -> Int8,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    uploads (id) {
        id -> Int8,
        company_id -> Int8,
        kind -> Text,
        status -> Text,
        filename -> Text,
        declared_mime_type -> Text,
        declared_size_bytes -> Int8,
        received_bytes -> Int8,
        media_id -> Nullable<Int8>,
        failure_code -> Nullable<Text>,
        failure_message -> Nullable<Text>,
        expires_at -> Timestamptz,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    users (id) {
        id -> Int8,
        email -> Text,
        hashed_password -> Text,
        full_name -> Text,
        role -> Text,
        is_active -> Bool,
        last_login_at -> Nullable<Timestamptz>,
        login_attempts -> Int4,
        locked_until -> Nullable<Timestamptz>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    video_rotation_dates (id) {
        id -> Int8,
        company_id -> Int8,
        ar_content_id -> Int8,
        video_rotation_schedule_id -> Int8,
        video_id -> Int8,
        date -> Date,
        yearly -> Bool,
    }
}

diesel::table! {
    video_rotation_items (id) {
        id -> Int8,
        company_id -> Int8,
        ar_content_id -> Int8,
        video_rotation_schedule_id -> Int8,
        video_id -> Int8,
        position -> Int4,
        weight -> Int4,
    }
}

diesel::table! {
    video_rotation_schedules (id) {
        id -> Int8,
        company_id -> Int8,
        ar_content_id -> Int8,
        rotation_type -> Text,
        time_of_day -> Nullable<Time>,
        day_of_week -> Nullable<Text>,
        day_of_month -> Nullable<Int4>,
        cron_expression -> Nullable<Text>,
        anchor_at -> Timestamptz,
        default_video_id -> Nullable<Int8>,
        is_active -> Bool,
        version -> Int4,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    video_schedules (id) {
        id -> Int8,
        company_id -> Int8,
        ar_content_id -> Int8,
        video_id -> Int8,
        start_time -> Timestamptz,
        end_time -> Timestamptz,
        priority -> Int4,
        status -> Text,
        description -> Nullable<Text>,
        version -> Int4,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    videos (id) {
        id -> Int8,
        company_id -> Int8,
        ar_content_id -> Int8,
        media_id -> Nullable<Int8>,
        filename -> Text,
        status -> Text,
        failure -> Nullable<Text>,
        is_active -> Bool,
        rotation_order -> Int4,
        subscription_end -> Nullable<Timestamptz>,
        version -> Int4,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        deleted_at -> Nullable<Timestamptz>,
        deletion_id -> Nullable<Uuid>,
    }
}

diesel::table! {
    view_events (position, recorded_at) {
        position -> Int8,
        recorded_at -> Timestamptz,
        company_id -> Int8,
        project_id -> Int8,
        ar_content_id -> Int8,
        kind -> Text,
        view_session -> Jsonb,
    }
}

diesel::table! {
    view_log_retention (is_only) {
        is_only -> Bool,
        dropped_through -> Int8,
    }
}

diesel::table! {
    view_rollup_progress (id) {
        id -> Int8,
        rolled_through -> Int8,
    }
}

diesel::table! {
    view_rollup_states (company_id) {
        company_id -> Int8,
        time_zone -> Text,
        rolled_from -> Timestamptz,
        rolled_until -> Timestamptz,
        due_at -> Timestamptz,
        time_zone_data -> Text,
    }
}

diesel::table! {
    view_rollups (company_id, facet, grain, period_start, id) {
        id -> Int8,
        company_id -> Int8,
        grain -> Text,
        period_start -> Timestamptz,
        facet -> Text,
        device_type -> Nullable<Text>,
        os -> Nullable<Text>,
        browser -> Nullable<Text>,
        country -> Nullable<Text>,
        city -> Nullable<Text>,
        tracking_quality -> Nullable<Text>,
        video_played -> Nullable<Bool>,
        project_id -> Nullable<Int8>,
        ar_content_id -> Nullable<Int8>,
        video_id -> Nullable<Int8>,
        source -> Nullable<Text>,
        views -> Int4,
        first_in_company -> Int4,
        first_in_project -> Int4,
        first_in_ar_content -> Int4,
        watch_seconds -> Int8,
        timed -> Int4,
        durations -> Array<Int4>,
        played -> Int4,
        tracked -> Int4,
        lost -> Int4,
        peak -> Nullable<Int4>,
        hour -> Nullable<Int2>,
    }
}

diesel::allow_tables_to_appear_in_same_query!(
    api_keys,
    ar_content,
    ar_view_sessions,
    audit_log,
    clients,
    companies,
    email_queue,
    folders,
    idempotency_keys,
    login_addresses,
    media,
    memberships,
    migrations_log,
    notifications,
    projects,
    settings,
    sign_ins,
    storage_connections,
    storage_folders,
    uploads,
    users,
    video_rotation_dates,
    video_rotation_items,
    video_rotation_schedules,
    video_schedules,
    videos,
    view_events,
    view_log_retention,
    view_rollup_progress,
    view_rollup_states,
    view_rollups,
);
