public import Manifests

/// The error that something is refused with; nil when it is not refused. Another error than the project's is thrown on.
public func refusal(_ body: () throws -> Void) throws -> FleetError? {
  do {
    try body()
    return nil
  } catch let error as FleetError {
    return error
  }
}

/// The error that something is refused with; nil when it is not refused. Another error than the project's is thrown on.
public func refusal(
  isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> Void
) async throws -> FleetError? {
  do {
    try await body()
    return nil
  } catch let error as FleetError {
    return error
  }
}
