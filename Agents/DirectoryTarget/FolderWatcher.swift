import AgentCore
@preconcurrency import Dispatch
import Glibc
import Logging
import Manifests
import Synchronization

/// Says when something in the folder changes, through inotify.
///
/// The agent's own writes are seen too; they cost one comparison that finds nothing to do.
struct FolderWatcher: Sendable {
  let directory: String
  let layout: DirectoryKind
  let logger: Logger

  /// After a watch was lost (the folder itself vanished) it is set up anew this often.
  private static let retryInterval: Duration = .seconds(1)

  /// Runs until the task is cancelled.
  func run(_ changed: @escaping @Sendable (TargetChange) -> Void) async {
    while !Task.isCancelled {
      do {
        let queue = try InotifyQueue()
        try queue.add(directory)
        for folder in subfolders() { try? queue.add("\(directory)/\(folder)") }
        changed(.everything)
        for await _ in queue.wakeUps where try handle(queue, changed) == .lost { break }
      } catch {
        logger.debug("folder watch lost", metadata: ["error": "\(error)"])
      }
      try? await Task.sleep(for: FolderWatcher.retryInterval)
    }
  }

  private enum Verdict { case goOn, lost }

  private func handle(_ queue: InotifyQueue, _ changed: (TargetChange) -> Void) throws(FleetError) -> Verdict {
    for event in try queue.read() {
      if event.overflowed {
        changed(.everything)
      } else if event.watchEnded && event.directory == directory {
        changed(.everything)
        return .lost
      } else if event.name.hasPrefix(HostFileSystem.temporaryPrefix) {
        continue
      } else if event.directory == directory, event.isDirectory {
        try? queue.add("\(directory)/\(event.name)")
        changed(.everything)
      } else if event.directory == directory {
        if event.name != Inventory.fileName { changed(.everything) }
      } else if let app = appName(ofFolder: event.directory) {
        changed(.drifted(app: app))
      }
    }
    return .goOn
  }

  private func subfolders() -> [String] {
    guard layout == .plain else { return [] }
    return ((try? HostFileSystem().list(directory)) ?? []).filter { !$0.hasPrefix(".") }
  }

  private func appName(ofFolder path: String) -> String? {
    // App names are DNS labels, so a folder's name is the app's name as it is.
    path.hasPrefix("\(directory)/") ? String(path.dropFirst(directory.count + 1)) : nil
  }
}

/// One inotify instance, closed with its last reference.
private final class InotifyQueue: Sendable {
  struct Event {
    var directory: String
    var name: String
    var isDirectory: Bool
    var watchEnded: Bool
    var overflowed: Bool
  }

  /// One element whenever there is something to read.
  let wakeUps: AsyncStream<Void>

  private let descriptor: Int32
  private let source: any DispatchSourceRead
  private let paths = Mutex<[Int32: String]>([:])

  init() throws(FleetError) {
    let descriptor = inotify_init1(Int32(IN_NONBLOCK) | Int32(IN_CLOEXEC))
    guard descriptor >= 0 else {
      throw FleetError(
        .fileSystem, "inotify cannot be used", cause: String(cString: strerror(errno)),
        nextStep: "raise fs.inotify.max_user_instances; until then drift is found by the periodic full check only")
    }
    self.descriptor = descriptor
    source = DispatchSource.makeReadSource(fileDescriptor: descriptor)
    let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    wakeUps = stream
    source.setEventHandler { continuation.yield() }
    source.setCancelHandler { close(descriptor) }
    source.activate()
  }

  deinit { source.cancel() }

  func add(_ path: String) throws(FleetError) {
    let mask =
      UInt32(IN_CLOSE_WRITE) | UInt32(IN_MOVED_TO) | UInt32(IN_MOVED_FROM) | UInt32(IN_DELETE) | UInt32(IN_CREATE)
      | UInt32(IN_ATTRIB) | UInt32(IN_DELETE_SELF) | UInt32(IN_MOVE_SELF)
    let watch = inotify_add_watch(descriptor, path, mask)
    guard watch >= 0 else {
      throw FleetError(
        .fileSystem, "cannot be watched", at: .init(file: path), cause: String(cString: strerror(errno)))
    }
    paths.withLock { $0[watch] = path }
  }

  func read() throws(FleetError) -> [Event] {
    var events: [Event] = []
    // inotify(7): room for at least one event with the longest name.
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let count = Glibc.read(descriptor, &buffer, buffer.count)
      guard count > 0 else {
        if count == 0 || errno == EAGAIN || errno == EINTR { return events }
        throw FleetError(.fileSystem, "inotify cannot be read", cause: String(cString: strerror(errno)))
      }
      events += parse(buffer[..<count])
    }
  }

  /// struct inotify_event of inotify(7): int wd; uint32_t mask, cookie, len; char name[len].
  private func parse(_ bytes: ArraySlice<UInt8>) -> [Event] {
    var events: [Event] = []
    var rest = bytes
    while rest.count >= 16 {
      let header = rest.withUnsafeBytes { raw in
        (
          raw.loadUnaligned(fromByteOffset: 0, as: Int32.self), raw.loadUnaligned(fromByteOffset: 4, as: UInt32.self),
          raw.loadUnaligned(fromByteOffset: 12, as: UInt32.self)
        )
      }
      let name = rest.dropFirst(16).prefix(Int(header.2)).prefix { $0 != 0 }
      events.append(
        Event(
          directory: paths.withLock { $0[header.0] } ?? "", name: String(decoding: name, as: UTF8.self),
          isDirectory: header.1 & UInt32(IN_ISDIR) != 0,
          watchEnded: header.1 & UInt32(IN_IGNORED | IN_DELETE_SELF | IN_MOVE_SELF) != 0,
          overflowed: header.1 & UInt32(IN_Q_OVERFLOW) != 0))
      rest = rest.dropFirst(16 + Int(header.2))
    }
    return events
  }
}
