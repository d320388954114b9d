import ArgumentParser
import Programs

/// `flotilla completion bash|zsh|fish`.
struct CompletionCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "completion", abstract: "Prints what makes a shell complete commands, options, and names.",
    discussion: """
      bash:  flotilla completion bash > ~/.local/share/bash-completion/completions/flotilla
      zsh:   flotilla completion zsh > _flotilla, in a folder of $fpath
      fish:  flotilla completion fish > ~/.config/fish/completions/flotilla.fish

      Names of clusters, apps, operators and rollouts are asked of the hub as the operator that FLOTILLA_OPERATOR or \
      --operator names; where it does not answer soon, there are none.
      """)

  enum Shell: String, ExpressibleByArgument, CaseIterable {
    case bash
    case zsh
    case fish

    fileprivate var kind: CompletionShell {
      switch self {
      case .bash: .bash
      case .zsh: .zsh
      case .fish: .fish
      }
    }
  }

  @Argument(help: "bash, zsh or fish.") var shell: Shell

  func run() { StandardStreams.print(Flotilla.completionScript(for: shell.kind)) }
}
