public import Logging
public import Settings

/// The settings of what is logged, which every program that runs for long has.
public enum LogSettings {
  public enum Level: String, CaseIterable, Sendable {
    case error, warning, info, debug
  }

  public static let level = Setting(
    "log-level", .choice(), default: Level.warning, help: "What is logged to standard error, one event a line.")
  public static let format = Setting(
    "log-format", .choice(), default: LogLines.Format.text, help: "Lines for people, or JSON for machines.")

  public static let all: [any AnySetting] = [level, format]
}

extension Logger {
  /// Makes the program's logger as its settings say, and every other one of the process alike. Call it once.
  public static func bootstrap(_ label: String, _ values: SettingValues) -> Logger {
    let format = values[LogSettings.format]
    LoggingSystem.bootstrap { LogLines(label: $0, format: format) }
    var logger = Logger(label: label)
    logger.logLevel = values[LogSettings.level].loggerLevel
    return logger
  }
}

extension LogSettings.Level {
  fileprivate var loggerLevel: Logger.Level {
    switch self {
    case .error: .error
    case .warning: .warning
    case .info: .info
    case .debug: .debug
    }
  }
}
