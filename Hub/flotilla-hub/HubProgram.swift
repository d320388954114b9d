import CMalloc
import Glibc
import Programs

/// The hub's program.
@main
struct HubProgram {
  static func main() async {
    giveMemoryBack()
    let program = Program(
      "flotilla-hub",
      [
        .init("init", "makes the hub's keys and its first operator, once", run: InitCommand.run),
        .init("run", "runs the hub", run: RunCommand.run),
        .init("backup", "copies a hub's state, also while it runs", run: BackupCommand.run),
        .init("restore", "puts a backup in the place of a hub that is lost", run: RestoreCommand.run),
        .settings(
          of: "flotilla-hub",
          [
            ("run", HubSettings.table), ("init", InitCommand.table), ("backup", BackupCommand.table),
            ("restore", RestoreCommand.table),
          ]),
      ])
    exit(await program.run(Array(CommandLine.arguments.dropFirst())))
  }

  /// What is large and short-lived, such as the engine's state while it is read or written, is mapped by itself and so given
  /// back; by itself glibc raises its threshold with the first such buffer, and keeps the room of all later ones.
  private static func giveMemoryBack() {
    _ = mallopt(M_MMAP_THRESHOLD, 256 << 10)
    _ = mallopt(M_TRIM_THRESHOLD, 1 << 20)
  }
}
