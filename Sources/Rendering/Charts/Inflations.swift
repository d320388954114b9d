import Digests
import Manifests

/// What a chart has come to.
struct Inflation: Sendable {
  var resources: [Resource]
  /// The placeholders of its values that its objects do not show.
  var lostPlaceholders: [String] = []
}

/// What charts have come to, each for one request: rendered when it is asked for first, and checked then.
final class Inflations: Sendable {
  let inflater: (any ChartInflater)?
  private let cache: (any RenderCache)?
  private let log: WorkLog
  private let outputs = OnceMap<Digest, [UInt8]>()
  /// Those of the renderer before.
  private let older: [Digest: [UInt8]]

  /// - Parameter previous: those of another tree: a request says everything that its result depends on.
  init(_ inflater: (any ChartInflater)?, after previous: Inflations?, cache: (any RenderCache)?, _ log: WorkLog) {
    self.inflater = inflater
    self.cache = cache
    self.log = log
    older = previous.flatMap { $0.identity == inflater?.identity ?? "" ? $0.outputs.made : nil } ?? [:]
  }

  /// The program that renders charts; empty when there is none.
  var identity: String { inflater?.identity ?? "" }

  /// - Parameter address: what names the chart.
  func inflate(_ request: ChartRequest, at address: FleetError.Address) throws(FleetError) -> Inflation {
    do {
      let output = try output(of: request)
      return Inflation(
        resources: try ChartOutput(output, of: request).resources(),
        lostPlaceholders: ChartOutput.lostPlaceholders(of: request, in: output))
    } catch {
      throw error.within(address)
    }
  }

  private func output(of request: ChartRequest) throws(FleetError) -> [UInt8] {
    let key = RenderKey.chart(request.digest, program: identity)
    return try outputs.value(key) { () throws(FleetError) in
      if let known = older[key] { return known }
      if let known = cache?.get(key).flatMap(CachedContent.content) { return known }
      let output = try made(request)
      cache?.put(key, CachedContent.bytes(of: output))
      return output
    }
  }

  private func made(_ request: ChartRequest) throws(FleetError) -> [UInt8] {
    guard let inflater else { throw FleetError(.chartsDisabled, "a Helm chart, and rendering charts is not enabled") }
    log.noteChart(request.directory)
    let first = try inflater.inflate(request, .first)
    let second = try inflater.inflate(request, .check)
    if first != second { try ChartOutput.refuseDifference(first, second, of: request) }
    return first
  }
}
