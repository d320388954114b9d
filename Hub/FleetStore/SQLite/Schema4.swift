extension Schema {
  /// An entry of the log can be found to be named by no rollout without reading the whole index.
  static let version4 = """
    CREATE INDEX rollout_log_index_by_entry ON rollout_log_index (number);
    """
}
