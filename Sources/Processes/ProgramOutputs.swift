import Glibc

/// What a program writes, as far as it matters: its answer up to a bound, and the end of its complaints.
struct ProgramOutputs {
  private(set) var answer: [UInt8] = []
  private var complaints: [UInt8] = []
  private var watched: [pollfd]

  private let answerBytes: Int
  private let complaintBytes: Int

  init(answer: Int32, upTo answerBytes: Int, complaints: Int32, keeping complaintBytes: Int) {
    self.answerBytes = answerBytes
    self.complaintBytes = complaintBytes
    watched = [answer, complaints].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
  }

  var isTooMuch: Bool { answer.count > answerBytes }

  /// The end of what was written to standard error, in one line.
  var lastComplaint: String {
    let text = String(decoding: complaints, as: UTF8.self).unicodeScalars.map { scalar in
      scalar.properties.generalCategory == .control || scalar == "\u{fffd}" ? " " : Character(scalar)
    }
    return String(text).split(separator: " ").joined(separator: " ")
  }

  /// Waits so many milliseconds for something to be written and takes it; false when there was nothing, or enough.
  @discardableResult
  mutating func take(within milliseconds: Int32) -> Bool {
    guard poll(&watched, nfds_t(watched.count), milliseconds) > 0 else { return false }
    for index in watched.indices where watched[index].revents != 0 {
      let bytes = ProgramOutputs.read(watched[index].fd)
      // poll(2) passes over negative descriptors: this one is at its end.
      if bytes.isEmpty { watched[index].fd = -1 }
      if index == 0 { answer += bytes } else { complaints = (complaints + bytes).suffix(complaintBytes) }
    }
    return !isTooMuch
  }

  /// Takes what the pipes still hold. A writer that has left its process group cannot make this last.
  mutating func takeRest() {
    for _ in 0..<ProgramOutputs.fullPipe where !take(within: 0) { return }
  }

  /// Reads that empty a pipe of the largest size that Linux allows everybody, 1 MiB.
  private static let fullPipe = (1 << 20) / chunk
  private static let chunk = 64 << 10

  private static func read(_ descriptor: Int32) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: chunk) { buffer, count in
      count = max(0, Glibc.read(descriptor, buffer.baseAddress, chunk))
    }
  }
}
