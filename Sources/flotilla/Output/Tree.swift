/// Lines that hang on one another, drawn as `tree` does.
struct Tree {
  var line: String
  var branches: [Tree]

  init(_ line: String, _ branches: [Tree] = []) {
    self.line = Terminal.harmless(line)
    self.branches = branches
  }

  var text: String { line + "\n" + drawnBranches(indent: "") }

  private func drawnBranches(indent: String) -> String {
    branches.enumerated().map { index, branch in
      let isLast = index == branches.count - 1
      return indent + (isLast ? "└─ " : "├─ ") + branch.line + "\n"
        + branch.drawnBranches(indent: indent + (isLast ? "   " : "│  "))
    }.joined()
  }
}
