extension SettingsTable {
  /// The settings for `--help`, for a terminal of 100 columns.
  public func help() -> String {
    settings.map { setting in
      let flag = "  " + (setting.isSecret ? "\(setting.name) (a secret: no flag)" : flag(of: setting))
      let facts = [standing(of: setting), "Variable: \(variable(of: setting))."].filter { !$0.isEmpty }
      let text = ([setting.help] + facts).joined(separator: " ")
      return ([flag] + wrapped(text, width: 90).map { "      " + $0 }).joined(separator: "\n")
    }.joined(separator: "\n") + "\n"
  }

  /// The settings as a table of Markdown, for the reference.
  public func reference() -> String {
    let rows = settings.map { setting in
      let flag = setting.isSecret ? "none" : "`\(flag(of: setting))`"
      let cells = [setting.name, flag, "`\(variable(of: setting))`", value(of: setting), setting.help]
      return "| " + cells.map { $0.split(separator: "|").joined(separator: "\\|") }.joined(separator: " | ") + " |"
    }
    return (["| setting | flag | variable | default | meaning |", "|---|---|---|---|---|"] + rows)
      .joined(separator: "\n") + "\n"
  }

  private func flag(of setting: any AnySetting) -> String {
    setting.placeholder.map { "--\(setting.name) \($0)" } ?? "--[no-]\(setting.name)"
  }

  private func value(of setting: any AnySetting) -> String {
    if setting.isRequired { return "required" }
    return setting.defaultText.isEmpty ? "none" : "`\(setting.defaultText)`"
  }

  private func standing(of setting: any AnySetting) -> String {
    if setting.isRequired { return "Required." }
    return setting.defaultText.isEmpty ? "" : "Default: \(setting.defaultText)."
  }

  /// A text in lines of at most so many characters, broken between words.
  private func wrapped(_ text: String, width: Int) -> [String] {
    var lines: [String] = []
    for word in text.split(separator: " ") {
      if let last = lines.last, last.count + word.count < width {
        lines[lines.count - 1] = last + " " + word
      } else {
        lines.append(String(word))
      }
    }
    return lines
  }
}
