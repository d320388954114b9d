import Settings
import Testing

@Suite("Help and reference follow from the table")
struct ReferenceTests {
  static let table = SettingsTable(
    program: "flotilla-hub", [Sample.state, Sample.interval, Sample.verbose, Sample.level, Sample.token])

  @Test("the help names flag, default and variable of each")
  func help() {
    #expect(
      Self.table.help() == """
          --state-directory PATH
              Where the hub keeps its state. Required. Variable: FLOTILLA_HUB_STATE_DIRECTORY.
          --poll-interval DURATION
              How often Git is asked for commits. Default: 30s. Variable: FLOTILLA_HUB_POLL_INTERVAL.
          --[no-]verbose
              Log more. Default: false. Variable: FLOTILLA_HUB_VERBOSE.
          --log-level debug|info|error
              What is logged. Default: info. Variable: FLOTILLA_HUB_LOG_LEVEL.
          git-token (a secret: no flag)
              What Git is asked with. Variable: FLOTILLA_HUB_GIT_TOKEN.
          --config PATH
              A YAML file with settings, whose keys are the flags' names without the dashes. Variable:
              FLOTILLA_HUB_CONFIG.

        """)
  }

  @Test("the reference is a table of Markdown")
  func reference() {
    #expect(
      Self.table.reference() == """
        | setting | flag | variable | default | meaning |
        |---|---|---|---|---|
        | state-directory | `--state-directory PATH` | `FLOTILLA_HUB_STATE_DIRECTORY` | required | Where the hub keeps its state. |
        | poll-interval | `--poll-interval DURATION` | `FLOTILLA_HUB_POLL_INTERVAL` | `30s` | How often Git is asked for commits. |
        | verbose | `--[no-]verbose` | `FLOTILLA_HUB_VERBOSE` | `false` | Log more. |
        | log-level | `--log-level debug\\|info\\|error` | `FLOTILLA_HUB_LOG_LEVEL` | `info` | What is logged. |
        | git-token | none | `FLOTILLA_HUB_GIT_TOKEN` | none | What Git is asked with. |
        | config | `--config PATH` | `FLOTILLA_HUB_CONFIG` | none | A YAML file with settings, whose keys are the flags' names without the dashes. |

        """)
  }
}
