extension Schema {
  /// The audit log is only appended to, whoever writes to the database. And the certificates of operators who were there
  /// before those were noted can be refused too: what was issued with `flotilla-hub init` ran for 90 days.
  static let version3 = """
    CREATE TRIGGER audit_is_appended_to BEFORE INSERT ON audit
      WHEN NEW.number <> (SELECT COALESCE(MAX(number), 0) + 1 FROM audit)
      BEGIN SELECT RAISE(ABORT, 'the audit log is only appended to'); END;
    CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit
      BEGIN SELECT RAISE(ABORT, 'the audit log is only appended to'); END;
    CREATE TRIGGER audit_is_not_shortened BEFORE DELETE ON audit
      BEGIN SELECT RAISE(ABORT, 'the audit log is only appended to'); END;

    INSERT OR IGNORE INTO certificates
      SELECT certificate_serial, 'spiffe://' || fleet.name || '/operator/' || operators.name,
        operators.created_at - 300000, operators.created_at + 7776000000, NULL
      FROM operators, fleet WHERE certificate_serial IS NOT NULL;
    """
}
