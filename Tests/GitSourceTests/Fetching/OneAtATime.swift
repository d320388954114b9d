import Testing

/// What fetches over https: a process has one such fetch at a time, and a test's deadline should not run while another
/// test has the turn.
@Suite("Fetching in turn", .serialized)
enum OneAtATime {}
