import Engine
import Events
import GRDB
import Rules

/// The tables of the store, one migration a released version.
enum Schema {
  static var migrator: DatabaseMigrator {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("1") { db in
      for statement in version1 { try db.execute(sql: statement) }
    }
    migrator.registerMigration("2") { db in
      for statement in version2 { try db.execute(sql: statement) }
    }
    migrator.registerMigration("3") { db in
      for statement in version3 { try db.execute(sql: statement) }
    }
    migrator.registerMigration("4") { db in
      for statement in version4 { try db.execute(sql: statement) }
    }
    migrator.registerMigration("5") { db in
      for statement in version5 { try db.execute(sql: statement) }
    }
    migrator.registerMigration("6") { db in
      try gatherSlots(db)
      try shortenSchedules(db)
    }
    return migrator
  }

  /// Slots that were decided alike share a row: one for each was too slow for ten thousand a second.
  private static func gatherSlots(_ db: Database) throws {
    try db.execute(sql: "ALTER TABLE slots RENAME TO single_slots")
    try db.execute(
      sql: """
        CREATE TABLE slots (seq INTEGER PRIMARY KEY, slot INTEGER NOT NULL, outcome INTEGER NOT NULL,
          decided_at INTEGER NOT NULL, count INTEGER NOT NULL, schedules BLOB NOT NULL)
        """)
    try db.execute(sql: "CREATE INDEX slots_slot ON slots (slot)")
    // Places are counted anew, so the one up to which all is expanded moves as well.
    let expanded = try db.count("SELECT COUNT(*) FROM single_slots WHERE seq <= (SELECT expanded FROM slots_decided)")
    try db.execute(sql: "UPDATE slots_decided SET expanded = 0")
    var batch: [SlotDecision] = []
    let rows = try Row.fetchCursor(
      db, sql: "SELECT schedule, slot, outcome, decided_at FROM single_slots ORDER BY seq")
    while let row = try rows.next() {
      guard let outcome = SlotDecision.Outcome(rawValue: row["outcome"]) else {
        throw StoreError(.corrupt, "a slot has the outcome \(row["outcome"] as Int)")
      }
      batch.append(
        SlotDecision(
          schedule: row["schedule"], slot: row.moment("slot"), outcome: outcome, decidedAt: row.moment("decided_at")))
      if batch.count == SlotRun.countMax {
        try SlotRun.append(batch, db)
        batch = []
      }
    }
    try SlotRun.append(batch, db)
    try db.execute(sql: "UPDATE slots_decided SET expanded = ?", arguments: [expanded])
    try db.execute(sql: "DROP TABLE single_slots")
  }

  /// What says when a schedule fires is in columns only, what many have in common in a table of its own: half the bytes are written
  /// in half the time.
  private static func shortenSchedules(_ db: Database) throws {
    for statement in version6 { try db.execute(sql: statement) }
    let rows = try Row.fetchCursor(db, sql: "SELECT id, pause_until, json FROM schedules ORDER BY id")
    while let row = try rows.next() {
      let schedule = try row.decoded("json") { try Schedule(json: $0) }
      var text: [UInt8] = []
      ScheduleRow.write(schedule, into: &text)
      try db.run(
        "INSERT INTO short_schedules VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
          row["id"] as Int64, schedule.name.group, schedule.name.name, schedule.state.rawValue,
          try Clockwork(schedule).mark(db).stored, schedule.since.milliseconds, schedule.start?.milliseconds,
          schedule.end?.milliseconds, row["pause_until"] as Int64?, String(decoding: text, as: UTF8.self),
        ])
    }
    // No id is given twice, also not one that was given before.
    try db.execute(sql: "DELETE FROM sqlite_sequence WHERE name = 'short_schedules'")
    try db.execute(
      sql: """
        INSERT INTO sqlite_sequence (name, seq)
        SELECT 'short_schedules', seq FROM sqlite_sequence WHERE name = 'schedules'
        """)
    try db.execute(sql: "DROP TABLE schedules")
    try db.execute(sql: "ALTER TABLE short_schedules RENAME TO schedules")
    try db.execute(
      sql: "CREATE INDEX schedules_paused ON schedules (pause_until) WHERE pause_until IS NOT NULL")
  }

  /// Before the rows of the old tables come in; and schedules that stay until their last invocation has come.
  private static let version6 = [
    """
    CREATE TABLE schedule_endings (schedule INTEGER NOT NULL, slot INTEGER NOT NULL, since INTEGER NOT NULL,
      due INTEGER NOT NULL, PRIMARY KEY (schedule, slot)) WITHOUT ROWID
    """,
    "CREATE INDEX schedule_endings_due ON schedule_endings (due)",
    "CREATE TABLE clockworks (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE)",
    """
    CREATE TABLE short_schedules (id INTEGER PRIMARY KEY AUTOINCREMENT, group_name TEXT NOT NULL, name TEXT NOT NULL,
      state TEXT NOT NULL, clockwork BLOB NOT NULL, since INTEGER NOT NULL, start_at INTEGER, end_at INTEGER,
      pause_until INTEGER, json TEXT NOT NULL, UNIQUE (group_name, name))
    """,
  ]

  /// Times are milliseconds since the epoch.
  private static let version1 = [
    """
    CREATE TABLE environments (name TEXT PRIMARY KEY, seeded_at INTEGER NOT NULL)
    """,
    """
    CREATE TABLE rules (name TEXT PRIMARY KEY, json TEXT NOT NULL)
    """,
    """
    CREATE TABLE rule_versions (name TEXT NOT NULL, version INTEGER NOT NULL, at INTEGER NOT NULL, json TEXT,
      PRIMARY KEY (name, version))
    """,
    """
    CREATE TABLE schedule_cursors (rule TEXT PRIMARY KEY, slot INTEGER NOT NULL)
    """,
    """
    CREATE TABLE events (seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, received_at INTEGER NOT NULL,
      hops INTEGER NOT NULL, parent_id TEXT, json TEXT NOT NULL)
    """,
    """
    CREATE TABLE deliveries (id INTEGER PRIMARY KEY AUTOINCREMENT, delivery_id TEXT NOT NULL UNIQUE, cause_id TEXT NOT NULL,
      cause TEXT NOT NULL, event_id TEXT, target TEXT NOT NULL, body TEXT, state TEXT NOT NULL, attempts INTEGER NOT NULL,
      due_at INTEGER NOT NULL, created_at INTEGER NOT NULL, error TEXT, exhausted TEXT, done_at INTEGER)
    """,
    "CREATE INDEX deliveries_due ON deliveries (due_at, id) WHERE state = 'waiting'",
    "CREATE INDEX deliveries_cause ON deliveries (cause_id)",
    "CREATE INDEX deliveries_done ON deliveries (done_at) WHERE done_at IS NOT NULL",
    """
    CREATE TABLE ledger (seq INTEGER PRIMARY KEY AUTOINCREMENT, cause_id TEXT NOT NULL, terminal INTEGER NOT NULL,
      at INTEGER NOT NULL, decision TEXT NOT NULL, rule TEXT, domain TEXT, event_id TEXT, run_id TEXT, correlation_id TEXT,
      parent_id TEXT, json TEXT NOT NULL, hash TEXT NOT NULL)
    """,
    "CREATE UNIQUE INDEX ledger_terminal ON ledger (cause_id) WHERE terminal = 1",
    "CREATE INDEX ledger_cause ON ledger (cause_id)",
    "CREATE INDEX ledger_at ON ledger (at)",
    "CREATE INDEX ledger_decision ON ledger (decision, seq)",
    "CREATE INDEX ledger_rule ON ledger (rule, seq) WHERE rule IS NOT NULL",
    "CREATE INDEX ledger_domain ON ledger (domain, seq) WHERE domain IS NOT NULL",
    "CREATE INDEX ledger_event ON ledger (event_id) WHERE event_id IS NOT NULL",
    "CREATE INDEX ledger_run ON ledger (run_id) WHERE run_id IS NOT NULL",
    "CREATE INDEX ledger_correlation ON ledger (correlation_id) WHERE correlation_id IS NOT NULL",
    "CREATE INDEX ledger_parent ON ledger (parent_id) WHERE parent_id IS NOT NULL",
    """
    CREATE TABLE claims (key TEXT PRIMARY KEY, run_id TEXT NOT NULL, payload_hash TEXT NOT NULL, status TEXT NOT NULL,
      lease_until INTEGER NOT NULL, expires_at INTEGER NOT NULL)
    """,
    "CREATE INDEX claims_expiry ON claims (expires_at)",
    """
    CREATE TABLE breakers (domain TEXT NOT NULL, table_name TEXT NOT NULL, json TEXT NOT NULL,
      PRIMARY KEY (domain, table_name))
    """,
    """
    CREATE TABLE admissions (cause_id TEXT PRIMARY KEY, trigger TEXT NOT NULL, at INTEGER NOT NULL)
    """,
    "CREATE INDEX admissions_recent ON admissions (trigger, at)",
    """
    CREATE TABLE reingestions (domain TEXT NOT NULL, table_name TEXT NOT NULL, ds TEXT NOT NULL, reason TEXT NOT NULL,
      day TEXT NOT NULL, count INTEGER NOT NULL, PRIMARY KEY (domain, table_name, ds, reason, day))
    """,
    """
    CREATE TABLE leases (domain TEXT NOT NULL, table_name TEXT NOT NULL, owner TEXT NOT NULL, until INTEGER NOT NULL,
      PRIMARY KEY (domain, table_name))
    """,
    """
    CREATE TABLE deferred (place INTEGER PRIMARY KEY AUTOINCREMENT, cause_id TEXT NOT NULL UNIQUE, domain TEXT NOT NULL,
      table_name TEXT NOT NULL, trigger TEXT NOT NULL, cause TEXT NOT NULL, request TEXT NOT NULL,
      warnings TEXT NOT NULL, wait TEXT NOT NULL, until INTEGER NOT NULL)
    """,
    "CREATE INDEX deferred_events_until ON deferred (until) WHERE trigger = 'event'",
    "CREATE INDEX deferred_others_until ON deferred (until) WHERE trigger <> 'event'",
    "CREATE INDEX deferred_rate ON deferred (place) WHERE trigger = 'event' AND wait = 'rate'",
    "CREATE INDEX deferred_table ON deferred (domain, table_name, place)",
    """
    CREATE TABLE runs (seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, cause_id TEXT NOT NULL,
      idempotency_key TEXT NOT NULL, domain TEXT NOT NULL, table_name TEXT NOT NULL, correlation_id TEXT NOT NULL,
      status TEXT NOT NULL, started_at INTEGER NOT NULL, ended_at INTEGER, request TEXT NOT NULL, symbols TEXT NOT NULL,
      warnings TEXT NOT NULL)
    """,
    "CREATE INDEX runs_correlation ON runs (correlation_id)",
    """
    CREATE TABLE chunks (run_id TEXT NOT NULL, chunk INTEGER NOT NULL, symbols TEXT NOT NULL, results TEXT NOT NULL,
      attempts INTEGER NOT NULL, finished_at INTEGER, PRIMARY KEY (run_id, chunk)) WITHOUT ROWID
    """,
    "CREATE INDEX chunks_open ON chunks (run_id, chunk) WHERE finished_at IS NULL",
    """
    CREATE TABLE source_budgets (source TEXT PRIMARY KEY, json TEXT NOT NULL)
    """,
    """
    CREATE TABLE queues (name TEXT PRIMARY KEY, json TEXT NOT NULL, created_at INTEGER NOT NULL)
    """,
    """
    CREATE TABLE messages (seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, queue TEXT NOT NULL,
      body TEXT NOT NULL, attributes TEXT NOT NULL, priority INTEGER NOT NULL, sent_at INTEGER NOT NULL,
      visible_at INTEGER NOT NULL, receive_count INTEGER NOT NULL, first_received_at INTEGER, receipt TEXT)
    """,
    "CREATE INDEX messages_visible ON messages (queue, priority DESC, seq, visible_at)",
    "CREATE INDEX messages_hidden ON messages (queue, visible_at)",
    "CREATE INDEX messages_sent ON messages (queue, sent_at)",
    "CREATE INDEX messages_receipt ON messages (receipt) WHERE receipt IS NOT NULL",
    """
    CREATE TABLE buckets (name TEXT PRIMARY KEY, created_at INTEGER NOT NULL)
    """,
    """
    CREATE TABLE objects (bucket TEXT NOT NULL, key TEXT NOT NULL, size INTEGER NOT NULL, etag TEXT NOT NULL,
      content_type TEXT NOT NULL, sequencer TEXT NOT NULL, blob_id TEXT NOT NULL, modified_at INTEGER NOT NULL,
      metadata TEXT NOT NULL, run_id TEXT, PRIMARY KEY (bucket, key)) WITHOUT ROWID
    """,
    "CREATE INDEX objects_run ON objects (run_id) WHERE run_id IS NOT NULL",
    """
    CREATE TABLE sequencers (bucket TEXT NOT NULL, key TEXT NOT NULL, sequencer TEXT NOT NULL,
      PRIMARY KEY (bucket, key)) WITHOUT ROWID
    """,
    """
    CREATE TABLE universe (id INTEGER PRIMARY KEY CHECK (id = 1), symbols TEXT NOT NULL)
    """,
    """
    CREATE TABLE universe_changes (seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,
      effective_at INTEGER NOT NULL, added TEXT NOT NULL, removed TEXT NOT NULL, folded INTEGER NOT NULL DEFAULT 0)
    """,
    "CREATE INDEX universe_changes_open ON universe_changes (effective_at, seq) WHERE folded = 0",
  ]

  /// EventBridge Scheduler's schedules, and their slots: (slot, schedule) once and for ever.
  private static let version5 = [
    "CREATE TABLE schedule_groups (name TEXT PRIMARY KEY, json TEXT NOT NULL)",
    """
    CREATE TABLE schedules (id INTEGER PRIMARY KEY AUTOINCREMENT, group_name TEXT NOT NULL, name TEXT NOT NULL,
      state TEXT NOT NULL, clockwork TEXT NOT NULL, since INTEGER NOT NULL, start_at INTEGER, end_at INTEGER,
      pause_until INTEGER, json TEXT NOT NULL, UNIQUE (group_name, name))
    """,
    "CREATE INDEX schedules_paused ON schedules (pause_until) WHERE pause_until IS NOT NULL",
    """
    CREATE TABLE slots (seq INTEGER PRIMARY KEY AUTOINCREMENT, slot INTEGER NOT NULL, schedule INTEGER NOT NULL,
      outcome INTEGER NOT NULL, decided_at INTEGER NOT NULL, UNIQUE (slot, schedule))
    """,
    """
    CREATE TABLE slots_decided (id INTEGER PRIMARY KEY CHECK (id = 1), through INTEGER, expanded INTEGER NOT NULL,
      saved_from INTEGER)
    """,
    "INSERT INTO slots_decided (id, through, expanded) VALUES (1, NULL, 0)",
    "CREATE TABLE waiting_slots (owner TEXT NOT NULL, slot INTEGER NOT NULL, PRIMARY KEY (owner, slot)) WITHOUT ROWID",
    """
    CREATE TABLE backfills (seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, state TEXT NOT NULL,
      done INTEGER NOT NULL, slots TEXT NOT NULL, progress TEXT NOT NULL)
    """,
    "CREATE TABLE zone_prints (zone TEXT PRIMARY KEY, print TEXT NOT NULL) WITHOUT ROWID",
    "CREATE INDEX backfills_state ON backfills (state)",
    "CREATE INDEX runs_open ON runs (cause_id) WHERE ended_at IS NULL",
    "CREATE INDEX deliveries_open ON deliveries (cause_id) WHERE state = 'waiting'",
  ]

  /// What was in force when, which processes lived when, and what of the ledger was let go of.
  private static let version4 = [
    """
    CREATE TABLE state_history (seq INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, name TEXT NOT NULL,
      at INTEGER NOT NULL, json TEXT NOT NULL)
    """,
    "CREATE INDEX state_history_name ON state_history (kind, name, at, seq)",
    "CREATE INDEX state_history_at ON state_history (kind, at, seq)",
    "CREATE TABLE lifetimes (started_at INTEGER PRIMARY KEY, until INTEGER NOT NULL)",
    """
    CREATE TABLE ledger_checkpoints (last_seq INTEGER PRIMARY KEY, first_seq INTEGER NOT NULL, rows INTEGER NOT NULL,
      hash TEXT NOT NULL, at INTEGER NOT NULL)
    """,
    "CREATE INDEX events_received ON events (received_at)",
    "CREATE INDEX events_parent ON events (parent_id) WHERE parent_id IS NOT NULL",
    "CREATE INDEX runs_cause ON runs (cause_id)",
    "CREATE INDEX runs_started ON runs (started_at)",
  ]

  /// The ledger is asked by time first, so its indexes are in the order of time.
  private static let version3 = [
    "DROP INDEX ledger_decision", "DROP INDEX ledger_rule", "DROP INDEX ledger_domain",
    "CREATE INDEX ledger_decision ON ledger (decision, at)",
    "CREATE INDEX ledger_rule ON ledger (rule, at) WHERE rule IS NOT NULL",
    "CREATE INDEX ledger_domain ON ledger (domain, at) WHERE domain IS NOT NULL",
  ]

  /// What operators see and define: metrics, logs, alarms and their kind.
  private static let version2 = [
    """
    CREATE TABLE documents (kind TEXT NOT NULL, name TEXT NOT NULL, json TEXT NOT NULL, created_at INTEGER NOT NULL,
      changed_at INTEGER NOT NULL, PRIMARY KEY (kind, name)) WITHOUT ROWID
    """,
    """
    CREATE TABLE metrics (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, namespace TEXT NOT NULL, name TEXT NOT NULL,
      last_at INTEGER NOT NULL, sum REAL NOT NULL, samples REAL NOT NULL, latest REAL NOT NULL)
    """,
    "CREATE INDEX metrics_name ON metrics (namespace, name)",
    """
    CREATE TABLE rollups (metric INTEGER NOT NULL, period INTEGER NOT NULL, at INTEGER NOT NULL, unit TEXT NOT NULL,
      json TEXT NOT NULL, PRIMARY KEY (metric, period, at, unit)) WITHOUT ROWID
    """,
    "CREATE INDEX rollups_age ON rollups (period, at)",
    """
    CREATE TABLE traffic (queue TEXT PRIMARY KEY, sent INTEGER NOT NULL, sent_bytes INTEGER NOT NULL,
      received INTEGER NOT NULL, deleted INTEGER NOT NULL) WITHOUT ROWID
    """,
    """
    CREATE TRIGGER messages_sent_count AFTER INSERT ON messages BEGIN
      INSERT INTO traffic (queue, sent, sent_bytes, received, deleted) VALUES (NEW.queue, 1, LENGTH(NEW.body), 0, 0)
      ON CONFLICT (queue) DO UPDATE SET sent = sent + 1, sent_bytes = sent_bytes + LENGTH(NEW.body);
    END
    """,
    """
    CREATE TRIGGER messages_received_count AFTER UPDATE OF receive_count ON messages
    WHEN NEW.receive_count > OLD.receive_count BEGIN
      UPDATE traffic SET received = received + 1 WHERE queue = NEW.queue;
    END
    """,
    """
    CREATE TRIGGER messages_deleted_count AFTER DELETE ON messages BEGIN
      UPDATE traffic SET deleted = deleted + 1 WHERE queue = OLD.queue;
    END
    """,
    """
    CREATE TABLE log_groups (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, created_at INTEGER NOT NULL,
      retention_days INTEGER)
    """,
    """
    CREATE TABLE log_streams (id INTEGER PRIMARY KEY, group_id INTEGER NOT NULL, name TEXT NOT NULL,
      created_at INTEGER NOT NULL, first_at INTEGER, last_at INTEGER, last_ingested_at INTEGER,
      bytes INTEGER NOT NULL DEFAULT 0, UNIQUE (group_id, name))
    """,
    """
    CREATE TABLE log_events (seq INTEGER PRIMARY KEY AUTOINCREMENT, group_id INTEGER NOT NULL, stream_id INTEGER NOT NULL,
      at INTEGER NOT NULL, ingested_at INTEGER NOT NULL, message TEXT NOT NULL)
    """,
    "CREATE INDEX log_events_group ON log_events (group_id, at, seq)",
    "CREATE INDEX log_events_stream ON log_events (stream_id, at, seq)",
    """
    CREATE TABLE alarm_history (seq INTEGER PRIMARY KEY AUTOINCREMENT, alarm TEXT NOT NULL, at INTEGER NOT NULL,
      type TEXT NOT NULL, json TEXT NOT NULL)
    """,
    "CREATE INDEX alarm_history_alarm ON alarm_history (alarm, seq)",
    "CREATE INDEX alarm_history_at ON alarm_history (at)",
  ]
}
