//! Tables as diesel sees them; `migrations/` is the truth.

diesel::table! {
    server (id) {
        id -> Integer,
        boot_epoch -> BigInt,
        created_at -> BigInt,
        log_epoch -> Nullable<Text>,
        log_home -> Nullable<Text>,
    }
}

diesel::table! {
    owners (id) { id -> BigInt, name -> Text, last_seq -> BigInt, created_at -> BigInt, }
}

diesel::table! {
    api_keys (id) {
        id -> BigInt,
        prefix -> Text,
        sha256 -> Binary,
        owner -> BigInt,
        name -> Nullable<Text>,
        created_at -> BigInt,
        last_used_at -> Nullable<BigInt>,
        revoked_at -> Nullable<BigInt>,
        role -> Text,
        scopes -> Nullable<Text>,
        expires_at -> Nullable<BigInt>,
        successor -> Nullable<BigInt>,
    }
}

diesel::table! {
    audit (id) {
        id -> BigInt,
        at -> BigInt,
        actor_key -> Nullable<Text>,
        actor_owner -> Text,
        for_owner -> Nullable<Text>,
        action -> Text,
        object -> Text,
        before -> Nullable<Text>,
        after -> Nullable<Text>,
        correlation -> Text,
        peer -> Nullable<Text>,
        chain -> Binary,
    }
}

diesel::table! {
    correlations (id) { id -> BigInt, value -> Text, }
}

diesel::table! {
    files (id) {
        id -> BigInt,
        public_id -> Text,
        owner -> BigInt,
        name -> Text,
        size_bytes -> BigInt,
        sha256 -> Text,
        created_at -> BigInt,
    }
}

diesel::table! {
    uploads (id) {
        id -> BigInt,
        public_id -> Text,
        owner -> BigInt,
        name -> Text,
        size_bytes -> BigInt,
        received -> BigInt,
        expires_at -> BigInt,
        file -> Nullable<Text>,
        duplicate -> Bool,
    }
}

diesel::table! {
    batches (id) {
        id -> BigInt,
        public_id -> Text,
        owner -> BigInt,
        name -> Nullable<Text>,
        operations -> Text,
        options -> Text,
        priority -> Integer,
        on_failure -> Text,
        control -> Text,
        pause_mode -> Text,
        sealed -> Bool,
        halted -> Bool,
        deadline_hit -> Bool,
        not_before -> Nullable<BigInt>,
        deadline -> Nullable<BigInt>,
        generation -> Integer,
        retry_after -> Nullable<Integer>,
        retry_cancelled_too -> Bool,
        outcome -> Nullable<Text>,
        rev -> BigInt,
        total -> BigInt,
        queued -> BigInt,
        running -> BigInt,
        retry_wait -> BigInt,
        succeeded -> BigInt,
        failed -> BigInt,
        cancelled -> BigInt,
        expired -> BigInt,
        skipped -> BigInt,
        claimed -> BigInt,
        correlation -> BigInt,
        created_at -> BigInt,
        started_at -> Nullable<BigInt>,
        ended_at -> Nullable<BigInt>,
        collection -> Nullable<Text>,
        retry_codes -> Nullable<Text>,
        retry_until -> Nullable<BigInt>,
        status -> Text,
        log_after -> Nullable<BigInt>,
        log_upto -> BigInt,
    }
}

diesel::table! {
    batch_status_counts (owner, status) { owner -> BigInt, status -> Text, batches -> BigInt, }
}

diesel::table! {
    items (batch, position) {
        batch -> BigInt,
        position -> Integer,
        state -> Integer,
        generation -> Integer,
        attempt -> Integer,
        charged -> Integer,
        timeouts -> Integer,
        crashes -> Integer,
        epoch -> BigInt,
        run_at -> BigInt,
        started_at -> BigInt,
        reason -> Nullable<Text>,
        failure -> Nullable<Text>,
        ended_at -> Nullable<BigInt>,
        correlation -> BigInt,
    }
}

diesel::table! {
    documents (batch, position) {
        batch -> BigInt,
        position -> Integer,
        name -> Text,
        size_bytes -> BigInt,
        sha256 -> Nullable<Text>,
        source_path -> Nullable<Binary>,
        password -> Nullable<Text>,
        folder -> Nullable<Text>,
    }
}

diesel::table! {
    attempts (batch, position, generation, attempt) {
        batch -> BigInt,
        position -> Integer,
        generation -> Integer,
        attempt -> Integer,
        epoch -> BigInt,
        ended -> Text,
        failure -> Nullable<Text>,
        detail -> Nullable<Text>,
        summary -> Nullable<Text>,
        started_at -> BigInt,
        ended_at -> BigInt,
        worker_pid -> Nullable<BigInt>,
        work_micros -> Nullable<BigInt>,
        peak_memory_bytes -> Nullable<BigInt>,
    }
}

diesel::table! {
    artifacts (batch, position, generation, name) {
        batch -> BigInt,
        position -> Integer,
        generation -> Integer,
        name -> Text,
        media_type -> Text,
        size_bytes -> BigInt,
        sha256 -> Text,
        created_at -> BigInt,
    }
}

diesel::table! {
    events (owner, seq) {
        owner -> BigInt,
        seq -> BigInt,
        #[sql_name = "type"]
        kind -> Text,
        at -> BigInt,
        batch -> BigInt,
        item -> Nullable<Integer>,
        correlation -> BigInt,
        data -> Text,
    }
}

diesel::table! {
    idempotency_keys (owner, key) {
        owner -> BigInt,
        key -> Text,
        fingerprint -> Text,
        batch -> BigInt,
        created_at -> BigInt,
    }
}

diesel::table! {
    run_inputs (batch, position) {
        batch -> BigInt,
        position -> Integer,
        path -> Binary,
        stem -> Binary,
        renamed -> Bool,
    }
}

diesel::table! {
    webhooks (id) {
        id -> BigInt,
        public_id -> Text,
        owner -> BigInt,
        url -> Text,
        description -> Text,
        event_types -> Nullable<Text>,
        secret -> Binary,
        old_secret -> Nullable<Binary>,
        old_secret_until -> Nullable<BigInt>,
        cursor -> BigInt,
        disabled -> Nullable<Text>,
        disabled_at -> Nullable<BigInt>,
        failing_since -> Nullable<BigInt>,
        created_at -> BigInt,
        updated_at -> BigInt,
        deleted_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    webhook_deliveries (id) {
        id -> BigInt,
        webhook -> BigInt,
        seq -> Nullable<BigInt>,
        #[sql_name = "type"]
        kind -> Text,
        state -> Text,
        tries -> Integer,
        next_at -> BigInt,
        attempts -> Text,
        created_at -> BigInt,
        ended_at -> Nullable<BigInt>,
    }
}

diesel::joinable!(api_keys -> owners (owner));
diesel::joinable!(items -> batches (batch));
diesel::joinable!(events -> batches (batch));
diesel::joinable!(events -> correlations (correlation));
diesel::joinable!(batches -> correlations (correlation));
diesel::allow_tables_to_appear_in_same_query!(batches, items, documents, events, correlations, attempts, artifacts);
diesel::allow_tables_to_appear_in_same_query!(run_inputs, items);
diesel::allow_tables_to_appear_in_same_query!(api_keys, owners);
